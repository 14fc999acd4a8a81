# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors: an organization pays them.

Private to bill.connect. Documented by BILL (reference/createvendor, updatevendor; filterable-fields): the fields, the filter for the name,
the bulk request for 20 vendors, and the lengths of ``name`` and ``shortName``. A third party read that BILL replaces fields of a vendor in its
network.
"""

from __future__ import annotations

from ..fields import Choice, Email, Flag, Nested, Number, Phone, Text
from ..spec import Key, Resource
from .address import address
from .network import replaced_in_network

VENDOR = Resource(
    name="vendor",
    plural="vendors",
    path="/v3/vendors",
    fields=(
        Text("name", "The name of the vendor.", limit=100, required=True),
        Text("short_name", "A short name.", limit=40),
        Text("account_number", "Your number at the vendor. BILL prints it on checks.", limit=100),
        Choice("account_type", "What the vendor is.", choices=("BUSINESS", "PERSON", "NONE")),
        Email("email", "The e-mail address of the vendor."),
        Phone("phone", "The telephone number of the vendor."),
        Choice("bill_currency", "The currency of the vendor's bills. BILL changes it only for a vendor without bills."),
        address("address", "The address of the vendor.", required=True),
        Nested(
            "payment_information",
            "How the vendor is paid.",
            fields=(
                Text("payee_name", "The name on payments. A vendor that is paid needs it."),
                Email("email", "The e-mail address for remittance advice."),
            ),
        ),
        Nested(
            "additional_info",
            "More about the vendor.",
            fields=(
                Text("tax_id", "The tax ID.", is_secret=True, may_be_masked=True),
                Choice("tax_id_type", "The kind of the tax ID.", choices=("SSN", "EIN")),
                Flag("track1099", "Whether the organization reports payments to the vendor on form 1099."),
                Number("lead_time_in_days", "The lead time in days.", is_whole=True),
                Flag("combine_payments", "Whether BILL combines payments to the vendor."),
                Text("payment_term_id", "The ID of the payment term."),
                Text("company_name", "The name of the company.", limit=250),
            ),
        ),
        Nested(
            "auto_pay",
            "Automatic payments. To turn them on, BILL requires an MFA-trusted session.",
            fields=(
                Flag("enabled", "Whether BILL pays the vendor's bills automatically."),
                Text("bank_account_id", "The ID of the bank account that pays."),
                Number("max_amount", "The highest amount of such a payment."),
                Number("days_before_due_date", "How many days before its due date a bill is paid.", is_whole=True),
            ),
        ),
    ),
    keys={
        "name": Key(("name",), is_filter=True),
        "account_number": Key(("account_number",)),
        "email": Key(("email",)),
        "short_name": Key(("short_name",)),
    },
    bulk=20,
    bulk_name="vendors",
    overridden=replaced_in_network("phone", "email", "payment_information.payee_name", "additional_info.company_name"),
    refused={"bank_account": "Use bill_vendor_bank_account.", "archived": "Use state."},
)
