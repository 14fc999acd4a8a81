# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of an object of any resource, whatever BILL does where its documentation is silent."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import ApiError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._resources.desired import State
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Field, Nested, Text
from ansible_collections.bill.connect.plugins.plugin_utils._resources.plan import Action
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from tests.emulator.settings import Settings
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks, key_of, sample

Options = dict[str, Any]

# A field that BILL also requires in the stored object when another one is changed, by the kind of object.
_CHECKED = {"vendor": "address", "item": "type"}


def others(resource: Resource, number: int) -> Options:
    """Other values of all fields except the key."""
    return {**sample(resource, number), **key_of(resource, sample(resource))}


def removed(resource: Resource) -> Action:
    """What happens to an object that is to be absent."""
    return "archive" if resource.has_archive else "delete"


def changed(resource: Resource) -> Action:
    """What happens to an object with other values."""
    return "replace" if resource.update == "replace" else "change"


def came_back(resource: Resource) -> Action:
    """What happens to an object that was absent."""
    return "restore" if resource.has_archive else "create"


def converge(tasks: ResourceTasks, **switches: Any) -> None:
    """The life of an object. Every task runs twice, and the second run changes nothing. Other objects stay as they are.

    ``switches`` are the settings of the emulator that differ from the documented ones.
    """
    _Life(tasks, Settings.model_validate(switches)).run()


class _Life:
    def __init__(self, tasks: ResourceTasks, settings: Settings) -> None:
        self.tasks = tasks
        self.resource = tasks.resource
        self.settings = settings
        self.key = key_of(self.resource, sample(self.resource))

    def run(self) -> None:
        before = self.tasks.stored()
        first, second = sample(self.resource), others(self.resource, 2)
        self._twice("present", first, "create")
        self._twice("present", second, changed(self.resource))
        self._twice("present", self.key)
        if self.resource.update != "replace":
            for options in self._single_changes():
                self._changes_only(options)
            self._keeps_what_is_masked()
            self._cleared()
            self._twice("present", second, "change")
        self._with_an_incomplete_neighbour()
        if self.resource.removal != "impossible":
            self._twice("absent", self.key, removed(self.resource))
            self._back(second)
        now = self.tasks.stored()
        assert [each for each in before if each not in now] == []
        if self.key:
            assert len([each for each in now if self._is_meant(each) and not each.get("archived")]) == 1

    def _twice(self, state: State, options: Options, *actions: Action) -> None:
        for expected in dict.fromkeys((actions, ())):
            before = len(self.tasks.writes())
            outcome = self.tasks.task(state, **options)
            assert (outcome.actions, outcome.changed, outcome.warnings) == (expected, bool(expected), ()), options
            assert bool(len(self.tasks.writes()) - before) is bool(expected), options

    def _single_changes(self) -> list[Options]:
        """Options that change one field, and one field of an object in the object."""
        new, found = sample(self.resource, 3), []
        if plain := next((each for each in self._changeable() if not isinstance(each, Nested)), None):
            found.append({plain.name: new[plain.name]})
        inner = next((each for each in self._changeable() if isinstance(each, Nested) and len(each.fields) > 1), None)
        if isinstance(inner, Nested):
            name = inner.fields[0].name
            found.append({inner.name: {name: new[inner.name][name]}})
        return found

    def _changeable(self) -> list[Field]:
        overridden = {name for rule in self.resource.overridden for name in rule.fields}
        return [
            each
            for each in self.resource.fields
            if each.is_read
            and not each.is_fixed
            and not each.may_be_missing
            and each.name not in self.key
            and each.name not in overridden
        ]

    def _changes_only(self, options: Options) -> None:
        """Change one field. BILL keeps all others."""
        before = self._meant()
        self._twice("present", {**self.key, **options}, "change")
        (name,) = options
        (field,) = (each for each in self.resource.fields if each.name == name)
        after = self._meant()
        kept = {name for name in before if name not in (field.read_at or field.api_name, "updatedTime")}
        assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
        if isinstance(field, Nested):
            place = field.fields[0].api_name
            assert {**after[field.api_name], place: None} == {**before[field.api_name], place: None}
        self._twice("present", self.key)

    def _keeps_what_is_masked(self) -> None:
        """Change a field of an inner object, in which BILL may show another one with a mask."""
        for outer in self._changeable():
            if not isinstance(outer, Nested) or not any(each.may_be_masked for each in outer.fields):
                continue
            (masked,) = (each for each in outer.fields if each.may_be_masked)
            field = next(each for each in outer.fields if each is not masked)
            before = self._meant()
            options = {**self.key, outer.name: {field.name: sample(self.resource, 3)[outer.name][field.name]}}
            if not self.settings.masked:
                self._twice("present", options, "change")
                assert self._meant()[outer.api_name][masked.api_name] == before[outer.api_name][masked.api_name]
                continue
            with pytest.raises(OptionError, match=f"BILL shows {outer.name}.{masked.name} only with a mask"):
                self.tasks.task(**options)
            assert self._meant() == before

    def _cleared(self) -> None:
        field = next((each for each in self._changeable() if isinstance(each, Text) and not each.required), None)
        if field is None:
            return
        options: Options = {**self.key, "clear": [field.name]}
        if self.settings.empty_clears or self.resource.update != "PATCH":
            self._twice("present", options, "change")
            return
        for _run in range(2):
            outcome = self.tasks.task(**options)
            assert (outcome.actions, outcome.changed) == ((), False)
            assert outcome.warnings[0].endswith(f"{field.name}. Check these values. BILL may change or ignore them.")

    def _with_an_incomplete_neighbour(self) -> None:
        """An object that BILL has from earlier times, without a field that it requires today."""
        resource = self.resource
        lacking = _CHECKED.get(resource.name)
        if lacking is None:
            return
        neighbour: Options = dict.fromkeys(self.key, "Neighbour")
        stored = self.tasks.store(**{_api(name): value for name, value in neighbour.items()})
        field = next(each for each in self._changeable() if isinstance(each, Text) and not each.required)
        options = {**neighbour, field.name: sample(resource)[field.name]}
        if self.settings.patch_checks_stored:
            with pytest.raises(ApiError, match=f"checks the whole stored {resource.name}.* Add {lacking} to"):
                self.tasks.task(**options)
            assert stored in self.tasks.stored()
        else:
            self._twice("present", options, "change")

    def _back(self, options: Options) -> None:
        """The object comes back. If BILL never shows archived objects, a second one takes its place, unless BILL refuses that."""
        child = self._child()
        resource, settings = self.resource, self.settings
        is_hidden = resource.has_archive and not settings.archived_in_lists and "archived" in settings.missing_filters
        if not is_hidden:
            self._twice("present", options, came_back(resource))
        elif settings.archived_emails == "refused" if resource.is_user else settings.duplicate_names == "refused":
            with pytest.raises(ApiError, match="was not created. BILL answered"):
                self.tasks.task(**options)
            self.tasks.bill.post("settings", archived_in_lists=True)
            self._twice("present", options, "restore")
        else:
            self._twice("present", options, "create")
        if child:
            self._archives_with(child)

    def _child(self) -> Options:
        """An object below this one, if BILL archives it together with this one."""
        if not self.resource.archives_children:
            return {}
        parent = next(each for each in self.tasks.stored() if self._is_meant(each))
        return self.tasks.store(name="Child", parentId=parent["id"])

    def _archives_with(self, child: Options) -> None:
        if not any(each["id"] == child["parentId"] and not each["archived"] for each in self.tasks.stored()):
            return
        self._twice("absent", self.key, "archive")
        (found,) = (each for each in self.tasks.stored() if each["id"] == child["id"])
        assert found["archived"] is self.settings.archives_children
        assert self.tasks.task(id=child["parentId"]).actions == ("restore",)
        assert found in self.tasks.stored()

    def _meant(self) -> dict[str, Any]:
        (found,) = (each for each in self.tasks.stored() if self._is_meant(each))
        return found

    def _is_meant(self, stored: dict[str, Any]) -> bool:
        return all(stored.get(_api(name)) == value for name, value in self.key.items())


def _api(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def converge_many(tasks: ResourceTasks, **switches: Any) -> None:
    """The life of three objects in one list. Every task runs twice, and the second run changes nothing."""
    resource, settings = tasks.resource, Settings.model_validate(switches)
    first = [sample(resource, number) for number in (1, 2, 3)]
    keys = [key_of(resource, each) for each in first]
    second = [{**sample(resource, number + 3), **key} for number, key in enumerate(keys, 1)]
    steps: list[tuple[State, list[Options], Action]] = [("present", first, "create"), ("present", second, "change")]
    if resource.removal != "impossible":
        steps += [("absent", keys, removed(resource))]
        if not resource.has_archive or settings.archived_in_lists or "archived" not in settings.missing_filters:
            steps += [("present", second, came_back(resource))]
    for state, wanted, action in steps:
        for expected in ((action,), ()):
            before = len(tasks.writes())
            results = tasks.many(wanted, state)
            assert [each.error for each in results] == [None] * 3
            assert [each.outcome.actions for each in results if each.outcome] == [expected] * 3
            assert bool(len(tasks.writes()) - before) is bool(expected)
