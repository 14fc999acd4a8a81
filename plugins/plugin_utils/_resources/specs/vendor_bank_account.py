# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bank account of a vendor, to which BILL pays.

Private to bill.connect. Documented by BILL (reference of the account, changelog): the fields, that a vendor has at most one account, and that BILL
cannot change it. BILL shows only the last four digits of the account number. Whether it masks the routing number, and what it answers if there
is no account, is not documented.
"""

from __future__ import annotations

from ..fields import Choice, Text
from ..list_fields import ObjectList
from ..spec import Resource

VENDOR_BANK_ACCOUNT = Resource(
    name="bank account",
    plural="bank accounts",
    path="/v3/vendors/{vendor_id}/bank-account",
    fields=(
        Text("name_on_account", "The name of the owner of the account.", required=True),
        Text(
            "account_number",
            "The number of the account, or its IBAN. Put it in quotes.",
            limit=100,
            required=True,
            is_secret=True,
            may_be_masked=True,
        ),
        Text("routing_number", "The routing number. Leave it out for an IBAN. Put it in quotes.", may_be_masked=True),
        Choice("type", "The kind of the account.", choices=("CHECKING", "SAVINGS")),
        Choice(
            "owner_type",
            "Who owns the account. For a person, BILL's pages name both V(PERSON) and V(PERSONAL).",
            choices=("BUSINESS", "PERSON", "PERSONAL"),
            same=("PERSON", "PERSONAL"),
        ),
        Choice("payment_currency", "The currency of the payments, for example V(USD).", may_be_missing=True),
        ObjectList(
            "regulatory_fields",
            "What the country of the account requires besides.",
            may_be_missing=True,
            fields=(
                Text("name", "The name of the field.", required=True),
                Text("value", "The value of the field.", required=True),
            ),
        ),
    ),
    keys={},
    has_filters=False,
    removal="delete",
    update="replace",
    is_single=True,
)
