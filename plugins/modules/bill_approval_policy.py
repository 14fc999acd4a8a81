#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_approval_policy
short_description: Bring approval policies to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, changes or deletes a policy that says who approves which bills.
  - Compares only the fields that are given. Every other field stays as it is.
  - A policy with groups of approvers is never written, because only BILL's web app can make groups, and a request would remove them.
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
      - With V(present), the approval policy exists and has the given values.
      - With V(absent), the approval policy is deleted. BILL cannot restore it.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the approval policy at BILL. Then the approval policy is found by it, and every other field can be
        changed.
      - If not given, the approval policy is found by O(policy_name).
    type: str
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many approval policies, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes
        into a dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences.
      - If BILL refuses one approval policy, the others are still written. The task then fails and returns a result for
        each.
    type: list
    elements: dict
  policy_name:
    description:
      - The name.
      - BILL requires it to create an approval policy.
    type: str
  rules:
    description:
      - Which bills need the approval. Their order does not count.
      - BILL requires it to create an approval policy.
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - What is compared, for example V(BILL_AMOUNT) or V(VENDOR_ID).
          - BILL requires it to create an approval policy.
        type: str
      op:
        description:
          - How it is compared, for example V(gte) or V(lt).
          - BILL requires it to create an approval policy.
        type: str
      values:
        description:
          - With what it is compared. Put numbers in quotes.
          - BILL requires it to create an approval policy.
        type: list
        elements: str
  approvers:
    description:
      - "Who approves: the e-mail addresses of users, or their IDs. Their order does not count."
      - BILL requires it to create an approval policy.
    type: list
    elements: str
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: A new organization
    description: Everything that a new organization needs, in one playbook.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_new_organization.rst
  - module: bill.connect.bill_approval_policy_info
  - module: bill.connect.bill_user_info
"""

EXAMPLES = r"""
- name: Bills of 5,000 and more need an approval
  bill.connect.bill_approval_policy:
    policy_name: Large bills
    rules:
      - {key: BILL_AMOUNT, op: gte, values: ["5000"]}
    approvers:
      - owner@example.com
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
