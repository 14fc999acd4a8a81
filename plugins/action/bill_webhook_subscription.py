# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_action import ResourceAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.security_key import (
    KEY_OPTIONS,
    KeptKey,
    refuse_lost_key,
    rotated_key,
)
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.webhook_subscription import (
    WEBHOOK_SUBSCRIPTION,
)
from ansible_collections.bill.connect.plugins.plugin_utils._vault.variable_locations import default_path


class ActionModule(ResourceAction):
    RESOURCES = {"": WEBHOOK_SUBSCRIPTION}
    MORE_OPTIONS = KEY_OPTIONS

    def perform(self, context: TaskContext) -> TaskResult:
        options = context.options
        is_list = options["objects"] is not None
        if is_list and (given := [name for name in ("vault_variable", "rotate_security_key") if options[name]]):
            raise OptionError(f"{given[0]} is for a single subscription. Leave objects out.")
        kept = self._kept_key(context)
        with ExitStack() as lock:
            if kept:
                kept.refuse_if_unwritable()
                lock.enter_context(kept.exclusive(context.client))
            result = super().perform(context)
            if options["state"] == "present" and not is_list:
                self._see_to_key(context, result.data, kept)
        return result

    def _see_to_key(self, context: TaskContext, data: dict[str, Any], kept: KeptKey | None) -> None:
        """Rotate the key and keep it, if the user wants that. Raises BillError, which says whether the subscription was changed."""
        rotates = context.options["rotate_security_key"]
        try:
            # The key of a new subscription is new.
            if rotates and "security_key" not in data:
                if not self._task.check_mode:
                    data["security_key"] = rotated_key(context.client, data["id"], context.writes)
                    context.secrets.add([data["security_key"]])
                data["changed"] = True
            if kept and "security_key" in data:
                data["changed"] = kept.keep(data["security_key"]) or data["changed"]
            elif kept and data["id"] and not rotates:
                refuse_lost_key(kept)
        except BillError as error:
            error.details = {**error.details, "changed": data["changed"]}
            raise

    def _kept_key(self, context: TaskContext) -> KeptKey | None:
        options = context.options
        variable = options["vault_variable"]
        if not variable:
            return None
        if not variable.isidentifier():
            raise OptionError("vault_variable must be the name of a variable: letters, digits and underscores.")
        path = options["vault_file"] or default_path(self.variables.get("ansible_inventory_sources"))
        return KeptKey(variable, path, options["vault_id"], self._loader, self._task.action)
