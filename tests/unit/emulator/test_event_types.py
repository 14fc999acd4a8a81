# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of events: those that BILL documents, those of the emulator, and those that the event sources know, are the same."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.events import KNOWN, event_of
from tests.emulator.control_client import Bill, Control

NEW = {"status": {"enabled": True}, "name": "all", "notificationUrl": "https://hooks.example.com/bill"}


def documented() -> dict[str, list[str]]:
    """The names in the payload of each type."""
    text = Path(__file__).with_name("event_types.tsv").read_text()
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert len(rows) == len({event_type for event_type, _names in rows})
    return {event_type: names.replace("*", "").split() for event_type, names in rows}


@pytest.fixture
def ask(bill: Bill) -> Callable[..., Any]:
    """Send a request to the webhooks API as a signed-in user. Returns the response."""
    webhooks, headers = Bill(f"{bill.api_url}-events"), bill.session()

    def ask(method: str, path: str, content: Any = None) -> Any:
        return webhooks.send(method, path, {**headers, "X-Idempotent-Key": str(uuid.uuid4())}, content)

    return ask


def subscribed(ask: Callable[..., Any], *types: str) -> Any:
    return ask("POST", "/v3/subscriptions", {**NEW, "events": [{"type": each, "version": "1"} for each in types]})


def test_emulator_catalog_has_each_type_that_bill_documents_and_no_other(ask: Callable[..., Any]) -> None:
    catalog = ask("GET", "/v3/events/catalog").json()
    assert sorted(each["type"] for each in catalog) == sorted(documented())
    assert {tuple(each["versions"]) for each in catalog} == {("1",)}


def test_event_sources_know_each_type_that_bill_documents_and_no_other() -> None:
    assert {(event_type, "1") for event_type in documented()} == KNOWN


def test_emulator_test_event_of_each_type_has_the_documented_names_and_the_sources_read_it(
    ask: Callable[..., Any],
) -> None:
    subscription = subscribed(ask, *documented()).json()
    for event_type, names in documented().items():
        entry = ask("POST", f"/v3/subscriptions/{subscription['id']}/test", {"eventType": event_type}).json()
        payload = json.loads(entry["payload"])
        assert (payload.keys() == {"metadata", *names}) or names == ["?"], event_type
        event = event_of(entry)
        assert (event.type, event.is_known) == (event_type, True)
        assert event.payload.keys() == payload.keys() - {"metadata"}


def test_emulator_autopay_event_is_for_select_partners_and_can_have_another_form(
    ask: Callable[..., Any], control: Control
) -> None:
    control.post("settings", autopay_body="payment", three_ds_challenge_name="challenge")
    subscription = subscribed(ask, "autopay.failed", "spend.three-ds-challenge.created").json()
    path = f"/v3/subscriptions/{subscription['id']}/test"
    autopay = json.loads(ask("POST", path).json()["payload"])
    assert autopay.keys() == {"metadata", "payment"}
    assert autopay["payment"].keys() == {"vendor", "fundingAccount", "errors"}
    challenge = ask("POST", path, {"eventType": "spend.three-ds-challenge.created"}).json()
    assert json.loads(challenge["payload"]).keys() == {"metadata", "challenge"}
    control.post("settings", autopay_partner=False)
    assert "autopay.failed" not in [each["type"] for each in ask("GET", "/v3/events/catalog").json()]
    assert subscribed(ask, "autopay.failed").status_code == 400
    assert ask("POST", path, {"eventType": "autopay.failed"}).status_code == 400
