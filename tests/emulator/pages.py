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

from .errors import INVALID_PARAMETER, RefusalError

DEFAULT_PAGE = 20


def page(list_id: str, everything: Sequence[Any], size: int, cursor: str | None) -> dict[str, Any]:
    """One page. `of` identifies the list with its filters and its order."""
    return _page(everything, size, _position_of(list_id, "page", cursor), (list_id, list_id))


def page_with_two_cursors(
    list_id: str, everything: Sequence[Any], size: int, next_cursor: str | None, prev_cursor: str | None
) -> dict[str, Any]:
    forward, back = f"{list_id}>", f"{list_id}<"
    if next_cursor is not None and prev_cursor is not None:
        raise RefusalError(INVALID_PARAMETER, "nextPage: must not be given with prevPage")
    first = (
        _position_of(forward, "nextPage", next_cursor)
        if prev_cursor is None
        else _position_of(back, "prevPage", prev_cursor)
    )
    return _page(everything, size, first, (forward, back))


def list_identity(*parts: str | None) -> str:
    """A short text that identifies a list. Every list has another one."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def size(given: str | None, largest: int) -> int:
    if given is None:
        return DEFAULT_PAGE
    # Observed: BILL answers 0 and 101 with status 400. The code and the text are inferred.
    if not given.isdecimal():
        raise RefusalError(INVALID_PARAMETER, "max: must be a number")
    if not 1 <= int(given) <= largest:
        raise RefusalError(INVALID_PARAMETER, f"max: must be between 1 and {largest}")
    return int(given)


def _page(everything: Sequence[Any], size: int, first: int, directions: tuple[str, str]) -> dict[str, Any]:
    response: dict[str, Any] = {"results": list(everything[first : first + size])}
    # Observed: the first page has no cursor back, and the last page has none onwards. BILL leaves it out, it is not null.
    if first + size < len(everything):
        response["nextPage"] = _cursor(directions[0], first + size)
    if first > 0:
        response["prevPage"] = _cursor(directions[1], max(0, first - size))
    return response


def _cursor(list_id: str, position: int) -> str:
    return base64.urlsafe_b64encode(f"{list_id}:{position}".encode()).decode()


def _position_of(expected: str, parameter: str, cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        list_id, _colon, position = base64.urlsafe_b64decode(cursor).decode().rpartition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        list_id, position = "", ""
    if list_id != expected or not position.isdecimal():
        raise RefusalError(INVALID_PARAMETER, f"{parameter}: is not a page of this list")
    return int(position)
