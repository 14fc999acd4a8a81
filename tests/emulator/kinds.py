# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of objects: its path, its identifiers, the fields of its list, and the required fields of its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import Column
from .errors import DUPLICATE
from .problems import Problems
from .settings import Settings

Object = dict[str, Any]

# Only BILL sets these fields. Inferred: BILL ignores them in a request.
READ_ONLY = frozenset({"id", "archived", "createdTime", "updatedTime"})


def unchanged(given: Object) -> Object:
    return given


def never(_given: Object) -> bool:
    return False


def none(_owner: str) -> tuple[Object, ...]:
    return ()


# Whether the owner has an object of a kind with this identifier.
Exists = Callable[["Kind", Any], bool]


def unchecked(_problems: Problems, _given: Object, _exists: Exists) -> None:
    """Nothing to check, because no call writes the object, or because the call checks it."""


@dataclass(frozen=True)
class Unique:
    """The fields that two objects of a table cannot share. Unknown: does BILL ignore case?"""

    fields: tuple[str, ...]
    # The code of the refusal. None: BILL accepts the second object.
    code: Callable[[Settings], str | None]
    # Whether the fields of an archived object are taken.
    counts_archived: Callable[[Settings], bool] = lambda _settings: True

    def value(self, one: Object) -> tuple[str, ...]:
        return tuple(str(one.get(name, "")).casefold() for name in self.fields)


def unique_name(*fields: str) -> Unique:
    """The rule of the setting `duplicate_names`."""
    return Unique(fields, lambda settings: DUPLICATE if settings.duplicate_names == "refused" else None)


@dataclass(frozen=True)
class Kind:
    # The name of the kind, which is also its path below /v3 unless `path` is another one.
    name: str
    # The beginning of the identifiers of an owner's objects.
    prefix: Callable[[str], str]
    # The objects that the owner has at the start, the oldest first.
    initial: Callable[[str], Sequence[Object]]
    columns: Mapping[str, Column]
    check: Callable[[Problems, Object, Exists], None] = unchecked
    # The path below /v3. It can have `{organization_id}`, and `{parent_id}` for the object that these objects belong to.
    path: str = ""
    # The kind of the object that these objects belong to, and its identifier in the control interface.
    parent: Kind | None = None
    parent_field: str = ""
    # The fields that must be texts.
    texts: frozenset[str] = frozenset()
    # Completes the fields of a request, as BILL does.
    complete: Callable[[Object], Object] = unchanged
    read_only: frozenset[str] = frozenset()
    # BILL may show only the last digits of these fields. A dot goes into an object.
    masked: frozenset[str] = frozenset()
    # BILL never shows more than the last digits of these fields.
    always_masked: frozenset[str] = frozenset()
    # No response has these fields.
    hidden: frozenset[str] = frozenset()
    # Observed by a third party for the chart of accounts: if an object is archived, those below it are archived too.
    archives_children: bool = False
    # The values that BILL sets for an object of its network, for the setting `connected_vendors`.
    of_network: Mapping[str, Any] = field(default_factory=dict)
    unique: Unique | None = None
    needs_trust: Callable[[Object], bool] = never
    can_be_archived: bool = True
    can_be_replaced: bool = False
    # Documented: the number of objects that one bulk request can create. 0: no bulk requests.
    bulk: int = 0
    # Documented: the name of the list in the response to a bulk request. Empty: the response is the list.
    bulk_name: str = ""
    # More parameters of the list, beside those of all lists. They have no effect.
    parameters: frozenset[str] = frozenset()
    # Documented: the most objects on a page.
    largest_page: int = 100
    # Whether the list has the two cursors of Spend & Expense.
    has_two_cursors: bool = False
    # As in BILL's samples.
    id_length: int = 20

    def writable(self, given: Object) -> Object:
        return {name: value for name, value in given.items() if name not in READ_ONLY | self.read_only}

    def new_id(self, owner: str, number: int) -> str:
        prefix = self.prefix(owner)
        return f"{prefix}{number:0{self.id_length - len(prefix)}d}"


def prefix(known: str, word: str) -> Callable[[str], str]:
    """The prefix of BILL, the two digits of the organization, and a word."""
    return lambda organization_id: f"{known}{organization_id[3:5]}{word}"
