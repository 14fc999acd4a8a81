# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of fields that a resource has: how a value is checked and sent, and when two values are the same for BILL.

Private to bill.connect. A user writes the names in snake_case, and BILL has them in camelCase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from .._core.errors import OptionError
from .._core.plain_name import plain_name
from .._core.written_values import dict_or_list
from .._options import source
from .._options.convert import convert
from .._options.deprecation import Deprecation
from .._options.option import Option
from .values import decimal_of, fits_mask, is_masked, street, text_of, value_at, with_value


@dataclass(frozen=True)
class Field:
    """One field of an object.

    - ``name``: the name that users write. ``api_name`` is BILL's name.
    - ``summary``: one line for the documentation.
    - ``required``: BILL requires the field when the object is created.
    - ``is_secret``: output shows only the last four digits.
    - ``may_be_masked``: BILL may show the value with a mask. Then only the digits that it shows are compared.
    - ``may_be_missing``: BILL may leave the value out of its responses although it has it. Then it cannot be compared, and does not count as
      a difference.
    - ``is_fixed``: BILL takes the value only when the object is created.
    - ``on_creation``: the value that a new object gets if the user gives none, because BILL requires one.
    - ``is_read``: false for a field that BILL never shows.
    - ``version_added`` and ``deprecated``: as in the option table.
    - ``read_at`` and ``write_at``: where responses and requests have the value, if not under BILL's name. A dot goes into an object.

    A wanted value has the same form as a value that was read, so that they can be compared.
    """

    name: str
    summary: str = ""
    required: bool = False
    is_secret: bool = False
    may_be_masked: bool = False
    may_be_missing: bool = False
    is_fixed: bool = False
    on_creation: Any = None
    is_read: bool = True
    read_at: str = ""
    write_at: str = ""
    version_added: str = ""
    deprecated: Deprecation | None = None

    def __post_init__(self) -> None:
        if self.deprecated:
            self.deprecated.check(self.name)

    @cached_property
    def api_name(self) -> str:
        first, *more = self.name.split("_")
        return first + "".join(word.capitalize() for word in more)

    @property
    def option_names(self) -> tuple[str, ...]:
        """The names of the options that give a value to the field."""
        return (self.name,)

    def converted(self, value: Any, place: str) -> Any:
        """The value as BILL gets it. ``place`` names it in messages. Raises OptionError."""
        raise NotImplementedError

    def read(self, record: Mapping[str, Any]) -> Any:
        """The value in an object of BILL. None if the object does not have it: BILL leaves out fields without a value."""
        return value_at(record, self.read_at or self.api_name)

    def placed(self, record: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """An object of BILL with another value of this field."""
        return with_value(record, self.read_at or self.api_name, value)

    def put(self, body: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """The body of a request with the value of this field."""
        return with_value(body, self.write_at or self.api_name, self.written(value))

    def written(self, value: Any) -> Any:
        """The value as a request has it."""
        return value

    def merged(self, wanted: Any, _found: Any) -> Any:
        """The value to send for a wanted value, if BILL has ``found``."""
        return wanted

    def shown(self, value: Any) -> Any:
        """The value as output shows it."""
        return value

    def is_same(self, wanted: Any, found: Any) -> bool:
        """Whether BILL already has the value. Both may be None or empty, which is the same for BILL."""
        if not self.is_read or (self.may_be_missing and found is None):
            return True
        if self.may_be_masked and is_masked(found):
            return fits_mask(wanted, found)
        return bool(self.normal(wanted) == self.normal(found))

    def normal(self, value: Any) -> Any:
        """The value in a form in which equal values are equal."""
        return text_of(value).strip()

    @property
    def cleared(self) -> Any:
        """The value that empties the field. BILL does not document whether it does."""
        return ""

    @property
    def type_name(self) -> str:
        """The type as Ansible's documentation names it."""
        return "str"

    @property
    def elements_name(self) -> str | None:
        """The type of the elements of a list, as Ansible's documentation names it."""
        return None


@dataclass(frozen=True)
class Text(Field):
    """A text. ``limit`` is the highest number of characters, if it is known. ``default`` is the value if an object in a list has none."""

    limit: int = 0
    default: str = ""

    @cached_property
    def _option(self) -> Option:
        return Option(self.name)

    def converted(self, value: Any, place: str) -> str:
        text: str = convert(self._option, value, source.option(place))
        if self.limit and len(text) > self.limit:
            raise OptionError(
                f"The option {place} has {len(text)} characters, and BILL accepts at most {self.limit}. Shorten it."
            )
        return text


@dataclass(frozen=True)
class Choice(Text):
    """A text that has one of BILL's values. ``choices`` are the known ones. BILL may have more, so others are sent too.

    ``same`` are two values that mean the same.
    """

    choices: tuple[str, ...] = ()
    same: tuple[str, ...] = ()

    def converted(self, value: Any, place: str) -> str:
        return super().converted(value, place).upper()

    def normal(self, value: Any) -> str:
        text = text_of(value).strip().upper()
        return self.same[0] if text in self.same else text


@dataclass(frozen=True)
class Email(Text):
    def normal(self, value: Any) -> str:
        return text_of(value).strip().casefold()


@dataclass(frozen=True)
class Phone(Text):
    """A telephone number. BILL may write it in another format, so only the digits count."""

    def normal(self, value: Any) -> str:
        text = text_of(value)
        return "".join(sign for sign in text if sign.isdigit()) or text.strip()


@dataclass(frozen=True)
class AddressLine(Text):
    """A line of an address. BILL may write a word in it in another way."""

    def normal(self, value: Any) -> str:
        return street(value)


@dataclass(frozen=True)
class Number(Field):
    """A number. ``is_whole`` says that it has no decimals."""

    is_whole: bool = False
    minimum: int = 0
    maximum: int = 1_000_000_000

    def converted(self, value: Any, place: str) -> int | float:
        if self.is_whole:
            option = Option(self.name, kind="int", minimum=self.minimum, maximum=self.maximum)
            whole: int = convert(option, value, source.option(place))
            return whole
        if (number := decimal_of(value)) is None:
            raise OptionError(f"The option {place} must be a number.")
        return int(number) if number == number.to_integral_value() else float(number)

    def normal(self, value: Any) -> Decimal | None:
        return None if value in (None, "") else decimal_of(value)

    @property
    def cleared(self) -> None:
        return None

    @property
    def type_name(self) -> str:
        return "int" if self.is_whole else "float"


@dataclass(frozen=True)
class Flag(Field):
    def converted(self, value: Any, place: str) -> bool:
        flag: bool = convert(Option(self.name, kind="bool"), value, source.option(place))
        return flag

    def normal(self, value: Any) -> bool:
        return value is True

    @property
    def cleared(self) -> bool:
        return False

    @property
    def type_name(self) -> str:
        return "bool"


@dataclass(frozen=True)
class Nested(Field):
    """An object inside the object. ``fields`` are its fields.

    BILL does not document whether a change replaces the whole object. So a change sends all its fields, with the values that BILL has.
    """

    fields: tuple[Field, ...] = ()

    def converted(self, value: Any, place: str) -> dict[str, Any]:
        return convert_fields(self.fields, value, place)

    def is_same(self, wanted: Any, found: Any) -> bool:
        return not self.differing(wanted, found)

    def differing(self, wanted: Mapping[str, Any], found: Any) -> list[str]:
        """BILL's names of the wanted fields that are not the same."""
        found = found if isinstance(found, Mapping) else {}
        given = [field for field in self.fields if field.api_name in wanted]
        return [field.api_name for field in given if not field.is_same(wanted[field.api_name], field.read(found))]

    def merged(self, wanted: Any, found: Any) -> Any:
        """The wanted fields, together with the fields that BILL has. A masked value is left out: BILL would store the mask."""
        if wanted is None:
            return None
        found = found if isinstance(found, Mapping) else {}
        result: dict[str, Any] = {}
        for field in self.fields:
            before = field.read(found)
            if field.api_name in wanted:
                value = wanted[field.api_name]
                result[field.api_name] = field.merged(value, before)
            elif before is not None and not (field.may_be_masked and is_masked(before)):
                result[field.api_name] = field.merged({} if isinstance(field, Nested) else before, before)
        return result

    @property
    def cleared(self) -> None:
        return None

    @property
    def type_name(self) -> str:
        return "dict"


def convert_fields(fields: Sequence[Field], given: Any, place: str) -> dict[str, Any]:
    """The given fields with BILL's names and types. Empty values count as not given. Raises OptionError."""
    if isinstance(given, str):
        given = dict_or_list(given)
    if not isinstance(given, Mapping):
        raise OptionError(f"The option {place} must be a dictionary.")
    known = {field.name: field for field in fields}
    for name in given:
        if name not in known:
            shown = plain_name(name) or "with that name"
            raise OptionError(f"The option {place} has no field {shown}. Its fields are: {', '.join(known)}.")
    return {
        known[name].api_name: known[name].converted(value, f"{place}.{name}")
        for name, value in given.items()
        if value not in (None, "")
    }
