# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL partners: their own sign-in, and sessions for the users of their organizations.

Documented by BILL: bill-partner-operations, reference/partnerlogin, reference/loginasuser. Of a response, BILL documents
only sessionId. The codes are inferred.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import errors, fields, login, pages, world
from .errors import RefusalError
from .who import Partner, TheEmulator

router = APIRouter()


@router.post("/v3/partner/login")
async def partner_login(given: fields.Fields, emulator: TheEmulator) -> dict[str, Any]:
    app_key, username, password = fields.require(given, "appKey", "username", "password")
    partner = next((one for one in world.PARTNERS if one.app_key == app_key), None)
    if partner is None:
        raise RefusalError(emulator.settings.codes.app_key)
    account = emulator.accounts.check(username, password, "partner")
    if account.name != partner.username:
        raise RefusalError(errors.WRONG_CREDENTIALS)
    return {"sessionId": emulator.sessions.start_partner(account, app_key).id}


@router.get("/v3/partner/organizations")
async def organizations(request: Request, session: Partner, emulator: TheEmulator) -> dict[str, Any]:
    # BILL documents the path and the headers. The names of the fields are inferred.
    reached = [{"id": one.id, "name": one.name} for one in world.ORGANIZATIONS if one.id in session.organization_ids]
    query = request.query_params
    return pages.page(
        "partner", reached, pages.size(query.get("max"), emulator.settings.largest_page), query.get("page")
    )


@router.post("/v3/partner/login-as-user")
async def login_as_user(session: Partner, given: fields.Fields, emulator: TheEmulator) -> dict[str, Any]:
    user_id, organization_id = fields.require(given, "userId", "organizationId")
    device = fields.all_or_none(given, "rememberMeId", "device")
    if organization_id not in session.organization_ids:
        raise RefusalError(errors.INVALID_ORGANIZATION)
    login.check_organization(organization_id)
    account = emulator.accounts.user(user_id)
    if account is None or organization_id not in account.organization_ids:
        raise RefusalError(errors.NO_ACTIVE_USER, f"No active user for: {user_id}, {organization_id}")
    return login.start(emulator, account, None, organization_id, device)
