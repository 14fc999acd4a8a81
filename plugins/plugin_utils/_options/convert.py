# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert the value of an option to the option's type.

Private to bill.connect.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .._core.control_characters import control_character
from .._core.errors import OptionError
from .._core.store_url import is_store_url
from .._core.written_values import dict_or_list
from .option import Option
from .source import Source

# The conversion of a text such as 1e999999999 would fill the memory.
_MOST_DIGITS = 50

# The values that Ansible accepts as true and as false.
_YES: set[str | float] = {"y", "yes", "on", "1", "true", "t", 1}
_NO: set[str | float] = {"n", "no", "off", "0", "false", "f", 0}


def convert(option: Option, value: Any, source: Source) -> Any:
    """The value in the option's type. Raises OptionError, which names ``source`` and contains no secret."""
    try:
        return _converted(option, value, source)
    except _WrongValueError as error:
        words = str(source)
        raise OptionError(f"{words[0].upper()}{words[1:]} {error}") from None


class _WrongValueError(Exception):
    """The value is not one of the option's. The message is the rest of a sentence that begins with the source of the value."""


def _converted(option: Option, value: Any, source: Source) -> Any:
    if option.kind == "bool":
        return _to_bool(value)
    if option.kind == "int":
        return _to_int(option, value)
    if option.kind == "date":
        return _to_date(value)
    if option.kind == "digits":
        return _to_digits(option, value)
    if option.kind == "statuses":
        return _to_statuses(value)
    if option.kind == "dict":
        # The code that uses the dictionary refuses another value.
        written = dict_or_list(value) if isinstance(value, str) else None
        return value if written is None else written
    if option.kind == "raw":
        return value
    if not isinstance(value, str):
        raise _WrongValueError(
            f"must be a text, but it is {_kind_of(value)}. Put it in quotes: YAML changes some unquoted values "
            "(0123 becomes 83, yes becomes true)."
        )
    text = str(value)
    is_url = "://" in text or (option.secret_in_url and is_store_url(text))
    if option.kind == "path" and text != "none" and not is_url:
        text = os.path.expandvars(text) if source.expands_environment else text
        text = os.path.abspath(os.path.expanduser(text))
    if found := control_character(text):
        raise _WrongValueError(f"holds {found}. {source.remedy_for_control_character}")
    if option.choices and text not in option.choices:
        raise _WrongValueError(f"must be one of {', '.join(option.choices)}.")
    if not option.matches(text):
        # A pattern allows single characters, so the first one that does not match alone is the fault.
        place = next((number for number, sign in enumerate(text, 1) if not option.matches(sign)), 1)
        raise _WrongValueError(
            f"contains a character that is not allowed, perhaps a space. It is character {place}. Copy the value again."
        )
    return text


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else value
    if isinstance(text, (str, int, float)) and text in _YES | _NO:
        return text in _YES
    raise _WrongValueError("must be true or false.")


def _to_int(option: Option, value: Any) -> int:
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        # As in ansible-core, a text such as 5.0 is a whole number.
        exact = Decimal(value.strip()) if isinstance(value, str) else value
        if isinstance(exact, Decimal) and exact.adjusted() > _MOST_DIGITS:
            raise ValueError
        number = int(exact)
        if number != exact:
            raise ValueError
    except (ValueError, TypeError, ArithmeticError):
        raise _WrongValueError("must be a whole number.") from None
    if not option.minimum <= number <= option.maximum:
        raise _WrongValueError(f"must be between {option.minimum} and {option.maximum}.")
    return number


def _to_date(value: Any) -> str:
    try:
        # YAML turns an unquoted date into a date object.
        if isinstance(value, datetime):
            value = value.date()
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise _WrongValueError("must be a date such as 2026-12-22.") from None


def _to_digits(option: Option, value: Any) -> str:
    # With jinja2_native, a template turns digits into a number. Digits that begin with 0 stay a text.
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    # People write a code in groups of digits. A copied code may have invisible marks for the direction of text.
    text = "".join(sign for sign in text if not sign.isspace() and unicodedata.category(sign) != "Cf")
    if not option.matches(text):
        raise _WrongValueError(
            "must be the digits of the code. In a play, put them in quotes: YAML changes unquoted digits that begin with 0."
        )
    return text


def _to_statuses(value: Any) -> list[int]:
    if isinstance(value, str):
        written = dict_or_list(value)
        value = [each.strip() for each in value.split(",")] if written is None else written
    statuses = [str(each) for each in (value if isinstance(value, (list, tuple)) else [value])]
    if not all(re.fullmatch("[24][0-9]{2}", each) for each in statuses):
        raise _WrongValueError("must be one HTTP status or a list of them, each from 200 to 299 or from 400 to 499.")
    return [int(each) for each in statuses]


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean (true or false)"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else "another kind of value"
