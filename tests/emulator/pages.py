# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of a list: the number of objects on a page, and the cursors of the next and the previous page.

Documented by BILL (search-op-with-lists): the parameter `page` accepts the cursor of both directions. Spend & Expense has
the parameters `nextPage` and `prevPage`. Inferred: a cursor is valid only for its own list, filter and order.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

from .errors import INVALID_PARAMETER, Refusal

DEFAULT_PAGE, LARGEST_PAGE = 20, 100


def page(of: str, everything: Sequence[Any], size: int, cursor: str | None) -> dict[str, Any]:
    """One page. `of` identifies the list with its filters and its order."""
    return _page(everything, size, _place(of, "page", cursor), (of, of))


def page_two_ways(
    of: str, everything: Sequence[Any], size: int, next_cursor: str | None, prev_cursor: str | None
) -> dict[str, Any]:
    onwards, back = f"{of}>", f"{of}<"
    if next_cursor is not None and prev_cursor is not None:
        raise Refusal(INVALID_PARAMETER, "nextPage: must not be given with prevPage")
    first = _place(onwards, "nextPage", next_cursor) if prev_cursor is None else _place(back, "prevPage", prev_cursor)
    return _page(everything, size, first, (onwards, back))


def mark(*of: str | None) -> str:
    """A short text that identifies a list. Every list has another one."""
    return hashlib.sha256(repr(of).encode()).hexdigest()[:16]


def size(given: str | None) -> int:
    if given is None:
        return DEFAULT_PAGE
    # Observed: BILL answers 0 and 101 with status 400. The code and the text are inferred.
    if not given.isdecimal():
        raise Refusal(INVALID_PARAMETER, "max: must be a number")
    if not 1 <= int(given) <= LARGEST_PAGE:
        raise Refusal(INVALID_PARAMETER, f"max: must be between 1 and {LARGEST_PAGE}")
    return int(given)


def _page(everything: Sequence[Any], size: int, first: int, ways: tuple[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = {"results": list(everything[first : first + size])}
    # Observed: the first page has no cursor back, and the last page has none onwards. BILL leaves it out, it is not null.
    if first + size < len(everything):
        answer["nextPage"] = _cursor(ways[0], first + size)
    if first > 0:
        answer["prevPage"] = _cursor(ways[1], max(0, first - size))
    return answer


def _cursor(of: str, place: int) -> str:
    return base64.urlsafe_b64encode(f"{of}:{place}".encode()).decode()


def _place(expected: str, parameter: str, cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        of, _colon, place = base64.urlsafe_b64decode(cursor).decode().rpartition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        of, place = "", ""
    if of != expected or not place.isdecimal():
        raise Refusal(INVALID_PARAMETER, f"{parameter}: is not a page of this list")
    return int(place)
