# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vendors: an organization pays them.

Documented by BILL (reference/createvendor): a vendor needs a name and an address. `autoPay` needs a trusted session.
"""

from __future__ import annotations

from . import resource, world
from .columns import column
from .kinds import Exists, Kind, Object, prefix, unique_name
from .problems import Problems
from .texts import ADDRESS, BANK_ACCOUNT, texts


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "name")
    problems.object(given, "address")


def _turns_on_auto_pay(given: Object) -> bool:
    # Inferred: the value of `autoPay` if it is off.
    asked = given.get("autoPay")
    return bool(asked) and asked != {"enable": False}


KIND = Kind(
    name="vendors",
    prefix=prefix("009", "VENDOR"),
    initial=world.vendors,
    columns={
        "id": column("text", "eq ne in"),
        "archived": column("boolean", "eq ne", sorts=True),
        "name": column("text", "eq sw", sorts=True),
        "accountType": column("text", "eq ne in nin"),
        "address.country": column("text", "eq ne"),
        "billCurrency": column("text", "eq ne in nin", sorts=True),
        "paymentStatus": column("text", "eq ne in nin"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
        "shortName": column("text", sorts=True),
        "email": column("text", sorts=True),
        "phone": column("text", sorts=True),
        "address.city": column("text"),
    },
    check=_check,
    texts=texts(
        "name shortName accountNumber accountType email phone billCurrency autoPay.bankAccountId",
        address=ADDRESS,
        paymentInformation="payeeName email",
        paymentInformation__bankAccount=BANK_ACCOUNT,
        additionalInfo="taxId taxIdType paymentTermId companyName",
    ),
    needs_trust=_turns_on_auto_pay,
    bulk=20,
    bulk_name="vendors",
    unique=unique_name("name"),
    masked=frozenset({"additionalInfo.taxId"}),
    of_network={
        "networkStatus": "CONNECTED",
        "phone": "555-0177",
        "email": "network@example.com",
        "paymentInformation": {"payeeName": "A Partner"},
        "additionalInfo": {"companyName": "A Partner Inc"},
    },
)

routers = (resource.writing(KIND), resource.reading(KIND))
