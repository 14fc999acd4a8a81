#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_organization_info
short_description: Show the organization of the session
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Shows the organization that the session belongs to.
  - M(bill.connect.bill_organizations_info) lists the organizations that a user can sign in to.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.resource_info
  - bill.connect.sign_in
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - module: bill.connect.bill_organizations_info
"""

EXAMPLES = r"""
- name: List all
  bill.connect.bill_organization_info:
  register: found

- name: Show them
  ansible.builtin.debug:
    var: found.objects
"""

RETURN = r"""
objects:
  description: The organization as BILL has it. Its tax ID shows the last four digits.
  returned: success
  type: list
  elements: dict
"""
