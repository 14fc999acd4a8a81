# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invented customers, bills and invoices of the organizations at the start, and the total of line items.

The names of the fields come from public samples. Names without a sample are inferred.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import world
from .clock import DAY, HOUR, timestamp
from .problems import is_number

_START = 1_735_808_400  # 2025-01-02T09:00:00Z
_MAX_BILLS = 60
_FLOWERS = ("Amber", "Bluebell", "Clover", "Dahlia", "Elder", "Fern", "Gentian")
_BUSINESSES = ("Cafe", "School", "Hotel", "Gallery", "Clinic")


def total(lines: list[dict[str, Any]]) -> float:
    return round(sum(_amount(line) for line in lines), 2)


def has_price(line: dict[str, Any]) -> bool:
    return is_number(line.get("price")) and is_number(line.get("quantity", 1))


def _amount(line: dict[str, Any]) -> float:
    if is_number(line.get("amount")):
        return float(line["amount"])
    return float(line["price"] * line.get("quantity", 1)) if has_price(line) else 0.0


@cache
def customers(organization_id: str) -> tuple[dict[str, Any], ...]:
    several = range(1, _bill_count(organization_id) // 2 + 1)
    return tuple(
        {
            "id": f"0cu{organization_id[3:5]}CUSTOMER{number:07d}",
            "archived": number % 12 == 0,
            "name": f"{_FLOWERS[number % 7]} {_BUSINESSES[number % 5]}",
            "accountType": "PERSON" if number % 6 == 0 else "BUSINESS",
            "email": f"accounts{number}@example.net",
            "invoiceCurrency": "USD",
            **_times(number),
        }
        for number in several
    )


@cache
def bills(organization_id: str) -> tuple[dict[str, Any], ...]:
    vendors = world.vendors(organization_id)
    return tuple(
        {
            "id": f"00n{organization_id[3:5]}BILL{number:011d}",
            "archived": number % 20 == 0,
            "vendorId": vendors[number * 7 % len(vendors)]["id"],
            "dueDate": _day(number, 30),
            "invoice": {"invoiceNumber": f"V-{1000 + number}", "invoiceDate": _day(number, 0)},
            "billLineItems": [{"amount": number * 12.25, "description": "Goods and services"}],
            "amount": number * 12.25,
            "paidAmount": number * 12.25 if number % 3 == 0 else 0,
            "dueAmount": 0 if number % 3 == 0 else number * 12.25,
            "paymentStatus": "PAID" if number % 3 == 0 else "UNPAID",
            "approvalStatus": "UNASSIGNED",
            **_times(number),
        }
        for number in range(1, _bill_count(organization_id) + 1)
    )


@cache
def invoices(organization_id: str) -> tuple[dict[str, Any], ...]:
    payers = customers(organization_id)
    return tuple(
        {
            "id": f"00e{organization_id[3:5]}INVOICE{number:08d}",
            "archived": number % 15 == 0,
            "customerId": payers[number * 3 % len(payers)]["id"],
            "invoiceNumber": f"C-{2000 + number}",
            "invoiceDate": _day(number, 0),
            "dueDate": _day(number, 14),
            "invoiceLineItems": [{"quantity": number, "price": 9.5, "description": "Bread and rolls"}],
            "status": "OPEN",
            "totalAmount": number * 9.5,
            "dueAmount": number * 9.5,
            **_times(number),
        }
        for number in range(1, len(payers) * 3 // 2 + 1)
    )


def _bill_count(organization_id: str) -> int:
    return min(_MAX_BILLS, len(world.vendors(organization_id)))


def _times(number: int) -> dict[str, str]:
    made = _START + number * 5 * HOUR
    return {"createdTime": timestamp(made), "updatedTime": timestamp(made + number * HOUR)}


def _day(number: int, later: int) -> str:
    return timestamp(_START + number * 5 * HOUR + later * DAY)[:10]
