# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payments. They need a trusted session. The emulator moves no money, and a payment changes no bill.

Documented by BILL: a payment needs a session that MFA made trusted. One request pays up to 50 bills. Observed: BILL refuses
another session with 403 BDC_1361, also in the sandbox. BILL answers a created payment with 201.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from . import resource
from .columns import column
from .errors import NOT_SUPPORTED, RefusalError
from .fields import AnyJson, Fields
from .kinds import Exists, Kind, Object, none, prefix
from .objects import ObjectTable
from .problems import Problems
from .state import Emulator
from .texts import texts
from .who import FullAccess, MfaBypass, TheEmulator, Who, require_trust

router = APIRouter(prefix="/v3/payments")


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    # Documented: a payment of a bill need not name the vendor. The emulator does not check that bill or vendor exist.
    if not given.get("billId"):
        problems.text(given, "vendorId")
    # The emulator accepts any number except 0, and any text that is not blank.
    if not str(given.get("amount") or "").strip():
        problems.missing("amount", "must not be blank")


KIND = Kind(
    name="payments",
    prefix=prefix("stp", "PAYMENT"),
    initial=none,
    columns={
        # Inferred: these can be used in filters. The end of BILL's page about filters was not read.
        "id": column("text", "*"),
        "vendorId": column("text", "*"),
        "billId": column("text", "*"),
        "status": column("text", "*"),
        "transactionNumber": column("text", "*"),
        "amount": column("number", "*", sorts=True),
        "processDate": column("date", "*", sorts=True),
        "createdTime": column("date", "*", sorts=True),
        "updatedTime": column("date", "*", sorts=True),
        "description": column("text", sorts=True),
        "confirmationNumber": column("text", sorts=True),
        "onlinePayment": column("boolean", sorts=True),
        "disbursementStatus": column("text", sorts=True),
    },
    check=_check,
    texts=texts("vendorId billId processDate description"),
    complete=lambda given: {"status": "SCHEDULED", **given},
    read_only=frozenset({"status"}),
    can_be_archived=False,
    bulk=50,
)


@router.get("/options")
async def options() -> None:
    """The emulator does not have this call. Without it, `options` would be read as the id of a payment."""
    raise RefusalError(NOT_SUPPORTED)


@router.post("")
async def pay(who: FullAccess, bypass: MfaBypass, given: Fields, emulator: TheEmulator) -> JSONResponse:
    # Inferred: BILL does not check the fields if the session is not trusted.
    require_trust(who, bypass)
    try:
        made = _table(who, emulator).create(given)
    except RefusalError as refusal:
        _announce_refusal(emulator, who, [given], refusal)
        raise
    return JSONResponse(_record(emulator, who, made), 201)


@router.post("/bulk")
async def pay_several(who: FullAccess, bypass: MfaBypass, given: AnyJson, emulator: TheEmulator) -> JSONResponse:
    require_trust(who, bypass)
    lines = resource.objects(_separately(given), KIND)
    try:
        made = _table(who, emulator).create_all(lines)
    except RefusalError as refusal:
        _announce_refusal(emulator, who, lines, refusal)
        raise
    return JSONResponse([_record(emulator, who, one) for one in made], 201)


def _separately(given: Any) -> Any:
    """The body as a list of payments. Both a plain list and an object are accepted.

    From a third party, made from BILL's description: an object has the list `payments` and the fields that all payments share.
    """
    if not isinstance(given, dict):
        return given
    shared = {name: value for name, value in given.items() if name != "payments"}
    lines = given.get("payments")
    if not isinstance(lines, list):
        return lines
    return [{**shared, **one} if isinstance(one, dict) else one for one in lines]


@router.post("/{payment_id}/cancel")
async def cancel(payment_id: str, who: FullAccess, emulator: TheEmulator) -> JSONResponse:
    # Inferred: the status, and that a second cancellation is no error.
    return JSONResponse(_table(who, emulator).set(payment_id, status="CANCELED"))


@router.post("/{payment_id}/void")
async def void(payment_id: str, who: FullAccess, emulator: TheEmulator) -> JSONResponse:
    # From a third party: BILL requires a reason. The emulator does not check it.
    return JSONResponse(_table(who, emulator).set(payment_id, status="VOID"))


def _announce_refusal(emulator: Emulator, who: Who, given: list[Object], refusal: RefusalError) -> None:
    if not emulator.settings.refused_payment_event:
        return
    errors = refusal.envelope(emulator.clock, emulator.settings)
    for one in given:
        emulator.webhooks.announce("payment.failed", who.organization_id, one, errors=errors)


def _record(emulator: Emulator, who: Who, made: Object) -> Object:
    """Record a payment for the tests. Returns the response: the fields of the request and the identifier (inferred)."""
    payment = {name: value for name, value in made.items() if name not in {"status", "createdTime", "updatedTime"}}
    emulator.payments.append(
        {
            "at": emulator.clock.stamp(),
            "organization_id": who.organization_id,
            "user_id": who.user_id,
            "payment": payment,
        }
    )
    return payment


def _table(who: Who, emulator: Emulator) -> ObjectTable:
    return emulator.objects.table(KIND, who.organization_id)


routers = (router, resource.reading(KIND))
