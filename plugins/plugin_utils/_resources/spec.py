# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of one kind of object at BILL: where it is, which fields it has, and how it is found.

Private to bill.connect. ``specs`` has one file for each kind. ``reconcile.py`` works with every kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .fields import Choice, Email, Field, Nested, Text
from .values import alike, text_of

# The name in a path that stands for the organization of the session.
ORGANIZATION = "organization_id"


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
class Locked:
    """An object that has something at ``place`` is not changed or removed. ``reason`` is a sentence that says why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Resource:
    """One kind of object.

    - ``name`` and ``plural``: how messages name it.
    - ``path``: BILL's path of the list. A name in braces is the ID of the object that the list belongs to.
    - ``fields``: the fields that users can set.
    - ``keys``: how an object is found, by the name of the choice. The first one is the default. With ``tries_keys``, the default is the first
      one whose fields are all given.
    - ``has_filters``: the list takes filters and a sort order.
    - ``removal``: how an object is removed. "impossible": BILL has no way.
    - ``update``: how BILL changes an object. "PUT" sends the whole object. "either": it is not documented which one BILL has. "replace": BILL
      has no way, so the object is deleted and created again.
    - ``is_single``: there is at most one object, and the path is its own.
    - ``list_at``: where the response has the list, if it is neither a page nor a plain array.
    - ``is_read_alone``: one object can be read by its ID. Otherwise the list is read.
    - ``always_sent``: fields that every change sends, also if they stay the same.
    - ``is_user``: the objects are people who sign in.
    - ``archives_children``: BILL archives the objects below an archived one, too.
    - ``one_time``: BILL shows the values of these fields only in the response to the creation.
    - ``other_path``: where objects are created if BILL does not have ``path`` for it.
    - ``locked``: objects that are never written.
    - ``children``: the kinds of objects that belong to one of these objects, by the option that lists them.
    - ``bulk``: how many objects one request can create. 0 if there is no such request. ``bulk_name`` is the name of their list in the response.
    - ``overridden``: the fields that BILL replaces.
    - ``refused``: fields that BILL has and this task does not set, by the name that users would write. The text says what to do.
    """

    name: str
    plural: str
    path: str
    fields: tuple[Field, ...]
    keys: Mapping[str, Key]
    tries_keys: bool = False
    has_filters: bool = True
    removal: Literal["archive", "delete", "impossible"] = "archive"
    update: Literal["PATCH", "PUT", "either", "replace"] = "PATCH"
    is_single: bool = False
    list_at: str = ""
    is_read_alone: bool = True
    always_sent: tuple[str, ...] = ()
    is_user: bool = False
    archives_children: bool = False
    one_time: tuple[str, ...] = ()
    other_path: str = ""
    locked: tuple[Locked, ...] = ()
    children: Mapping[str, Resource] = field(default_factory=dict)
    bulk: int = 0
    bulk_name: str = ""
    overridden: tuple[Overridden, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_archive(self) -> bool:
        """Whether an object can be archived."""
        return self.removal == "archive"

    @property
    def can_purge(self) -> bool:
        """Whether a task may remove the objects that its list does not have. What cannot be restored is never removed so."""
        return self.has_archive and not self.is_user

    @property
    def parents(self) -> tuple[str, ...]:
        """The options with the IDs of the objects that the list belongs to. The organization is that of the session."""
        return tuple(name for name in re.findall(r"{(\w+)}", self.path) if name != ORGANIZATION)

    @property
    def consents(self) -> tuple[str, ...]:
        """The options with which the user allows something that cannot be undone."""
        return (
            *(["replace"] if self.update == "replace" else []),
            *(["archive_children"] if self.archives_children else []),
        )

    def key_values(self, key: Key, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the fields of a key, in an object of BILL or in wanted values with BILL's names."""
        return tuple(_value_at(self.fields, name, values)[1] for name in key.fields)

    def exact_key(self, key: Key, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The key in a form in which equal keys are equal."""
        return tuple(_exact(*_value_at(self.fields, name, values)) for name in key.fields)

    def similar_key(self, key: Key, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The key in a form in which keys are equal that people take for the same."""
        return tuple(alike(value) for value in self.key_values(key, values))

    def filter_name(self, key: Key) -> str:
        """BILL's name of the only field of a key that is a filter."""
        return next(each.api_name for each in self.fields if each.name == key.fields[0])


def _exact(field: Field, value: Any) -> Any:
    """The value of a field of a key. Two texts that differ in blanks are two keys: BILL does not document that it ignores blanks."""
    is_plain = isinstance(field, Text) and not isinstance(field, (Choice, Email))
    return text_of(value) if is_plain else field.normal(value)


def _value_at(fields: Sequence[Field], name: str, values: Any) -> tuple[Field, Any]:
    """A field and its value. A dot in the name goes into an object."""
    first, _dot, rest = name.partition(".")
    field = next(each for each in fields if each.name == first)
    value = values.get(field.api_name) if isinstance(values, Mapping) else None
    return _value_at(field.fields, rest, value) if isinstance(field, Nested) and rest else (field, value)
