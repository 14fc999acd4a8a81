#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_payment_term
short_description: Bring payment terms to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates or changes a payment term of the organization.
  - Compares only the fields that are given. Every other field stays as it is.
  - BILL has at most one term with a number of days, and no way to remove a term.
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
      - With V(present), the payment term exists and has the given values.
      - BILL has no way to remove a payment term. If it exists, V(absent) fails.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the payment term at BILL. Then the payment term is found by it, and every other field can be changed.
      - If not given, the payment term is found by O(match_by).
    type: str
  match_by:
    description:
      - How the payment term is found if O(id) is not given.
      - The default is the first of them whose option has a value. The payment term must have exactly the given value. If
        only a similar one exists, the task fails. If several have the value, the task fails and names their IDs.
      - The task reads the whole list, because BILL documents no filter.
    type: str
    choices: [days_due, name]
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many payment terms, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes
        into a dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences.
      - If BILL refuses one payment term, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  days_due:
    description:
      - How many days after its date a bill is due. BILL has at most one term with this number.
      - BILL requires it to create a payment term.
      - From 0 to 999.
    type: int
  name:
    description:
      - The name.
      - BILL requires it to create a payment term.
    type: str
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: A new organization
    description: Everything that a new organization needs, in one playbook.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_new_organization.rst
  - module: bill.connect.bill_payment_term_info
"""

EXAMPLES = r"""
- name: Have the term of 45 days
  bill.connect.bill_payment_term:
    days_due: 45
    name: Net 45
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
