# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import session_info_result
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.info import session_info
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import Option


class ActionModule(BillAction):
    OWN_OPTIONS = (Option("sign_in", kind="bool", default=False, shared=False),)

    def perform(self, context: TaskContext) -> TaskResult:
        result = session_info(context.client.sessions, may_sign_in=context.options["sign_in"])
        return TaskResult(session_info_result(context.client, result), public=True)
