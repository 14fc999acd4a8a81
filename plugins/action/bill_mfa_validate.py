# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.keywords import refuse_ignored_run_once
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.mfa import (
    MfaValidation,
    refuse_what_cannot_be_trusted,
    validate,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import (
    CHALLENGE_ID,
    MACHINE_NAME,
    MFA_CODE,
    Option,
)


class ActionModule(BillAction):
    OWN_OPTIONS = (
        CHALLENGE_ID,
        MFA_CODE,
        Option("remember_me", kind="bool", default=False, shared=False),
        MACHINE_NAME,
    )

    def perform(self, context: TaskContext) -> TaskResult:
        refuse_ignored_run_once(self._task)
        names = ("challenge_id", "token", "remember_me", "device", "machine_name")
        given = {name: context.options[name] for name in names}
        if self._task.check_mode:
            refuse_what_cannot_be_trusted(context.client.sessions)
        done = MfaValidation(None, None) if self._task.check_mode else validate(context.client, **given)
        context.secrets.add([done.remember_me_id])
        data = {
            "trusted": None if self._task.check_mode else True,
            "remember_me_id": done.remember_me_id,
            "remember_me_id_expires_on": done.expires_on and done.expires_on.isoformat(),
            "changed": True,
        }
        return TaskResult(data)
