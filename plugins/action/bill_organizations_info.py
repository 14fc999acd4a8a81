# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import read_pages
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.info import organizations


class ActionModule(BillAction):
    def perform(self, context: TaskContext) -> TaskResult:
        found, last = read_pages(organizations(context.client), "organizations", context.reporter)
        return TaskResult({"organizations": found, "changed": bool(last and last.signed_in)}, public=True)
