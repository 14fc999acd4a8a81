# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of objects: its path, its identifiers, the fields of its list, and the required fields of its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import Column
from .problems import Problems

Object = dict[str, Any]

# Only BILL sets these fields. Inferred: BILL ignores them in a request.
READ_ONLY = frozenset({"id", "archived", "createdTime", "updatedTime"})


def unchanged(given: Object) -> Object:
    return given


def never(_given: Object) -> bool:
    return False


# Whether the owner has an object of a kind with this identifier.
Exists = Callable[["Kind", Any], bool]


@dataclass(frozen=True)
class Kind:
    # The path below /v3.
    name: str
    # The beginning of the identifiers of an owner's objects.
    prefix: Callable[[str], str]
    # The objects that the owner has at the start, the oldest first.
    initial: Callable[[str], Sequence[Object]]
    columns: Mapping[str, Column]
    check: Callable[[Problems, Object, Exists], None]
    # The fields that must be texts.
    texts: frozenset[str] = frozenset()
    # Completes the fields of a request, as BILL does.
    complete: Callable[[Object], Object] = unchanged
    read_only: frozenset[str] = frozenset()
    # BILL may show only the last digits of these fields. A dot goes into an object.
    masked: frozenset[str] = frozenset()
    # Observed by a third party for the chart of accounts: if an object is archived, those below it are archived too.
    archives_children: bool = False
    # The values that BILL sets for an object of its network, for the setting `connected_vendors`.
    of_network: Mapping[str, Any] = field(default_factory=dict)
    # The fields that identify an object, for the setting `duplicate_names`. Empty: no such rule.
    unique: tuple[str, ...] = ()
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

    def writable(self, given: Object) -> Object:
        return {name: value for name, value in given.items() if name not in READ_ONLY | self.read_only}

    def new_id(self, owner: str, number: int) -> str:
        """20 characters, as in BILL's samples."""
        prefix = self.prefix(owner)
        return f"{prefix}{number:0{20 - len(prefix)}d}"


def prefix(known: str, word: str) -> Callable[[str], str]:
    """The prefix of BILL, the two digits of the organization, and a word."""
    return lambda organization_id: f"{known}{organization_id[3:5]}{word}"
