# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contacts of a customer. Each of them can sign in to BILL's web app for customers.

Private to bill.connect. Documented by BILL (guide to customer contacts, 2026): the fields, that the e-mail address is unique within the customer, and
that BILL gives a new contact a sign-in. Which fields BILL requires is not documented.
"""

from __future__ import annotations

from ..fields import Email, Phone, Text
from ..spec import Key, Resource

CUSTOMER_CONTACT = Resource(
    name="contact",
    plural="contacts",
    path="/v3/customers/{customer_id}/contacts",
    fields=(
        Email("email", "The e-mail address. It identifies the contact."),
        Text("first_name", "The first name."),
        Text("last_name", "The last name."),
        Phone("phone", "The telephone number."),
        Phone("alt_phone", "Another telephone number."),
        Email("alternate_email", "Another e-mail address."),
    ),
    keys={"email": Key(("email",))},
    has_filters=False,
)
