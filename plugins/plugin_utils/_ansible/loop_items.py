# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a fact may have decided the current item of a loop.

Private to bill.connect. Ansible makes the items of include_tasks and include_role before their tasks run. A host can change its facts
after that. So the check uses the current item, and not the items that the loop would give now. The current item must be among the
items that the loop gives without any facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import product
from operator import getitem
from typing import Any, NamedTuple

from .._vault.ansible_values import decrypted
from .facts import Loop, Loops, Reach
from .host_variables import FAULT, HostVariables
from .running import looked_up


class _Items(NamedTuple):
    """The items of a loop, and the terms that its lookup chooses from. A random lookup gives another item each time."""

    found: list[Any]
    terms: list[Any]


class LoopItems:
    """Checks the items of the loops around one task or lookup.

    ``host`` holds the variables. ``loops`` holds the loops around the task. ``is_inside`` says that the task's own loop has given its
    item. For a lookup this is not certain, because a lookup may also run in the expression of that loop.
    """

    def __init__(self, templar: Any, host: HostVariables, loops: Loops, *, is_inside: bool) -> None:
        self._templar = templar
        self._host = host
        self._loops = loops
        self._is_inside = is_inside
        self._known: dict[str, str | None] = {}

    def fact_behind(self, name: str) -> str | None:
        """Return the name of a fact that may have decided the variable of a loop; None if no fact has."""
        if name not in self._known:
            loops = self._loops[name][:1] if self._is_inside else self._loops[name]
            values = [self._host.variables[name]] if name in self._host.variables else []
            facts = [self.fact_behind_value(name, loop, value) for loop in loops for value in values]
            self._known[name] = None if None in facts else next(iter(facts), None)
        return self._known[name]

    def fact_behind_value(self, name: str, loop: Loop, value: Any) -> str | None:
        """Return the name of a fact that may have decided the value of this loop's variable ``name``; None if no fact has."""
        reach, outer = self._reach(loop)
        decided = [fact for each in sorted(reach.loops) if (fact := self._fact_behind_outer(each, outer[each]))]
        if not decided and not self._host.may_read_facts(reach):
            return None
        if any(_fits(name, loop, value, items) for items in self._items(loop)):
            return None
        return min([*reach.facts, *decided], default="facts")

    def _fact_behind_outer(self, name: str, loop: Loop) -> str | None:
        # An inner loop with the same name hides the item of the outer loop. A hidden item cannot be checked.
        return self.fact_behind(name) if loop is self._loops[name][0] else "facts"

    def _reach(self, loop: Loop) -> tuple[Reach, Mapping[str, Loop]]:
        """Return what the expression of a loop can read, and for each name the next outer loop."""
        outer = {
            name: further[0]
            for name, loops in self._loops.items()
            if (further := [each for each in loops if each.depth > loop.depth])
        }
        return self._host.facts.reach(loop.raw, {name: [each] for name, each in outer.items()}), outer

    def _items(self, loop: Loop) -> list[_Items]:
        """Return the items that a loop can give without facts.

        The expression may read an outer loop whose item an inner loop of the same name hides. The result has one element for each
        possible combination of hidden items.
        """
        reach, outer = self._reach(loop)
        hidden = {name for name in reach.loops if outer[name] is not self._loops[name][0]}
        lost = {name for name in reach.loops - hidden if self.fact_behind(name)}
        choices = {
            name: [item for items in self._items(outer[name]) for item in (*items.found, *items.terms)]
            for name in sorted(hidden)
            if name == outer[name].item
        }
        lost |= hidden - choices.keys()
        found = []
        for chosen in product(*choices.values()):
            with self._host.without_facts(lost, dict(zip(choices, chosen, strict=True))) as variables:
                items = self._host.outcome(loop, variables, self._evaluated)
            if items is not FAULT:
                found.append(_Items(*items))
        return found

    def _evaluated(self, loop: Loop) -> list[list[Any]]:
        given = self._templar.template(loop.items)
        if loop.path is not None:
            return [[reduce(getitem, loop.path, given)], []]
        if not loop.lookup:
            return [_list(given), []]
        terms = given if isinstance(given, list) else [given]
        return [_list(looked_up(self._templar, loop.lookup, terms)), terms]


def _list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError("The items of a loop are a list.")
    return items


def _fits(name: str, loop: Loop, value: Any, items: _Items) -> bool:
    """Return whether a loop with these items can have given this value to the variable ``name``."""
    value, length = decrypted(value), len(items.found)
    if name == loop.item:
        return value in items.found or value in items.terms
    if name != "ansible_loop":
        return value in range(length)
    others = [*value.get("allitems", ()), *(value[key] for key in ("nextitem", "previtem") if key in value)]
    return value["length"] == length and all(other in items.found for other in others)
