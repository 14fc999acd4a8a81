# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payment terms: how many days after its date a bill is due.

Documented by BILL (docs/payment-terms): the paths, the fields, 0 to 999 days, no two terms with the same days, no archive and no delete.
Unknown: the method of a change, and the fields for filters and sort.
"""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import resource
from .answers import answer
from .clock import DAY, timestamp
from .columns import column
from .errors import NOT_SUPPORTED, RefusalError
from .fields import Fields
from .kinds import Exists, Kind, Object, Unique, prefix
from .problems import Problems
from .texts import texts
from .who import SignedIn, TheEmulator

MOST_DAYS = 999
_START = 1_728_000_000  # 2024-10-04T00:00:00Z


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")
    days = given.get("daysDue")
    if days is None:
        problems.missing("daysDue")
    elif not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= MOST_DAYS:
        problems.invalid("daysDue", f"must be a whole number from 0 to {MOST_DAYS}")


@cache
def _initial(organization_id: str) -> tuple[Object, ...]:
    return tuple(
        {
            "id": f"00p{organization_id[3:5]}TERM{number:011d}",
            "name": name,
            "daysDue": days,
            "createdTime": timestamp(_START + number * DAY),
            "updatedTime": timestamp(_START + number * DAY),
        }
        for number, (name, days) in enumerate((("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30)), 1)
    )


KIND = Kind(
    name="payment-terms",
    path="organizations/{organization_id}/payment-terms",
    prefix=prefix("00p", "TERM"),
    initial=_initial,
    columns={
        "id": column("text"),
        "name": column("text"),
        "daysDue": column("number"),
        "createdTime": column("date"),
        "updatedTime": column("date"),
    },
    check=_check,
    texts=texts("name"),
    unique=Unique(("daysDue",), lambda settings: settings.codes.payment_term),
    can_be_archived=False,
)

router = APIRouter(prefix=f"/v3/{KIND.path}")


@router.api_route("/{id_}", methods=["PATCH", "PUT"])
async def change(id_: str, request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    if emulator.settings.payment_term_change not in (request.method, "both"):
        raise RefusalError(NOT_SUPPORTED)
    table = resource.table_of(KIND, request, who, emulator)
    changed = table.patch(id_, given) if request.method == "PATCH" else table.put(id_, given)
    return JSONResponse(answer(changed, KIND, emulator.settings))


routers = (router, resource.creating(KIND), resource.reading(KIND))
