# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deliveries of webhooks: which change causes which event, what the receiver gets, and what follows from its response.

`control.deliver()` and `control.advance()` return when the receivers have responded, so no test waits.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator import server, spend_world, webhook_events, world
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Bill, Control
from tests.emulator.receiver import Received, Receiver, receiving

ORGANIZATION = world.ORGANIZATION.id
VENDOR = {"name": "Birch & Söhne", "address": {"line1": "1 Mill Lane", "city": "Portland", "country": "US"}}
TRUSTED = {
    "username": world.PAYER.username,
    "password": world.PAYER.password,
    "rememberMeId": world.REMEMBERED_DEVICE.id,
    "device": world.REMEMBERED_DEVICE.device,
}
DAY = 24 * 60 * 60


class Subscriber:
    """A client of the webhooks API, with the receiver of its events."""

    def __init__(self, bill: Bill, control: Control, receiver: Receiver) -> None:
        self._events = Bill(f"{bill.api_url}-events")
        self._bill = bill
        self.control = control
        self.receiver = receiver
        self.headers = bill.session()
        self.url = receiver.url

    def subscribe(self, *types: str, headers: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        """A subscription to these types, or to all."""
        events = [{"type": each, "version": "1"} for each in types or webhook_events.TYPES]
        body = {"name": "ap", "status": {"enabled": True}, "events": events, "notificationUrl": self.url, **changes}
        key = {"X-Idempotent-Key": str(uuid.uuid4())}
        response = self._events.post("/v3/subscriptions", {**(headers or self.headers), **key}, body)
        assert response.status_code == 200, response.text
        made: dict[str, Any] = response.json()
        return made

    def call(self, method: str, path: str, content: Any = None, status: int = 200) -> Any:
        key = {"X-Idempotent-Key": str(uuid.uuid4())}
        response = self._events.send(method, f"/v3{path}", {**self.headers, **key}, content)
        assert response.status_code == status, response.text
        return response.json()

    def history(self, id_: str, **asked: str) -> list[dict[str, Any]]:
        response = self._events.get(f"/v3/events/subscription/{id_}", self.headers, params=asked)
        assert response.status_code == 200, response.text
        events: list[dict[str, Any]] = response.json()["results"]
        return events

    def status(self, id_: str) -> Any:
        return self.call("GET", f"/subscriptions/{id_}")["status"]

    def sign_in_again(self) -> None:
        """After a jump of the clock, the session is over."""
        self.headers = self._bill.session()

    def create_vendor(self, **changes: Any) -> dict[str, Any]:
        response = self._bill.post("/v3/vendors", self.headers, {**VENDOR, **changes})
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    def states(self) -> list[tuple[str, list[int | None]]]:
        """The state of each delivery, and the statuses of its attempts."""
        deliveries = self.control.get("webhooks")["deliveries"]
        return [(one["state"], [each["status"] for each in one["attempts"]]) for one in deliveries]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def bill_events(bill: Bill, control: Control, receiver: Receiver) -> Subscriber:
    control.post("settings", webhook_http=True)
    return Subscriber(bill, control, receiver)


def is_signed(received: Received, key: str) -> bool:
    digest = hmac.new(key.encode(), received.body, hashlib.sha256).digest()
    return received.headers["x-bill-sha-signature"] == base64.b64encode(digest).decode()


def test_emulator_delivery_has_a_minified_payload_and_a_signature_of_its_bytes(bill_events: Subscriber) -> None:
    made = bill_events.subscribe("vendor.created")
    vendor = bill_events.create_vendor()
    bill_events.control.deliver()
    (received,) = bill_events.receiver.received
    assert received.path == "/hooks?from=bill"
    assert received.headers["content-type"] == "application/json"
    assert is_signed(received, made["securityKey"])
    (event,) = bill_events.history(made["id"])
    metadata = {
        "eventId": event["id"],
        "subscriptionId": made["id"],
        "organizationId": ORGANIZATION,
        "eventType": "vendor.created",
        "version": "1",
    }
    assert received.content == {"metadata": metadata, "vendor": vendor}
    assert received.body.decode() == event["payload"]
    minified = json.dumps(received.content, ensure_ascii=False, separators=(",", ":"))
    assert event["payload"] == minified
    assert "Birch & Söhne" in event["payload"]
    assert (event["statusCode"], "retries" in event) == (200, False)


def test_emulator_delivery_follows_every_change_of_vendors_bills_and_invoices(
    bill: Bill, bill_events: Subscriber, receiver: Receiver
) -> None:
    bill_events.subscribe()
    headers = bill_events.headers
    vendor = bill_events.create_vendor()["id"]
    line = {"amount": 5}
    invoice = {"invoiceNumber": "1", "invoiceDate": "2026-03-01"}
    one_bill = {"vendorId": vendor, "dueDate": "2026-03-31", "billLineItems": [line], "invoice": invoice}
    customer = bill.post("/v3/customers", headers, {"name": "A customer"}).json()["id"]
    one_invoice = {
        "customer": {"id": customer},
        "invoiceNumber": "2",
        "dueDate": "2026-03-31",
        "invoiceLineItems": [line],
    }
    ids = {
        "vendors": vendor,
        "bills": bill.post("/v3/bills", headers, one_bill).json()["id"],
        "invoices": bill.post("/v3/invoices", headers, one_invoice).json()["id"],
    }
    for kind, id_ in ids.items():
        path = f"/v3/{kind}/{id_}"
        assert bill.send("PATCH", path, headers, {"description": "x", "email": "x@example.com"}).status_code == 200
        for what in ("archive", "archive", "restore"):
            assert bill.post(f"{path}/{what}", headers).status_code == 200
    assert bill.send("PUT", f"/v3/bills/{ids['bills']}", headers, one_bill).status_code == 200
    assert bill.post("/v3/vendors/bulk", headers, [VENDOR, VENDOR]).status_code == 201
    control = bill_events.control
    control.change("vendors", vendor, ORGANIZATION, networkStatus="CONNECTED")
    control.post(f"objects/vendors?organization_id={ORGANIZATION}", name="From earlier times")
    control.deliver()
    created = ["vendor.created", "bill.created", "invoice.created"]
    changed = [
        f"{name}.{what}" for name in ("vendor", "bill", "invoice") for what in ("updated", "archived", "restored")
    ]
    rest = ["bill.updated", "vendor.created", "vendor.created", "vendor.updated", "vendor.created"]
    # A second archive changes nothing, and BILL has no events about customers.
    assert receiver.types == [*created, *changed, *rest]
    assert receiver.received[-2].content["vendor"]["networkStatus"] == "CONNECTED"
    assert [one.content["vendor"]["archived"] for one in receiver.received[4:6]] == [True, False]


def test_emulator_delivery_goes_only_to_enabled_subscriptions_of_the_owner_to_the_type(
    bill: Bill, bill_events: Subscriber, receiver: Receiver
) -> None:
    partner = world.PARTNER
    login = {"appKey": partner.app_key, "username": partner.username, "password": partner.password}
    session = bill.post("/v3/partner/login", content=login).json()["sessionId"]
    of_partner = bill_events.subscribe("vendor.created", headers={"sessionId": session, "appKey": partner.app_key})
    other = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    token = {"apiToken": world.SPEND_TOKEN.value}
    first = bill_events.subscribe("vendor.created", "bill.created")
    second = bill_events.subscribe("vendor.created")
    bill_events.subscribe("vendor.updated")
    bill_events.subscribe("vendor.created", "invoice.created", status={"enabled": False})
    bill_events.subscribe("vendor.created", headers=other)
    of_spender = bill_events.subscribe("vendor.created", "spend.transaction.updated", headers=token)
    bill_events.create_vendor()
    transaction = spend_world.transactions(spend_world.COMPANY)[0]["id"]
    bill_events.control.change("spend/transactions", transaction, "", syncStatus="NOT_SYNCED")
    bill_events.control.deliver()
    found = [(one.metadata["subscriptionId"], one.metadata["organizationId"]) for one in receiver.received]
    expected = [(one["id"], ORGANIZATION) for one in (first, second, of_partner)]
    assert sorted(found) == sorted([*expected, (of_spender["id"], spend_world.COMPANY)])
    assert not any(b"findme" in one.body for one in receiver.received)


def test_emulator_delivery_follows_payments_and_a_payment_can_fail(
    bill: Bill, bill_events: Subscriber, receiver: Receiver
) -> None:
    control = bill_events.control
    bill_events.subscribe("payment.updated", "payment.failed")
    trusted = bill.session(**TRUSTED)
    payment = {"vendorId": "00901VENDOR000000001", "amount": 12.5}
    first = bill.post("/v3/payments", trusted, payment).json()["id"]
    bill.post(f"/v3/payments/{first}/cancel", trusted)
    control.post("settings", new_payment_event=False)
    second = bill.post("/v3/payments", trusted, payment).json()["id"]
    errors = [{"code": "BDC_1", "message": "No money"}]
    assert control.post(f"payments/{second}/fail", errors=errors)["status"] == "FAILED"
    assert bill.post("/v3/payments", trusted, {"amount": 0}).status_code == 400
    control.post("settings", refused_payment_event=True)
    assert bill.post("/v3/payments", trusted, {"amount": 0}).status_code == 400
    control.deliver()
    found = [(one.metadata["eventType"], one.content["payment"].get("status")) for one in receiver.received]
    assert found == [
        ("payment.updated", "SCHEDULED"),
        ("payment.updated", "CANCELED"),
        ("payment.updated", "FAILED"),
        ("payment.failed", "FAILED"),
        ("payment.failed", None),
    ]
    assert receiver.received[3].content["errors"] == errors
    assert "vendorId" in receiver.received[4].content["errors"][0]["message"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("none", []),
        ("vendor.updated", ["vendor.updated", "vendor.updated"]),
        ("bank-account", ["bank-account.created", "bank-account.updated"]),
    ],
)
def test_emulator_delivery_about_the_bank_account_of_a_vendor_is_a_setting(
    bill: Bill, bill_events: Subscriber, receiver: Receiver, setting: str, expected: list[str]
) -> None:
    bill_events.subscribe("vendor.updated", "bank-account.created", "bank-account.updated")
    bill_events.control.post("settings", vendor_bank_account_event=setting)
    path = f"/v3/vendors/{world.vendors(ORGANIZATION)[0]['id']}/bank-account"
    account = {
        "nameOnAccount": "A",
        "accountNumber": "1234567890",
        "routingNumber": "011401533",
        "type": "CHECKING",
        "ownerType": "BUSINESS",
    }
    assert bill.post(path, bill_events.headers, account).status_code == 200
    assert bill.send("DELETE", path, bill_events.headers).status_code == 204
    bill_events.control.deliver()
    assert receiver.types == expected
    assert not any(b"1234567890" in one.body for one in receiver.received)


def test_emulator_delivery_follows_changes_of_funding_accounts(bill_events: Subscriber, receiver: Receiver) -> None:
    bill_events.subscribe()
    control = bill_events.control
    for kind in ("banks", "cards"):
        account = control.get(f"objects/funding-accounts/{kind}?organization_id={ORGANIZATION}")[0]["id"]
        control.change(f"funding-accounts/{kind}", account, ORGANIZATION, status="BLOCKED")
    control.post(f"objects/funding-accounts/banks?organization_id={ORGANIZATION}", status="PENDING")
    control.deliver()
    assert receiver.types == ["bank-account.updated", "card-account.updated", "bank-account.created"]
    statuses = [
        one.content.get(name, {}).get("status") for one in receiver.received for name in ("bankAccount", "cardAccount")
    ]
    assert statuses == ["BLOCKED", None, None, "BLOCKED", "PENDING", None]


def test_emulator_delivery_that_fails_is_sent_again_until_the_subscription_is_disabled(
    bill_events: Subscriber, receiver: Receiver
) -> None:
    made = bill_events.subscribe("vendor.created")
    receiver.statuses += [500, 302, 404, 202, 503]
    vendor = bill_events.create_vendor()
    bill_events.control.deliver()
    for seconds, attempts in ((1, 1), (1.5, 2), (3, 2), (1.5, 3), (6, 3), (2, 4)):
        bill_events.control.advance(seconds)
        assert len(receiver.received) == attempts
    assert bill_events.status(made["id"]) == {"enabled": True, "actor": "CLIENT"}
    bill_events.control.advance(16)
    assert len({one.body for one in receiver.received}) == 1
    assert bill_events.states() == [("lost", [500, 302, 404, 202, 503])]
    (event,) = bill_events.history(made["id"], entityId=vendor["id"])
    assert event["statusCode"] == 500
    retries = [(one["attemptNumber"], one["statusCode"]) for one in event["retries"]]
    assert retries == [(1, 302), (2, 404), (3, 202), (4, 503)]
    assert event["retries"][0]["createdTime"] > event["createdTime"]
    bill_events.control.post("settings", webhook_event_status="last_attempt")
    (last,) = bill_events.history(made["id"], createdTimeFrom=event["createdTime"], createdTimeTo=event["createdTime"])
    assert last == {**event, "statusCode": 503}
    status = bill_events.status(made["id"])
    assert (status["enabled"], status["actor"], bool(status["reason"])) == (False, "SYSTEM", True)
    # Another name does not change who disabled it.
    assert bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"name": "new"})["status"] == status
    bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"status": {"enabled": True}})
    bill_events.create_vendor()
    bill_events.control.advance(60)
    assert bill_events.states() == [("lost", [500, 302, 404, 202, 503]), ("delivered", [200])]


def test_emulator_delivery_half_a_minute_of_failures_in_one_step_disables(bill_events: Subscriber) -> None:
    made = bill_events.subscribe("vendor.created")
    bill_events.receiver.statuses += [500] * 5
    bill_events.create_vendor()
    before = bill_events.control.get("clock")["offset"]
    bill_events.control.advance(30.5)
    assert bill_events.status(made["id"])["enabled"] is False
    assert bill_events.states() == [("lost", [500] * 5)]
    # Each attempt was made at its time.
    assert bill_events.control.get("clock")["offset"] - before == pytest.approx(30.5)
    attempts = bill_events.control.get("webhooks")["deliveries"][0]["attempts"]
    times = [datetime.fromisoformat(one["at"]) for one in attempts]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert [int(wait + 0.01) for wait in waits] == [2, 4, 8, 16]


@pytest.mark.parametrize(("lost", "expected"), [(2, [True, False]), (0, [True, True])])
def test_emulator_delivery_number_of_lost_events_before_the_end_is_a_setting(
    bill_events: Subscriber, receiver: Receiver, lost: int, expected: list[bool]
) -> None:
    bill_events.control.post("settings", webhook_lost_events=lost, webhook_retry_seconds=[1])
    made = bill_events.subscribe("vendor.created")
    receiver.statuses += [500] * 4
    found = []
    for _event in expected:
        bill_events.create_vendor()
        bill_events.control.advance(2)
        found.append(bill_events.status(made["id"])["enabled"])
    assert found == expected


def test_emulator_delivery_counts_lost_events_again_after_a_success_and_after_the_end(
    bill_events: Subscriber, receiver: Receiver
) -> None:
    bill_events.control.post("settings", webhook_lost_events=2, webhook_retry_seconds=[])
    made = bill_events.subscribe("vendor.created")
    found = []
    for status in (500, 200, 500, 500, 500):
        receiver.statuses.append(status)
        bill_events.create_vendor()
        bill_events.control.deliver()
        found.append(bill_events.status(made["id"])["enabled"])
        bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"status": {"enabled": True}})
    assert found == [True, True, True, False, True]


def test_emulator_delivery_of_other_events_is_dropped_when_the_subscription_is_disabled(
    bill_events: Subscriber, receiver: Receiver
) -> None:
    made = bill_events.subscribe("vendor.created")
    receiver.statuses += [500] * 6
    bill_events.create_vendor()
    bill_events.control.advance(29)
    bill_events.create_vendor()
    bill_events.control.advance(1.5)
    assert bill_events.status(made["id"])["enabled"] is False
    # The second event waited for its first retry. It does not come, although the subscription is enabled in time.
    bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"status": {"enabled": True}})
    bill_events.control.advance(60)
    assert bill_events.states() == [("lost", [500] * 5), ("dropped", [500])]


def test_emulator_delivery_has_the_documented_defaults(control: Control) -> None:
    settings = control.get("settings")
    found = {name: settings[f"webhook_{name}"] for name in ("retry_seconds", "timeout", "success", "http")}
    assert found == {"retry_seconds": [2, 4, 8, 16], "timeout": 10, "success": "200", "http": False}


@pytest.mark.parametrize(
    ("setting", "status", "state"),
    [("200", 202, "waiting"), ("2xx", 202, "delivered"), ("2xx", 302, "waiting"), ("2xx", 500, "waiting")],
)
def test_emulator_delivery_with_another_success_status_is_a_setting(
    bill_events: Subscriber, setting: str, status: int, state: str
) -> None:
    bill_events.control.post("settings", webhook_success=setting)
    bill_events.subscribe("vendor.created")
    bill_events.receiver.statuses.append(status)
    bill_events.create_vendor()
    bill_events.control.deliver()
    assert bill_events.states() == [(state, [status])]


def test_emulator_delivery_to_a_silent_or_closed_receiver_is_a_failure(bill: Bill, control: Control) -> None:
    control.post("settings", webhook_http=True, webhook_timeout=0.1)
    with receiving() as receiver:
        events = Subscriber(bill, control, receiver)
        made = events.subscribe("vendor.created")
        receiver.statuses.append(None)
        events.create_vendor()
        control.deliver()
        (delivery,) = control.get("webhooks")["deliveries"]
        assert delivery["problem"] == "no response in 0.1 s"
        # The wait of two seconds begins at the end of the attempt.
        begin, due = (datetime.fromisoformat(at) for at in (delivery["attempts"][0]["at"], delivery["due"]))
        assert (due - begin).total_seconds() >= 2.09
    control.advance(2)
    assert events.states() == [("waiting", [None, None])]
    assert control.get("webhooks")["deliveries"][0]["problem"].startswith("ConnectionRefusedError")
    (event,) = events.history(made["id"])
    assert "statusCode" not in event
    assert event["retries"][0].keys() == {"attemptNumber", "createdTime"}


def test_emulator_delivery_does_not_block_the_call_that_caused_it(bill_events: Subscriber, receiver: Receiver) -> None:
    """The receiver responds only after the calls."""
    made = bill_events.subscribe("vendor.created")
    receiver.statuses.append(None)
    bill_events.create_vendor()
    bill_events.create_vendor()
    event = bill_events.call("POST", f"/subscriptions/{made['id']}/test")
    assert "statusCode" not in event
    assert bill_events.control.get("webhooks")["pending"] == 3
    receiver.ending.set()
    bill_events.control.deliver()
    assert bill_events.states() == [("waiting", [None]), ("delivered", [200]), ("delivered", [200])]


def test_emulator_delivery_in_flight_does_not_delay_the_end_or_a_reset_of_the_emulator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with receiving() as receiver:
        with server.running() as url:
            bill, control = Bill(url), Control(url)
            for _round in range(2):
                control.post("reset")
                control.post("settings", webhook_http=True)
                events = Subscriber(bill, control, receiver)
                events.subscribe("vendor.created")
                receiver.statuses[:] = [None]
                events.create_vendor()
                events.create_vendor()
            before = time.monotonic()
        assert time.monotonic() - before < 5
    # asyncio complains about a task that was never complete when it is removed from memory.
    gc.collect()
    assert not [one for one in caplog.records if one.name == "asyncio"]


def test_emulator_delivery_ends_with_a_reset(bill: Bill, control: Control, receiver: Receiver) -> None:
    receiver.statuses.append(None)
    for name in ("before", "after"):
        control.post("settings", webhook_http=True)
        events = Subscriber(bill, control, receiver)
        events.subscribe("vendor.created")
        events.create_vendor(name=name)
        if name == "before":
            events.create_vendor(name="waits for the response to the first one")
            while not receiver.received:
                control.get("webhooks")
            control.post("reset")
            # Now the first response would come.
            receiver.ending.set()
    control.deliver()
    assert [one.content["vendor"]["name"] for one in receiver.received] == ["before", "after"]


@pytest.mark.parametrize("setting", ["recorded", "lost"])
def test_emulator_delivery_of_events_while_disabled_can_be_asked_for(bill_events: Subscriber, setting: str) -> None:
    bill_events.control.post("settings", webhook_while_disabled=setting)
    made = bill_events.subscribe("vendor.created", status={"enabled": False})
    bill_events.create_vendor()
    bill_events.control.deliver()
    assert (bill_events.receiver.received, bill_events.states()) == ([], [])
    events = bill_events.history(made["id"])
    assert len(events) == (1 if setting == "recorded" else 0)
    for event in events:
        assert "statusCode" not in event
        bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"status": {"enabled": True}})
        bill_events.call("POST", f"/events/subscription/{made['id']}/event/{event['id']}")
        bill_events.control.deliver()
        assert bill_events.receiver.received[0].metadata["eventId"] == event["id"]
        assert bill_events.history(made["id"])[0]["statusCode"] == 200
    # The events of an enabled subscription are always recorded and sent.
    bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"status": {"enabled": True}})
    bill_events.create_vendor()
    bill_events.control.deliver()
    assert len(bill_events.history(made["id"])) == len(bill_events.receiver.received) == len(events) + 1


def test_emulator_delivery_stops_when_the_subscription_is_disabled_or_deleted(bill_events: Subscriber) -> None:
    first, second = bill_events.subscribe("vendor.created"), bill_events.subscribe("vendor.created", "bill.created")
    bill_events.receiver.statuses += [500, 500]
    bill_events.create_vendor()
    bill_events.control.deliver()
    bill_events.call("PATCH", f"/subscriptions/{first['id']}", {"status": {"enabled": False}})
    deleted = Bill(f"{bill_events.control.url.removesuffix('/control')}/connect-events").send(
        "DELETE", f"/v3/subscriptions/{second['id']}", bill_events.headers
    )
    assert deleted.status_code == 200
    bill_events.control.advance(60)
    assert bill_events.states() == [("dropped", [500]), ("dropped", [500])]


@pytest.mark.parametrize("setting", ["kept", "new"])
def test_emulator_delivery_again_has_the_same_or_a_new_identifier(bill_events: Subscriber, setting: str) -> None:
    bill_events.control.post("settings", webhook_resend_id=setting)
    made = bill_events.subscribe("vendor.created")
    vendor = bill_events.create_vendor()
    bill_events.control.deliver()
    (event,) = bill_events.history(made["id"])
    again = bill_events.call("POST", f"/events/subscription/{made['id']}/event/{event['id']}")
    assert (again["id"] == event["id"]) == (setting == "kept")
    bill_events.control.deliver()
    first, second = bill_events.receiver.received
    assert second.metadata == {**first.metadata, "eventId": again["id"]}
    assert second.content["vendor"] == first.content["vendor"] == vendor
    assert is_signed(second, made["securityKey"])
    assert len(bill_events.history(made["id"])) == (1 if setting == "kept" else 2)


def test_emulator_delivery_history_is_filtered_sorted_and_ends_after_180_days(
    bill_events: Subscriber, control: Control
) -> None:
    made = bill_events.subscribe("vendor.created")
    old = bill_events.create_vendor(name="old")["id"]
    control.advance(170 * DAY)
    bill_events.sign_in_again()
    names = [bill_events.create_vendor(name=f"new {number}")["id"] for number in range(3)]
    control.deliver()

    def found(**asked: str) -> list[str]:
        return [json.loads(one["payload"])["vendor"]["id"] for one in bill_events.history(made["id"], **asked)]

    now = control.get("clock")["now"]
    begin = now.replace("T10:1", "T10:0")
    assert sorted(found()) == sorted([old, *names])
    assert found(createdTimeFrom=begin) == names[::-1]
    assert found(createdTimeFrom=begin, ascending="true") == names
    assert found(createdTimeTo=begin) == [old]
    assert found(createdTimeFrom="2026-03-01T00:00:00Z", createdTimeTo=begin) == [old]
    assert found(entityId=names[1]) == [names[1]]
    path = f"/events/subscription/{made['id']}"
    page = bill_events.call("GET", f"{path}?max=2&createdTimeFrom=2026-01-01T00:00:00Z")
    rest = bill_events.call("GET", f"{path}?createdTimeFrom=2026-01-01T00:00:00Z&page={page['nextPage']}")
    assert (len(page["results"]), len(rest["results"]), rest.keys()) == (2, 2, {"results"})
    for invalid in ("createdTimeFrom=soon", "entity=1", f"page={page['nextPage']}"):
        bill_events.call("GET", f"{path}?{invalid}", status=400)
    control.advance(11 * DAY)
    bill_events.sign_in_again()
    assert sorted(found()) == sorted(names)


def test_emulator_delivery_is_signed_with_the_old_key_for_a_while_after_a_rotation(bill_events: Subscriber) -> None:
    # Before the first rotation, there is no old key.
    bill_events.control.post("settings", webhook_old_key_seconds=600)
    made = bill_events.subscribe("vendor.created")
    keys = [made["securityKey"]]
    found = []

    def send() -> None:
        bill_events.create_vendor()
        bill_events.control.deliver()
        found.append([is_signed(bill_events.receiver.received[-1], key) for key in keys].index(True))

    send()
    bill_events.control.post("settings", webhook_old_key_seconds=0)
    keys.append(bill_events.call("POST", f"/subscriptions/{made['id']}/security_key")["securityKey"])
    send()
    bill_events.control.post("settings", webhook_old_key_seconds=600)
    keys.append(bill_events.call("POST", f"/subscriptions/{made['id']}/security_key")["securityKey"])
    send()
    bill_events.control.advance(600)
    send()
    assert found == [0, 1, 1, 2]


def test_emulator_delivery_body_as_an_escaped_text_is_a_setting(bill_events: Subscriber) -> None:
    bill_events.control.post("settings", webhook_body="text", webhook_content_type="text/plain")
    made = bill_events.subscribe("vendor.created")
    vendor = bill_events.create_vendor()
    bill_events.control.deliver()
    (received,) = bill_events.receiver.received
    assert isinstance(received.content, str)
    assert json.loads(received.content)["vendor"] == vendor
    assert is_signed(received, made["securityKey"])
    assert received.headers["content-type"] == "text/plain"


def test_emulator_delivery_without_a_length_is_a_setting(bill_events: Subscriber) -> None:
    made = bill_events.subscribe("vendor.created")
    for framing in ("length", "chunks"):
        bill_events.control.post("settings", webhook_framing=framing)
        bill_events.create_vendor()
        bill_events.control.deliver()
    received = bill_events.receiver.received
    assert all(is_signed(one, made["securityKey"]) for one in received)
    found = [{"content-length", "transfer-encoding"} & one.headers.keys() for one in received]
    assert found == [{"content-length"}, {"transfer-encoding"}]
    assert bill_events.states() == [("delivered", [200])] * 2


def test_emulator_delivery_order_and_copies_are_settings(
    bill: Bill, bill_events: Subscriber, receiver: Receiver
) -> None:
    made = bill_events.subscribe("vendor.created")
    bill_events.control.post("settings", webhook_order="newest_first", webhook_copies=2)
    several = [{**VENDOR, "name": name} for name in ("one", "two")]
    assert bill.post("/v3/vendors/bulk", bill_events.headers, several).status_code == 201
    bill_events.control.deliver()
    assert [one.content["vendor"]["name"] for one in receiver.received] == ["two", "two", "one", "one"]
    # A copy is no retry.
    assert not any("retries" in event for event in bill_events.history(made["id"]))
    assert len({one.metadata["eventId"] for one in receiver.received}) == 2


def test_emulator_delivery_waits_in_a_pause_and_can_be_sent_in_any_order(
    bill_events: Subscriber, receiver: Receiver, control: Control
) -> None:
    made = bill_events.subscribe("vendor.created")
    assert control.post("webhooks/pause")["paused"] is True
    names = ["one", "two", "three"]
    for name in names:
        bill_events.create_vendor(name=name)
    control.advance(60)
    assert receiver.received == []
    ids = [one["id"] for one in bill_events.history(made["id"])]
    assert [one["state"] for one in control.deliver(ids[1], ids[0], ids[1])] == [
        "delivered",
        "delivered",
        "waiting",
        "delivered",
    ]
    assert [one.metadata["eventId"] for one in receiver.received] == [ids[1], ids[0], ids[1]]
    receiver.statuses.append(500)
    control.deliver()
    assert control.get("webhooks")["pending"] == 1
    control.post("webhooks/resume")
    control.advance(2)
    unknown = requests.post(f"{control.url}/webhooks/deliver", json={"events": ["none"]}, timeout=5)
    assert unknown.status_code == 404
    state = control.get("webhooks")
    assert (state["paused"], state["pending"]) == (False, 0)
    assert [one.metadata["eventId"] for one in receiver.received[3:]] == [ids[2], ids[2]]


def test_emulator_delivery_of_a_test_has_invented_or_given_values(bill_events: Subscriber, receiver: Receiver) -> None:
    made = bill_events.subscribe("bill.created", status={"enabled": False})
    path = f"/subscriptions/{made['id']}/test"
    bill_events.control.post("settings", webhook_test_waits=True)
    assert bill_events.call("POST", path)["statusCode"] == 200
    for event_type in webhook_events.TYPES:
        event = bill_events.call("POST", path, {"eventType": event_type, "version": "1"})
        received = receiver.received[-1]
        assert received.body.decode() == event["payload"]
        assert is_signed(received, made["securityKey"])
        name = next(name for name in received.content if name not in {"metadata", "errors", "fundingAccount"})
        assert received.content[name]
    given = {"eventType": "bank-account.created", "bank-account": {"id": "bac1", "bankName": "A bank"}}
    bill_events.call("POST", path, given)
    assert receiver.received[-1].content["bankAccount"] == given["bank-account"]
    assert len(bill_events.history(made["id"], entityId="bac1")) == 1
    bill_events.call("POST", path, {"eventType": "customer.created"}, status=400)
    assert receiver.types == ["bill.created", *webhook_events.TYPES, "bank-account.created"]


def test_emulator_delivery_to_another_machine_is_never_sent_and_has_the_status_of_the_setting(
    bill_events: Subscriber,
) -> None:
    bill_events.url = "https://hooks.example.com/bill"
    made = bill_events.subscribe("vendor.created")
    bill_events.create_vendor()
    assert bill_events.history(made["id"])[0]["statusCode"] == 200
    bill_events.control.post("settings", webhook_elsewhere=503)
    bill_events.create_vendor()
    bill_events.control.advance(30.5)
    assert bill_events.states() == [("delivered", [200]), ("lost", [503] * 5)]
    assert bill_events.status(made["id"])["enabled"] is False


def test_emulator_delivery_over_https_checks_the_certificate_if_there_is_an_authority(
    bill: Bill, control: Control, tmp_path: Path
) -> None:
    trusted, other = Authority(tmp_path / "trusted"), Authority(tmp_path / "other", "another authority")
    with receiving(trusted.good()) as receiver:
        events = Subscriber(bill, control, receiver)
        made = events.subscribe("vendor.created")
        for authority in ("", str(trusted.file), str(other.file)):
            control.post("settings", webhook_ca=authority)
            events.create_vendor()
            control.deliver()
        assert events.states() == [("delivered", [200]), ("delivered", [200]), ("waiting", [None])]
        assert "CERTIFICATE_VERIFY_FAILED" in control.get("webhooks")["deliveries"][-1]["problem"]
        assert len(receiver.received) == 2
        assert is_signed(receiver.received[0], made["securityKey"])


@pytest.mark.parametrize("url", ["http://hooks.example.com/bill", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/"])
def test_emulator_delivery_over_http_is_only_accepted_for_this_machine(
    bill: Bill, bill_events: Subscriber, control: Control, url: str
) -> None:
    made = bill_events.subscribe("vendor.created")
    bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"notificationUrl": url}, status=400)
    control.post("settings", webhook_http=False)
    bill_events.call("PATCH", f"/subscriptions/{made['id']}", {"notificationUrl": bill_events.url + "2"}, status=400)


def test_emulator_delivery_of_a_stored_subscription_is_signed_with_its_given_key(
    bill_events: Subscriber, receiver: Receiver
) -> None:
    content = {
        "status": {"enabled": True},
        "events": [{"type": "vendor.created", "version": "1"}],
        "notificationUrl": receiver.url,
        "securityKey": "s3cret-findme-key",
    }
    stored = bill_events.control.post(f"objects/webhook-subscriptions?organization_id={ORGANIZATION}", **content)
    assert "securityKey" not in stored
    bill_events.create_vendor()
    bill_events.control.deliver()
    assert is_signed(receiver.received[0], "s3cret-findme-key")


def test_emulator_delivery_several_attempts_of_a_subscription_can_be_in_flight(bill_events: Subscriber) -> None:
    bill_events.subscribe("vendor.created")
    bill_events.control.post("settings", webhook_concurrency=2, webhook_timeout=5)
    bill_events.receiver.together = threading.Barrier(2)
    bill_events.create_vendor(name="one")
    bill_events.create_vendor(name="two")
    bill_events.control.deliver()
    assert bill_events.states() == [("delivered", [200]), ("delivered", [200])]


@pytest.mark.slow
def test_emulator_delivery_that_a_control_call_waits_for_does_not_delay_the_end_of_the_command() -> None:
    command = [sys.executable, "-m", "tests.emulator"]
    root = Path(__file__).resolve().parents[3]
    with (
        receiving() as receiver,
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor() as pool,
    ):
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        bill, control = Bill(url), Control(url)
        control.post("settings", webhook_http=True, webhook_timeout=60)
        events = Subscriber(bill, control, receiver)
        events.subscribe("vendor.created")
        receiver.together = threading.Barrier(2)
        control.post("webhooks/pause")
        events.create_vendor()
        call = pool.submit(requests.post, f"{control.url}/webhooks/deliver", json={}, timeout=30)
        # In a pause, only the call can have sent the event. The receiver does not respond, so the call waits.
        while not receiver.received:
            assert control.get("webhooks")["pending"] == 1
        process.send_signal(signal.SIGTERM)
        rest, complaints = process.communicate(timeout=20)
        assert (process.returncode, rest, complaints) == (0, "", "")
        assert call.exception() is not None or call.result().status_code == 503
