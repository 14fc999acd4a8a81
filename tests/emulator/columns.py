# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that a list can be filtered and sorted by, and what their values mean.

Documented by BILL (search-op-with-lists, filterable-fields, sortable-fields). That times without a zone are UTC, and
that a zone may be written in any way of ISO 8601, is inferred.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Type = Literal["text", "number", "boolean", "date"]

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "sw")
ORDER = frozenset({"gt", "gte", "lt", "lte"})
# Inferred: what fits a type, where BILL does not say. Only texts start with something, and nothing is more than true.
FIT: dict[Type, frozenset[str]] = {
    "text": frozenset(OPERATORS),
    "number": frozenset(OPERATORS) - {"sw"},
    "boolean": frozenset({"eq", "ne"}),
    "date": frozenset(OPERATORS) - {"sw"},
}
# As documented: a day; or a time to the minute, second or millisecond, the last with a zone or without.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3}(Z|[+-]\d\d(:?\d\d)?)?)?)?)?")


@dataclass(frozen=True)
class Column:
    type: Type
    # None: BILL's page does not have this field.
    documented: frozenset[str]
    sorts: bool

    def operators(self, documented_only: bool) -> frozenset[str]:
        return self.documented if documented_only else FIT[self.type]


def column(type_: Type, operators: str = "", *, sorts: bool = False) -> Column:
    """`operators` as BILL's page has them; `*` where no page was read, for all that fit the type."""
    return Column(type_, FIT[type_] if operators == "*" else frozenset(operators.split()), sorts)


def value_at(given: Any, path: str) -> Any:
    """The value of a field, in which dots lead into nested objects."""
    for name in path.split("."):
        given = given.get(name) if isinstance(given, dict) else None
    return given


def meant(type_: Type, value: Any) -> Any:
    """A value to compare: a number as a number, a date as a moment; None if it is none of its type."""
    if value is None:
        return None
    try:
        return understood(type_, str(value).lower() if isinstance(value, bool) else str(value))
    except ValueError:
        return None


def understood(type_: Type, text: str) -> Any:
    """What a text says as a value of this type; ValueError if it is none."""
    if type_ == "boolean":
        return _boolean(text)
    if type_ == "number":
        return _number(text)
    return _moment(text) if type_ == "date" else text


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return number


def _moment(text: str) -> datetime:
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
