# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks up the objects that a wanted object names: the role of a user, the approvers of a policy, the types of events.

Private to bill.connect. Each list is read once for a task.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._core.errors import OptionError
from .calls import Calls, Record
from .desired import Desired
from .fields import Field, Text
from .list_fields import ObjectList
from .reference_fields import Reference, ReferenceList
from .spec import Resource
from .values import text_of

_MOST_NAMED = 20


class References:
    """Looks up objects, with the client of ``calls``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lists: dict[str, list[Record]] = {}

    def resolved(self, desired: Desired) -> Desired:
        """The wanted object, with the objects that it names. Raises OptionError if BILL does not have one of them."""
        values = {
            each.api_name: self._resolved(each, desired.values[each.api_name], _place(desired, each))
            for each in desired.given
        }
        return replace(desired, values={**desired.values, **values})

    def _resolved(self, field: Field, value: Any, place: str) -> Any:
        if isinstance(field, Reference) and value:
            return self._one(field.target, field.by, value, f"{place} or {place}_id")
        if isinstance(field, ReferenceList):
            return [self._one(field.target, field.by, each, place) for each in value]
        if isinstance(field, ObjectList) and field.catalog:
            self._refuse_unknown(field, field.catalog, value, place)
        return value

    def _one(self, target: Resource, by: Text, value: Mapping[str, Any], place: str) -> Record:
        """The object that ``value`` names with its ID, or with the field ``by``."""
        records = self._list(target)
        if "id" in value:
            return next((each for each in records if each.get("id") == value["id"]), dict(value))
        wanted = value[by.api_name]
        found = [each for each in records if by.normal(each.get(by.api_name)) == by.normal(wanted)]
        if not found:
            known = sorted({text_of(each.get(by.api_name)) for each in records})
            raise OptionError(f"{place}: BILL has no {target.name} {wanted!r}. {_offered(target, wanted, known)}")
        if len(found) > 1:
            named = ", ".join(f"{each.get('id')} ({text_of(each.get('description')) or wanted})" for each in found)
            raise OptionError(
                f"{place}: BILL has {len(found)} {target.plural} {wanted!r}: {named}. Nothing was sent. Give the ID of one of them."
            )
        return found[0]

    def _refuse_unknown(
        self, field: ObjectList, catalog: Resource, value: Sequence[Mapping[str, Any]], place: str
    ) -> None:
        inner = next(each for each in field.fields if each.name == field.text_is)
        known = {text_of(inner.read(each)) for each in self._list(catalog)}
        for number, each in enumerate(value):
            wanted = each[inner.api_name]
            if wanted not in known:
                raise OptionError(
                    f"{place}[{number}]: BILL has no {catalog.name} {wanted!r}. {_offered(catalog, wanted, sorted(known))}"
                )

    def _list(self, target: Resource) -> list[Record]:
        if target.path not in self._lists:
            self._lists[target.path] = list(self._calls.within(target, {}).listed("", "", archived=False))
        return self._lists[target.path]


def _offered(target: Resource, wanted: str, known: Sequence[str]) -> str:
    """What the user can write instead."""
    # The e-mail addresses of an organization are alike behind the sign.
    names = {text.partition("@")[0]: text for text in known}
    if close := difflib.get_close_matches(wanted.partition("@")[0], names, n=3):
        return f"Did you mean {' or '.join(names[each] for each in close)}?"
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return f"The {target.plural} at BILL are: {', '.join(known[:_MOST_NAMED])}{more}."


def _place(desired: Desired, field: Field) -> str:
    return f"{desired.place}.{field.name}" if desired.place else field.name
