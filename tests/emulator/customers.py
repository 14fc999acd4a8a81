# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers: an organization sends them invoices. Documented by BILL (reference/createcustomer): a customer needs a name."""

from __future__ import annotations

from . import ledger, resource
from .columns import column
from .kinds import Exists, Kind, Object, prefix, unique_name
from .problems import Problems
from .texts import ADDRESS, texts


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")


KIND = Kind(
    name="customers",
    prefix=prefix("0cu", "CUSTOMER"),
    initial=ledger.customers,
    columns={
        "id": column("text", "eq ne in"),
        "archived": column("boolean", "eq ne", sorts=True),
        "name": column("text", "eq sw", sorts=True),
        "accountType": column("text", "eq ne in nin"),
        "address.country": column("text", "eq ne"),
        "invoiceCurrency": column("text", "eq ne in nin", sorts=True),
        "paymentStatus": column("text", "eq ne in nin"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
        "companyName": column("text", sorts=True),
        "email": column("text", sorts=True),
        "phone": column("text", sorts=True),
        "fax": column("text", sorts=True),
        "description": column("text", sorts=True),
    },
    check=_check,
    unique=unique_name("name"),
    texts=texts(
        "name email companyName accountNumber accountType phone fax description paymentTermId invoiceCurrency",
        contact="firstName lastName",
        billingAddress=ADDRESS,
        shippingAddress=ADDRESS,
    ),
)

routers = (resource.writing(KIND), resource.reading(KIND))
