# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contacts of a customer.

Documented by BILL (docs/customer-contacts): the paths, the fields, and that an e-mail is unique within the customer. Inferred: a contact
needs an e-mail, and BILL does not return the identifier of the customer. Unknown: the fields for filters and sort.
"""

from __future__ import annotations

from . import customers, resource
from .columns import column
from .kinds import Exists, Kind, Object, Unique, none
from .problems import Problems
from .settings import Settings
from .texts import texts


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    problems.text(given, "email")


def _prefix(customer_id: str) -> str:
    """The prefix of BILL, the two digits of the organization, and the number of the customer."""
    return f"cpu{customer_id[3:5]}{customer_id[-7:]}"


def _counts_archived(settings: Settings) -> bool:
    return settings.archived_emails == "refused"


KIND = Kind(
    name="customer-contacts",
    path="customers/{parent_id}/contacts",
    parent=customers.KIND,
    parent_field="customerId",
    prefix=_prefix,
    initial=none,
    columns={
        "id": column("text"),
        "archived": column("boolean", "eq ne", sorts=True),
        "firstName": column("text"),
        "lastName": column("text"),
        "email": column("text"),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
    },
    check=_check,
    texts=texts("firstName lastName email phone altPhone alternateEmail"),
    unique=Unique(("email",), lambda settings: settings.codes.contact_email, _counts_archived),
)

routers = (resource.writing(KIND), resource.reading(KIND))
