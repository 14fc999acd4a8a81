# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the filters and the order of a list in BILL's syntax.

Private to bill.connect. Documented by BILL ("Search operations with lists"): ``field:op:value``, separated by commas. Dates, lists and
values of the operator sw have double quotes, as in ``createdTime:gte:"2026-12-30T00:00:00.000Z"`` and ``invoiceCurrency:in:"USD,CAD"``.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal

from .._core.control_characters import IN_A_BLOCK, control_character
from .._core.errors import OptionError
from .._core.written_values import dict_or_list
from .text_check import changed_by_yaml

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "sw")
_OF_LISTS = ("in", "nin")
_KEYS = ("field", "op", "value")
_EXAMPLE = "Write a filter as {field: name, op: eq, value: Acme}."
_DIRECTIONS = ("asc", "desc")

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
_PLAIN = re.compile(r"[A-Za-z0-9_.@-]+")
_LIKE_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*")


class FilterError(ValueError):
    """A value that cannot be written. The message continues a sentence that begins with the name of its place. It contains nothing of the value."""


class _ControlCharacterError(FilterError):
    """The value has a control character. The remedy depends on the source of the value, which is not known here."""


def explained(why: FilterError, remedy: str) -> str:
    """The rest of a sentence that begins with the place of a value that cannot be written. ``remedy`` is that for a control character."""
    return f"{why} {remedy}" if isinstance(why, _ControlCharacterError) else str(why)


def fields_of(written: str) -> list[str]:
    """The names of the fields in filters in BILL's syntax, in their order."""
    # A value in quotes can have commas and colons.
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', "", written)
    names = (part.partition(":")[0].strip() for part in plain.split(",") if ":" in part)
    return list(dict.fromkeys(name for name in names if _FIELD.fullmatch(name)))


def written_filters(given: object, texts: Collection[str] = (), remedy: str = IN_A_BLOCK) -> str:
    """The filters in BILL's syntax. Empty if there are no filters. Raises OptionError.

    ``given`` is a text in BILL's syntax, or a list of dictionaries with field, op and value. ``texts`` are the fields that BILL has as
    texts. ``remedy`` says how to remove a control character from a value of this source.
    """
    if isinstance(given, str) and (written := dict_or_list(given)) is not None:
        given = written
    if isinstance(given, str):
        return _as_it_is(given, "filters", remedy)
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, (list, tuple)):
        raise OptionError(
            "filters must be a list of dictionaries with field, op and value, or one text in BILL's own syntax."
        )
    return ",".join(_filter(each, f"filters: number {number}", texts, remedy) for number, each in enumerate(given, 1))


def written_sort(given: object, remedy: str = IN_A_BLOCK) -> str:
    """The order in BILL's syntax: ``name:asc``, or several orders separated by commas. Raises OptionError."""
    if isinstance(given, str):
        written = dict_or_list(given)
        given = [given] if written is None else written
    if not isinstance(given, (list, tuple)) or not all(isinstance(each, str) for each in given):
        raise OptionError("sort must be a text such as name:asc, or a list of such texts.")
    text = _as_it_is(",".join(given), "sort", remedy)
    orders = text.split(",") if text else []
    return ",".join(_order(each.strip(), f"sort: number {number}") for number, each in enumerate(orders, 1))


def plain(value: object) -> str:
    """A single value in BILL's syntax, without quotes. Raises FilterError.

    A date without a time zone is written without a zone. BILL documents this format.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= 10**100:
            raise FilterError("is a number with too many digits.")
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FilterError("is not a finite number.")
        return f"{Decimal(repr(float(value))):f}"
    if isinstance(value, date):
        return written_date(value)
    if value is None:
        raise FilterError("is empty. Perhaps a variable in it is empty. Leave it out, or set a value.")
    if not isinstance(value, str):
        raise FilterError("is not a text, a number, a date, true or false.")
    text = str.__str__(value)
    if found := control_character(text):
        raise _ControlCharacterError(f"holds {found}.")
    return text


def written_date(value: date) -> str:
    """A date as ``2026-12-30``, or with its time as ``2026-12-30T00:00:00.000Z``. Without a time zone, the Z is missing."""
    if not isinstance(value, datetime):
        return value.isoformat()
    try:
        utc = value if value.utcoffset() is None else value.astimezone(timezone.utc)
    except OverflowError:
        raise FilterError("is a date that is out of range.") from None
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def meant(given: object, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the most similar valid name, or all valid names."""
    names = tuple(names)
    close = difflib.get_close_matches(given.lower(), names, n=1) if isinstance(given, str) else []
    return f"Did you mean {close[0]}?" if close else f"Write one of {', '.join(names)}."


def _as_it_is(given: str, option: str, remedy: str) -> str:
    text = str.__str__(given).strip()
    if found := control_character(text):
        raise OptionError(f"{option} holds {found}. {remedy}")
    return text


def _filter(given: object, place: str, texts: Collection[str], remedy: str) -> str:
    if not isinstance(given, Mapping):
        raise OptionError(f"{place} is not a dictionary. {_EXAMPLE}")
    for key in given:
        if key not in _KEYS:
            raise OptionError(f"{place} has an unknown key. {meant(key, _KEYS)} {_EXAMPLE}")
    for key in _KEYS:
        if key not in given:
            raise OptionError(f"{place} lacks {key}. Each filter has field, op and value.")
    field, op, value = (given[key] for key in _KEYS)
    if not isinstance(field, str) or not _FIELD.fullmatch(field):
        raise OptionError(f"{place} has no valid field name. Use letters, digits, _ and dots, for example createdTime.")
    place = f"{place} ({field})"
    if op in _OF_LISTS and isinstance(value, str) and isinstance(written := dict_or_list(value), list):
        value = written
    if op not in OPERATORS:
        raise OptionError(f"{place} has an operator that BILL does not have. {meant(op, OPERATORS)}")
    for each in value if isinstance(value, (list, tuple)) else [value]:
        if why := changed_by_yaml(each, (field,), texts):
            raise OptionError(f"{place} has a value that {why}")
    try:
        return f"{field}:{op}:{_value(op, value)}"
    except FilterError as why:
        raise OptionError(f"{place} has a value that {explained(why, remedy)}") from None


def _value(op: str, value: object) -> str:
    if op in _OF_LISTS:
        elements = value if isinstance(value, (list, tuple)) else [value]
        if not elements:
            raise FilterError("is an empty list. Leave the filter out, or add an element.")
        return f'"{",".join(_element(each) for each in elements)}"'
    if isinstance(value, (list, tuple)):
        raise FilterError("is a list. Only the operators in and nin accept a list.")
    text = _unquoted(value)
    if op != "sw" and _PLAIN.fullmatch(text) and not _LIKE_A_DATE.fullmatch(text):
        return text
    return f'"{text}"'


def _element(value: object) -> str:
    text = _unquoted(value)
    if "," in text:
        raise FilterError(
            "has a comma inside an element. In BILL's syntax a comma begins the next element. Write the parts as elements of "
            "the list, or use one request for each of them."
        )
    return text


def _unquoted(value: object) -> str:
    text = plain(value)
    if not text.strip():
        raise FilterError("is an empty text. Perhaps a variable in it is empty. Leave the filter out, or set a value.")
    if '"' in text:
        raise FilterError(
            "contains a double quote. bill.connect adds quotes itself, and BILL documents no way to write one in a value."
        )
    return text


def _order(text: str, place: str) -> str:
    field, colon, direction = text.partition(":")
    if not _FIELD.fullmatch(field):
        raise OptionError(
            f"{place} has no valid field name. Write the field and its direction, for example name:asc or createdTime:desc."
        )
    if not colon:
        raise OptionError(f"{place} lacks its direction. Write {field}:asc or {field}:desc.")
    if direction not in _DIRECTIONS:
        raise OptionError(f"{place} ({field}) has a direction that BILL does not have. {meant(direction, _DIRECTIONS)}")
    return f"{field}:{direction}"
