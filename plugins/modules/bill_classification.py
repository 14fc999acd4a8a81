#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_classification
short_description: Bring accounts, departments and other classifications to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, changes, restores or archives an object of one of the seven lists that bills and invoices are coded with.
  - Compares only the fields that are given. Every other field stays as it is.
  - BILL must have the list switched on in the organization's preferences. While it is off, BILL answers BDC_1145.
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
  kind:
    description:
      - Which list the object belongs to.
    type: str
    choices: [chart_of_accounts, accounting_classes, departments, employees, items, jobs, locations]
    required: true
  state:
    description:
      - With V(present), the object exists and has the given values. An archived object is restored.
      - With V(absent), the object is archived.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the object at BILL. Then the object is found by it, and every other field can be changed.
      - If not given, the object is found by O(match_by).
    type: str
  match_by:
    description:
      - How the object is found if O(id) is not given.
      - The first value is the default. The object must have exactly the given value. If only a similar one exists, the
        task fails. If several have the value, the task fails and names their IDs.
      - The task reads the whole list, because BILL documents no filter.
    type: str
    choices: [name, account_number]
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  archive_children:
    description:
      - Whether an object may be archived although BILL archives the objects below it, too, as a third party has observed.
        A restore does not bring them back.
      - Only with O(kind=chart_of_accounts). Without it, such an object is not archived.
    type: bool
    default: false
  objects:
    description:
      - Many objects, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes into a
        dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences. New objects are created with BILL's bulk requests,
        50 at a time.
      - If BILL refuses one object, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  purge:
    description:
      - Whether to archive the objects that O(objects) does not list. Check mode shows them first.
      - An empty list is refused.
    type: bool
    default: false
  name:
    description:
      - The name.
      - BILL requires it to create an object.
      - At most 100 characters.
      - Only with O(kind=chart_of_accounts), O(kind=accounting_classes), O(kind=departments), O(kind=items), O(kind=jobs)
        and O(kind=locations).
    type: str
  description:
    description:
      - A description.
      - Only with O(kind=chart_of_accounts), O(kind=accounting_classes), O(kind=departments), O(kind=items), O(kind=jobs)
        and O(kind=locations).
    type: str
  parent_id:
    description:
      - The ID of the object above this one.
      - If BILL does not return it, it is not compared. Then it has an effect only on creation.
    type: str
  account:
    description:
      - The account.
      - Only with O(kind=chart_of_accounts).
    type: dict
    suboptions:
      type:
        description:
          - The type of the account, for example V(EXPENSE) or V(INCOME).
        type: str
      number:
        description:
          - The number of the account. Put it in quotes.
        type: str
  short_name:
    description:
      - A short name.
      - Only with O(kind=accounting_classes), O(kind=departments), O(kind=employees), O(kind=items), O(kind=jobs) and
        O(kind=locations).
    type: str
  first_name:
    description:
      - The first name.
      - BILL requires it to create an object.
      - Only with O(kind=employees).
    type: str
  last_name:
    description:
      - The last name.
      - BILL requires it to create an object.
      - Only with O(kind=employees).
    type: str
  type:
    description:
      - The type of the item, for example V(INVENTORY) or V(SALES_TAX).
      - BILL requires it to create an object.
      - Only with O(kind=items).
    type: str
  price:
    description:
      - The price.
      - Only with O(kind=items).
    type: float
  expense_chart_of_account_id:
    description:
      - The ID of the account for purchases.
      - Only with O(kind=items).
    type: str
  purchase_description:
    description:
      - The description on purchases.
      - Only with O(kind=items).
    type: str
  purchase_cost:
    description:
      - The cost of a purchase.
      - Only with O(kind=items).
    type: float
  chart_of_account_id:
    description:
      - The ID of the account for sales.
      - Only with O(kind=items).
    type: str
  taxable:
    description:
      - Whether the item is taxable.
      - Only with O(kind=items).
    type: bool
  percentage:
    description:
      - The percentage of a tax.
      - Only with O(kind=items).
    type: float
  # end generated
seealso:
  - name: Master data, declared
    description: What the tasks for master data have in common.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_resources.rst
  - module: bill.connect.bill_request
"""

EXAMPLES = r"""
- name: Have a department
  bill.connect.bill_classification:
    kind: departments
    name: Sales

- name: Have a chart of accounts
  bill.connect.bill_classification:
    kind: chart_of_accounts
    objects:
      - name: Travel
        account: {type: EXPENSE, number: "6100"}
      - name: Meals
        account: {type: EXPENSE, number: "6110"}

- name: Have these accounts and archive all others, with the accounts below them
  bill.connect.bill_classification:
    kind: chart_of_accounts
    purge: true
    archive_children: true
    objects:
      - name: Travel
        account: {type: EXPENSE, number: "6100"}
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
