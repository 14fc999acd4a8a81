# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations


class ModuleDocFragment:
    # What the tasks that list objects have in common.
    DOCUMENTATION = r"""
options:
  id:
    description:
      - Only the object with this ID. If BILL does not have it, the list is empty.
    type: str
  filters:
    description:
      - Which objects to list, as in M(bill.connect.bill_request).
    type: raw
  sort:
    description:
      - The order of the list, as in M(bill.connect.bill_request).
    type: raw
  archived:
    description:
      - Whether to list archived objects, too, or only these.
    type: str
    choices: [exclude, only, include]
    default: exclude
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
