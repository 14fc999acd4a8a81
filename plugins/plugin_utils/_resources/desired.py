# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user wants of one object: the fields that were given, and how the object is found.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import OptionError
from .._core.written_values import dict_or_list
from .fields import Field, Nested
from .spec import Key, Resource
from .values import text_of

STATES = ("present", "absent")


@dataclass(frozen=True, eq=False)
class Desired:
    """One wanted object. Two of them are equal only if they are the same.

    - ``values``: the given fields, with BILL's names. A field that the user did not give stays as it is at BILL.
    - ``id``: BILL's identifier, if the user gave it. Then no other field has to identify the object.
    - ``key``: the fields that identify the object.
    - ``place``: the name of the object in messages about its options, such as ``objects[3]``. Empty for a task with one object.
    """

    resource: Resource
    # repr() omits the values, because they may be secret.
    values: Mapping[str, Any] = field(repr=False)
    id: str | None
    key: Key
    place: str = ""

    @property
    def given(self) -> list[Field]:
        """The given fields."""
        return [each for each in self.resource.fields if each.api_name in self.values]

    @property
    def key_values(self) -> tuple[Any, ...]:
        """The values of the fields that identify the object."""
        return self.resource.key_values(self.key, self.values)

    @property
    def exact_key(self) -> tuple[Any, ...]:
        """The key in a form in which equal keys are equal."""
        return self.resource.exact_key(self.key, self.values)

    def is_exactly(self, record: Mapping[str, Any]) -> bool:
        """Whether an object of BILL has exactly this key."""
        return self.resource.exact_key(self.key, record) == self.exact_key

    @property
    def similar_key(self) -> tuple[str, ...]:
        """The key in a form in which keys are equal that people take for the same."""
        return self.resource.similar_key(self.key, self.values)

    @property
    def label(self) -> str:
        """The object as messages show it."""
        if self.id:
            return f"{self.resource.name} {self.id}"
        shown = " ".join(text_of(value) for value in self.key_values)
        return f"{self.resource.name} {shown!r}"


def desired_of(resource: Resource, options: Mapping[str, Any], *, match_by: str | None, place: str = "") -> Desired:
    """The wanted object in the options of a task, or in an element of its list ``objects``. Raises OptionError.

    ``match_by`` is the name of a key of the resource, or None for the first one. ``place`` names the element.
    """
    prefix = f"{place}." if place else ""
    given = {name: value for name, value in options.items() if value not in (None, "")}
    for name in given:
        if name in resource.refused:
            raise OptionError(f"The option {prefix}{name} does not exist here. {resource.refused[name]}")
    values = {
        each.api_name: each.converted(given[each.name], f"{prefix}{each.name}")
        for each in resource.fields
        if each.name in given
    }
    values.update(_cleared(resource, given, prefix))
    id_ = given.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise OptionError(f"The option {prefix}id must be a text. Put it in quotes.")
    key = resource.keys[match_by or next(iter(resource.keys))]
    desired = Desired(resource, values, id_, key, place)
    if id_ is None and (missing := _missing(desired.key_values, key.fields)):
        raise OptionError(
            f"The option {prefix}{missing[0]} is missing. It says which {resource.name} is meant. Add it, or id."
        )
    return desired


def refuse_incomplete(desired: Desired) -> None:
    """Raise OptionError if BILL requires a field to create the object, and the user has not given it."""
    prefix = f"{desired.place}." if desired.place else ""
    if missing := list(_required(desired.resource.fields, desired.values, prefix)):
        more = "them" if len(missing) > 1 else "it"
        raise OptionError(
            f"There is no {desired.label} at BILL yet, and to create it BILL requires {', '.join(missing)}. Add {more}."
        )


def _required(fields: Sequence[Field], values: Mapping[str, Any], prefix: str) -> list[str]:
    missing: list[str] = []
    for each in fields:
        value = values.get(each.api_name)
        if value in (None, ""):
            missing += [f"{prefix}{each.name}"] if each.required else []
        elif isinstance(each, Nested):
            missing += _required(each.fields, value, f"{prefix}{each.name}.")
    return missing


def _missing(values: Sequence[Any], names: Sequence[str]) -> list[str]:
    return [name for name, value in zip(names, values, strict=True) if not text_of(value).strip()]


def _cleared(resource: Resource, given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The values of the fields that the option ``clear`` names. Raises OptionError."""
    names = given.get("clear") or ()
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
    possible = {each.name: each for each in resource.fields if not each.required}
    for name in names:
        if not isinstance(name, str) or name not in possible:
            raise OptionError(
                f"The option {prefix}clear names a field that cannot be emptied. These can: {', '.join(possible)}."
            )
        if name in given:
            raise OptionError(
                f"The option {prefix}{name} has a value, and {prefix}clear also names it. Keep one of them."
            )
    return {possible[name].api_name: possible[name].cleared for name in names}


def secrets_among(fields: Sequence[Field], given: object) -> set[str]:
    """The secret texts among given fields, with the names that users write. The values are not checked yet, so they can be anything."""
    if isinstance(given, str):
        given = dict_or_list(given)
    if not isinstance(given, Mapping):
        return set()
    found: set[str] = set()
    for name, value in given.items():
        first, _dot, rest = str(name).partition(".")
        for each in fields:
            if each.name != first:
                continue
            if isinstance(each, Nested):
                found |= secrets_among(each.fields, {rest: value} if rest else value)
            elif each.is_secret and value:
                found.add(text_of(value))
    return found
