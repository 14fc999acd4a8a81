# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the object that the user means, and never takes another one for it.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._core.errors import OptionError
from .calls import Calls, Record
from .desired import Desired
from .values import text_of

# BILL does not document how a filter contains these characters.
_NOT_IN_FILTERS = '",:\\'
_MOST_NAMED = 5


class Finder:
    """Finds objects of one resource. It reads a whole list once, and only if no filter can find the object.

    ``is_whole`` says that many objects are to be found. Then one list is better than a request for each object.
    """

    def __init__(self, calls: Calls, *, is_whole: bool = False) -> None:
        self._calls = calls
        self._is_whole = is_whole
        self._lists: dict[bool, list[Record]] = {}
        # The objects of a list by their keys. Its own keys are the fields of the key and whether the list is that of archived objects.
        self._by_key: dict[tuple[tuple[str, ...], bool], dict[tuple[Any, ...], list[Record]]] = {}

    def find(self, desired: Desired) -> Record | None:
        """The object that the user means; None if BILL does not have it. An object that is not archived comes first.

        Raises OptionError if several objects have the same key, or if only a similar one exists.
        """
        if desired.resource.is_single:
            return self._calls.read("")
        if desired.id:
            return self._by_id(desired.id)
        active = self._matching(desired, archived=False)
        if len(active) > 1:
            raise _several(desired, active)
        if active:
            return active[0]
        archived = self._matching(desired, archived=True)
        if len(archived) > 1:
            raise _several(desired, archived)
        return archived[0] if archived else None

    def similar(self, desired: Desired) -> list[Record]:
        """The objects whose key a person could take for the wanted one. They are never changed."""
        if desired.resource.is_single:
            return []
        resource, key = desired.resource, desired.key
        return [each for each in self._candidates(desired) if resource.similar_key(key, each) == desired.similar_key]

    def forget(self) -> None:
        """Read the lists again when they are needed next."""
        self._lists.clear()
        self._by_key.clear()

    def everything(self, *, archived: bool) -> list[Record]:
        if archived not in self._lists:
            self._lists[archived] = list(self._calls.listed("", "", archived=archived))
        return self._lists[archived]

    def _by_id(self, id_: str) -> Record | None:
        if self._is_whole:
            lists = (self.everything(archived=archived) for archived in (False, True))
            return next((each for records in lists for each in records if each.get("id") == id_), None)
        return self._calls.read(id_)

    def _matching(self, desired: Desired, *, archived: bool) -> list[Record]:
        found = None
        if not self._is_whole and _can_filter(desired):
            value = text_of(desired.key_values[0])
            found = self._calls.find(desired.resource.filter_name(desired.key), "eq", value, archived=archived)
        if found is None:
            return self._index(desired, archived=archived).get(desired.exact_key, [])
        # BILL does not document whether a filter ignores case, or how it treats blanks.
        return [each for each in found if desired.is_exactly(each) and bool(each.get("archived")) is archived]

    def _index(self, desired: Desired, *, archived: bool) -> dict[tuple[Any, ...], list[Record]]:
        place = (desired.key.fields, archived)
        if place not in self._by_key:
            index: dict[tuple[Any, ...], list[Record]] = {}
            for each in self.everything(archived=archived):
                index.setdefault(desired.resource.exact_key(desired.key, each), []).append(each)
            self._by_key[place] = index
        return self._by_key[place]

    def _candidates(self, desired: Desired) -> Sequence[Record]:
        if self._is_whole or not _can_filter(desired):
            return self.everything(archived=False)
        field = desired.resource.filter_name(desired.key)
        first = text_of(desired.key_values[0])[:1]
        records: list[Record] = []
        # A filter may or may not ignore case.
        for beginning in sorted({first.lower(), first.upper()}):
            found = self._calls.find(field, "sw", beginning, archived=False)
            if found is None:
                return self.everything(archived=False)
            records += found
        return records


def similar_error(desired: Desired, similar: Sequence[Record]) -> OptionError:
    """The error if only an object with a similar key exists. Changing it would rename it, and creating another one may be a mistake."""
    return OptionError(
        f"There is no {desired.label} at BILL, but a similar one: {_named(desired, similar)}. Write its name exactly as BILL has it, or "
        "set id to change the name."
    )


def _can_filter(desired: Desired) -> bool:
    # BILL does not document either whether a filter ignores blanks around a value.
    text = text_of(desired.key_values[0])
    is_plain = text.isprintable() and text == text.strip() and not any(sign in text for sign in _NOT_IN_FILTERS)
    return desired.key.is_filter and is_plain


def _several(desired: Desired, found: Sequence[Record]) -> OptionError:
    return OptionError(
        f"BILL has {len(found)} objects for {desired.label}: {_named(desired, found)}. Nothing was changed. Set id to the one that you mean."
    )


def _named(desired: Desired, found: Sequence[Record]) -> str:
    shown: list[str] = []
    for each in found[:_MOST_NAMED]:
        key = [text_of(value) for value in desired.resource.key_values(desired.key, each)]
        created = f", created {each['createdTime']}" if each.get("createdTime") else ""
        shown.append(f"{each.get('id')} ({' '.join(key)!r}{created})")
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(shown) + more
