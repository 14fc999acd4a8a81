#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_vendor_bank_account
short_description: Bring the bank account of a vendor to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, replaces or deletes the bank account to which BILL pays a vendor. A vendor has at most one.
  - BILL shows only the last four digits of the number. So the task compares only these.
  - A number with the same last four digits counts as the same.
  - BILL does not document whether these calls require an administrator or an MFA-trusted session. Its older API required the session.
  - In production, BILL needs two business days before it pays to a new account.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
attributes:
  check_mode:
    support: full
    details:
      - Sends no write, and returns what BILL would have.
  diff_mode:
    support: full
    details:
      - Shows the given fields before and after. Secrets show their last four digits.
options:
  # generated: options
  state:
    description:
      - With V(present), the bank account exists and has the given values.
      - With V(absent), the bank account is deleted. BILL cannot restore it.
    type: str
    choices: [present, absent]
    default: present
  vendor_id:
    description:
      - The ID of the vendor.
    type: str
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  replace:
    description:
      - Whether to delete the bank account and create it again if it differs. BILL cannot change a bank account.
      - If BILL refuses the new one, there is none. In production, BILL needs two business days before it pays to a new
        bank account.
    type: bool
    default: false
  objects:
    description:
      - Many bank accounts, each with the fields of this task and O(vendor_id) or O(clear). A dot in the name of a field
        goes into a dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - If BILL refuses one bank account, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  name_on_account:
    description:
      - The name of the owner of the account.
      - BILL requires it to create a bank account.
    type: str
  account_number:
    description:
      - The number of the account, or its IBAN. Put it in quotes.
      - BILL requires it to create a bank account.
      - At most 100 characters.
      - Output shows only its last four digits.
      - If BILL shows it with a mask, only the digits that BILL shows are compared.
    type: str
  routing_number:
    description:
      - The routing number. Leave it out for an IBAN. Put it in quotes.
      - If BILL shows it with a mask, only the digits that BILL shows are compared.
    type: str
  type:
    description:
      - The kind of the account.
      - Known values are V(CHECKING) and V(SAVINGS).
    type: str
  owner_type:
    description:
      - Who owns the account. For a person, BILL's pages name both V(PERSON) and V(PERSONAL).
      - Known values are V(BUSINESS), V(PERSON) and V(PERSONAL).
    type: str
  payment_currency:
    description:
      - The currency of the payments, for example V(USD).
      - If BILL does not return it, it is not compared. Then it has an effect only on creation.
    type: str
  regulatory_fields:
    description:
      - What the country of the account requires besides.
      - If BILL does not return it, it is not compared. Then it has an effect only on creation.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the field.
          - BILL requires it to create a bank account.
        type: str
      value:
        description:
          - The value of the field.
          - BILL requires it to create a bank account.
        type: str
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: Vendors from a spreadsheet
    description: Vendors and their bank accounts from a file.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_spreadsheet.rst
  - module: bill.connect.bill_vendor
  - module: bill.connect.bill_vendor_bank_account_info
"""

EXAMPLES = r"""
- name: Have a vendor
  bill.connect.bill_vendor:
    name: Birch Paper Supply
    address: {line1: 1 Mill Lane, city: Portland, state_or_province: OR, zip_or_postal_code: "97201", country: US}
  register: birch

- name: Have its bank account
  bill.connect.bill_vendor_bank_account:
    vendor_id: "{{ birch.id }}"
    name_on_account: Birch Paper Supply
    account_number: "{{ birch_account_number }}"
    routing_number: "074000010"
    type: CHECKING
    owner_type: BUSINESS
"""

RETURN = r"""
# generated: return-values
object:
  description: The object as BILL has it, or as it would have it in check mode. Secret fields show their last four digits. Null if there is none.
  returned: success, without O(objects)
  type: dict
id:
  description: The ID of the object. Null in check mode if the object does not exist yet.
  returned: success, without O(objects)
  type: str
objects:
  description: The result of each object, in the order of O(objects).
  returned: with O(objects)
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the object.
      type: str
    changed:
      description: Whether the object was changed.
      type: bool
    failed:
      description: Whether the object failed.
      type: bool
    msg:
      description: What was done, or why it failed.
      type: str
    object:
      description: The object as BILL has it.
      type: dict
changed:
  description: Whether an object at BILL was created, changed, restored or removed.
  returned: always
  type: bool
msg:
  description: What was done, or why the task failed.
  returned: always
  type: str
status:
  description: The HTTP status of BILL's refusal.
  returned: failure
  type: int
codes:
  description: The codes of BILL's refusal.
  returned: failure
  type: list
  elements: str
errors:
  description: The codes and messages of BILL's refusal.
  returned: failure
  type: list
  elements: dict
uncertain:
  description: Whether a write was sent whose outcome is not known. bill.connect has looked for its result at BILL, and has not found it.
  returned: failure
  type: bool
# end generated
"""
