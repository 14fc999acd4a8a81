# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: receives the webhook events of BILL."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
---
short_description: Receive webhook events of BILL.
description:
  - An ansible-rulebook event source for the webhooks of BILL (bill.com).
  - It receives BILL's deliveries, verifies their signatures, stores each event on disk, and answers at once.
    It hands each event over once, also after a restart.
  - With O(environment) or O(api_url) it also reads BILL's event list, at the start and again and again, and finds
    the events that BILL could not deliver. It warns if BILL has switched the subscription off.
  - An event has C(meta) and C(payload). See the notes.
notes:
  - C(event.meta) has C(id), C(type) (for example C(vendor.updated)), C(version), C(subscription_id),
    C(organization_id), C(received_at), C(updated_at) (the time of the entity, as BILL writes it), C(verified)
    (always true), C(known) (whether BILL documents this type and version), C(stale) (see O(max_age)) and C(uuid),
    which ansible-rulebook uses to know an event again. ansible-rulebook adds C(source).
  - C(event.payload) has the entity under the key that BILL gives it, for example C(event.payload.vendor.id).
  - BILL does not guarantee the order of events. A rule that changes something, or moves money, must read the object
    again. The event only says that something happened.
  - Nothing that BILL signs has a time, so an old delivery that somebody has recorded looks like a new one. The ids
    of 180 days, which are as many days as BILL has in its event list, protect against this.
  - An event is handed over when ansible-rulebook has taken it. ansible-rulebook keeps it in memory. If its process is
    killed then, the event is lost, unless you use O(feedback).
  - BILL retries a delivery for half a minute, and then switches the subscription off. So give O(environment) or O(api_url).
options:
  host:
    description: The address to listen on. V(0.0.0.0) means all addresses of this machine.
    type: str
    default: 127.0.0.1
  port:
    description: The port to listen on.
    type: int
    required: true
  path:
    description: The path of the notification URL. Other paths get the status 404.
    type: str
    default: /bill
  security_keys:
    description:
      - The security keys of the subscriptions. BILL shows a key once, when it is made.
      - While you replace a key, give the new one and the previous one. Empty texts are left out.
      - O(security_keys) or O(security_keys_env) is required. The source does not start without a key.
    type: list
    elements: str
  security_keys_env:
    description: Names of environment variables that have security keys.
    type: list
    elements: str
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
  certfile:
    description:
      - A PEM file with the certificate and its chain. Without it the source speaks plain HTTP, for a proxy that ends TLS.
      - After its renewal, the source loads it again within a minute.
    type: path
  keyfile:
    description: A PEM file with the private key, without a password. By default it is in O(certfile).
    type: path
  max_body:
    description: The largest body in bytes. A larger one gets the status 413.
    type: int
    default: 1048576
  read_seconds:
    description: How long a body may take. A slower one gets the status 408.
    type: int
    default: 5
  max_age:
    description:
      - An event whose entity changed more than so many seconds ago has C(meta.stale) true. It is handed over all the same.
      - V(0) means that no event is stale.
    type: int
    default: 0
  max_queue:
    description: How many events may wait. If there are more, BILL gets the status 503 and sends the event again.
    type: int
    default: 10000
  max_ids:
    description: How many ids of the last 180 days are stored at most.
    type: int
    default: 1000000
  environment:
    description: The environment of BILL whose event list is read, V(sandbox) or V(production).
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
    default: 300
  since:
    description:
      - From when on events are wanted, for example V(2026-12-15T00:00:00Z). Only the first start with a new store uses it.
      - By default, the first start wants only new events.
    type: str
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
      bill.connect.bill_webhook:
        host: 0.0.0.0
        port: 8443
        certfile: /etc/ssl/bill/fullchain.pem
        keyfile: /etc/ssl/bill/key.pem
        security_keys:
          - "{{ bill_security_key }}"
          - "{{ bill_previous_security_key | default('') }}"
        subscription_ids: ["f6d06930-1b2c-4d5e-8f90-123456789abc"]
        state_dir: /var/lib/bill-events
        environment: production
        reenable: true
  rules:
    - name: A vendor was changed
      condition: event.meta.type == "vendor.updated"
      action:
        run_playbook:
          name: vendor_changed.yml
"""

# ansible-rulebook runs this file by its path (runpy.run_path), so Python does not find the package beside it.
_FOLDER = str(Path(__file__).resolve().parent)
if _FOLDER not in sys.path:
    sys.path.append(_FOLDER)
_source = importlib.import_module("bill_connect_eda.source")


async def main(queue: Any, args: dict[str, Any]) -> None:
    """Receive events until ansible-rulebook ends. ``queue`` is its queue, ``args`` are the options above."""
    await _source.receive(queue, args)
