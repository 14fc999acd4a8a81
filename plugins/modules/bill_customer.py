#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_customer
short_description: Bring customers to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, changes, restores or archives a customer, so that a second run changes nothing.
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
      - With V(present), the customer exists and has the given values. An archived customer is restored.
      - With V(absent), the customer is archived.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the customer at BILL. Then the customer is found by it, and every other field can be changed.
      - If not given, the customer is found by O(match_by).
    type: str
  match_by:
    description:
      - How the customer is found if O(id) is not given.
      - The first value is the default. The customer must have exactly the given value. If only a similar one exists, the
        task fails. If several have the value, the task fails and names their IDs.
      - With other values than V(name), the task reads the whole list, because BILL documents no filter.
    type: str
    choices: [name, account_number, email]
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many customers, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes into a
        dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences.
      - If BILL refuses one customer, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  purge:
    description:
      - Whether to archive the customers that O(objects) does not list. Check mode shows them first.
      - An empty list is refused.
    type: bool
    default: false
  name:
    description:
      - The name of the customer.
      - BILL requires it to create a customer.
      - At most 100 characters.
    type: str
  email:
    description:
      - The e-mail address of the customer.
      - BILL requires it to create a customer.
      - Case does not count as a difference.
    type: str
  company_name:
    description:
      - The name of the company.
      - At most 250 characters.
    type: str
  account_number:
    description:
      - The number of the customer. BILL prints it on invoices.
      - At most 100 characters.
    type: str
  account_type:
    description:
      - What the customer is.
      - Known values are V(BUSINESS), V(PERSON) and V(NONE).
    type: str
  contact:
    description:
      - The person to contact.
    type: dict
    suboptions:
      first_name:
        description:
          - The first name.
        type: str
      last_name:
        description:
          - The last name.
        type: str
  phone:
    description:
      - The telephone number.
    type: str
  fax:
    description:
      - The fax number.
    type: str
  description:
    description:
      - A description.
    type: str
  payment_term_id:
    description:
      - The ID of the payment term.
    type: str
  invoice_currency:
    description:
      - The currency of the customer's invoices.
    type: str
  billing_address:
    description:
      - The address for invoices.
    type: dict
    suboptions:
      line1:
        description:
          - "The first line: street and number."
          - BILL requires it to create a customer.
        type: str
      line2:
        description:
          - The second line.
        type: str
      city:
        description:
          - The city.
          - BILL requires it to create a customer.
        type: str
      state_or_province:
        description:
          - The state or province, in the United States its two letters.
        type: str
      zip_or_postal_code:
        description:
          - The postal code. Put it in quotes.
          - BILL requires it to create a customer.
        type: str
      country:
        description:
          - The country as two letters, for example V(US).
          - BILL requires it to create a customer.
        type: str
  shipping_address:
    description:
      - The address for deliveries.
    type: dict
    suboptions:
      line1:
        description:
          - "The first line: street and number."
          - BILL requires it to create a customer.
        type: str
      line2:
        description:
          - The second line.
        type: str
      city:
        description:
          - The city.
          - BILL requires it to create a customer.
        type: str
      state_or_province:
        description:
          - The state or province, in the United States its two letters.
        type: str
      zip_or_postal_code:
        description:
          - The postal code. Put it in quotes.
          - BILL requires it to create a customer.
        type: str
      country:
        description:
          - The country as two letters, for example V(US).
          - BILL requires it to create a customer.
        type: str
  contacts:
    description:
      - The contacts of the customer. Each is found by its C(email). A contact that is not listed stays as it is.
      - This needs one more request for each customer.
    type: list
    elements: dict
    suboptions:
      id:
        description:
          - The ID of the contact, instead of C(email).
        type: str
      state:
        description:
          - Whether the contact must exist. With V(absent), it is archived.
        type: str
        choices: [present, absent]
        default: present
      clear:
        description:
          - The fields to empty.
        type: list
        elements: str
      email:
        description:
          - The e-mail address. It identifies the contact.
          - Case does not count as a difference.
        type: str
      first_name:
        description:
          - The first name.
        type: str
      last_name:
        description:
          - The last name.
        type: str
      phone:
        description:
          - The telephone number.
        type: str
      alt_phone:
        description:
          - Another telephone number.
        type: str
      alternate_email:
        description:
          - Another e-mail address.
          - Case does not count as a difference.
        type: str
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - module: bill.connect.bill_request
  - name: Customers
    description: BILL's own description of customers.
    link: https://developer.bill.com/reference/createcustomer
"""

EXAMPLES = r"""
- name: Have a customer
  bill.connect.bill_customer:
    name: Elm Street Cafe
    email: ap@elm.example

- name: Have a customer with one contact, and archive another contact
  bill.connect.bill_customer:
    name: Elm Street Cafe
    email: ap@elm.example
    contacts:
      - {email: ann@elm.example, first_name: Ann}
      - {email: ben@elm.example, state: absent}

- name: Archive a customer
  bill.connect.bill_customer:
    name: Elm Street Cafe
    state: absent
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
