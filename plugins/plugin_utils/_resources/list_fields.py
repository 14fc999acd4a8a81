# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields that hold a list: of texts, or of objects. The order does not count.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.errors import OptionError
from .._core.written_values import dict_or_list
from .fields import Field, Text, convert_fields
from .values import decimal_of, text_of

if TYPE_CHECKING:
    from .spec import Resource


class ListField(Field):
    """A list. It is equal to another one if both have the same elements in any order."""

    @property
    def cleared(self) -> list[Any]:
        return []

    @property
    def type_name(self) -> str:
        return "list"

    @property
    def elements_name(self) -> str:
        return "str"


@dataclass(frozen=True)
class TextList(ListField):
    """A list of texts. ``inner``: BILL shows each text in an object, under this name, and takes it as a text."""

    inner: str = ""

    def converted(self, value: Any, place: str) -> list[str]:
        text = Text(self.name)
        return [text.converted(each, f"{place}[{number}]") for number, each in enumerate(elements(value, place))]

    def read(self, record: Mapping[str, Any]) -> Any:
        found = super().read(record)
        if not isinstance(found, list):
            return None
        return [each.get(self.inner) if self.inner and isinstance(each, Mapping) else each for each in found]

    def placed(self, record: Mapping[str, Any], value: Any) -> dict[str, Any]:
        return super().placed(record, [{self.inner: each} for each in value] if self.inner else value)

    def normal(self, value: Any) -> frozenset[Hashable]:
        # BILL may write a number in another way.
        return frozenset(decimal_of(each) or text_of(each).strip() for each in value or ())


@dataclass(frozen=True)
class ObjectList(ListField):
    """A list of objects with these fields.

    - ``text_is``: a text in the place of an object is the value of this field.
    - ``catalog``: the values that this field can have at BILL.
    """

    fields: tuple[Field, ...] = ()
    text_is: str = ""
    catalog: Resource | None = None

    def converted(self, value: Any, place: str) -> list[dict[str, Any]]:
        return [self._object(each, f"{place}[{number}]") for number, each in enumerate(elements(value, place))]

    def _object(self, given: Any, place: str) -> dict[str, Any]:
        if self.text_is and isinstance(given, str) and dict_or_list(given) is None:
            given = {self.text_is: given}
        found = convert_fields(self.fields, given, place)
        for each in self.fields:
            if each.api_name not in found and isinstance(each, Text) and each.default:
                found[each.api_name] = each.default
            if each.required and each.api_name not in found:
                raise OptionError(f"The option {place}.{each.name} is missing. Add it.")
        return found

    def read(self, record: Mapping[str, Any]) -> Any:
        found = super().read(record)
        if not isinstance(found, list):
            return None
        return [{each.api_name: each.read(one) for each in self.fields} for one in found if isinstance(one, Mapping)]

    def placed(self, record: Mapping[str, Any], value: Any) -> dict[str, Any]:
        objects = []
        for one in value:
            shown: dict[str, Any] = {}
            for each in self.fields:
                if each.api_name in one:
                    shown = each.placed(shown, one[each.api_name])
            objects.append(shown)
        return super().placed(record, objects)

    def normal(self, value: Any) -> frozenset[Hashable]:
        return frozenset(tuple(each.normal(one.get(each.api_name)) for each in self.fields) for one in value or ())

    @property
    def elements_name(self) -> str:
        return "raw" if self.text_is else "dict"


def elements(value: Any, place: str) -> list[Any]:
    """The elements of a list that a user has given. Raises OptionError."""
    if isinstance(value, str):
        value = dict_or_list(value)
    if not isinstance(value, (list, tuple)):
        raise OptionError(f"The option {place} must be a list.")
    return list(value)
