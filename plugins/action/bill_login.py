# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._call import Call
from ansible_collections.bill.connect.plugins.plugin_utils._options import Option
from ansible_collections.bill.connect.plugins.plugin_utils._sign_in import Outcome


class ActionModule(BillAction):
    OWN_OPTIONS = (
        Option("state", default="present", choices=("present", "absent"), shared=False),
        Option("force", kind="bool", default=False, shared=False),
    )

    def perform(self, call: Call) -> Outcome:
        if call.options["state"] == "absent":
            return call.sign_in.absent(force=call.options["force"], only_look=self._task.check_mode)
        return call.sign_in.present(force=call.options["force"])
