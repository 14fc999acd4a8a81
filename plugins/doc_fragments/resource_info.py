# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations


class ModuleDocFragment:
    # What the tasks that list objects have in common.
    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details:
      - Works the same in check mode, because it changes nothing.
  diff_mode:
    support: none
    details:
      - Changes nothing.
"""
