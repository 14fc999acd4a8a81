# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The largest pages of BILL's lists, by path.

Private to bill.connect.
"""

from __future__ import annotations

import re

from .._core.error_parser import error_items
from .._core.errors import ApiError

# Documented by BILL (search-op-with-lists): from 1 to 100 records.
_USUAL = 100
_LIMITS = {
    # Documented by BILL (reference of the transactions of Spend & Expense): from 1 to 50 records.
    "/v3/spend/transactions": 50,
    # Documented by BILL: the page is the only parameter of this list.
    "/v3/login/organizations": 0,
    # Documented by BILL (samples of its collection of requests): these lists are plain arrays, without pages.
    "/v3/bill-approvals/policies": 0,
    "/v3/funding-accounts/ap-cards": 0,
    "/connect-events/v3/events/catalog": 0,
}

# The name of the parameter, and not a part of a longer name.
_PAGE_SIZE = re.compile(r"(?<![\w.])max(?!\w)")


def largest_page(path: str) -> int:
    """The largest number of records on a page of this list. 0 if the list has no parameter for it."""
    return _LIMITS.get(path, _USUAL)


def refuses_page_size(error: ApiError) -> bool:
    """Whether BILL rejected the parameter ``max``. Observed: it then answers HTTP status 400 and names the parameter."""
    messages = (each.get("message") for each in error_items(error.response_body))
    return error.status == 400 and any(isinstance(text, str) and _PAGE_SIZE.search(text) for text in messages)
