# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invoices: amounts that customers owe an organization.

Observed: a request has the customer as `customer.id`, and a response as `customerId`. The required fields come from a third
party. The names of the amounts in the response are inferred.
"""

from __future__ import annotations

from . import customers, ledger, resource
from .columns import column
from .kinds import Exists, Kind, Object, prefix
from .problems import Problems
from .texts import CLASSIFICATIONS, texts


def _check(problems: Problems, given: Object, exists: Exists) -> None:
    if given.get("customer") is not None or "customerId" not in given:
        _check_customer(problems, given.get("customer"), exists)
    problems.text(given, "invoiceNumber")
    problems.day(given, "dueDate")
    problems.objects(given, "invoiceLineItems")


def _check_customer(problems: Problems, customer: Object | None, exists: Exists) -> None:
    id_ = customer.get("id") if isinstance(customer, dict) else None
    if not id_:
        problems.missing("customer.id", "must not be blank")
    elif not exists(customers.KIND, id_):
        problems.invalid("customer.id", "there is no such customer")


def _complete(given: Object) -> Object:
    content = {name: value for name, value in given.items() if name != "customer"}
    if given.get("customer") is not None:
        content["customerId"] = given["customer"]["id"]
    total = ledger.total(given["invoiceLineItems"])
    return {"status": "OPEN", **content, "totalAmount": total, "dueAmount": total}


KIND = Kind(
    name="invoices",
    prefix=prefix("00e", "INVOICE"),
    initial=ledger.invoices,
    columns={
        "id": column("text", "eq ne in"),
        "archived": column("boolean", "eq ne", sorts=True),
        "customerId": column("text", "eq in"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
        "payToChartOfAccountId": column("text", "eq ne in"),
        "classifications.accountingClassId": column("text", "eq ne in"),
        "classifications.departmentId": column("text", "eq ne in"),
        "classifications.locationId": column("text", "eq ne in"),
        "classifications.itemId": column("text", "eq ne in"),
        "invoiceDate": column("date", sorts=True),
        # Inferred: these can be used in filters. The end of BILL's table was not read.
        "invoiceNumber": column("text", "*", sorts=True),
        "dueDate": column("date", "*", sorts=True),
        "totalAmount": column("number", "*", sorts=True),
        "status": column("text", "*"),
    },
    check=_check,
    texts=texts(
        "invoiceNumber invoiceDate dueDate payToChartOfAccountId salesTaxItemId",
        customer="id name email",
        classifications=CLASSIFICATIONS,
        invoiceLineItems="id description",
        invoiceLineItems__classifications=CLASSIFICATIONS,
    ),
    complete=_complete,
    read_only=frozenset({"customerId", "status", "totalAmount", "dueAmount"}),
    can_be_replaced=True,
)

routers = (resource.writing(KIND), resource.reading(KIND))
