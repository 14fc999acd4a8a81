# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of one kind of object at BILL: where it is, which fields it has, and how it is found.

Private to bill.connect. ``specs`` has one file for each kind. ``reconcile.py`` works with every kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .fields import Field, Nested
from .values import alike


@dataclass(frozen=True)
class Key:
    """The fields that identify an object for people.

    ``fields`` are the names of these fields, as users write them. A dot goes into an object. ``is_filter`` says that BILL documents a filter
    for the field. Then only the object is read. Otherwise the whole list is read.
    """

    fields: tuple[str, ...]
    is_filter: bool = False


@dataclass(frozen=True)
class Overridden:
    """BILL replaces the values of ``fields`` if the object has one of ``values`` in ``field``. Then they do not count as differences."""

    field: str
    values: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """One kind of object.

    - ``name`` and ``plural``: how messages name it.
    - ``path``: BILL's path of the list.
    - ``fields``: the fields that users can set.
    - ``keys``: how an object is found, by the name of the choice. The first one is the default.
    - ``bulk``: how many objects one request can create. 0 if there is no such request. ``bulk_name`` is the name of their list in the response.
    - ``overridden``: the fields that BILL replaces.
    - ``refused``: fields that BILL has and this task does not set, by the name that users would write. The text says what to do.
    """

    name: str
    plural: str
    path: str
    fields: tuple[Field, ...]
    keys: Mapping[str, Key]
    bulk: int = 0
    bulk_name: str = ""
    overridden: tuple[Overridden, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    def key_values(self, key: Key, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the fields of a key, in an object of BILL or in wanted values with BILL's names."""
        return tuple(_value_at(self.fields, name, values)[1] for name in key.fields)

    def exact_key(self, key: Key, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The key in a form in which equal keys are equal."""
        return tuple(
            field.normal(value) for field, value in (_value_at(self.fields, name, values) for name in key.fields)
        )

    def similar_key(self, key: Key, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The key in a form in which keys are equal that people take for the same."""
        return tuple(alike(value) for value in self.key_values(key, values))

    def filter_name(self, key: Key) -> str:
        """BILL's name of the only field of a key that is a filter."""
        return next(each.api_name for each in self.fields if each.name == key.fields[0])


def _value_at(fields: Sequence[Field], name: str, values: Any) -> tuple[Field, Any]:
    """A field and its value. A dot in the name goes into an object."""
    first, _dot, rest = name.partition(".")
    field = next(each for each in fields if each.name == first)
    value = field.read(values) if isinstance(values, Mapping) else None
    return _value_at(field.fields, rest, value) if isinstance(field, Nested) and rest else (field, value)
