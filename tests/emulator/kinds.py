# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of objects is: its path and identifiers, the fields of its list, and what its objects have to have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .columns import Column
from .problems import Problems

Object = dict[str, Any]

# BILL's own, so that nobody sets them; that they are ignored where they are sent is inferred.
READ_ONLY = frozenset({"id", "archived", "createdTime", "updatedTime"})


def as_it_is(given: Object) -> Object:
    return given


def never(_given: Object) -> bool:
    return False


# Whether the owner has an object of a kind with this identifier.
Exists = Callable[["Kind", Any], bool]


@dataclass(frozen=True)
class Kind:
    # As in the path below /v3.
    name: str
    # What the identifiers of an owner's objects begin with.
    prefix: Callable[[str], str]
    # The objects that the owner has from the start, oldest first.
    at_first: Callable[[str], Sequence[Object]]
    columns: Mapping[str, Column]
    check: Callable[[Problems, Object, Exists], None]
    # What BILL makes of the fields that were sent.
    complete: Callable[[Object], Object] = as_it_is
    read_only: frozenset[str] = frozenset()
    needs_trust: Callable[[Object], bool] = never
    archived: bool = True
    replaced: bool = False
    # Documented: how many can be created at once; 0 for none.
    bulk: int = 0
    # Parameters of the list besides those that all lists have. They change nothing.
    parameters: frozenset[str] = frozenset()
    # Cursors as Spend & Expense has them.
    two_ways: bool = False

    def writable(self, given: Object) -> Object:
        return {name: value for name, value in given.items() if name not in READ_ONLY | self.read_only}

    def new_id(self, owner: str, number: int) -> str:
        """20 characters, as in BILL's samples."""
        prefix = self.prefix(owner)
        return f"{prefix}{number:0{20 - len(prefix)}d}"


def prefix(known: str, word: str) -> Callable[[str], str]:
    """BILL's prefix, the two digits of the organization, a word."""
    return lambda organization_id: f"{known}{organization_id[3:5]}{word}"
