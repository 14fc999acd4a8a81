#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_webhook_subscription
short_description: Bring subscriptions to BILL's events to a wanted state
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Creates, changes or deletes a subscription. BILL then sends the events to an address of yours.
  - Compares only the fields that are given. Every other field stays as it is.
  - BILL shows the security key, which verifies the events, only once. The task that creates the subscription returns it, and Ansible does not
    show it. With O(vault_variable), the task also writes it into an encrypted file.
  - If BILL's response to the creation gets lost, the next run within 23 hours gets the same security key. For this, bill.connect stores
    the X-Idempotent-Key of the creation.
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
      - With V(present), the subscription exists and has the given values.
      - With V(absent), the subscription is deleted. BILL cannot restore it.
    type: str
    choices: [present, absent]
    default: present
  id:
    description:
      - The ID of the subscription at BILL. Then the subscription is found by it, and every other field can be changed.
      - If not given, the subscription is found by O(name).
    type: str
  clear:
    description:
      - The fields to empty. A field that is not given, or has an empty value, stays as it is.
      - BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.
    type: list
    elements: str
  objects:
    description:
      - Many subscriptions, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes
        into a dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.
      - The task reads the list once and writes only the differences.
      - If BILL refuses one subscription, the others are still written. The task then fails and returns a result for each.
    type: list
    elements: dict
  name:
    description:
      - The name.
      - BILL requires it to create a subscription.
    type: str
  notification_url:
    description:
      - The address to which BILL sends the events. It begins with https.
      - BILL requires it to create a subscription.
    type: str
  events:
    description:
      - The events, each as its type, for example V(vendor.updated), or as a dictionary. Their order does not count.
      - BILL requires it to create a subscription.
    type: list
    elements: raw
  enabled:
    description:
      - Whether BILL sends the events. BILL switches a subscription off after failed deliveries.
      - If not given, a new subscription gets V(true).
    type: bool
  # end generated
  rotate_security_key:
    description:
      - Whether to create a new security key for a subscription that exists. Every run creates one.
      - Whether BILL signs with the old key for some time is not documented. So let the receiver accept both keys.
    type: bool
    default: false
  vault_variable:
    description:
      - The variable that keeps the security key, in the file of O(vault_file). The key before stays in the variable with C(_previous) at its end.
      - The task checks that it can write the file before BILL creates a key. If the subscription exists and the file has no such variable, the task fails.
    type: str
  vault_file:
    description:
      - The file for O(vault_variable). The default is that of O(bill.connect.bill_vault_file#module:path).
      - Variable C(bill_vault_file), environment variable E(BILL_VAULT_FILE).
    type: path
  vault_id:
    description:
      - The vault ID with which a new file is encrypted, if Ansible was started with several.
      - Variable C(bill_vault_id), environment variable E(BILL_VAULT_ID).
    type: str
seealso:
  - name: Reacting to changes at BILL
    description: Subscriptions, event sources and rulebooks.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_events.rst
  - module: bill.connect.bill_webhook_subscription_info
  - module: bill.connect.bill_vault_file
"""

EXAMPLES = r"""
- name: Have a subscription, and keep its key
  bill.connect.bill_webhook_subscription:
    name: ansible
    notification_url: https://hooks.example.com/bill
    events: [vendor.updated, bank-account.created, payment.failed]
    vault_variable: bill_webhook_key

# Every run with rotate_security_key makes a new key. So it is true only in a run with -e rotate=true.
- name: Make a new key, and keep the old one beside it
  bill.connect.bill_webhook_subscription:
    name: ansible
    vault_variable: bill_webhook_key
    rotate_security_key: "{{ rotate | default(false) }}"
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
security_key:
  description: The security key. Only the task that creates the subscription or rotates the key has it. Ansible does not show it.
  returned: if BILL has created a key
  type: str
"""
