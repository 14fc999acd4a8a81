# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL's endpoints, as paths below /connect.

Documented by BILL unless a comment says otherwise: reference/login, reference/getsessioninfo, the lists in
search-op-with-lists.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from . import errors, world
from .errors import Refusal
from .sessions import Session
from .state import Emulator

LOGIN_FIELDS = ("devKey", "username", "organizationId", "password")
DEFAULT_PAGE, LARGEST_PAGE = 20, 100

router = APIRouter()


async def the_emulator(request: Request) -> Emulator:
    emulator: Emulator = request.app.state.emulator
    return emulator


TheEmulator = Annotated[Emulator, Depends(the_emulator)]


async def signed_in(request: Request, emulator: TheEmulator) -> Session:
    session = emulator.sessions.check(request.headers.get("sessionId"), request.headers.get("devKey"))
    request.state.session = session
    return session


SignedIn = Annotated[Session, Depends(signed_in)]


@router.post("/v3/login")
async def login(request: Request, emulator: TheEmulator) -> dict[str, Any]:
    dev_key, username, organization_id, password = _login_fields(await request.body())
    if dev_key == world.INACTIVE_DEV_KEY:
        raise Refusal(errors.INACTIVE_DEV_KEY)
    if dev_key not in world.DEV_KEYS:
        raise Refusal(errors.INVALID_DEV_KEY)
    organization = next((one for one in world.ORGANIZATIONS if one.id == organization_id), None)
    if organization is None:
        raise Refusal(errors.INVALID_ORGANIZATION)
    if organization.locked:
        raise Refusal(errors.ORGANIZATION_LOCKED)
    account = emulator.accounts.check(username, password)
    if organization_id not in account.organization_ids:
        raise Refusal(errors.INVALID_ORGANIZATION)
    if emulator.settings.one_session_per_user:
        for earlier in emulator.sessions.alive():
            if (earlier.user_id, earlier.organization_id) == (account.user_id, organization_id):
                earlier.ended = True
    session = emulator.sessions.start(account, dev_key, organization_id)
    answer = {"sessionId": session.id, "userId": session.user_id, "trusted": False}
    if emulator.settings.organization_in_answer:
        answer["organizationId"] = organization_id
    return answer


def _login_fields(body: bytes) -> tuple[str, ...]:
    try:
        given = json.loads(body)
    except ValueError:
        raise Refusal(errors.NOT_JSON) from None
    if not isinstance(given, dict):
        raise Refusal(errors.NOT_JSON)
    values = tuple(str(given.get(name) or "") for name in LOGIN_FIELDS)
    missing = [name for name, value in zip(LOGIN_FIELDS, values, strict=True) if not value.strip()]
    if missing:
        # The wording was observed; which code comes with it, if any, is unknown.
        raise Refusal(errors.MISSING_FIELD, *(f"{name}: must not be blank" for name in missing))
    return values


@router.get("/v3/login/session")
async def session_info(session: SignedIn) -> dict[str, Any]:
    return {
        "organizationId": session.organization_id,
        "userId": session.user_id,
        # No phone yet: of the documented values the one that fits a session without trust (inferred).
        "mfaStatus": "SETUP",
        "mfaBypass": False,
    }


@router.post("/v3/logout")
async def logout(session: SignedIn) -> dict[str, Any]:
    session.ended = True
    # The body of a success is not documented; empty is inferred.
    return {}


@router.get("/v3/health")
async def health() -> dict[str, str]:
    # Inferred: these four fields are documented for the health of BILL's webhooks only.
    return {"appId": "connect", "appEnv": "emulator", "appVersion": "1.0.0", "bdcRegion": "us"}


@router.get("/v3/vendors")
async def vendors(request: Request, session: SignedIn) -> dict[str, Any]:
    size = _page_size(request.query_params.get("max"))
    first = _place(request.query_params.get("page"))
    everyone = world.vendors(session.organization_id)
    page: dict[str, Any] = {"results": everyone[first : first + size]}
    # Observed: at an end of the list the cursor is absent, not null.
    if first + size < len(everyone):
        page["nextPage"] = _cursor(first + size)
    if first > 0:
        page["prevPage"] = _cursor(max(0, first - size))
    return page


@router.get("/v3/vendors/{vendor_id}")
async def vendor(vendor_id: str, session: SignedIn) -> dict[str, Any]:
    for one in world.vendors(session.organization_id):
        if one["id"] == vendor_id:
            return one
    raise Refusal(errors.NO_DATA)


def _page_size(given: str | None) -> int:
    if given is None:
        return DEFAULT_PAGE
    # Observed: 0 and 101 give status 400; the code and the text are inferred.
    if not given.isdecimal():
        raise Refusal(errors.INVALID_PARAMETER, "max: must be a number")
    if not 1 <= int(given) <= LARGEST_PAGE:
        raise Refusal(errors.INVALID_PARAMETER, f"max: must be between 1 and {LARGEST_PAGE}")
    return int(given)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"vendors:{place}".encode()).decode()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        kind, _colon, place = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        kind, place = "", ""
    if kind != "vendors" or not place.isdecimal():
        raise Refusal(errors.INVALID_PARAMETER, "page: is not a page of this list")
    return int(place)
