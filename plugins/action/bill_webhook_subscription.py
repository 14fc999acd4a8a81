# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_action import ResourceAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.security_key import (
    KEY_OPTIONS,
    KeptKey,
    refuse_lost_key,
    rotated_key,
)
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.webhook_subscription import (
    WEBHOOK_SUBSCRIPTION,
)
from ansible_collections.bill.connect.plugins.plugin_utils._vault.variable_locations import default_path


class ActionModule(ResourceAction):
    RESOURCES = {"": WEBHOOK_SUBSCRIPTION}
    MORE_OPTIONS = KEY_OPTIONS

    def perform(self, context: TaskContext) -> TaskResult:
        kept = self._kept_key(context)
        if kept is None:
            return self._rotated(context, super().perform(context))
        kept.refuse_if_unwritable()
        with kept.exclusive(context.client):
            result = self._rotated(context, super().perform(context))
            data = result.data
            if "security_key" in data:
                data["changed"] = kept.keep(data["security_key"]) or data["changed"]
            elif data["id"] and context.options["state"] == "present" and not context.options["rotate_security_key"]:
                refuse_lost_key(kept)
        return result

    def _rotated(self, context: TaskContext, result: TaskResult) -> TaskResult:
        """The same result, with a new key if the user wants one and the subscription is not new."""
        options, data = context.options, result.data
        if not options["rotate_security_key"] or options["state"] == "absent" or "security_key" in data:
            return result
        if options["objects"] is not None:
            raise OptionError("rotate_security_key is for a single subscription. Leave objects out.")
        data["changed"] = True
        if not self._task.check_mode:
            data["security_key"] = rotated_key(context.client, data["id"], context.writes)
            context.secrets.add([data["security_key"]])
        return result

    def _kept_key(self, context: TaskContext) -> KeptKey | None:
        options = context.options
        variable = options["vault_variable"]
        if not variable:
            return None
        if options["objects"] is not None:
            raise OptionError("vault_variable is for a single subscription. Leave objects out.")
        if not variable.isidentifier():
            raise OptionError("vault_variable must be the name of a variable: letters, digits and underscores.")
        path = options["vault_file"] or default_path(self.variables.get("ansible_inventory_sources"))
        return KeptKey(variable, path, options["vault_id"], self._loader, self._task.action)
