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

from .._core.errors import BillError, OptionError
from .._core.written_values import dict_or_list
from .._options.spec import Option
from .._resources.calls import Calls
from .._resources.desired import STATES, Desired, desired_of, secrets_of
from .._resources.difference import redacted
from .._resources.finder import Finder
from .._resources.many import ManyReconciler, Result
from .._resources.plan import Outcome
from .._resources.reconcile import Reconciler
from .._resources.spec import Resource
from .action import BillAction
from .context import TaskContext
from .task_result import TaskResult

_OF_ALL = ("state", "match_by", "objects", "purge")


class ResourceAction(BillAction):
    """The base class of a task for one resource. A subclass sets ``RESOURCE``."""

    RESOURCE: ClassVar[Resource]
    FAILURE_DATA = {"status": None, "codes": [], "errors": [], "uncertain": False}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.OWN_OPTIONS = options_of(cls.RESOURCE)

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        calls = Calls(context.client, self.RESOURCE, context.reporter, context.writes)
        if options["objects"] is None:
            desired = desired_of(self.RESOURCE, options, match_by=options["match_by"])
            context.secrets.add_quietly(secrets_of(desired))
            outcome = Reconciler(calls, Finder(calls)).reconcile(
                desired, options["state"], check_mode=self._task.check_mode
            )
            data = self._described(desired, outcome, context)
        else:
            wanted = self._listed(options)
            for each in wanted:
                context.secrets.add_quietly(secrets_of(each))
            results = ManyReconciler(calls, context.reporter).reconcile(
                wanted, options["state"], purge=options["purge"], check_mode=self._task.check_mode
            )
            data = self._all_described(results, context)
        if not self._task.diff:
            data.pop("diff", None)
        return TaskResult(data, public=True)

    def _listed(self, options: Mapping[str, Any]) -> list[Desired]:
        """The objects of the option ``objects``. Raises OptionError."""
        alone = [
            option.name
            for option in self.OWN_OPTIONS
            if option.name not in _OF_ALL and options[option.name] is not None
        ]
        if alone:
            raise OptionError(f"The option {alone[0]} is for a single object. Write it in each element of objects.")
        given = options["objects"]
        given = dict_or_list(given) if isinstance(given, str) else given
        if not isinstance(given, (list, tuple)) or not all(isinstance(each, Mapping) for each in given):
            raise OptionError("The option objects must be a list of dictionaries.")
        if options["purge"] and not given:
            raise OptionError(
                f"The option objects is empty, so purge would archive all {self.RESOURCE.plural}. Nothing was sent. Check where the list "
                "comes from."
            )
        known = {field.name for field in self.RESOURCE.fields} | {"id", "clear"}
        for number, each in enumerate(given):
            if unknown := [name for name in each if name not in known and name not in self.RESOURCE.refused]:
                raise OptionError(
                    f"objects[{number}] has a field that does not exist: {unknown[0]}. The fields are: {', '.join(sorted(known))}."
                )
        return [
            desired_of(self.RESOURCE, each, match_by=options["match_by"], place=f"objects[{number}]")
            for number, each in enumerate(given)
        ]

    def _described(self, desired: Desired, outcome: Outcome, context: TaskContext) -> dict[str, Any]:
        for warning in outcome.warnings:
            context.reporter.warn(warning)
        record = None if outcome.record is None else redacted(self.RESOURCE, outcome.record)
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
        if errors:
            raise BillError(
                f"{len(errors)} of {len(results)} {self.RESOURCE.plural} failed, the others are as wanted. The first one: {errors[0]}",
                status=errors[0].status,
                code=errors[0].code,
                details={**errors[0].details, "objects": objects, "changed": changed},
            )
        return {"changed": changed, "uncertain": False, "objects": objects, "diff": differences}


def options_of(resource: Resource) -> tuple[Option, ...]:
    """The options of the task for a resource."""
    fields = (Option(each.name, kind="raw", shared=False, is_data=True) for each in resource.fields)
    return (
        Option("state", default="present", choices=STATES, shared=False),
        Option("id", shared=False, is_data=True),
        Option("match_by", choices=tuple(resource.keys), shared=False),
        Option("clear", kind="raw", shared=False, is_data=True),
        Option("objects", kind="raw", shared=False, is_data=True),
        Option("purge", kind="bool", default=False, shared=False),
        *fields,
    )


_WORDS = {"create": "created", "restore": "restored", "change": "changed", "archive": "archived", "delete": "deleted"}


def done(outcome: Outcome) -> str:
    """What was done, in words."""
    return " and ".join(_WORDS[action] for action in outcome.actions) or "nothing to change"


def _difference(label: str, outcome: Outcome) -> dict[str, str]:
    return {
        "before_header": label,
        "before": _written(outcome.before),
        "after_header": label,
        "after": _written(outcome.after),
    }


def _written(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, default=str) + "\n" if values else ""
