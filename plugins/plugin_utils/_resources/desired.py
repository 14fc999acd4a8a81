# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user wants of one object: the fields that were given, and how the object is found.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from .._core.errors import OptionError
from .._core.plain_name import plain_name
from .._core.written_values import dict_or_list
from .._options.deprecation import DeprecatedUse
from .fields import Field, Nested
from .list_fields import ObjectList, elements
from .reference_fields import Reference
from .spec import Key, Resource
from .values import text_of

State = Literal["present", "absent"]
STATES: tuple[State, ...] = ("present", "absent")


@dataclass(frozen=True, eq=False)
class Child:
    """A wanted object that belongs to another one. ``option`` is the option that lists it."""

    option: str
    state: State
    desired: Desired


@dataclass(frozen=True, eq=False)
class Desired:
    """One wanted object. Two of them are equal only if they are the same.

    - ``values``: the given fields, with BILL's names. A field that the user did not give stays as it is at BILL.
    - ``id``: BILL's identifier, if the user gave it. Then no other field has to identify the object.
    - ``key``: the fields that identify the object.
    - ``parents``: the IDs of the objects that this one belongs to, by the names of their options.
    - ``consents``: the names of the options with which the user allows something that cannot be undone.
    - ``children``: the wanted objects that belong to this one.
    - ``place``: the name of the object in messages about its options, such as ``objects[3]``. Empty for a task with one object.
    - ``known_as``: what people call an object that has an ID here and no values. Empty if it is not known.
    """

    resource: Resource
    # repr() omits the values, because they may be secret.
    values: Mapping[str, Any] = field(repr=False)
    id: str | None
    key: Key
    place: str = ""
    parents: Mapping[str, str] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    children: tuple[Child, ...] = ()
    known_as: str = ""

    @cached_property
    def given(self) -> list[Field]:
        """The given fields."""
        return [each for each in self.resource.fields if each.api_name in self.values]

    @property
    def key_values(self) -> tuple[Any, ...]:
        """The values of the fields that identify the object."""
        return self.resource.key_values(self.key, self.values)

    @cached_property
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
            return f"{self.resource.name} {f'{self.known_as!r} ({self.id})' if self.known_as else self.id}"
        if self.resource.is_single:
            return f"{self.resource.name} of {' '.join(self.parents.values())}"
        shown = " ".join(text_of(value) for value in self.key_values)
        return f"{self.resource.name} {shown!r}"


def desired_of(
    resource: Resource,
    options: Mapping[str, Any],
    *,
    match_by: str | None = None,
    place: str = "",
    parents: Mapping[str, str] | None = None,
) -> Desired:
    """The wanted object in the options of a task, or in an element of one of its lists. Raises OptionError.

    ``match_by`` is the name of a key of the resource, or None for the default. ``place`` names the element. ``parents`` are the IDs of the
    objects that the object belongs to, if the options do not have them.
    """
    prefix = f"{place}." if place else ""
    given = {name: value for name, value in options.items() if value not in (None, "")}
    for name in given:
        if name in resource.refused:
            raise OptionError(f"The option {prefix}{name} does not exist here. {resource.refused[name]}")
    values = {**_given_values(resource, given, prefix), **_cleared(resource, given, prefix)}
    id_ = _text(given, "id", prefix)
    if parents is None:
        parents = {name: _parent(resource, given, name, prefix) for name in resource.parents}
    key = _key(resource, match_by, values)
    consents = frozenset(name for name in resource.consents if given.get(name))
    children = tuple(_children(resource, given, prefix))
    desired = Desired(resource, values, id_, key, place, parents, consents, children)
    if id_ is None and (missing := _missing(desired.key_values, key.fields)):
        raise OptionError(
            f"The option {prefix}{missing[0]} is missing. It says which {resource.name} is meant. Add it, or id."
        )
    return desired


def _given_values(resource: Resource, given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in resource.fields:
        names = [name for name in each.option_names if name in given]
        if len(names) > 1:
            raise OptionError(
                f"The options {prefix}{names[0]} and {prefix}{names[1]} both have a value. Keep one of them."
            )
        if each.name in given:
            values[each.api_name] = each.converted(given[each.name], f"{prefix}{each.name}")
        elif names and isinstance(each, Reference):
            values[each.api_name] = each.converted_id(given[each.id_name], f"{prefix}{each.id_name}")
    return values


def _children(resource: Resource, given: Mapping[str, Any], prefix: str) -> Iterator[Child]:
    for option, child in resource.children.items():
        known = {*option_names(child), "id", "clear", "state"}
        for number, row in enumerate(elements(given.get(option) or [], f"{prefix}{option}")):
            place = f"{prefix}{option}[{number}]"
            refuse_unknown_fields(row, place, known)
            state = row.get("state") or "present"
            if state not in STATES:
                raise OptionError(f"The option {place}.state must be present or absent.")
            desired = desired_of(child, row, place=place, parents={})
            if state == "present" and desired.id is None:
                refuse_incomplete(desired)
            yield Child(option, state, desired)


def refuse_unknown_fields(row: object, place: str, known: Collection[str]) -> None:
    """Raise OptionError if an element of a list is no dictionary, or has other fields than the known ones."""
    if not isinstance(row, Mapping):
        raise OptionError(f"{place} must be a dictionary.")
    if unknown := [name for name in row if name not in known]:
        shown = plain_name(unknown[0])
        raise OptionError(
            f"{place} has a field that does not exist{f': {shown}' if shown else ''}. The fields are: {', '.join(sorted(known))}."
        )


def option_names(resource: Resource) -> list[str]:
    """The options of all fields, and of the objects that belong to this one."""
    return [*(name for each in resource.fields for name in each.option_names), *resource.children]


def _key(resource: Resource, match_by: str | None, values: Mapping[str, Any]) -> Key:
    keys = list(resource.keys.values()) or [Key(())]
    if match_by:
        return resource.keys[match_by]
    if resource.tries_keys:
        return next((key for key in keys if not _missing(resource.key_values(key, values), key.fields)), keys[0])
    return keys[0]


def _text(given: Mapping[str, Any], name: str, prefix: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise OptionError(f"The option {prefix}{name} must be a text. Put it in quotes.")
    return value


def _parent(resource: Resource, given: Mapping[str, Any], name: str, prefix: str) -> str:
    if not (id_ := _text(given, name, prefix)):
        raise OptionError(f"The option {prefix}{name} is missing. It says whose {resource.name} is meant. Add it.")
    return id_


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
            missing += [f"{prefix}{' or '.join(each.option_names)}"] if each.required else []
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
    possible = {each.name: each for each in resource.fields if not each.required and not each.is_fixed}
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


def has_deprecated(fields: Sequence[Field]) -> bool:
    """Whether one of the fields is deprecated, also in inner objects and lists."""
    return any(
        each.deprecated is not None or (isinstance(each, (Nested, ObjectList)) and has_deprecated(each.fields))
        for each in fields
    )


def deprecated_uses(fields: Sequence[Field], given: object) -> Iterator[DeprecatedUse]:
    """What is deprecated among given fields, also in inner objects and lists. The values are not checked yet, so they can be anything."""
    if isinstance(given, str):
        given = dict_or_list(given)
    if isinstance(given, (list, tuple)):
        for element in given:
            yield from deprecated_uses(fields, element)
    if not isinstance(given, Mapping):
        return
    for name, value in given.items():
        first, _dot, rest = str(name).partition(".")
        for each in fields:
            if first not in each.option_names or value in (None, ""):
                continue
            if each.deprecated:
                yield each.deprecated.use(f"the field {first}", each.deprecated.replaced_by)
            if isinstance(each, (Nested, ObjectList)):
                yield from deprecated_uses(each.fields, {rest: value} if rest else value)
