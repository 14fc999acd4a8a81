#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_customer_info
short_description: List customers
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Lists customers. Reads all pages.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.resource_info
  - bill.connect.sign_in
options:
  # generated: options
  id:
    description:
      - Only the customer with this ID. If BILL does not have it, the list is empty.
    type: str
  filters:
    description:
      - Which customers to list, as in M(bill.connect.bill_request).
    type: raw
  sort:
    description:
      - The order of the list, as in M(bill.connect.bill_request).
    type: raw
  archived:
    description:
      - Whether to list archived customers, too, or only these.
    type: str
    choices: [exclude, only, include]
    default: exclude
  contacts:
    description:
      - Whether to add the contacts of each customer to the list, in the field C(contacts).
      - This needs a request for each customer.
    type: bool
    default: false
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - module: bill.connect.bill_customer
"""

EXAMPLES = r"""
- name: List all
  bill.connect.bill_customer_info:
  register: found

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ found.objects | map(attribute='name') }}"
"""

RETURN = r"""
objects:
  description: The objects as BILL has them. Secret fields show their last four digits.
  returned: success
  type: list
  elements: dict
"""
