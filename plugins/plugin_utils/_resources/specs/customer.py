# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Customers: an organization sends them invoices.

Private to bill.connect. Documented by BILL (reference/createcustomer and its samples; filterable-fields): the fields, and the filter for the
name. A third party read the lengths in BILL's description of its API.
"""

from __future__ import annotations

from ..fields import Choice, Email, Nested, Phone, Text
from ..spec import Key, Resource
from .address import address
from .customer_contact import CUSTOMER_CONTACT
from .network import replaced_in_network

CUSTOMER = Resource(
    name="customer",
    plural="customers",
    path="/v3/customers",
    fields=(
        Text("name", "The name of the customer.", limit=100, required=True),
        Email("email", "The e-mail address of the customer.", required=True),
        Text("company_name", "The name of the company.", limit=250),
        Text("account_number", "The number of the customer. BILL prints it on invoices.", limit=100),
        Choice("account_type", "What the customer is.", choices=("BUSINESS", "PERSON", "NONE")),
        Nested(
            "contact",
            "The person to contact.",
            fields=(Text("first_name", "The first name."), Text("last_name", "The last name.")),
        ),
        Phone("phone", "The telephone number."),
        Phone("fax", "The fax number."),
        Text("description", "A description."),
        Text("payment_term_id", "The ID of the payment term."),
        Choice("invoice_currency", "The currency of the customer's invoices."),
        address("billing_address", "The address for invoices."),
        address("shipping_address", "The address for deliveries."),
    ),
    keys={
        "name": Key(("name",), is_filter=True),
        "account_number": Key(("account_number",)),
        "email": Key(("email",)),
    },
    children={"contacts": CUSTOMER_CONTACT},
    overridden=replaced_in_network("phone", "email", "company_name"),
    refused={"archived": "Use state."},
)
