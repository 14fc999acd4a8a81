# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.keywords import strategy_without_order
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import login_result
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import REQUIRE_TRUSTED, Option

_SHARED = (
    "the session. All tasks, hosts, forks and runs with the same credentials and session store used this session. Tasks of bill.connect sign in "
    "again. Headers that somebody has taken from the session, for example for uri, do not work any more."
)


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("state", default="present", choices=("present", "absent"), shared=False),
        Option("force", kind="bool", default=False, shared=False),
        REQUIRE_TRUSTED,
    )

    def perform(self, context: TaskContext) -> TaskResult:
        sessions, force = context.client.sessions, context.options["force"]
        if context.options["state"] == "absent":
            result = sessions.end(force=force, check_only=self._task.check_mode)
            data = login_result(context.client, result)
            if result.changed:
                data["msg"] = (
                    f"{'Check mode: the task would end' if self._task.check_mode else 'BILL has ended'} {_SHARED}"
                )
                strategy, hosts = strategy_without_order(self._task), self.variables.get("ansible_play_hosts_all") or ()
                if strategy and len(hosts) > 1 and not self._task.check_mode:
                    context.warn_once(
                        f"state absent has ended the session of all hosts, and with the strategy {strategy} other hosts may still use it. Sign "
                        "out in a later play, with run_once and strategy: linear.",
                    )
            # Without a session, the result holds no secret.
            return TaskResult(data, public=True, publish=True)
        result = sessions.ensure(force=force, require_trusted=context.options["require_trusted"])
        return TaskResult(login_result(context.client, result), publish=True)
