# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of the session. The names of the fields are inferred."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from . import world
from .errors import INVALID_ORGANIZATION, NOT_SUPPORTED, RefusalError
from .who import SignedIn

router = APIRouter(prefix="/v3/organizations")


@router.get("/industries")
async def industries() -> None:
    """The emulator does not have this call. Without it, `industries` would be read as the id of an organization."""
    raise RefusalError(NOT_SUPPORTED)


@router.get("/{organization_id}")
async def organization(organization_id: str, who: SignedIn) -> dict[str, Any]:
    # Inferred: a session gives access only to its own organization. BILL answers BDC_1123 for another one.
    if organization_id != who.organization_id:
        raise RefusalError(INVALID_ORGANIZATION)
    found = next(one for one in world.ORGANIZATIONS if one.id == organization_id)
    return {"id": found.id, "name": found.name}
