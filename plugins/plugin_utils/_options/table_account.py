# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the option table that name the account and its environment. After a change, run ``make generate``.

Private to bill.connect. BILL documents where to find each value ("BILL keys & tokens", "AP & AR sync token-based sign in",
"Sandbox API sign up", "Get started with BILL OAuth", "Authentication with Spend & Expense API token"). One place is not documented
in words: the organization ID. Those pages say that it begins with 008. The changelog of 2025-11-18 says that the video on the first
of these pages also shows where to find it.
"""

from __future__ import annotations

from .._auth.methods import METHODS
from .._core.base_url import API_URLS
from .option import Doubt, Option, Prompt

_DEV_KEYS = "Settings > Sync & Integrations > Manage Developer Keys"
_TOKENS = "Settings > Sync & Integrations > Tokens"
# BILL documents that a user name is an e-mail address and that an organization begins with 008. Clients of BILL have seen that a
# user begins with 006.
_E_MAIL = Doubt(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "is not an e-mail address such as ap@example.com")
_USER_NAME = Doubt(_E_MAIL.pattern, f"{_E_MAIL.text} (to use a sync token, start again and choose sync_token)")
_ORGANIZATION = Doubt("^008", "does not begin with 008")
_URL = "Must be https, or http to V(localhost), V(127.x.x.x) or V(::1)."

ACCOUNT_OPTIONS = (
    Option(
        "auth_method",
        default="password",
        choices=tuple(METHODS),
        label="How to sign in",
        prompts={
            "": Prompt(
                "Sign in with",
                "password (yours), sync_token, console_token (accountants), partner, oauth (an app) or spend_token (Spend & Expense)",
            )
        },
        summary="How to sign in: as a user, with a token, as a partner or as an app.",
        details=(
            "V(password) signs in as a user, with O(username) and O(password). BILL ends such a session after 35 minutes without "
            "activity.",
            "V(sync_token) signs in with an AP & AR sync token. O(username) is its name and O(password) is its value. BILL ends such a "
            "session after 48 hours without activity. The session cannot make payments or do anything else that needs MFA.",
            "V(console_token) signs an accountant in to a client's organization. O(username) and O(console_api_token) belong to the "
            "Accountant Console, O(organization_id) and O(dev_key) belong to the client. BILL does not document when such a session "
            "ends. The collection assumes 35 minutes without activity, as for a user. Only "
            "RV(bill.connect.bill_login#module:expires_at) depends on that.",
            "V(partner) signs a BILL partner in, with O(app_key), O(username) and O(password). Then it signs in as the user O(user_id) of "
            "O(organization_id), with O(dev_key). The partner's own session is stored too, for further users. Without O(user_id) and "
            "O(organization_id) the session is the partner's own, for the calls below C(/v3/partner). BILL ends both after 35 minutes "
            "without activity.",
            "V(oauth) signs an app in, with O(client_id) and O(client_secret). BILL decides when the access token ends, and use does not "
            "prolong it. The collection replaces the token two minutes before its end, or after four fifths of a short life. It never "
            "validates a token with BILL. If BILL does not say when the token ends, the collection replaces it after O(check_after) "
            "seconds.",
            "V(spend_token) uses O(api_token) of BILL Spend & Expense. There is no sign-in, so nothing is ever "
            "RV(bill.connect.bill_login#module:changed). The collection validates the token with BILL: at first, and then after "
            "O(check_after) seconds.",
        ),
        awx="usual",
        awx_note="It decides which of the fields below are needed. Leave the others empty.",
    ),
    Option(
        "environment",
        default="sandbox",
        choices=tuple(API_URLS),
        label="Environment",
        where_to_find="sandbox is for tests, production moves real money; they share no users, keys or organizations",
        summary="The environment of BILL: tests in the sandbox, or real money in production.",
        details=("The two share no users, keys or organizations.",),
        awx="usual",
        awx_note="The values below belong to it. The two share no users, keys or organizations.",
    ),
    Option(
        "api_url",
        is_destination=True,
        label="API URL",
        summary="The address of BILL's API, without /v3. It replaces the environment.",
        details=(
            "Required only for your own gateway or for a test server.",
            "It ends in C(/connect). The address of BILL's webhooks, which ends in C(/connect-events), is accepted, too. Then a path that "
            "begins with C(/v3) belongs to the webhooks, and bill.connect signs in at C(/connect) beside it.",
            _URL,
        ),
        default_text="the address of the environment",
        awx="rare",
        awx_note="Required only for your own gateway or for a test server.",
    ),
    Option(
        "username",
        api_name="username",
        other_api_names=("userName",),
        label="User Name",
        prompts={
            "password": Prompt(
                "User Name", "the e-mail address that you use to sign in to BILL's web app", doubt=_USER_NAME
            ),
            "sync_token": Prompt("Token Name", f"the name of the sync token; in BILL's web app under {_TOKENS}"),
            "console_token": Prompt(
                "User Name", "the e-mail address that you use to sign in to the Accountant Console", doubt=_E_MAIL
            ),
            "partner": Prompt("User Name", "the e-mail address of the partner's account", doubt=_E_MAIL),
        },
        summary="User Name: an e-mail address, or the name of the sync token.",
        details=("The e-mail address of the user, of the Accountant Console account or of the partner's account.",),
        awx="usual",
    ),
    Option(
        "password",
        secret=True,
        identifies_account=True,
        api_name="password",
        label="Password",
        prompts={
            "password": Prompt("Password", "the password that you use to sign in to BILL's web app"),
            "sync_token": Prompt("Token Value", "the value that BILL's web app gave you when you made the sync token"),
            "partner": Prompt("Password", "the password of the partner's account"),
        },
        summary="Password of the user, or the value of the sync token.",
        details=(
            "With V(partner), the password of the partner's account.",
            "Put it in quotes: YAML changes some unquoted values.",
        ),
        awx="usual",
    ),
    Option(
        "organization_id",
        # BILL's samples are narrower. The pattern allows any identifier that fits into a header.
        pattern="[0-9A-Za-z]+",
        api_name="organizationId",
        other_api_names=("orgId",),
        label="Organization ID",
        where_to_find="begins with 008; the video on https://developer.bill.com/docs/bill-keys-tokens shows where to find it",
        prompts={
            "console_token": Prompt(
                "Organization ID", "the ID of the client's organization; begins with 008", doubt=_ORGANIZATION
            ),
            "partner": Prompt(
                "Organization ID", "the ID of the user's organization; begins with 008", "user_id", _ORGANIZATION
            ),
        },
        doubt=_ORGANIZATION,
        summary="Organization ID: begins with 008.",
        details=("The organization to sign in to.",),
        awx="usual",
    ),
    Option(
        "dev_key",
        secret=True,
        aliases=("developer_key",),
        pattern="[!-~]+",
        api_name="devKey",
        label="Developer Key",
        where_to_find=f"in BILL's web app under {_DEV_KEYS}",
        prompts={
            "console_token": Prompt("Developer Key", f"the client's key; in the client's web app under {_DEV_KEYS}"),
            "partner": Prompt("Developer Key", f"in the web app under {_DEV_KEYS}", only_with="user_id"),
        },
        summary="Developer Key.",
        details=(
            f"An administrator generates it in BILL under {_DEV_KEYS}.",
            "A session works only with the developer key that it was made with.",
        ),
        awx="usual",
    ),
    Option(
        "console_api_token",
        secret=True,
        identifies_account=True,
        api_name="consoleApiToken",
        label="Console API Token",
        where_to_find="you make it in the Accountant Console",
        summary="The API token of the Accountant Console.",
        awx="usual",
        awx_note="BILL's page on the Accountant Console says where to get it.",
    ),
    Option(
        "app_key",
        secret=True,
        pattern="[!-~]+",
        api_name="appKey",
        label="Partner App Key",
        prompts={"partner": Prompt("App Key", "the partner's app key, which BILL gave you")},
        summary="The partner's app key.",
        awx="usual",
        awx_note="BILL's page on partner operations says more.",
    ),
    Option(
        "user_id",
        pattern="[0-9A-Za-z]+",
        api_name="userId",
        label="User ID",
        where_to_find="the user that the partner signs in as; begins with 006; leave it empty for the partner itself",
        doubt=Doubt("^006", "does not begin with 006"),
        summary="The user that the partner signs in as: begins with 006.",
        awx="usual",
        awx_note="Then leave the Organization ID empty too.",
    ),
    Option(
        "client_id",
        label="Client ID",
        where_to_find="the ID of the developer app that you have made in BILL's web app",
        summary="Client ID of the OAuth app.",
        awx="usual",
    ),
    Option(
        "client_secret",
        secret=True,
        identifies_account=True,
        label="Client Secret",
        where_to_find="the secret of the same developer app",
        summary="Client secret of the OAuth app.",
        awx="usual",
    ),
    Option(
        "token_url",
        is_destination=True,
        label="Token URL",
        summary="The complete URL of the endpoint that returns OAuth tokens.",
        details=(
            "BILL documents the path C(/authx/token), but not where it begins. So without this option the collection "
            "tries two addresses: first C(<api_url>/authx/token), then C(/authx/token) at the root of the same host.",
            _URL,
        ),
        default_text="the path /authx/token below api_url, then at the root of the same host",
        awx="rare",
    ),
    Option(
        "api_token",
        secret=True,
        identifies_account=True,
        pattern="[!-~]+",
        label="Spend & Expense API Token",
        prompts={"spend_token": Prompt("API Token", "you make it in the Spend & Expense web app")},
        summary="The API token of BILL Spend & Expense.",
        details=("It belongs to one user.",),
        awx="usual",
        awx_note="It belongs to one user.",
    ),
    Option(
        "remember_me_id",
        secret=True,
        api_name="rememberMeId",
        other_api_names=("mfaId",),
        label="MFA ID",
        summary="The MFA ID, which makes sessions trusted.",
        details=(
            "BILL calls it C(rememberMeId). Payments need a trusted session. With the MFA ID a session is MFA-trusted without a code. BILL "
            "keeps an MFA ID for 30 days. The role P(bill.connect.trust#role) returns one.",
            "Needs O(device). With O(auth_method=partner) it is used only for a user. With O(auth_method=console_token) it is sent too, but "
            "BILL does not document whether those sessions can be trusted.",
            "It does not belong to the credentials: tasks with and without it use the same stored session. A session that is not trusted yet "
            "becomes trusted without a new sign-in. If BILL does not trust the MFA ID, the task warns, and the MFA ID is not sent again for "
            "that session.",
        ),
        awx="usual",
        awx_note=(
            "Required only for payments and for other operations that require MFA. The role bill.connect.trust returns one. It lasts 30 days. BILL calls it "
            "rememberMeId."
        ),
    ),
    Option(
        "device",
        api_name="device",
        other_api_names=("deviceId",),
        label="MFA Device",
        summary="The name of the device that the MFA ID belongs to.",
        details=(
            "You chose the name when the MFA ID was made. BILL accepts the MFA ID and the device name only together.",
        ),
        awx="usual",
        awx_note="BILL accepts the MFA ID and the device name only together.",
    ),
    Option(
        "remember_me_id_expires_on",
        kind="date",
        label="MFA ID expires on",
        summary="The day on which the MFA ID expires.",
        details=(
            "A day in UTC, such as V(2026-12-22). The role P(bill.connect.trust#role) returns it. A warning appears when seven days or fewer "
            "are left.",
        ),
        awx="usual",
        awx_note="Write it as 2026-12-22. Each job warns when seven days or fewer are left.",
    ),
)
