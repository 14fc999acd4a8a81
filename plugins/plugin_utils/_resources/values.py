# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares values as BILL shows them with values as users write them.

Private to bill.connect.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# What BILL shows in the place of digits. Which of these it uses is not documented.
_MASKS = "*xX•"
# Observed by a third party: BILL's own sample sends "123 Main Street" and shows "123 Main St".
_STREETS = {
    "street": "st",
    "avenue": "ave",
    "road": "rd",
    "drive": "dr",
    "lane": "ln",
    "boulevard": "blvd",
    "court": "ct",
    "place": "pl",
    "suite": "ste",
    "apartment": "apt",
    "highway": "hwy",
    "parkway": "pkwy",
    "square": "sq",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}


def is_masked(value: Any) -> bool:
    """Whether a value of BILL has signs in the place of digits."""
    return isinstance(value, str) and bool(re.search(f"[{_MASKS}]{{2,}}", value))


def fits_mask(wanted: Any, found: str) -> bool:
    """Whether the digits that BILL shows are those of the wanted value. Only the end counts: BILL may shorten the mask."""
    shown = re.split(f"[{_MASKS}]+", found)[-1]
    return text_of(wanted).strip().replace("-", "").endswith(shown.replace("-", ""))


def alike(text: Any) -> str:
    """A form in which texts are equal that people take for the same: without case, and with every blank as one space."""
    return " ".join(unicodedata.normalize("NFKC", text_of(text)).casefold().split())


def text_of(value: Any) -> str:
    return "" if value is None else str(value)


def decimal_of(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def street(text: Any) -> str:
    """A line of an address in a form in which the usual short forms are equal to the whole words."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text_of(text)).casefold())
    return " ".join(_STREETS.get(word, word) for word in words)


def value_at(record: Any, place: str) -> Any:
    """The value at a place of an object of BILL. A dot goes into an object. None if there is none."""
    for name in place.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def with_value(record: Any, place: str, value: Any) -> dict[str, Any]:
    """The object with another value at a place."""
    first, _dot, rest = place.partition(".")
    before = dict(record) if isinstance(record, Mapping) else {}
    return {**before, first: with_value(before.get(first), rest, value) if rest else value}
