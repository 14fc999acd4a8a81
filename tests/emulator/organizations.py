# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of the session.

Documented by BILL (its collection of requests): the fields, and that only an administrator can read or change it. Inferred: which fields are
set, and that BILL ignores those that it alone sets.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import resource, world
from .answers import answer
from .clock import timestamp
from .errors import NOT_SUPPORTED, RefusalError
from .fields import Fields
from .kinds import Exists, Kind, Object, prefix
from .problems import Problems
from .texts import ADDRESS, texts
from .users import require_administrator
from .who import SignedIn, TheEmulator

_MADE = 1_725_192_000  # 2024-09-01T12:00:00Z
_OF_ONE = "/{organization_id}"


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")
    problems.object(given, "address")


@cache
def _initial(organization_id: str) -> tuple[Object, ...]:
    return tuple(
        {
            "id": one.id,
            "archived": False,
            "name": one.name,
            "address": {
                "line1": "12 Bakers Lane",
                "city": "Portland",
                "stateOrProvince": "OR",
                "zipOrPostalCode": "97205",
                "country": "US",
                "countryName": "United States",
            },
            "phone": "+12025550100",
            "taxId": "900123456",
            "taxIdType": "EIN",
            "industry": "Other",
            "createdTime": timestamp(_MADE),
            "updatedTime": timestamp(_MADE),
        }
        for one in world.ORGANIZATIONS
        if one.id == organization_id
    )


KIND = Kind(
    name="organizations",
    prefix=prefix("008", "ORGANIZATION"),
    initial=_initial,
    columns={},
    check=_check,
    texts=texts(
        "name phone taxId taxIdType industry businessCategory accountType",
        address=ADDRESS,
        mailingAddress=ADDRESS,
        companyOwner="name dateOfBirth",
    ),
    masked=frozenset({"taxId"}),
    read_only=frozenset({"partnerName"}),
)

router = APIRouter(prefix=f"/v3/{KIND.name}")


@router.get("/industries")
async def industries() -> None:
    """The emulator does not have this call. Without it, `industries` would be read as the id of an organization."""
    raise RefusalError(NOT_SUPPORTED)


@router.get(_OF_ONE)
async def read(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    table = resource.table_of(KIND, request, who, emulator)
    require_administrator(who, emulator)
    return JSONResponse(answer(table.get(who.organization_id), KIND, emulator.settings))


@router.patch(_OF_ONE)
async def change(request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    table = resource.table_of(KIND, request, who, emulator)
    require_administrator(who, emulator)
    return JSONResponse(answer(table.patch(who.organization_id, given), KIND, emulator.settings))


routers = (router,)
