# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: reads the webhook events of BILL from its event list."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Read the webhook events of BILL from its event list.
description:
  - An ansible-rulebook event source for the webhooks of BILL (bill.com), for controllers that BILL cannot reach.
  - It asks BILL for new events again and again. It opens no port and needs no security key.
  - It hands over the same events as C(bill.connect.bill_webhook), and each of them once, also after a restart.
notes:
  - The notes of C(bill.connect.bill_webhook) about events and rules apply.
  - BILL lists the events of a subscription, so a subscription is required. It needs a notification URL, although
    nothing has to be there. BILL may switch the subscription off because its deliveries fail. It is not documented whether BILL still
    lists events then, so set O(reenable) to true.
options:
  environment:
    description:
      - The environment of BILL whose event list is read, V(sandbox) or V(production).
      - O(environment) or O(api_url) is required.
    type: str
  api_url:
    description: Overrides O(environment). It ends with C(/connect).
    type: str
  credentials_env:
    description:
      - Names of the environment variables that have the credentials for the event list.
      - The default is V(BILL_USERNAME), V(BILL_PASSWORD), V(BILL_ORGANIZATION_ID) and V(BILL_DEV_KEY), the names that
        the tasks of bill.connect use too. An AP & AR sync token works as well. If there is no user name,
        V(BILL_API_TOKEN) is the token of Spend & Expense.
      - If BILL refuses the credentials, the source does not send them again until its restart.
    type: dict
    suboptions:
      username: {type: str, default: BILL_USERNAME, description: Names the variable of the user name.}
      password: {type: str, default: BILL_PASSWORD, description: Names the variable of the password.}
      organization_id: {type: str, default: BILL_ORGANIZATION_ID, description: Names the variable of the organization.}
      dev_key: {type: str, default: BILL_DEV_KEY, description: Names the variable of the developer key.}
      api_token: {type: str, default: BILL_API_TOKEN, description: Names the variable of the token.}
  interval:
    description: How many seconds pass between two readings of the event list.
    type: int
    default: 60
  subscription_ids:
    description: The ids of the subscriptions. Events of others are dropped.
    type: list
    elements: str
    required: true
  organization_ids:
    description: The ids of the organizations. If given, events of others are dropped.
    type: list
    elements: str
  state_dir:
    description:
      - The folder of the store. It is made if it is missing. It must survive a restart.
      - The events of the store are business data. It has no secret of yours. Nobody verifies its events again, so the source
        refuses a folder or a file that belongs to another user, or that every user can change.
      - Each source needs a folder of its own.
    type: path
    required: true
  since:
    description:
      - From when on events are wanted, for example V(2026-12-15T00:00:00Z). Only the first start with a new store uses it.
      - By default, the first start wants only new events.
    type: str
  max_age:
    description:
      - An event whose entity changed more than so many seconds ago has C(meta.stale) true. It is handed over all the same.
      - V(0) means that no event is stale.
    type: int
    default: 0
  max_queue:
    description: How many events may wait. If there are more, the reading waits.
    type: int
    default: 10000
  max_ids:
    description: How many ids of the last 180 days are stored at most.
    type: int
    default: 1000000
  reenable:
    description: Whether to switch the subscription on again after BILL has switched it off.
    type: bool
    default: false
  feedback:
    description:
      - An option of ansible-rulebook, which then needs C(--persistence-id) and a database. An event counts as handed
        over only when ansible-rulebook has written it to this database. An event filter must not drop events then.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Changes at BILL
  hosts: localhost
  sources:
    - name: bill
      bill.connect.bill_events:
        environment: production
        interval: 60
        subscription_ids: ["f6d06930-1b2c-4d5e-8f90-123456789abc"]
        state_dir: /var/lib/bill-events
        reenable: true
  rules:
    - name: A payment failed
      condition: event.meta.type == "payment.failed"
      action:
        run_playbook:
          name: payment_failed.yml
"""

# ansible-rulebook runs this file by its path (runpy.run_path), so Python does not find the package beside it.
_FOLDER = str(Path(__file__).resolve().parent)
if _FOLDER not in sys.path:
    sys.path.append(_FOLDER)
_source = importlib.import_module("bill_connect_eda.source")


async def main(queue: Any, args: dict[str, Any]) -> None:
    """Read events until ansible-rulebook ends. ``queue`` is its queue, ``args`` are the options above."""
    await _source.poll(queue, args)
