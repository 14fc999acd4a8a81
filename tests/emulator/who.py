# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The caller of an endpoint. Each endpoint declares what it requires of its caller.

Documented by BILL: sessionId and devKey (bill-keys-tokens), sessionId and appKey (bill-partner-operations), or only a
Bearer token (oauth-client-credentials). BILL does not document a request with several of these. Inferred: it uses the session.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from .access_tokens import AccessToken
from .errors import INVALID_SESSION, UNTRUSTED_SESSION, RefusalError
from .sessions import PartnerSession, UserSession
from .state import Emulator

Who = UserSession | AccessToken


async def the_emulator(request: Request) -> Emulator:
    emulator: Emulator = request.app.state.emulator
    return emulator


TheEmulator = Annotated[Emulator, Depends(the_emulator)]


async def signed_in(request: Request, emulator: TheEmulator) -> Who:
    headers = request.headers
    token = bearer(headers.get("Authorization"))
    if token is not None and "sessionId" not in headers:
        return emulator.access_tokens.check(token)
    session = emulator.sessions.check(headers.get("sessionId"), headers.get("devKey"))
    request.state.session = session
    return session


SignedIn = Annotated[Who, Depends(signed_in)]


async def full_access(who: SignedIn, emulator: TheEmulator) -> Who:
    """Documented: an app with the accounting scope cannot use payments, session details and sign-out."""
    if isinstance(who, AccessToken) and not who.client.full_access:
        raise RefusalError(emulator.settings.codes.scope)
    return who


FullAccess = Annotated[Who, Depends(full_access)]


async def in_session(who: FullAccess, emulator: TheEmulator) -> Who:
    """The caller of an endpoint about the session itself."""
    if isinstance(who, AccessToken) and not emulator.settings.bearer_session_check:
        raise RefusalError(INVALID_SESSION)
    return who


InSession = Annotated[Who, Depends(in_session)]


async def can_be_trusted(who: SignedIn) -> UserSession:
    """Documented: sync tokens have no MFA. Inferred: BILL refuses them and Bearer tokens with this code."""
    if not isinstance(who, UserSession) or not who.can_be_trusted:
        raise RefusalError(UNTRUSTED_SESSION)
    return who


CanBeTrusted = Annotated[UserSession, Depends(can_be_trusted)]


async def partner(request: Request, emulator: TheEmulator) -> PartnerSession:
    session = emulator.sessions.check_partner(request.headers.get("sessionId"), request.headers.get("appKey"))
    request.state.session = session
    return session


Partner = Annotated[PartnerSession, Depends(partner)]


async def mfa_bypass(request: Request, emulator: TheEmulator) -> bool:
    return request.headers.get("devKey") in emulator.settings.mfa_bypass


MfaBypass = Annotated[bool, Depends(mfa_bypass)]


def require_trust(who: Who, bypass: bool) -> None:
    """Refuse a caller that is not trusted. Inferred: if MFA is off for the developer key, BILL requires no trust."""
    if not who.trusted and not bypass:
        raise RefusalError(UNTRUSTED_SESSION)


def bearer(authorization: str | None) -> str | None:
    scheme, _blank, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
