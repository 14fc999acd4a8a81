# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that filters and the sort order of a list can use, and the meaning of their values.

Documented by BILL (search-op-with-lists, filterable-fields, sortable-fields). Inferred: a time without a zone is UTC, and a
zone may have any format of ISO 8601.
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
# Inferred: the operators of each type, where BILL does not name them. Only texts have `sw`, and booleans have no order.
FIT: dict[Type, frozenset[str]] = {
    "text": frozenset(OPERATORS),
    "number": frozenset(OPERATORS) - {"sw"},
    "boolean": frozenset({"eq", "ne"}),
    "date": frozenset(OPERATORS) - {"sw"},
}
# Documented: a day, or a time to the minute, second or millisecond. Only a time to the millisecond may have a zone.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3}(Z|[+-]\d\d(:?\d\d)?)?)?)?)?")


@dataclass(frozen=True)
class Column:
    type: Type
    # The operators on BILL's page about filters. Empty: that page does not have this field.
    documented: frozenset[str]
    sorts: bool

    def operators(self, documented_only: bool) -> frozenset[str]:
        return self.documented if documented_only else FIT[self.type]


def column(type_: Type, operators: str = "", *, sorts: bool = False) -> Column:
    """A column with the operators of BILL's page. `*` means all operators of the type, because no page was read."""
    return Column(type_, FIT[type_] if operators == "*" else frozenset(operators.split()), sorts)


def value_at(given: Any, path: str) -> Any:
    """The value of a field. A dot in the path goes into a nested object."""
    for name in path.split("."):
        given = given.get(name) if isinstance(given, dict) else None
    return given


def comparable(type_: Type, value: Any) -> Any:
    """A value in a form that can be compared. None if the value does not have this type."""
    if value is None:
        return None
    try:
        return parse(type_, str(value).lower() if isinstance(value, bool) else str(value))
    except ValueError:
        return None


def parse(type_: Type, text: str) -> Any:
    """The text as a value of this type. ValueError if it is not one."""
    if type_ == "boolean":
        return _boolean(text)
    if type_ == "number":
        return _number(text)
    return moment(text) if type_ == "date" else text


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


def moment(text: str) -> datetime:
    """The text as a time in a filter."""
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    return iso_moment(text)


def iso_moment(text: str) -> datetime:
    """The text as any time of ISO 8601. ValueError if it is not one."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
