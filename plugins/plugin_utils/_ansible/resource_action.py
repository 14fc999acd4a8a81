# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the tasks that bring objects of BILL to a wanted state.

Private to bill.connect. A task of this kind names its resource. Everything else follows from the resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from .._core.errors import BillError, OptionError, UncertainWriteError
from .._core.plain_name import plain_name
from .._core.written_values import dict_or_list
from .._options.spec import Option
from .._resources.calls import Calls
from .._resources.desired import STATES, Desired, desired_of, secrets_among
from .._resources.difference import redacted
from .._resources.finder import Finder
from .._resources.many import ManyReconciler, Result
from .._resources.plan import DONE, Outcome
from .._resources.reconcile import Reconciler
from .._resources.spec import Resource
from .action import BillAction
from .context import TaskContext
from .task_result import TaskResult

_OF_ALL = ("kind", "state", "match_by", "objects", "purge")


class ResourceAction(BillAction):
    """The base class of a task for a resource. A subclass sets ``RESOURCES``: one, or several by the values of the option ``kind``."""

    RESOURCES: ClassVar[Mapping[str, Resource]]
    FAILURE_DATA = {"status": None, "codes": [], "errors": [], "uncertain": False}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.OWN_OPTIONS = options_of(cls.RESOURCES)

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        resource = self.RESOURCES[options.get("kind", "")]
        # The secrets are registered first. Ansible may show the options even if they are rejected here.
        for given in (options, *_elements(options["objects"])):
            context.secrets.add_quietly(secrets_among(resource.fields, given))
        calls = Calls(context.client, resource, context.reporter, context.writes)
        if options["objects"] is None:
            desired = desired_of(resource, self._of_kind(resource, options), match_by=options["match_by"])
            outcome = Reconciler(calls, Finder(calls)).reconcile(
                desired, options["state"], check_mode=self._task.check_mode
            )
            data = self._described(desired, outcome, context)
        else:
            wanted = self._listed(resource, options)
            results = ManyReconciler(calls, context.reporter).reconcile(
                wanted, options["state"], purge=options["purge"], check_mode=self._task.check_mode
            )
            data = self._all_described(results, context)
        if not self._task.diff:
            data.pop("diff", None)
        return TaskResult(data, public=True)

    def _saved_result(self, result: dict[str, Any]) -> dict[str, Any]:
        # A task for a resource looks at BILL first, so another try of until is safe, unless a write is uncertain.
        return super()._saved_result(result) if result.get("uncertain") else dict(result)

    def _of_kind(self, resource: Resource, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same options. Raises OptionError if one of them belongs to another kind."""
        own = {each.name for each in resource.fields}
        foreign = [
            each.name
            for other in self.RESOURCES.values()
            for each in other.fields
            if each.name not in own and options[each.name] is not None
        ]
        if foreign:
            raise OptionError(
                f"There is no option {foreign[0]} for {resource.plural}. Their fields are: {', '.join(sorted(own))}."
            )
        return options

    def _listed(self, resource: Resource, options: Mapping[str, Any]) -> list[Desired]:
        """The objects of the option ``objects``. Raises OptionError."""
        alone = [
            option.name
            for option in self.OWN_OPTIONS
            if option.name not in _OF_ALL and options[option.name] is not None
        ]
        if alone:
            raise OptionError(f"The option {alone[0]} is for a single object. Write it in each element of objects.")
        given = _elements(options["objects"])
        if not isinstance(options["objects"], (list, tuple, str)) or not all(
            isinstance(each, Mapping) for each in given
        ):
            raise OptionError("The option objects must be a list of dictionaries.")
        if options["purge"] and not given:
            raise OptionError(
                f"The option objects is empty, so purge would archive all {resource.plural}. Nothing was sent. Check where the list "
                "comes from."
            )
        rows = [_nested(each, f"objects[{number}]") for number, each in enumerate(given)]
        known = {field.name for field in resource.fields} | {"id", "clear"}
        for number, each in enumerate(rows):
            if unknown := [name for name in each if name not in known and name not in resource.refused]:
                raise OptionError(
                    f"objects[{number}] has a field that does not exist{f': {shown}' if (shown := plain_name(unknown[0])) else ''}. The "
                    f"fields are: {', '.join(sorted(known))}."
                )
        return [
            desired_of(resource, each, match_by=options["match_by"], place=f"objects[{number}]")
            for number, each in enumerate(rows)
        ]

    def _described(self, desired: Desired, outcome: Outcome, context: TaskContext) -> dict[str, Any]:
        for warning in outcome.warnings:
            context.reporter.warn(warning)
        record = None if outcome.record is None else redacted(desired.resource, outcome.record)
        return {
            "changed": outcome.changed,
            "uncertain": False,
            "id": record and record.get("id"),
            "object": record,
            "msg": f"{desired.label}: {done(outcome)}.",
            "diff": _difference(desired.label, outcome),
        }

    def _all_described(self, results: list[Result], context: TaskContext) -> dict[str, Any]:
        objects: list[dict[str, Any]] = []
        differences: list[dict[str, str]] = []
        for each in results:
            if each.outcome:
                data = self._described(each.desired, each.outcome, context)
                if each.outcome.changed:
                    differences.append(data["diff"])
                objects.append({name: data[name] for name in ("id", "changed", "object", "msg")} | {"failed": False})
            else:
                objects.append(
                    {"id": each.desired.id, "changed": False, "object": None, "msg": str(each.error), "failed": True}
                )
        errors = [each.error for each in results if each.error]
        changed = any(each["changed"] for each in objects)
        uncertain = any(isinstance(each, UncertainWriteError) for each in errors)
        if errors:
            raise BillError(
                f"{len(errors)} of {len(results)} {results[0].desired.resource.plural} failed. The others are as wanted. The first failure: {errors[0]}",
                status=errors[0].status,
                code=errors[0].code,
                details={**errors[0].details, "objects": objects, "changed": changed, "uncertain": uncertain},
            )
        return {"changed": changed, "uncertain": False, "objects": objects, "diff": differences}


def _elements(given: object) -> list[Any]:
    """The elements of the option ``objects``. Empty if it is not a list."""
    if isinstance(given, str):
        given = dict_or_list(given)
    return list(given) if isinstance(given, (list, tuple)) else []


def _nested(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    """An element of ``objects``, in which a name with a dot goes into an object. So the columns of a table can be such names."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        outer, dot, inner = str(name).partition(".")
        if not dot:
            result[outer] = value
        elif value not in (None, ""):
            found = result.setdefault(outer, {})
            if not isinstance(found, dict):
                raise OptionError(f"{place} has {outer} and {outer}.{inner}. Keep one of them.")
            result[outer] = {**found, inner: value}
    return result


def options_of(resources: Mapping[str, Resource]) -> tuple[Option, ...]:
    """The options of the task for a resource, or for several kinds of it."""
    names = dict.fromkeys(each.name for resource in resources.values() for each in resource.fields)
    fields = (Option(name, kind="raw", shared=False, is_data=True) for name in names)
    keys = tuple(dict.fromkeys(key for resource in resources.values() for key in resource.keys))
    kinds = tuple(kind for kind in resources if kind)
    return (
        *([Option("kind", choices=kinds, required=True, shared=False)] if kinds else []),
        Option("state", default="present", choices=STATES, shared=False),
        Option("id", shared=False, is_data=True),
        Option("match_by", choices=keys, shared=False),
        Option("clear", kind="raw", shared=False, is_data=True),
        Option("objects", kind="raw", shared=False, is_data=True),
        Option("purge", kind="bool", default=False, shared=False),
        *fields,
    )


def done(outcome: Outcome) -> str:
    """What was done, in words."""
    return " and ".join(DONE[action] for action in outcome.actions) or "nothing to change"


def _difference(label: str, outcome: Outcome) -> dict[str, str]:
    return {
        "before_header": label,
        "before": _written(outcome.before),
        "after_header": label,
        "after": _written(outcome.after),
    }


def _written(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, default=str) + "\n" if values else ""
