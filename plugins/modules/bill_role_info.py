#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_role_info
short_description: List the roles of an organization
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Lists the roles that a user can have. Their IDs differ between organizations.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.resource_info
  - bill.connect.sign_in
options:
  # generated: options
  id:
    description:
      - Only the role with this ID. If BILL does not have it, the list is empty.
    type: str
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: Joiners and leavers
    description: The users of an organization.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_people.rst
  - module: bill.connect.bill_user
"""

EXAMPLES = r"""
- name: List all
  bill.connect.bill_role_info:
  register: found

- name: Show them
  ansible.builtin.debug:
    var: found.objects
"""

RETURN = r"""
objects:
  description: The objects as BILL has them. Secret fields show their last four digits.
  returned: success
  type: list
  elements: dict
"""
