# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendors of an organization, read only: something for a session to be good for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import pages, world
from .errors import NO_DATA, Refusal
from .who import SignedIn

router = APIRouter()


@router.get("/v3/vendors")
async def vendors(request: Request, who: SignedIn) -> dict[str, Any]:
    asked = request.query_params
    return pages.page("vendors", world.vendors(who.organization_id), pages.size(asked.get("max")), asked.get("page"))


@router.get("/v3/vendors/{vendor_id}")
async def vendor(vendor_id: str, who: SignedIn) -> dict[str, Any]:
    for one in world.vendors(who.organization_id):
        if one["id"] == vendor_id:
            return one
    raise Refusal(NO_DATA)
