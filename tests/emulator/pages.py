# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a list: how many on one, and the cursors that lead from one to the next.

Documented by BILL: search-op-with-lists.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from .errors import INVALID_PARAMETER, Refusal

DEFAULT_PAGE, LARGEST_PAGE = 20, 100


def page(kind: str, everything: Sequence[Any], size: int, cursor: str | None) -> dict[str, Any]:
    first = _place(kind, cursor)
    answer: dict[str, Any] = {"results": list(everything[first : first + size])}
    # Observed: at an end of the list the cursor is absent, not null.
    if first + size < len(everything):
        answer["nextPage"] = _cursor(kind, first + size)
    if first > 0:
        answer["prevPage"] = _cursor(kind, max(0, first - size))
    return answer


def size(given: str | None) -> int:
    if given is None:
        return DEFAULT_PAGE
    # Observed: 0 and 101 give status 400; the code and the text are inferred.
    if not given.isdecimal():
        raise Refusal(INVALID_PARAMETER, "max: must be a number")
    if not 1 <= int(given) <= LARGEST_PAGE:
        raise Refusal(INVALID_PARAMETER, f"max: must be between 1 and {LARGEST_PAGE}")
    return int(given)


def _cursor(kind: str, place: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{place}".encode()).decode()


def _place(kind: str, cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        of, _colon, place = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        of, place = "", ""
    if of != kind or not place.isdecimal():
        raise Refusal(INVALID_PARAMETER, "page: is not a page of this list")
    return int(place)
