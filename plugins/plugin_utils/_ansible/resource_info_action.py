# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the tasks that list objects of BILL.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from .._client.filters import written_filters, written_sort
from .._client.text_fields import text_fields
from .._core.errors import OptionError
from .._options.spec import Option
from .._resources.calls import Calls, Record
from .._resources.difference import redacted
from .._resources.spec import Resource
from .action import BillAction
from .context import TaskContext
from .task_result import TaskResult

# Which lists each value of the option archived reads, as values of BILL's field.
_ARCHIVED = {"exclude": (False,), "only": (True,), "include": (False, True)}


class ResourceInfoAction(BillAction):
    """The base class of a task that lists a resource. A subclass sets ``RESOURCES``: one, or several by the values of the option ``kind``."""

    RESOURCES: ClassVar[Mapping[str, Resource]]

    def __init_subclass__(cls) -> None:
        cls.OWN_OPTIONS = info_options_of(cls.RESOURCES)
        super().__init_subclass__()

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        resource = self.RESOURCES[options.get("kind", "")]
        parents = {name: options[name] for name in resource.parents}
        if missing := [name for name, id_ in parents.items() if not id_]:
            raise OptionError(f"The option {missing[0]} is missing. It says whose {resource.plural} are meant. Add it.")
        if not resource.has_filters and (given := [name for name in ("filters", "sort") if options.get(name)]):
            raise OptionError(f"BILL's list of {resource.plural} has no {given[0]}. Leave {given[0]} out.")
        calls = Calls(context.client, resource, context.reporter, parents=parents)
        found = [redacted(resource, each) | dict(_children(calls, each, options)) for each in _found(calls, options)]
        return TaskResult({"changed": False, "objects": found}, public=True)


def _found(calls: Calls, options: Mapping[str, Any]) -> Iterator[Record]:
    resource = calls.resource
    if resource.is_single or options["id"]:
        if record := calls.read("" if resource.is_single else options["id"]):
            yield record
        return
    filters = written_filters(options.get("filters") or (), text_fields(resource.path).filters)
    sort = written_sort(options.get("sort") or ())
    for archived in _ARCHIVED[options.get("archived", "exclude")]:
        yield from calls.listed(filters, sort, archived=archived)


def _children(calls: Calls, record: Record, options: Mapping[str, Any]) -> Iterator[tuple[str, list[Record]]]:
    """The lists of objects that belong to this one, by the names of their options."""
    for option, resource in calls.resource.children.items():
        if options[option]:
            (parent,) = resource.parents
            own = calls.within(resource, {parent: str(record.get("id"))})
            yield option, [redacted(resource, each) for each in own.listed("", "", archived=False)]


def info_options_of(resources: Mapping[str, Resource]) -> tuple[Option, ...]:
    """The options of the task that lists a resource, or several kinds of it."""
    every = list(resources.values())
    kinds = tuple(kind for kind in resources if kind)
    parents = dict.fromkeys(name for resource in every for name in resource.parents)
    children = dict.fromkeys(name for resource in every for name in resource.children)
    return (
        *([Option("kind", choices=kinds, required=True, shared=False)] if kinds else []),
        *(Option(name, required=True, shared=False, is_data=True) for name in parents),
        *([] if every[0].is_single else [Option("id", shared=False, is_data=True)]),
        *(
            Option(name, kind="raw", shared=False, is_data=True)
            for name in ("filters", "sort")
            if any(resource.has_filters for resource in every)
        ),
        *(
            [Option("archived", default="exclude", choices=tuple(_ARCHIVED), shared=False)]
            if any(resource.has_archive for resource in every)
            else []
        ),
        *(Option(name, kind="bool", default=False, shared=False) for name in children),
    )
