# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import Option
from ansible_collections.bill.connect.plugins.plugin_utils._vault.variable_locations import default_path
from ansible_collections.bill.connect.plugins.plugin_utils._vault.vault_edit import (
    given_variables,
    inspect_file,
    remove_variables,
    secrets_among,
    set_variables,
)


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("path", kind="path", variable_suffix="vault_file"),
        Option("variables", kind="dict", secret=True, shared=False),
        Option("state", default="present", choices=("present", "absent"), shared=False),
        Option("vault_id"),
        Option("backup", kind="bool", default=True, shared=False),
    )
    SIGNS_IN = False

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        variables = given_variables(options["variables"], options["state"])
        context.secrets.add(secrets_among(variables))
        sources = self.variables.get("ansible_inventory_sources")
        path = options["path"] or default_path(sources)
        how: dict[str, Any] = {
            "vault_id": options["vault_id"],
            "backup": options["backup"],
            "check_mode": self._task.check_mode,
        }
        if options["state"] == "absent":
            result = remove_variables(path, self._loader, **how)
        elif variables is None:
            result = inspect_file(path, self._loader)
        else:
            result = set_variables(path, variables, self._loader, by=self._task.action, **how)
        # Check mode changes nothing, so it needs no warning.
        if result.warning and not self._task.check_mode:
            context.reporter.warn(result.warning)
        return TaskResult(result.return_values(diff=self._task.diff, sources=sources), public=True)
