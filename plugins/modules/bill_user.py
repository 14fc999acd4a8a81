#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_user
short_description: Bring users of an organization to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Invites, changes, restores or archives a user, so that a second run changes nothing.
  - Compares only the fields that are given. Every other field stays as it is.
  - Every request has the role. BILL says that a user without a role becomes an administrator.
  - The task neither archives the user of the session nor changes the role of this user, and it leaves at least one administrator.
  - BILL requires that the user of the session is an administrator. BILL sends an e-mail to a new user, who then completes the sign-up.
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
      - With V(present), the user exists and has the given values. An archived user is restored.
      - With V(absent), the user is archived.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the user at BILL. Then the user is found by it, and every other field except O(email) can be changed.
      - If not given, the user is found by O(email).
    type: str
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many users, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes into a
        dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences.
      - If BILL refuses one user, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  email:
    description:
      - The e-mail address. The user signs in with it.
      - BILL requires it to create a user.
      - Case does not count as a difference.
      - BILL does not change it later.
    type: str
  first_name:
    description:
      - The first name.
      - BILL requires it to create a user.
      - At most 100 characters.
    type: str
  last_name:
    description:
      - The last name.
      - BILL requires it to create a user.
      - At most 100 characters.
    type: str
  role:
    description:
      - The role, by its type, for example V(ADMINISTRATOR), V(ACCOUNTANT), V(APPROVER), V(AUDITOR), V(CLERK) or V(PAYER).
        If several roles have the type, which is possible for V(CUSTOM), give O(role_id).
      - BILL requires it to create a user.
      - The task looks it up in BILL's list of roles.
    type: str
  role_id:
    description:
      - The ID of the role, instead of O(role).
    type: str
  accept_terms_of_service:
    description:
      - Whether you accept BILL's terms of service for the new user. BILL requires V(true).
      - BILL requires it to create a user.
      - It has an effect only when the user is created.
    type: bool
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - name: Joiners and leavers
    description: The users of an organization.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_people.rst
  - module: bill.connect.bill_user_info
  - module: bill.connect.bill_role_info
"""

EXAMPLES = r"""
- name: Invite a clerk
  bill.connect.bill_user:
    email: kim@example.com
    first_name: Kim
    last_name: Reyes
    role: CLERK
    accept_terms_of_service: true

- name: List the roles
  bill.connect.bill_role_info:
  register: found

- name: Invite somebody with a role that only this organization has
  bill.connect.bill_user:
    email: sasha@example.com
    first_name: Sasha
    last_name: Lind
    role_id: "{{ found.objects | selectattr('description', 'eq', 'Night shift') | map(attribute='id') | first }}"
    accept_terms_of_service: true

- name: Archive the user of somebody who has left
  bill.connect.bill_user:
    email: lee@example.com
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
