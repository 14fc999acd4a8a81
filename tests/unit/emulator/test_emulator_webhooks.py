# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The webhooks API: who may call it, its subscriptions and events, and the key with which a create is done once."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.emulator import webhook_events, world
from tests.emulator.control_client import Bill, Control, codes

SUBSCRIPTIONS = "/v3/subscriptions"
BODY = {
    "name": "ap",
    "status": {"enabled": True},
    "events": [{"type": "bill.created", "version": "1"}],
    "notificationUrl": "https://hooks.example.com/bill",
}


@pytest.fixture
def webhooks(api_url: str, bill: Bill) -> Bill:
    """The same BILL at the base of its webhooks."""
    return Bill(f"{api_url}-events")


def key() -> dict[str, str]:
    return {"X-Idempotent-Key": str(uuid.uuid4())}


def create(webhooks: Bill, headers: dict[str, str], **changes: Any) -> Any:
    return webhooks.post(SUBSCRIPTIONS, {**headers, **key()}, {**BODY, **changes})


def test_emulator_webhooks_subscription_is_created_listed_changed_and_deleted(bill: Bill, webhooks: Bill) -> None:
    headers = bill.session()
    assert {"type": "bill.created", "versions": ["1"]} in webhooks.get("/v3/events/catalog", headers).json()
    response = create(webhooks, headers)
    assert response.status_code == 200
    made = response.json()
    assert made.pop("securityKey")
    assert made["organizationId"] == world.ORGANIZATION.id
    assert made["status"] == {"enabled": True, "actor": "CLIENT"}
    one = f"{SUBSCRIPTIONS}/{made['id']}"
    assert webhooks.get(SUBSCRIPTIONS, headers).json() == {"results": [made]}
    assert webhooks.get(one, headers).json() == made
    assert webhooks.send("PATCH", one, headers, {"name": "new"}).json()["name"] == "new"
    events = [{"type": "vendor.created", "version": "1"}]
    assert webhooks.send("PUT", one, headers, {**BODY, "events": events}).json()["events"] == events
    assert webhooks.send("PUT", one, headers, {"name": "only"}).status_code == 400
    assert webhooks.post(f"{one}/security_key", {**headers, **key()}).json().keys() == {"securityKey"}
    event = webhooks.post(f"{one}/test", headers, {"eventType": "bill.updated"}).json()
    assert json.loads(event["payload"])["metadata"]["eventType"] == "bill.updated"
    history = f"/v3/events/subscription/{made['id']}"
    assert webhooks.get(history, headers).json()["results"] == [event]
    assert webhooks.post(f"{history}/event/{event['id']}", headers).json() == event
    assert webhooks.post(f"{history}/event/none", headers).status_code == 404
    deleted = webhooks.send("DELETE", one, headers)
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert webhooks.get(one, headers).status_code == 404


def test_emulator_webhooks_same_key_returns_the_first_response_for_24_hours(
    bill: Bill, webhooks: Bill, control: Control
) -> None:
    headers = {**bill.session(), **key()}
    assert webhooks.post(SUBSCRIPTIONS, headers, {**BODY, "name": ""}).status_code == 400
    first = webhooks.post(SUBSCRIPTIONS, headers, BODY).json()
    assert webhooks.post(SUBSCRIPTIONS, headers, BODY).json() == first
    control.advance(24 * 60 * 60)
    later = {**bill.session(), "X-Idempotent-Key": headers["X-Idempotent-Key"]}
    assert webhooks.post(SUBSCRIPTIONS, later, BODY).status_code == 400
    assert len(webhooks.get(SUBSCRIPTIONS, later).json()["results"]) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"sessionId": "SESSION-wrong", "devKey": world.DEV_KEY}, 401),
        ({"Authorization": "Bearer x"}, 400),
        ({"apiToken": "wrong"}, 401),
    ],
)
def test_emulator_webhooks_without_valid_credentials_are_rejected(
    webhooks: Bill, headers: dict[str, str], status: int
) -> None:
    assert webhooks.get(SUBSCRIPTIONS, headers).status_code == status
    assert webhooks.get("/v3/health").status_code == 200


def test_emulator_webhooks_belong_to_the_organization_the_partner_or_the_company(bill: Bill, webhooks: Bill) -> None:
    partner = world.PARTNER
    login = {"appKey": partner.app_key, "username": partner.username, "password": partner.password}
    session = bill.post("/v3/partner/login", content=login).json()["sessionId"]
    for headers in (
        bill.session(),
        bill.session(organizationId=world.SECOND_ORGANIZATION.id),
        {"sessionId": session, "appKey": partner.app_key},
        {"apiToken": world.SPEND_TOKEN.value},
    ):
        assert webhooks.get(SUBSCRIPTIONS, headers).json() == {"results": []}
        assert create(webhooks, headers).status_code == 200


@pytest.mark.parametrize("given", ["", "nonsense", "00000000-0000-1000-8000-000000000000"])
def test_emulator_webhooks_create_without_a_valid_key_is_rejected(bill: Bill, webhooks: Bill, given: str) -> None:
    headers = {**bill.session(), **({"X-Idempotent-Key": given} if given else {})}
    assert webhooks.post(SUBSCRIPTIONS, headers, BODY).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 7},
        {"events": []},
        {"events": [{"type": "bill.created", "version": 1}]},
        {"events": [{"type": "customer.created", "version": "1"}]},
        {"notificationUrl": "http://hooks.example.com/bill"},
        {"status": {"enabled": "yes"}},
        {"status": None},
    ],
    ids=str,
)
def test_emulator_webhooks_invalid_subscription_is_rejected(
    bill: Bill, webhooks: Bill, changes: dict[str, Any]
) -> None:
    assert create(webhooks, bill.session(), **changes).status_code == 400


def test_emulator_webhooks_eleventh_and_second_equal_subscription_are_rejected(bill: Bill, webhooks: Bill) -> None:
    headers = bill.session()
    for number in range(10):
        assert create(webhooks, headers, events=[{"type": webhook_events.TYPES[number], "version": "1"}]).ok
        if number == 0:
            assert not create(webhooks, headers, events=[{"type": webhook_events.TYPES[0], "version": "1"}]).ok
    assert create(webhooks, headers).status_code == 400
    page = webhooks.get(f"{SUBSCRIPTIONS}?max=4", headers).json()
    rest = webhooks.get(SUBSCRIPTIONS, headers, params={"max": 100, "page": page["nextPage"]}).json()
    assert (len(page["results"]), len(rest["results"]), rest.keys()) == (4, 6, {"results"})


def test_emulator_webhooks_paths_are_only_at_their_base(bill: Bill, webhooks: Bill, control: Control) -> None:
    headers = bill.session()
    assert codes(bill.get(SUBSCRIPTIONS, headers)) == ["BDC_1121"]
    assert codes(webhooks.get("/v3/vendors", headers)) == ["BDC_1121"]
    webhooks.get(SUBSCRIPTIONS, headers)
    assert control.received()[-1]["path"] == "/connect-events/v3/subscriptions"
