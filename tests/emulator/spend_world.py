# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invented company of Spend & Expense: its users, budgets and transactions. They are the same for every token.

The names of the fields are inferred. Exceptions are `syncStatus` and the fields of budgets. These are documented, or come
from a third party.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import world
from .clock import HOUR, timestamp

COMPANY = "SPENDCOMPANY00000001"
TRANSACTIONS, BUDGETS, USERS = 260, 24, 30

_START = 1_738_573_200  # 2025-02-03T09:00:00Z
_SHOPS = ("Airline", "Bookshop", "Coffee Bar", "Diner", "Express Mail", "Fuel Station", "Garden Center")
_SYNC = ("PENDING", "SYNCED", "NOT_SYNCED", "MANUAL_SYNCED")


@cache
def users(_company: str) -> tuple[dict[str, Any], ...]:
    known = tuple((one.user_id, one.user_name, one.email) for one in world.SPEND_TOKENS)
    others = tuple(
        (f"SPENDUSER{number:011d}", f"Employee {number}", f"employee{number}@example.com")
        for number in range(len(known) + 1, USERS + 1)
    )
    return tuple({"id": id_, "name": name, "email": email} for id_, name, email in known + others)


@cache
def budgets(company: str) -> tuple[dict[str, Any], ...]:
    owners = users(company)
    return tuple(
        {
            "id": f"SPENDBUDGET{number:09d}",
            "name": f"Team {number}",
            "owners": [owners[number % len(owners)]["id"]],
            "recurringInterval": "MONTHLY" if number % 2 else "NONE",
            "limit": number * 250,
            **_times(number),
        }
        for number in range(1, BUDGETS + 1)
    )


@cache
def transactions(company: str) -> tuple[dict[str, Any], ...]:
    spenders, all_budgets = users(company), budgets(company)
    return tuple(
        {
            "id": f"SPENDTRANS{number:010d}",
            "userId": spenders[number % len(spenders)]["id"],
            "budgetId": all_budgets[number % len(all_budgets)]["id"],
            "merchantName": _SHOPS[number % 7],
            "amount": round(number * 3.35, 2),
            "syncStatus": _SYNC[number % 4],
            **_times(number),
        }
        for number in range(1, TRANSACTIONS + 1)
    )


def _times(number: int) -> dict[str, str]:
    return {"createdTime": timestamp(_START + number * HOUR), "updatedTime": timestamp(_START + number * 2 * HOUR)}
