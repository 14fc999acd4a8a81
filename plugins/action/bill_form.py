# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.form_task import filled, returned
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import Option


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("vault_file", kind="path"),
        Option("vault_id"),
        Option("mfa", kind="bool"),
    )
    # The user may choose another authentication method than the variables name.
    ANY_METHOD = True
    # The form asks the user once, for any number of hosts.
    BYPASS_HOST_LOOP = True

    def perform(self, context: TaskContext) -> TaskResult:
        # Check mode does not ask the user.
        done = None if self._task.check_mode else filled(context, self._loader, self._templar, self.variables)
        return TaskResult(returned(done, context))
