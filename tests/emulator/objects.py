# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that there are: one shelf for each owner and kind, filled from the world when it is first asked for."""

from __future__ import annotations

from typing import Any

from . import filters, sorting
from .clock import Clock
from .errors import NO_DATA, Refusal
from .kinds import Kind, Object
from .problems import Problems

# More selections than anybody pages through at once.
REMEMBERED = 64


class Shelf:
    """Objects are never changed, only replaced: those of the world belong to every emulator of a process."""

    def __init__(self, kind: Kind, owner: str, objects: Objects, clock: Clock) -> None:
        self.kind = kind
        self.owner = owner
        self._objects = objects
        self._clock = clock
        self._by_id: dict[str, Object] = {one["id"]: one for one in kind.at_first(owner)}
        self._made = len(self._by_id)
        # A list is read page by page, so that what was filtered and sorted once is kept until something changes.
        self._selections: dict[tuple[str | None, str | None, bool], list[Object]] = {}

    def __contains__(self, id_: object) -> bool:
        return id_ in self._by_id

    def everything(self) -> list[Object]:
        """The newest last."""
        return list(self._by_id.values())

    def get(self, id_: str) -> Object:
        if id_ not in self._by_id:
            raise Refusal(NO_DATA)
        return self._by_id[id_]

    def select(self, given_filters: str | None, given_sort: str | None, documented_only: bool) -> list[Object]:
        """Oldest first, unless sorted (inferred)."""
        asked = (given_filters, given_sort, documented_only)
        if asked not in self._selections:
            found = self.everything()
            if given_filters is not None:
                tests = filters.tests(given_filters, self.kind.columns, documented_only)
                found = [one for one in found if all(passes(one) for passes in tests)]
            if given_sort is not None:
                found = sorting.in_order(found, given_sort, self.kind.columns, documented_only)
            if len(self._selections) >= REMEMBERED:
                self._selections.clear()
            self._selections[asked] = found
        return self._selections[asked]

    def create(self, given: Object) -> Object:
        problems = Problems()
        content = self._checked(given, problems)
        problems.tell()
        return self.add(self.kind.complete(content))

    def create_all(self, given: list[Object]) -> list[Object]:
        """Documented: all of them or none."""
        problems = Problems()
        several = []
        for number, one in enumerate(given):
            problems.place = f"[{number}]."
            several.append(self._checked(one, problems))
        problems.tell()
        return [self.add(self.kind.complete(one)) for one in several]

    def _checked(self, given: Object, problems: Problems) -> Object:
        content = self.kind.writable(given)
        self.kind.check(problems, content, self._exists)
        return content

    def _exists(self, kind: Kind, id_: Any) -> bool:
        return isinstance(id_, str) and id_ in self._objects.shelf(kind, self.owner)

    def add(self, content: Object) -> Object:
        self._made += 1
        now = self._clock.stamp()
        made = {"id": self.kind.new_id(self.owner, self._made)}
        archived = {"archived": False} if self.kind.archived else {}
        return self._keep({**made, **archived, **content, "createdTime": now, "updatedTime": now})

    def patch(self, id_: str, given: Object) -> Object:
        """Documented: fields are changed. That a nested object is replaced as a whole is inferred."""
        before = self.get(id_)
        return self._rewrite(before, {**before, **self.kind.writable(given)})

    def put(self, id_: str, given: Object) -> Object:
        """Documented: all is replaced, line items too. That what BILL itself has set stays is inferred."""
        before = self.get(id_)
        kept = {name: value for name, value in before.items() if name not in self.kind.writable(before)}
        return self._rewrite(before, {**kept, **self.kind.writable(given)})

    def set(self, id_: str, **changes: Any) -> Object:
        """Documented for archive and restore: what is so already stays as it is, and that is no error."""
        before = self.get(id_)
        if all(before.get(name) == value for name, value in changes.items()):
            return before
        return self._keep({**before, **changes, "updatedTime": self._clock.stamp()})

    def remove(self, id_: str) -> Object:
        removed = self.get(id_)
        del self._by_id[id_]
        self._selections.clear()
        return removed

    def _rewrite(self, before: Object, after: Object) -> Object:
        problems = Problems()
        self.kind.check(problems, after, self._exists)
        problems.tell()
        return self._keep({**self.kind.complete(after), "id": before["id"], "updatedTime": self._clock.stamp()})

    def _keep(self, one: Object) -> Object:
        self._by_id[one["id"]] = one
        self._selections.clear()
        return one


class Objects:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelves: dict[tuple[str, str], Shelf] = {}

    def shelf(self, kind: Kind, owner: str) -> Shelf:
        place = (kind.name, owner)
        if place not in self._shelves:
            self._shelves[place] = Shelf(kind, owner, self, self._clock)
        return self._shelves[place]
