# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Payment terms: when a bill is due.

Private to bill.connect. Documented by BILL (guide to payment terms, 2026): the fields, that no two terms have the same number of days, and that
BILL neither deletes nor archives a term. Its list of calls names an update, without its method.
"""

from __future__ import annotations

from ..fields import Number, Text
from ..spec import Key, Resource

PAYMENT_TERM = Resource(
    name="payment term",
    plural="payment terms",
    path="/v3/organizations/{organization_id}/payment-terms",
    fields=(
        Number(
            "days_due",
            "How many days after its date a bill is due. BILL has at most one term with this number.",
            required=True,
            is_whole=True,
            maximum=999,
        ),
        Text("name", "The name.", required=True),
    ),
    keys={"days_due": Key(("days_due",)), "name": Key(("name",))},
    tries_keys=True,
    has_filters=False,
    removal="impossible",
    update="either",
)
