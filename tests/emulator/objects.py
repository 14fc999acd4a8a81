# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored objects: one table for each owner and kind. The first use of a table fills it from the world."""

from __future__ import annotations

from typing import Any

from . import filters, sorting, texts
from .clock import Clock
from .errors import NO_DATA, RefusalError
from .kinds import Kind, Object
from .problems import Problems
from .settings import Settings
from .webhook_changes import Change, Webhooks

# More than the number of lists that clients read at the same time.
MAX_SELECTIONS = 64


class ObjectTable:
    """The objects of one owner and kind.

    An object is replaced, never changed, because all emulators of a process share the objects of the world.
    """

    def __init__(self, kind: Kind, owner: str, objects: Objects, clock: Clock) -> None:
        self.kind = kind
        self.owner = owner
        self._objects = objects
        self._clock = clock
        self._by_id: dict[str, Object] = {one["id"]: one for one in kind.initial(owner)}
        self._made = len(self._by_id)
        # The filtered and sorted lists. A client reads a list page by page, so each list stays here until an object changes.
        self._selections: dict[tuple[str | None, str | None, tuple[Any, ...]], list[Object]] = {}

    def __contains__(self, id_: object) -> bool:
        return id_ in self._by_id

    def everything(self) -> list[Object]:
        """All objects, the newest last."""
        return list(self._by_id.values())

    def get(self, id_: str) -> Object:
        if id_ not in self._by_id:
            raise RefusalError(NO_DATA)
        return self._by_id[id_]

    def select(self, given_filters: str | None, given_sort: str | None) -> list[Object]:
        """The objects that pass the filters, in the order of `sort`. Inferred: without `sort`, the oldest comes first."""
        settings = self._objects.settings
        asked = (given_filters, given_sort, settings.of_lists())
        if asked not in self._selections:
            found = self.everything()
            if not settings.archived_in_lists and "archived" not in (given_filters or ""):
                found = [one for one in found if not one.get("archived")]
            if given_filters is not None:
                tests = filters.tests(given_filters, self.kind.columns, settings)
                found = [one for one in found if all(passes(one) for passes in tests)]
            if given_sort is not None:
                found = sorting.in_order(found, given_sort, self.kind.columns, settings.documented_fields)
            if len(self._selections) >= MAX_SELECTIONS:
                self._selections.clear()
            self._selections[asked] = found
        return self._selections[asked]

    def create(self, given: Object) -> Object:
        problems = Problems()
        content = self._checked(given, problems)
        problems.raise_if_any()
        self._refuse_duplicates([content])
        return self.add(self.kind.complete(content))

    def create_all(self, given: list[Object]) -> list[Object]:
        """Create all objects or none (documented)."""
        problems = Problems()
        several = []
        for number, one in enumerate(given):
            problems.position = f"[{number}]."
            several.append(self._checked(one, problems))
        problems.raise_if_any()
        self._refuse_duplicates(several)
        return [self.add(self.kind.complete(one)) for one in several]

    def _refuse_duplicates(self, several: list[Object], before: Object | None = None) -> None:
        """Refuse objects whose unique fields another object has. `before` is the object that the first one replaces."""
        rule, settings = self.kind.unique, self._objects.settings
        code = rule.code(settings) if rule else None
        if rule is None or code is None:
            return
        others = [one for one in self._by_id.values() if one is not before]
        taken = {rule.value(one) for one in others if not one.get("archived") or rule.counts_archived(settings)}
        for one in several:
            if rule.value(one) in taken:
                raise RefusalError(code, f"{', '.join(rule.fields)}: another object has the same value")
            taken.add(rule.value(one))

    def _checked(self, given: Object, problems: Problems) -> Object:
        content = self.kind.writable(given)
        self._check_texts(problems, content)
        self.kind.check(problems, content, self._exists)
        return content

    def _check_texts(self, problems: Problems, given: Object) -> None:
        if self._objects.settings.strict_texts:
            texts.check(problems, given, self.kind.texts)

    def _exists(self, kind: Kind, id_: Any) -> bool:
        return isinstance(id_, str) and id_ in self._objects.table(kind, self.owner)

    def add(self, content: Object) -> Object:
        self._made += 1
        now = self._clock.stamp()
        made = {"id": self.kind.new_id(self.owner, self._made)}
        archived = {"archived": False} if self.kind.can_be_archived else {}
        return self._store({**made, **archived, **content, "createdTime": now, "updatedTime": now}, "created")

    def patch(self, id_: str, given: Object) -> Object:
        """Change the given fields (documented)."""
        before, settings = self.get(id_), self._objects.settings
        changes = self.kind.writable(given)
        if settings.nested_patch == "merge":
            changes = {name: _merged(before.get(name), value) for name, value in changes.items()}
        if not settings.empty_clears:
            changes = {name: value for name, value in changes.items() if value not in ("", None)}
        after = {**before, **changes}
        return self._rewrite(before, given, after, is_checked=settings.patch_checks_stored)

    def put(self, id_: str, given: Object) -> Object:
        """Replace all fields, also the line items (documented). Inferred: the fields that only BILL sets stay."""
        before = self.get(id_)
        read_only = {name: value for name, value in before.items() if name not in self.kind.writable(before)}
        return self._rewrite(before, given, {**read_only, **self.kind.writable(given)})

    def archive(self, id_: str) -> Object:
        """Archive an object, and in the chart of accounts also the accounts below it."""
        if self.kind.archives_children and self._objects.settings.archives_children:
            for one in self.everything():
                if one.get("parentId") == id_ and not one["archived"]:
                    self.archive(one["id"])
        return self._set(id_, "archived", archived=True)

    def restore(self, id_: str) -> Object:
        before = self.get(id_)
        if before["archived"]:
            # Inferred: an object does not come back beside another one with the same unique fields.
            self._refuse_duplicates([before], before)
        return self._set(id_, "restored", archived=False)

    def set(self, id_: str, **changes: Any) -> Object:
        """Change fields. Inferred: if the object already has these values, that is no error."""
        return self._set(id_, "updated", **changes)

    def _set(self, id_: str, change: Change, **changes: Any) -> Object:
        # Documented for archive and restore: if the object already has these values, that is no error.
        before = self.get(id_)
        if all(before.get(name) == value for name, value in changes.items()):
            return before
        return self._store({**before, **changes, "updatedTime": self._clock.stamp()}, change)

    def remove(self, id_: str) -> Object:
        removed = self.get(id_)
        del self._by_id[id_]
        self._selections.clear()
        self._objects.changed(self.kind, self.owner, "deleted", removed)
        return removed

    def clear(self) -> None:
        """Remove all objects."""
        self._by_id.clear()
        self._selections.clear()

    def _rewrite(self, before: Object, given: Object, after: Object, *, is_checked: bool = True) -> Object:
        problems = Problems()
        self._check_texts(problems, given)
        if is_checked:
            self.kind.check(problems, after, self._exists)
        problems.raise_if_any()
        if self.kind.unique and self.kind.unique.value(after) != self.kind.unique.value(before):
            self._refuse_duplicates([after], before)
        now = self._clock.stamp()
        return self._store({**self.kind.complete(after), "id": before["id"], "updatedTime": now}, "updated")

    def _store(self, one: Object, change: Change) -> Object:
        self._by_id[one["id"]] = one
        self._selections.clear()
        self._objects.changed(self.kind, self.owner, change, one)
        return one


def _merged(before: Any, given: Any) -> Any:
    """An object in which only the given fields are replaced, on every level."""
    if not isinstance(before, dict) or not isinstance(given, dict):
        return given
    return {**before, **{name: _merged(before.get(name), value) for name, value in given.items()}}


class Objects:
    def __init__(self, clock: Clock, settings: Settings, webhooks: Webhooks) -> None:
        self._clock = clock
        self._webhooks = webhooks
        self.settings = settings
        self._tables: dict[tuple[str, str], ObjectTable] = {}

    def table(self, kind: Kind, owner: str) -> ObjectTable:
        key = (kind.name, owner)
        if key not in self._tables:
            self._tables[key] = ObjectTable(kind, owner, self, self._clock)
        return self._tables[key]

    def changed(self, kind: Kind, owner: str, change: Change, one: Object) -> None:
        """Every change of an object passes here: by a call of the API, in bulk, or by the control interface."""
        if self._webhooks.subscriptions.is_empty:
            return None
        if kind.parent is None:
            return self._webhooks.changed(kind, owner, change, one)
        for (name, organization_id), parents in self._tables.items():
            if name == kind.parent.name and owner in parents:
                return self._webhooks.changed_below(kind, organization_id, change, one, parents.get(owner))
        return None

    def below(self, kind: Kind, parents: ObjectTable) -> list[Object]:
        """The objects of a kind that belong to objects of `parents`, with the identifiers of those."""
        return [
            {kind.parent_field: owner, **one}
            for (name, owner), table in self._tables.items()
            if name == kind.name and owner in parents
            for one in table.everything()
        ]
