# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seven kinds of classifications, which bills and invoices are coded with.

Documented by BILL (the reference of each kind): the paths, the fields and the required ones, the bulk requests for 50 objects with the names
of their lists. The filters are inferred: BILL's page about filters was not read for these lists.
"""

from __future__ import annotations

from . import resource
from .columns import Column, column
from .kinds import Exists, Kind, Object, none, prefix, unique_name
from .problems import Problems
from .texts import texts

_TEXTS = "name firstName lastName shortName description parentId type purchaseDescription expenseChartOfAccountId chartOfAccountId"


def _columns(*names: str) -> dict[str, Column]:
    return {
        "id": column("text", "*"),
        "archived": column("boolean", "*", sorts=True),
        **{name: column("text", "*", sorts=True) for name in names},
        "createdTime": column("date", "*", sorts=True),
        "updatedTime": column("date", "*", sorts=True),
    }


def _checks_name(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")


def _checks_item(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")
    problems.text(given, "type")


def _checks_employee(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "firstName")
    problems.text(given, "lastName")


def _kind(path: str, start: str, bulk_name: str) -> Kind:
    is_employee = path == "employees"
    names = ("firstName", "lastName") if is_employee else ("name", "description")
    checks = {"employees": _checks_employee, "items": _checks_item}
    return Kind(
        name=f"classifications/{path}",
        prefix=prefix(start, "CLASS"),
        initial=none,
        columns=_columns(*names),
        check=checks.get(path, _checks_name),
        texts=texts(_TEXTS, account="type number"),
        bulk=50,
        bulk_name=bulk_name,
        unique=unique_name("firstName", "lastName") if is_employee else unique_name("name"),
        archives_children=path == "chart-of-accounts",
    )


KINDS = (
    _kind("chart-of-accounts", "0ca", "chartOfAccounts"),
    _kind("accounting-classes", "cls", "accountingClasses"),
    _kind("departments", "0de", "departments"),
    _kind("employees", "emp", "employees"),
    _kind("items", "0ii", "items"),
    _kind("jobs", "job", "jobs"),
    _kind("locations", "loc", "locations"),
)

routers = tuple(router for kind in KINDS for router in (resource.writing(kind), resource.reading(kind)))
