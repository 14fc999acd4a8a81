# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.keywords import refuse_ignored_run_once
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.mfa import challenge, refuse_what_cannot_be_trusted


class ActionModule(BillAction):
    def perform(self, context: TaskContext) -> TaskResult:
        refuse_ignored_run_once(self._task)
        if self._task.check_mode:
            refuse_what_cannot_be_trusted(context.client.sessions)
            return TaskResult({"challenge_id": None, "changed": True}, public=True)
        return TaskResult({"challenge_id": challenge(context.client), "changed": True}, public=True)
