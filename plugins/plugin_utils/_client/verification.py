# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a read shows whether a write happened, after its response was lost.

Private to bill.connect.
"""

from __future__ import annotations

import re

# The ends of paths that say what to do, not with what; documented by BILL.
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
# Nothing that can be read tells of these.
_UNSEEN = re.compile(
    r"/v3(/(login|logout|mfa/.*|network/invitation|partner/login(-as-user)?|partner/risk-verifications/.*"
    r"|spend/reimbursements/image-upload-url))?"
)
# A user of a bank account, and one who is nominated, is found in the list only.
_ONE_BANK_USER = re.compile(r"(/v3/funding-accounts/banks/users)/[^/]+")
# The lists to sort by the time when something was made or changed. BILL documents that for nearly all of them ("Sortable fields"); of
# some classifications and of partner users it is an assumption.
_SORTED = re.compile(
    r"/v3/(bills|classifications/[^/]+|customers|funding-accounts/banks|invoices|(partner/)?users|payments|recurringbills|vendors)"
)


def verification_query(method: str, path: str) -> dict[str, str] | None:
    """The ``path`` to read, and a ``sort`` that brings what is new to the top of a list; None if no read shows it."""
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
