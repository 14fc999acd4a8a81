# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in, sign-out, and the information about a session.

Documented by BILL unless a comment says otherwise: reference/login, reference/getsessioninfo,
reference/listallorganizations, bill-accountant-console-operations.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import errors, fields, pages, world
from .access_tokens import AccessToken
from .accounts import Account
from .errors import RefusalError
from .sessions import PartnerSession, UserSession
from .state import Emulator
from .who import InSession, MfaBypass, SignedIn, TheEmulator, full_access, in_session, partner, signed_in

router = APIRouter()


@router.post("/v3/login")
async def login(given: fields.Fields, emulator: TheEmulator) -> dict[str, Any]:
    by_token = _by_console_token(given, emulator)
    secret_field = "consoleApiToken" if by_token else "password"
    dev_key, username, organization_id, secret = fields.require(
        given, "devKey", "username", "organizationId", secret_field
    )
    device = fields.all_or_none(given, "rememberMeId", "device")
    if dev_key == world.INACTIVE_DEV_KEY:
        raise RefusalError(errors.INACTIVE_DEV_KEY)
    if dev_key not in world.DEV_KEYS:
        raise RefusalError(errors.INVALID_DEV_KEY)
    check_organization(organization_id)
    kinds = ("console",) if by_token else ("user", "sync_token")
    account = emulator.accounts.check(username, secret, *kinds)
    if organization_id not in account.organization_ids:
        raise RefusalError(errors.INVALID_ORGANIZATION)
    return start(emulator, account, dev_key, organization_id, device)


def _by_console_token(given: dict[str, Any], emulator: Emulator) -> bool:
    if not fields.text(given, "consoleApiToken"):
        # Inferred: if both are missing, BILL names the password.
        return False
    if not fields.text(given, "password"):
        return True
    if emulator.settings.password_and_console_token == "refused":
        raise RefusalError(errors.MISSING_FIELD, "password: must be null when consoleApiToken is given")
    return emulator.settings.password_and_console_token == "console_token"


def check_organization(organization_id: str) -> None:
    organization = next((one for one in world.ORGANIZATIONS if one.id == organization_id), None)
    if organization is None:
        raise RefusalError(errors.INVALID_ORGANIZATION)
    if organization.locked:
        raise RefusalError(errors.ORGANIZATION_LOCKED)


def start(
    emulator: Emulator,
    account: Account,
    dev_key: str | None,
    organization_id: str,
    device: tuple[str, ...] | None,
) -> dict[str, Any]:
    """Start a session. Returns the response to the login. Inferred: login-as-user has the same response as login."""
    session = emulator.sessions.start(account, dev_key, organization_id)
    if device is not None and session.can_be_trusted:
        # Inferred from step-up: with a wrong pair the session is not trusted, and BILL answers no error.
        session.trusted = emulator.trust.is_remembered(session.user_id, *device)
    response = {"sessionId": session.id, "userId": session.user_id, "trusted": session.trusted}
    if emulator.settings.organization_in_answer:
        response["organizationId"] = organization_id
    return response


@router.get("/v3/login/session")
async def session_info(who: InSession, bypass: MfaBypass, emulator: TheEmulator) -> dict[str, Any]:
    return {
        "organizationId": who.organization_id,
        "userId": who.user_id,
        "mfaStatus": _mfa_status(who, bypass, has_phone=who.user_id in emulator.trust.phones),
        "mfaBypass": bypass,
    }


def _mfa_status(who: UserSession | AccessToken, bypass: bool, has_phone: bool) -> str:
    """The values are documented, or come from a third party. COMPLETE was observed. The state of each value is inferred."""
    if bypass:
        return "DISABLED"
    if who.trusted:
        return "COMPLETE"
    if not isinstance(who, UserSession) or not who.can_be_trusted:
        return "UNDEFINED"
    return "CHALLENGE" if has_phone else "SETUP"


@router.get("/v3/login/organizations")
async def organizations(request: Request, who: SignedIn, emulator: TheEmulator) -> dict[str, Any]:
    # Inferred: the names of the fields, and that the list has a locked organization.
    reached = [{"id": one.id, "name": one.name} for one in world.ORGANIZATIONS if one.id in who.organization_ids]
    return pages.page("organizations", reached, emulator.settings.organizations_page, request.query_params.get("page"))


@router.post("/v3/logout")
async def logout(request: Request, emulator: TheEmulator) -> dict[str, Any]:
    ending: PartnerSession | UserSession | AccessToken
    if isinstance(emulator.sessions.known.get(request.headers.get("sessionId", "")), PartnerSession):
        ending = await partner(request, emulator)
    else:
        # Inferred: a logout also ends an access token.
        ending = await in_session(await full_access(await signed_in(request, emulator), emulator), emulator)
    ending.ended = True
    # The response body is not documented. An empty object is inferred.
    return {}
