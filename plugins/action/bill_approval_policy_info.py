# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_info_action import ResourceInfoAction
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.approval_policy import APPROVAL_POLICY


class ActionModule(ResourceInfoAction):
    RESOURCES = {"": APPROVAL_POLICY}
