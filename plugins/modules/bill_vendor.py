#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_vendor
short_description: Bring vendors to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, changes, restores or archives a vendor, so that a second run changes nothing.
  - Compares only the fields that are given. Every other field stays as it is.
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
      - With V(present), the vendor exists and has the given values. An archived vendor is restored.
      - With V(absent), the vendor is archived.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the vendor at BILL. Then the vendor is found by it, and every other field can be changed.
      - If not given, the vendor is found by O(match_by).
    type: str
  match_by:
    description:
      - How the vendor is found if O(id) is not given.
      - The first value is the default. The vendor must have exactly the given value. If only a similar one exists, the
        task fails. If several have the value, the task fails and names their IDs.
      - With other values than V(name), the task reads the whole list, because BILL documents no filter.
    type: str
    choices: [name, account_number, email, short_name]
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many vendors, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes into a
        dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences. New vendors are created with BILL's bulk requests,
        20 at a time.
      - If BILL refuses one vendor, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  purge:
    description:
      - Whether to archive the vendors that O(objects) does not list. Check mode shows them first.
      - An empty list is refused.
    type: bool
    default: false
  name:
    description:
      - The name of the vendor.
      - BILL requires it to create a vendor.
      - At most 100 characters.
    type: str
  short_name:
    description:
      - A short name.
      - At most 40 characters.
    type: str
  account_number:
    description:
      - Your number at the vendor. BILL prints it on checks.
      - At most 100 characters.
    type: str
  account_type:
    description:
      - What the vendor is.
      - Known values are V(BUSINESS), V(PERSON) and V(NONE).
    type: str
  email:
    description:
      - The e-mail address of the vendor.
      - Case does not count as a difference.
    type: str
  phone:
    description:
      - The telephone number of the vendor.
    type: str
  bill_currency:
    description:
      - The currency of the vendor's bills. BILL changes it only for a vendor without bills.
    type: str
  address:
    description:
      - The address of the vendor.
      - BILL requires it to create a vendor.
    type: dict
    suboptions:
      line1:
        description:
          - "The first line: street and number."
          - BILL requires it to create a vendor.
        type: str
      line2:
        description:
          - The second line.
        type: str
      city:
        description:
          - The city.
          - BILL requires it to create a vendor.
        type: str
      state_or_province:
        description:
          - The state or province, in the United States its two letters.
        type: str
      zip_or_postal_code:
        description:
          - The postal code. Put it in quotes.
          - BILL requires it to create a vendor.
        type: str
      country:
        description:
          - The country as two letters, for example V(US).
          - BILL requires it to create a vendor.
        type: str
  payment_information:
    description:
      - How the vendor is paid.
    type: dict
    suboptions:
      payee_name:
        description:
          - The name on payments. A vendor that is paid needs it.
        type: str
      email:
        description:
          - The e-mail address for remittance advice.
          - Case does not count as a difference.
        type: str
  additional_info:
    description:
      - More about the vendor.
    type: dict
    suboptions:
      tax_id:
        description:
          - The tax ID.
          - Output shows only its last four digits.
          - If BILL shows it with a mask, only the digits that BILL shows are compared.
        type: str
      tax_id_type:
        description:
          - The kind of the tax ID.
          - Known values are V(SSN) and V(EIN).
        type: str
      track1099:
        description:
          - Whether the organization reports payments to the vendor on form 1099.
        type: bool
      lead_time_in_days:
        description:
          - The lead time in days.
          - From 0 to 1000000000.
        type: int
      combine_payments:
        description:
          - Whether BILL combines payments to the vendor.
        type: bool
      payment_term_id:
        description:
          - The ID of the payment term.
        type: str
      company_name:
        description:
          - The name of the company.
          - At most 250 characters.
        type: str
  auto_pay:
    description:
      - Automatic payments. To turn them on, BILL requires an MFA-trusted session.
    type: dict
    suboptions:
      enabled:
        description:
          - Whether BILL pays the vendor's bills automatically.
        type: bool
      bank_account_id:
        description:
          - The ID of the bank account that pays.
        type: str
      max_amount:
        description:
          - The highest amount of such a payment.
        type: float
      days_before_due_date:
        description:
          - How many days before its due date a bill is paid.
          - From 0 to 1000000000.
        type: int
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: Vendors from a spreadsheet
    description: Vendors and their bank accounts from a file.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_spreadsheet.rst
  - module: bill.connect.bill_request
  - name: Vendors
    description: BILL's own description of vendors.
    link: https://developer.bill.com/reference/createvendor
"""

EXAMPLES = r"""
- name: Have a vendor
  bill.connect.bill_vendor:
    name: Birch Paper Supply
    email: ar@birch.example
    address: {line1: 1 Mill Lane, city: Portland, state_or_province: OR, zip_or_postal_code: "97201", country: US}

- name: Archive a vendor
  bill.connect.bill_vendor:
    name: Birch Paper Supply
    state: absent

- name: Read a spreadsheet, whose first row has names such as name and address.city
  community.general.read_csv:
    path: vendors.csv
  register: vendors

- name: Have all its vendors
  bill.connect.bill_vendor:
    objects: "{{ vendors.list }}"
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
  description: The result of each object, in the order of O(objects). With O(purge=true), the archived objects follow.
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
