# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What is the same for every task.
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Works in check mode.
  diff_mode:
    description: Shows what changes.
    support: none
  async:
    description: Can be run in the background.
    support: none
  delegation:
    description: Can be run somewhere else.
    support: none
    details:
      - Always runs on the controller. C(delegate_to) another machine only causes a warning, and C(become) has no effect.
  action_group:
    description: Takes C(module_defaults) of its action group.
    support: full
    membership:
      - bill.connect.bill
"""
