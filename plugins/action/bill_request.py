# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import Mode, request_result
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.written_task import place_of
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import LIST_OPTIONS, REQUIRE_TRUSTED, Option


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("path", required=True, shared=False, is_data=True),
        Option("method", default="GET", choices=("GET", "POST", "PUT", "PATCH", "DELETE"), shared=False),
        Option("body", kind="raw", shared=False, is_data=True),
        *LIST_OPTIONS,
        REQUIRE_TRUSTED,
        Option("unless", kind="dict", shared=False, is_data=True),
        Option("repeat", kind="bool", default=False, shared=False),
    )
    FAILURE_DATA = {"status": None, "codes": [], "errors": [], "uncertain": False}

    def perform(self, context: TaskContext) -> TaskResult:
        host = str(self.variables.get("inventory_hostname"))
        mode = Mode(self._task.check_mode, self._task.diff, place_of(self._task), host)
        return TaskResult(request_result(context, context.options, mode), public=True)
