# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that an organization pays from: its bank accounts, cards and AP cards. The emulator can only read them.

Documented by BILL (its collection of requests): the paths and fields, pages for bank accounts, one object with rates and cards, and a list
of AP cards without pages. Inferred: BILL shows only the last digits of numbers, the operators of filters except those of `status`, and that
`cardUserStatus` selects by the user's state, so here it has no effect. The beginnings of the identifiers of cards are invented.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import queries, resource, staff
from .answers import answer, answers
from .clock import DAY, timestamp
from .columns import column
from .errors import NOT_SUPPORTED, RefusalError
from .kinds import Kind, Object, prefix
from .who import SignedIn, TheEmulator

_START = 1_730_800_800  # 2024-11-05T10:00:00Z


@cache
def _banks(organization_id: str) -> tuple[Object, ...]:
    names = (("Operating account", "VERIFIED", True), ("Savings account", "PENDING", False))
    return tuple(
        {
            "id": f"bac{organization_id[3:5]}BANK{number:011d}",
            "archived": False,
            "status": status,
            "routingNumber": "*****0021",
            "accountNumber": f"******{4820 + number}",
            "nameOnAccount": name,
            "type": "CHECKING" if is_default else "SAVINGS",
            "ownerType": "BUSINESS",
            "bankName": "First Invented Bank",
            "accessToAdmins": is_default,
            "default": {"payables": is_default, "receivables": is_default},
            **_origin(organization_id, number),
        }
        for number, (name, status, is_default) in enumerate(names, 1)
    )


@cache
def _cards(organization_id: str) -> tuple[Object, ...]:
    return (
        {
            "id": f"car{organization_id[3:5]}CARD{1:011d}",
            "archived": False,
            "issuingBankName": "Second Invented Bank",
            "nameOnAccount": "Company card",
            "brand": "VISA",
            "type": "CREDIT_CARD",
            "status": "VERIFIED",
            "last4": "4242",
            "expiration": {"year": "2029", "month": "05"},
            "default": {"payables": False, "receivables": False, "funding": False, "disbursement": False},
            **_origin(organization_id, 3),
        },
    )


@cache
def _ap_cards(organization_id: str) -> tuple[Object, ...]:
    origin = _origin(organization_id, 4)
    return (
        {
            "id": f"apc{organization_id[3:5]}APCARD{1:09d}",
            "status": "INACTIVE",
            "nameOnAccount": "AP card",
            "balance": 0,
            "limit": 5000,
            "createdTime": origin["createdTime"],
            "updatedTime": origin["updatedTime"],
        },
    )


def _origin(organization_id: str, number: int) -> dict[str, Any]:
    made = timestamp(_START + number * DAY)
    people = staff.users(organization_id)
    by = {"createdBy": people[0]["id"]} if people else {}
    return {**by, "createdTime": made, "updatedTime": made}


BANKS = Kind(
    name="funding-accounts/banks",
    prefix=prefix("bac", "BANK"),
    initial=_banks,
    columns={
        "id": column("text", "eq ne in"),
        "archived": column("boolean", "eq ne", sorts=True),
        "status": column("text", "eq ne in nin"),
        "type": column("text", "eq ne in nin"),
        "ownerType": column("text", "eq ne in nin"),
        "accessToAdmins": column("boolean", "eq ne"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
    },
)
CARDS = Kind(name="funding-accounts/cards", prefix=prefix("car", "CARD"), initial=_cards, columns={})
AP_CARDS = Kind(name="funding-accounts/ap-cards", prefix=prefix("apc", "APCARD"), initial=_ap_cards, columns={})
KINDS = (BANKS, CARDS, AP_CARDS)

router = APIRouter(prefix="/v3/funding-accounts")


@router.get("/banks/users")
@router.get("/cards/users")
@router.get("/cards/funding-purposes")
async def others() -> None:
    """The emulator does not have these calls. Without this, their last part would be read as the id of an account."""
    raise RefusalError(NOT_SUPPORTED)


@router.get("/cards")
async def cards(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    if emulator.settings.strict_parameters:
        queries.check_parameters(request, frozenset({"cardUserStatus"}))
    everything = resource.table_of(CARDS, request, who, emulator).everything()
    rates = {"funding": {"creditCardRate": 2.9, "debitCardRate": 2.9}}
    return JSONResponse({"rates": rates, "cards": answers(everything, CARDS, emulator.settings)})


@router.get("/cards/{id_}")
async def card(id_: str, request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    found = resource.table_of(CARDS, request, who, emulator).get(id_)
    return JSONResponse(answer(found, CARDS, emulator.settings))


@router.get("/ap-cards")
async def ap_cards(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    if emulator.settings.strict_parameters:
        queries.check_parameters(request, frozenset())
    everything = resource.table_of(AP_CARDS, request, who, emulator).everything()
    return JSONResponse(answers(everything, AP_CARDS, emulator.settings))


routers = (router, resource.reading(BANKS))
