# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spend & Expense: its users, budgets and transactions. There is no sign-in. Each call has a token.

Documented by BILL: `current` names the user who created the token. Lists have the cursors `nextPage` and `prevPage`. BILL
answers status 200 when a budget is deleted, and lists no longer have it. The required fields of a budget come from a third
party. The fields of filters and of the sort order are inferred, except `syncStatus`.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import queries, spend_world
from .columns import Column, column
from .errors import NO_DATA, RefusalError
from .fields import Fields
from .kinds import Exists, Kind, Object
from .objects import ObjectTable
from .problems import Problems
from .spender import Spender
from .state import Emulator
from .texts import texts
from .who import TheEmulator

router = APIRouter()

TIMES: dict[str, Column] = {
    "id": column("text", "*", sorts=True),
    "createdTime": column("date", "*", sorts=True),
    "updatedTime": column("date", "*", sorts=True),
}


def _check_budget(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")
    problems.text(given, "recurringInterval")
    owners = given.get("owners")
    if owners is None:
        problems.missing("owners")
    elif not isinstance(owners, list) or not owners:
        problems.invalid("owners", "must be a list that is not empty")
    if not given.get("limitlessOverspend"):
        problems.number("limit", given.get("limit"))


USERS = Kind(
    name="spend/users",
    prefix=lambda _company: "SPENDUSER",
    initial=spend_world.users,
    columns={"id": TIMES["id"], "name": column("text", "*", sorts=True), "email": column("text", "*", sorts=True)},
    can_be_archived=False,
    has_two_cursors=True,
)
BUDGETS = Kind(
    name="spend/budgets",
    prefix=lambda _company: "SPENDBUDGET",
    initial=spend_world.budgets,
    columns={
        **TIMES,
        "name": column("text", "*", sorts=True),
        "limit": column("number", "*", sorts=True),
        "recurringInterval": column("text", "*", sorts=True),
    },
    check=_check_budget,
    texts=texts("name description recurringInterval expirationDate timezone parentBudgetId shareFunds"),
    can_be_archived=False,
    has_two_cursors=True,
)
TRANSACTIONS = Kind(
    name="spend/transactions",
    prefix=lambda _company: "SPENDTRANS",
    initial=spend_world.transactions,
    columns={
        **TIMES,
        "amount": column("number", "*", sorts=True),
        "merchantName": column("text", "*", sorts=True),
        "userId": column("text", "*"),
        "budgetId": column("text", "*"),
        "syncStatus": column("text", "eq ne in nin"),
    },
    can_be_archived=False,
    parameters=frozenset({"showCustomFieldIds"}),
    largest_page=50,
    has_two_cursors=True,
)
KINDS = (USERS, BUDGETS, TRANSACTIONS)


@router.get("/v3/spend/users/current")
async def current_user(email: Spender, emulator: TheEmulator) -> dict[str, Any]:
    for one in _table(emulator, USERS).everything():
        if one["email"] == email:
            return one
    raise RefusalError(NO_DATA)


def _reading(kind: Kind) -> None:
    @router.get(f"/v3/{kind.name}")
    async def several(request: Request, _email: Spender, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(queries.page(request, _table(emulator, kind), emulator.settings))

    @router.get(f"/v3/{kind.name}/{{id_}}")
    async def one(id_: str, _email: Spender, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(_table(emulator, kind).get(id_))


for _kind in KINDS:
    _reading(_kind)


@router.post("/v3/spend/budgets")
async def create_budget(_email: Spender, given: Fields, emulator: TheEmulator) -> JSONResponse:
    return JSONResponse(_table(emulator, BUDGETS).create(given), 201)


@router.delete("/v3/spend/budgets/{budget_id}")
async def delete_budget(budget_id: str, _email: Spender, emulator: TheEmulator) -> JSONResponse:
    # Inferred: the response is the deleted budget, and the budget can no longer be read.
    return JSONResponse(_table(emulator, BUDGETS).remove(budget_id))


def _table(emulator: Emulator, kind: Kind) -> ObjectTable:
    return emulator.objects.table(kind, spend_world.COMPANY)
