# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the tasks that list objects of BILL.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._client.filters import written_filters, written_sort
from .._client.text_fields import text_fields
from .._options.spec import Option
from .._resources.calls import Calls
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
        super().__init_subclass__()
        kinds = tuple(kind for kind in cls.RESOURCES if kind)
        cls.OWN_OPTIONS = (
            *([Option("kind", choices=kinds, required=True, shared=False)] if kinds else []),
            Option("id", shared=False, is_data=True),
            Option("filters", kind="raw", shared=False, is_data=True),
            Option("sort", kind="raw", shared=False, is_data=True),
            Option("archived", default="exclude", choices=tuple(_ARCHIVED), shared=False),
        )

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        resource = self.RESOURCES[options.get("kind", "")]
        calls = Calls(context.client, resource, context.reporter)
        if options["id"]:
            found = [record] if (record := calls.read(options["id"])) else []
        else:
            filters = written_filters(options["filters"] or (), text_fields(resource.path).filters)
            sort = written_sort(options["sort"] or ())
            found = [
                record
                for archived in _ARCHIVED[options["archived"]]
                for record in calls.listed(filters, sort, archived=archived)
            ]
        return TaskResult({"changed": False, "objects": [redacted(resource, each) for each in found]}, public=True)
