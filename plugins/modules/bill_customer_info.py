#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_customer_info
short_description: List customers
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Lists customers. Reads all pages.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.resource_info
  - bill.connect.sign_in
seealso:
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
