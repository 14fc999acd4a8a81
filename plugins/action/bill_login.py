# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import REQUIRE_TRUSTED, Option


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("state", default="present", choices=("present", "absent"), shared=False),
        Option("force", kind="bool", default=False, shared=False),
        REQUIRE_TRUSTED,
    )
    MAKES_A_SESSION = True

    def perform(self, call: TaskContext) -> dict[str, Any]:
        force, trust = call.options["force"], call.options["require_trusted"]
        if call.options["state"] == "absent":
            return call.returned(call.sign_in.absent(force=force, only_look=self._task.check_mode))
        return call.returned(call.sign_in.present(force=force, require_trusted=trust))
