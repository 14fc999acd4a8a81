# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bills: amounts that an organization owes its vendors.

Documented by BILL (docs/ap-bills): a bill needs the vendor, the due date and the line items. A line item has an amount, or a
quantity and a price. The names of the amounts in the response are inferred.
"""

from __future__ import annotations

from . import ledger, resource, vendors
from .columns import column
from .kinds import Exists, Kind, Object, prefix
from .problems import Problems, is_number
from .texts import CLASSIFICATIONS, texts


def _check(problems: Problems, given: Object, exists: Exists) -> None:
    if problems.text(given, "vendorId") and not exists(vendors.KIND, given["vendorId"]):
        problems.invalid("vendorId", "there is no such vendor")
    problems.day(given, "dueDate")
    for position, line in problems.objects(given, "billLineItems"):
        if "amount" in line or not ledger.has_price(line):
            problems.number(f"{position}.amount", line.get("amount"))
    # BILL's documentation has these fields in the bill itself, and its sample has them in `invoice`. So `invoice` is optional.
    if given.get("invoice") is not None:
        problems.object(given, "invoice")


def _complete(given: Object) -> Object:
    amount = ledger.total(given["billLineItems"])
    paid = given.get("paidAmount", 0)
    return {
        "paymentStatus": "UNPAID",
        "approvalStatus": "UNASSIGNED",
        **given,
        "amount": amount,
        "paidAmount": paid,
        "dueAmount": round(amount - paid, 2) if is_number(paid) else amount,
    }


KIND = Kind(
    name="bills",
    prefix=prefix("00n", "BILL"),
    initial=ledger.bills,
    columns={
        "id": column("text", "eq ne in"),
        "archived": column("boolean", "eq ne", sorts=True),
        "vendorId": column("text", "eq in"),
        "dueDate": column("date", "gt gte lt lte", sorts=True),
        "paymentStatus": column("text", "eq ne in"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
        "payFromChartOfAccountId": column("text", "eq ne in"),
        "classifications.chartOfAccountId": column("text", "eq ne in"),
        "classifications.accountingClassId": column("text", "eq ne in"),
        "classifications.departmentId": column("text", "eq ne in"),
        "classifications.locationId": column("text", "eq ne in"),
        "classifications.itemId": column("text", "eq ne in"),
        "fundingAmount": column("number", sorts=True),
        "exchangeRate": column("number", sorts=True),
        "description": column("text", sorts=True),
        # Inferred: these can be used in filters. The end of BILL's table was not read.
        "amount": column("number", "*"),
        "invoice.invoiceNumber": column("text", "*"),
        "approvalStatus": column("text", "*"),
    },
    check=_check,
    texts=texts(
        "vendorId dueDate description payFromChartOfAccountId purchaseOrderNumber invoiceNumber invoiceDate",
        invoice="invoiceNumber invoiceDate",
        classifications=CLASSIFICATIONS,
        billLineItems="id description",
        billLineItems__classifications=CLASSIFICATIONS,
    ),
    complete=_complete,
    read_only=frozenset({"amount", "paidAmount", "dueAmount", "paymentStatus", "approvalStatus"}),
    can_be_replaced=True,
    bulk=100,
    parameters=frozenset({"billApprovals"}),
)

routers = (resource.writing(KIND), resource.reading(KIND))
