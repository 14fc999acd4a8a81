# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the read that shows whether BILL has processed a write, after the response to the write was lost.

Private to bill.connect.
"""

from __future__ import annotations

import re

# Documented by BILL: the last parts of paths that name an action, not a record.
_VERBS = {
    "accept",
    "action",
    "archive",
    "bulk",
    "cancel",
    "email",
    "record-payment",
    "restore",
    "verify",
    "void",
}
# The paths of writes that no read shows.
_UNSEEN = re.compile(
    r"/v3(/(login|logout|mfa/.*|network/invitation|partner/login(-as-user)?|partner/risk-verifications/.*"
    r"|spend/reimbursements/image-upload-url))?"
    # BILL shows a security key only once.
    r"|/connect-events/v3/subscriptions/[^/]+/security[_-]key"
)
# Only the list shows a user of a bank account, or a nominated user.
_ONE_BANK_USER = re.compile(r"(/v3/funding-accounts/banks/users)/[^/]+")
# The tests and repetitions of webhook events. The list of events shows them.
_EVENTS = re.compile(r"(/connect-events/v3)/(?:subscriptions/([^/]+)/test|events/subscription/([^/]+)/event/[^/]+)")
# The lists that BILL can sort by the time of creation or change. BILL documents this for nearly all of them ("Sortable fields"). For some
# classifications and for partner users it is an assumption.
_SORTED = re.compile(
    r"/v3/(bills|classifications/[^/]+|customers|funding-accounts/banks|invoices|(partner/)?users|payments|recurringbills|vendors)"
)


def verification_query(method: str, path: str) -> dict[str, str] | None:
    """The ``path`` to read, and a ``sort`` that puts new records first in a list. None if no read shows the write."""
    if events := _EVENTS.fullmatch(path):
        return {"path": f"{events[1]}/events/subscription/{events[2] or events[3]}"}
    whole, _slash, last = path.rpartition("/")
    while last in _VERBS:
        whole, _slash, last = whole.rpartition("/")
    whole = f"{whole}/{last}"
    if _UNSEEN.fullmatch(whole):
        return None
    if one := _ONE_BANK_USER.fullmatch(whole):
        return {"path": one[1]}
    if not _SORTED.fullmatch(whole):
        return {"path": whole}
    made = method == "POST" and path in (whole, f"{whole}/bulk")
    return {"path": whole, "sort": "createdTime:desc" if made else "updatedTime:desc"}
