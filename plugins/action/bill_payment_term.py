# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_action import ResourceAction
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM


class ActionModule(ResourceAction):
    RESOURCES = {"": PAYMENT_TERM}
