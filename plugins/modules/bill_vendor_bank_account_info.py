#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_vendor_bank_account_info
short_description: Show the bank account of a vendor
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Shows the bank account to which BILL pays a vendor. The list is empty if there is none.
  - BILL shows only the last four digits of the number.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.resource_info
  - bill.connect.sign_in
options:
  # generated: options
  vendor_id:
    description:
      - The ID of the vendor.
    type: str
    required: true
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - module: bill.connect.bill_vendor_bank_account
"""

EXAMPLES = r"""
- name: Read the account
  bill.connect.bill_vendor_bank_account_info:
    vendor_id: "{{ vendor.id }}"
  register: found
"""

RETURN = r"""
objects:
  description: The objects as BILL has them. Secret fields show their last four digits.
  returned: success
  type: list
  elements: dict
"""
