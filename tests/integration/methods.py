# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authentication methods: their options, and the requests that BILL gets from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.emulator import world

MINUTE, HOUR = 60, 3600
# The requests that BILL gets.
LOGIN, CHECK, LOGOUT = "POST /v3/login", "GET /v3/login/session", "POST /v3/logout"
PARTNER_LOGIN, AS_USER = "POST /v3/partner/login", "POST /v3/partner/login-as-user"
PARTNER_CHECK = "GET /v3/partner/organizations"
TOKEN, ROOT_TOKEN = "POST /connect/authx/token", "POST /authx/token"
SPENDER, VENDORS = "GET /v3/spend/users/current", "GET /v3/vendors"


@dataclass(frozen=True)
class Method:
    """An authentication method with its own facts.

    - ``sign_in``, ``anew``, ``check``: the requests without a session, after the stored session has ended, and while it is valid.
    - ``sign_out``: the requests at the end.
    - ``read``: a request that the ``headers`` permit.
    - ``lasts``: how many seconds an unused session is stored.
    """

    auth_method: str
    options: dict[str, str]
    # The option with the wrong value, and BILL's response to it.
    secret: str
    refusal: str
    headers: tuple[str, ...] = ("sessionId", "devKey")
    user_id: str | None = None
    organization_id: str | None = None
    trusted: bool | None = False
    sign_in: tuple[str, ...] = (LOGIN,)
    check: tuple[str, ...] = (CHECK,)
    anew: tuple[str, ...] = (CHECK, LOGIN)
    sign_out: tuple[str, ...] = (LOGOUT,)
    read: str = VENDORS
    lasts: int = 35 * MINUTE
    # The message in place of a sign-out.
    no_sign_out: str | None = None
    # Whether a new session counts as a change.
    changes: bool = True

    @property
    def variables(self) -> dict[str, Any]:
        return {"bill_auth_method": self.auth_method, **{f"bill_{name}": value for name, value in self.options.items()}}


WRONG_USER = "BILL answered BDC_1101: the user name, the password or the token is wrong."
WRONG_CLIENT = "the client id or the client secret is wrong."
PARTNER = {
    "app_key": world.PARTNER.app_key,
    "username": world.PARTNER.username,
    "password": world.PARTNER.password,
}
HERE = {"organization_id": world.ORGANIZATION.id, "dev_key": world.DEV_KEY}
METHODS = {
    "partner itself": Method(
        auth_method="partner",
        options=PARTNER,
        secret="app_key",
        refusal="BILL answered BDC_1102: the app key is not valid.",
        headers=("sessionId", "appKey"),
        trusted=None,
        sign_in=(PARTNER_LOGIN,),
        check=(PARTNER_CHECK,),
        anew=(PARTNER_CHECK, PARTNER_LOGIN),
        read=PARTNER_CHECK,
    ),
    "console_token": Method(
        auth_method="console_token",
        options={
            "username": world.CONSOLE_ACCOUNT.username,
            "console_api_token": world.CONSOLE_ACCOUNT.token,
            "organization_id": world.CLIENT_ORGANIZATION.id,
            "dev_key": world.DEV_KEY,
        },
        secret="console_api_token",
        refusal=WRONG_USER,
        user_id=world.CONSOLE_ACCOUNT.user_id,
        organization_id=world.CLIENT_ORGANIZATION.id,
    ),
    "password": Method(
        auth_method="password",
        options={"username": world.USER.username, "password": world.USER.password, **HERE},
        secret="password",
        refusal=WRONG_USER,
        user_id=world.USER.id,
        organization_id=world.ORGANIZATION.id,
    ),
    "sync_token": Method(
        auth_method="sync_token",
        options={"username": world.SYNC_TOKEN.name, "password": world.SYNC_TOKEN.value, **HERE},
        secret="password",
        refusal=WRONG_USER,
        user_id=world.SYNC_TOKEN.user_id,
        organization_id=world.ORGANIZATION.id,
        lasts=48 * HOUR,
    ),
    "oauth": Method(
        auth_method="oauth",
        options={"client_id": world.CLIENT.id, "client_secret": world.CLIENT.secret},
        secret="client_secret",
        refusal=f"BILL answered invalid_client: {WRONG_CLIENT}",
        headers=("Authorization",),
        trusted=None,
        sign_in=(TOKEN,),
        check=(),
        anew=(TOKEN,),
        sign_out=(),
        # The emulator's token lasts 15 minutes. The last two are left for later tasks of the play.
        lasts=13 * MINUTE,
        no_sign_out="BILL documents no sign-out for access tokens. bill.connect deleted the stored token, but the token is valid until 20",
    ),
    "spend_token": Method(
        auth_method="spend_token",
        options={"api_token": world.SPEND_TOKEN.value},
        secret="api_token",
        refusal="BILL answered BDC_1109: the API token is wrong, or was revoked.",
        headers=("apiToken",),
        user_id=world.SPEND_TOKEN.user_id,
        trusted=None,
        sign_in=(SPENDER,),
        check=(SPENDER,),
        anew=(SPENDER,),
        sign_out=(),
        read=SPENDER,
        no_sign_out="An API token has no sign-out. To end the token, revoke it",
        changes=False,
    ),
    "partner": Method(
        auth_method="partner",
        options={**PARTNER, **HERE, "user_id": world.USER.id},
        secret="password",
        refusal=WRONG_USER,
        user_id=world.USER.id,
        organization_id=world.ORGANIZATION.id,
        sign_in=(PARTNER_LOGIN, AS_USER),
        # The partner's own session has also ended. That shows when it is used.
        anew=(CHECK, AS_USER, PARTNER_CHECK, PARTNER_LOGIN, AS_USER),
        sign_out=(LOGOUT, LOGOUT),
    ),
}
