# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameter `filters` of a list: `field:op:value,field2:op:value2`.

Documented by BILL (search-op-with-lists): the format, the operators, and double quotes around dates and lists. Of the
codes BDC_1130 and BDC_1131, BILL documents only the names. Inferred: BILL refuses a date or a list without quotes. A
value in quotes ends at the next quote. A field without a value is not equal to anything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .columns import OPERATORS, ORDER, Column, comparable, parse, value_at
from .errors import INVALID_FILTER_FIELD, INVALID_FILTER_OPERATOR, INVALID_PARAMETER, RefusalError
from .settings import Settings

# A value in double quotes may contain commas and colons. A value without quotes ends at the next comma.
FILTER = re.compile(r'(?P<field>[^:,"]+):(?P<op>[^:,"]+):(?:"(?P<quoted>[^"]*)"|(?P<bare>[^:,"]+))(?:,(?!\Z)|\Z)')

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

Test = Callable[[Mapping[str, Any]], bool]


def tests(given: str, columns: Mapping[str, Column], settings: Settings) -> list[Test]:
    """One test for each filter. An object is in the list if it passes all tests."""
    return [_test(one, columns, settings) for one in _parts(given)]


def _parts(given: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(given) or not given:
        part = FILTER.match(given, position)
        if part is None:
            raise RefusalError(INVALID_PARAMETER, "filters: cannot be read")
        yield part
        position = part.end()


def _test(part: re.Match[str], columns: Mapping[str, Column], settings: Settings) -> Test:
    field, op = part["field"], part["op"]
    documented_only = settings.documented_fields
    column = None if field in settings.missing_filters else columns.get(field)
    if column is None or (documented_only and not column.documented):
        raise RefusalError(INVALID_FILTER_FIELD)
    if op not in OPERATORS or op not in column.operators(documented_only):
        raise RefusalError(INVALID_FILTER_OPERATOR)
    wanted = _folded(_wanted(part, column), settings)

    def passes(one: Mapping[str, Any]) -> bool:
        value = _folded(comparable(column.type, value_at(one, field)), settings)
        if op in ORDER:
            return value is not None and COMPARISONS[op](value, wanted)
        if op == "sw":
            return value is not None and value.startswith(wanted)
        found = value in wanted
        return found if op in {"eq", "in"} else not found

    return passes


def _folded(value: Any, settings: Settings) -> Any:
    """The value without case, if the filters ignore it."""
    if not settings.filters_ignore_case:
        return value
    if isinstance(value, list):
        return [_folded(each, settings) for each in value]
    return value.casefold() if isinstance(value, str) else value


def _wanted(part: re.Match[str], column: Column) -> Any:
    op, quoted, bare = part["op"], part["quoted"], part["bare"]
    many = op in {"in", "nin"}
    if quoted is None and (many or column.type == "date"):
        raise RefusalError(INVALID_PARAMETER, f"filters: the value of {part['field']} must be in double quotes")
    text = bare if quoted is None else quoted
    try:
        values = [parse(column.type, value) for value in (text.split(",") if many else [text])]
    except ValueError:
        raise RefusalError(INVALID_PARAMETER, f"filters: the value of {part['field']} cannot be read") from None
    return values[0] if op in ORDER or op == "sw" else values
