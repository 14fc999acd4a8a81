# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payments: the operation that needs a trusted session. It takes any JSON, and moves no money.

Documented by BILL: a payment needs a session trusted by MFA. Observed: another is refused with 403 BDC_1361,
the sandbox's too, and what is created is answered with 201.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from .errors import UNTRUSTED_SESSION, Refusal
from .fields import Fields, require
from .who import FullAccess, MfaBypass, TheEmulator

router = APIRouter()


@router.post("/v3/payments", status_code=201)
async def pay(who: FullAccess, bypass: MfaBypass, given: Fields, emulator: TheEmulator) -> dict[str, Any]:
    # Inferred: without trust nothing is said about the fields; and where MFA is off for the key, none is needed.
    if not who.trusted and not bypass:
        raise Refusal(UNTRUSTED_SESSION)
    require(given, "vendorId", "amount")
    number = len(emulator.payments) + 1
    payment = {**given, "id": f"stp{who.organization_id[3:5]}PAYMENT{number:08d}"}
    emulator.payments.append(
        {
            "at": emulator.clock.stamp(),
            "organization_id": who.organization_id,
            "user_id": who.user_id,
            "payment": payment,
        }
    )
    return payment
