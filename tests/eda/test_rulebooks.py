# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A delivery makes a rule fire, and the playbook of the rule works at BILL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.eda.conftest import SECRETS
from tests.eda.subscriber import ADDRESS
from tests.emulator import world
from tests.emulator.control_client import Bill, Control
from tests.http_server import Handler, serving
from tests.unit.extensions.sources import KEY, ORGANIZATION, SUBSCRIPTION, signature

pytestmark = pytest.mark.slow

TRUSTED = {
    "username": world.PAYER.username,
    "password": world.PAYER.password,
    "rememberMeId": world.REMEMBERED_DEVICE.id,
    "device": world.REMEMBERED_DEVICE.device,
}


def delivery(kind: str, **entity: Any) -> bytes:
    """A delivery of an event with an entity."""
    metadata = {
        "eventId": str(uuid.uuid4()),
        "subscriptionId": SUBSCRIPTION,
        "organizationId": ORGANIZATION,
        "eventType": kind,
        "version": "1",
    }
    return json.dumps({"metadata": metadata, **entity}).encode()


@pytest.fixture
def somebody() -> Iterator[tuple[str, list[Any]]]:
    """The URL of a ticket system, and what it received."""
    received: list[Any] = []

    class Tickets(Handler):
        def do_POST(self) -> None:
            received.append(json.loads(self.body()))
            self.answer_json(None, 204)

    with serving(Tickets) as url:
        yield f"{url}/", received


@pytest.mark.promise(21)
def test_rulebook_vendor_created_completes_the_vendor(
    bill: Control, api_url: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    client = Bill(api_url)
    session = client.session()
    vendor = client.post("/v3/vendors", session, {"name": "Birch Paper Supply", "address": ADDRESS}).json()
    # Ansible would run this, if a playbook used it: who names a vendor could run programs here.
    name = "{{ lookup('ansible.builtin.pipe', 'touch " + str(tmp_path / "evaluated") + "') }}"
    body = delivery("vendor.created", vendor={"id": vendor["id"], "name": name})
    path = f"/v3/vendors/{vendor['id']}"
    with run("bill.connect.vendor_created") as rulebook:
        rulebook.deliver(body)
        rulebook.wait_for(lambda: client.get(path, session).json().get("accountType") == "BUSINESS")
        # BILL sends it again.
        rulebook.deliver(body)
        log = rulebook.log
    assert not (tmp_path / "evaluated").exists()
    for secret in (KEY, signature(body), *SECRETS.values()):
        assert secret not in log


@pytest.mark.promise(1)
@pytest.mark.promise(21)
def test_event_that_bill_sends_makes_a_playbook_complete_the_vendor(
    bill: Control, api_url: str, run: Callable[..., Any]
) -> None:
    bill.post("settings", webhook_http=True)
    client, events = Bill(api_url), Bill(api_url.removesuffix("/connect") + "/connect-events")
    session = client.session()
    wanted = {
        "name": "ansible",
        "status": {"enabled": True},
        "events": [{"type": "vendor.created", "version": "1"}],
        "notificationUrl": "http://127.0.0.1:9/bill",
    }
    headers = {**session, "X-Idempotent-Key": str(uuid.uuid4())}
    subscription = events.post("/v3/subscriptions", headers, wanted).json()
    key = subscription["securityKey"]
    with run(
        "bill.connect.vendor_created", bill_security_key=key, bill_subscription_ids=[subscription["id"]]
    ) as rulebook:
        events.send("PATCH", f"/v3/subscriptions/{subscription['id']}", session, {"notificationUrl": rulebook.url})
        ids = [
            client.post("/v3/vendors", session, {"name": f"Birch {number}", "address": ADDRESS}).json()["id"]
            for number in range(2)
        ]
        for id_ in ids:
            path = f"/v3/vendors/{id_}"
            rulebook.wait_for(lambda path=path: client.get(path, session).json().get("accountType") == "BUSINESS")
        log = rulebook.log
    states = [each["state"] for each in bill.get("webhooks")["deliveries"]]
    assert states == ["delivered"] * 2
    assert key not in log
    # The playbooks of both events use one session. The source signs in for itself, and this test did.
    assert bill.get("counts")["POST /v3/login"] == 3


def test_rulebook_bank_account_changed_opens_a_ticket(
    run: Callable[..., Any], bill: Control, api_url: str, somebody: tuple[str, list[Any]]
) -> None:
    url, tickets = somebody
    client = Bill(api_url)
    vendor = client.post("/v3/vendors", client.session(), {"name": "Birch Paper Supply", "address": ADDRESS}).json()
    with run("bill.connect.bank_account_changed", bill_ticket_url=url) as rulebook:
        rulebook.deliver(delivery("bank-account.updated", bankAccount={"id": "vba01ACCOUNT", "vendorId": vendor["id"]}))
        rulebook.wait_for(lambda: tickets)
    assert tickets[0]["vendor_id"] == vendor["id"]
    assert tickets[0]["has_account_now"] is False


def test_rulebook_payment_failed_informs_with_the_status_that_bill_has_now(
    run: Callable[..., Any], bill: Control, api_url: str, somebody: tuple[str, list[Any]]
) -> None:
    url, messages = somebody
    client = Bill(api_url)
    trusted = client.session(**TRUSTED)
    payment = client.post("/v3/payments", trusted, {"vendorId": "00901VENDOR000000001", "amount": 12.5}).json()
    with run("bill.connect.payment_failed", bill_inform_url=url) as rulebook:
        client.post(f"/v3/payments/{payment['id']}/void", trusted)
        rulebook.deliver(delivery("payment.failed", payment={"id": payment["id"], "status": "FAILED"}))
        rulebook.wait_for(lambda: messages)
    assert messages == [{"text": f"The payment {payment['id']} failed. BILL now has the status VOID."}]


def test_source_bill_events_makes_a_rule_fire(
    run: Callable[..., Any], bill: Control, api_url: str, tmp_path: Path
) -> None:
    client = Bill(api_url)
    session = client.session()
    wanted = {
        "name": "ansible",
        "status": {"enabled": True},
        "events": [{"type": "vendor.updated", "version": "1"}],
        "notificationUrl": "https://hooks.example.com/bill",
    }
    events_url = api_url.removesuffix("/connect") + "/connect-events"
    events = Bill(events_url)
    subscription = events.post("/v3/subscriptions", {**session, "X-Idempotent-Key": str(uuid.uuid4())}, wanted).json()
    source = {
        "bill.connect.bill_events": {
            "api_url": api_url,
            "interval": 5,
            # The clock of the emulator is not that of this machine.
            "since": "2020-01-01T00:00:00Z",
            "subscription_ids": [subscription["id"]],
            "state_dir": "{{ bill_state_dir }}",
        }
    }
    rule = {
        "name": "A vendor was changed",
        "condition": 'event.meta.type == "vendor.updated" and event.meta.verified',
        "action": {"debug": {"msg": "fired for {{ event.meta.id }}"}},
    }
    book = tmp_path / "polled.yml"
    book.write_text(yaml.safe_dump([{"name": "Changes", "hosts": "all", "sources": [source], "rules": [rule]}]))
    with run(str(book)) as rulebook:
        event = events.post(f"/v3/subscriptions/{subscription['id']}/test", session, {}).json()
        rulebook.wait_for(lambda: f"fired for {event['id']}" in rulebook.log)
