# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL's webhooks API from a play: reached with the same session, and a subscription is created once and its key stays secret."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator import world
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Control
from tests.emulator.receiver import receiving
from tests.integration.project import Project
from tests.integration.request_tasks import LOGIN, call, calls_received, that

PATH = "/connect-events/v3/subscriptions"
CREATE = f"POST {PATH}"
IGNORE = {"ignore_errors": True}
BODY = {
    "name": "ap",
    "status": {"enabled": True},
    "events": [{"type": "bill.created", "version": "1"}],
    "notificationUrl": "https://hooks.example.com/bill",
}


def create(name: str = "Subscribe", task: dict[str, Any] | None = None, **options: Any) -> Any:
    return call(PATH, name, task, method="POST", **{"body": BODY, **options})


def keys(bill: Control) -> list[str]:
    """The keys of the creates that BILL received."""
    return [
        each["headers"]["x-idempotent-key"] for each in bill.received() if f"{each['method']} {each['path']}" == CREATE
    ]


@pytest.mark.promise(1)
@pytest.mark.promise(5)
@pytest.mark.promise(7)
def test_webhooks_subscription_from_a_play_lives_with_one_sign_in_and_hides_its_key(
    project: Project, bill: Control
) -> None:
    events = project.api_url + "-events"
    one = f"{PATH}/{{{{ made.json.id }}}}"
    run = project.play(
        call("/connect-events/v3/events/catalog"),
        that("answer.json | selectattr('type', 'equalto', 'bill.created') | list | length == 1"),
        create(task={"register": "made", "diff": True}),
        that("made.json.securityKey is match('s3cret-webhook-') and made.changed and made.status == 200"),
        call(PATH, paginate=True),
        that(
            "answer.results | map(attribute='id') | list == [made.json.id] and 'securityKey' not in answer.results[0]"
        ),
        call(f"{events}/v3/subscriptions/{{{{ made.json.id }}}}", "Read at the complete address"),
        call("/v3/subscriptions/{{ made.json.id }}", "Read with api_url", api_url=events),
        call("/connect/v3/vendors", "Read vendors with the same api_url", api_url=events, query={"max": 1}),
        that("answer.json.results | length == 1"),
        call(one, "Rename", method="PATCH", body={"name": "renamed"}),
        call(one, "Replace", method="PUT", body={**BODY, "events": [{"type": "vendor.created", "version": "1"}]}),
        call(f"{one}/test", "Test", method="POST"),
        call("/connect-events/v3/events/subscription/{{ made.json.id }}", paginate=True),
        that("answer.results | length == 1"),
        call(f"{one}/security_key", "Rotate", {"register": "rotated"}, method="POST"),
        that("rotated.json.securityKey not in ('', made.json.securityKey)"),
        call(one, "Delete", method="DELETE"),
        that("answer.changed and answer.json is none"),
        {
            "name": "Look up",
            "ansible.builtin.assert": {"that": [f"query('bill.connect.bill_request', '{PATH}') == []"]},
        },
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert "s3cret-webhook" not in run.output
    assert bill.get("counts")[LOGIN] == 1
    rotation = next(each for each in bill.received() if each["path"].endswith("/security_key"))
    assert rotation["headers"]["x-idempotent-key"] not in keys(bill)


@pytest.mark.promise(10)
@pytest.mark.slow
def test_webhooks_create_with_a_lost_response_is_done_once(project: Project, bill: Control) -> None:
    """In the same task, in its rescue, and in the next run."""
    lost = {"reset": True, "acted": True}
    project.leap_over_waits()
    bill.fault(CREATE, times=1, **lost)
    run = project.play(
        create(retries=1),
        that("answer.changed and answer.json.securityKey is defined"),
        call(f"{PATH}/{{{{ answer.json.id }}}}", "Delete", method="DELETE"),
    )
    assert run.code == 0, run.output
    first, second = keys(bill)
    assert first == second

    bill.fault(CREATE, times=1, **lost)
    run = project.play(create(retries=0), arguments=("-v",))
    assert run.code == 2
    assert run.shows("You can repeat the same write within 23 hours.")
    run = project.play(
        create(retries=0),
        that("answer.changed and answer.json.securityKey is defined"),
        call(PATH),
        that("answer.json.results | length == 1"),
    )
    assert run.code == 0, run.output
    assert keys(bill)[2] == keys(bill)[3] != first


@pytest.mark.promise(8)
def test_webhooks_mistakes_are_named_before_anything_is_sent(project: Project, bill: Control) -> None:
    app = {"client_id": world.CLIENT.id, "client_secret": world.CLIENT.secret}
    mistakes: dict[str, Any] = {
        "body.events[0].version is a number, but BILL has a text here.": create(
            body={**BODY, "events": [{"type": "bill.created", "version": 1}]}, task=IGNORE
        ),
        "does not accept auth_method oauth": call(PATH, "OAuth", IGNORE, auth_method="oauth", **app),
        "bill.connect does not send files yet": call(
            "/v3/documents/bills/00n1", "File", IGNORE, method="POST", query={"name": "a.pdf"}, body="%PDF-1.4"
        ),
        "A path of BILL's webhooks begins with /connect-events/v3/.": call(
            "/connect-events/subscriptions", task=IGNORE
        ),
    }
    tasks = [each for message, task in mistakes.items() for each in (task, that(f"{message!r} in answer.msg"))]
    run = project.play(
        *tasks,
        create("Only look", {"check_mode": True}),
        that("answer.changed and answer.status is none"),
    )
    assert run.code == 0, run.output
    assert calls_received(bill) == []
    run = project.play(call("/v3/subscriptions"))
    assert run.shows("The path of BILL's webhooks is /connect-events/v3/subscriptions. Write it so.")


@pytest.mark.slow
@pytest.mark.promise(5)
def test_playbook_subscribes_keeps_the_key_tests_the_delivery_and_rotates(
    project: Project, bill: Control, tmp_path: Path
) -> None:
    bill.post("settings", webhook_test_waits=True)
    with receiving(Authority(tmp_path / "authority").good()) as receiver:
        command = ("ansible-playbook", "bill.connect.webhook", "-e", f"bill_webhook_url={receiver.url}", "--diff")
        missing = project.run("ansible-playbook", "bill.connect.webhook")
        assert missing.shows("Set bill_webhook_url to the address of your event source")
        check = project.run(*command, "--check")
        assert (check.code, check.changed) == (0, 1), check.output
        first = project.run(*command, "-e", "bill_webhook_test=true")
        assert (first.code, first.changed) == (0, 1), first.output
        again = project.run(*command)
        assert (again.code, again.changed) == (0, 0), again.output
        # The event source verifies the test delivery with the key in the vault file.
        key = variable(project, "bill_webhook_key")
        (delivery,) = receiver.received
        signature = base64.b64encode(hmac.digest(key.encode(), delivery.body, "sha256")).decode()
        assert delivery.headers["x-bill-sha-signature"] == signature
        # A new key, and nothing else: the subscription keeps the events that somebody has chosen.
        chosen = project.run(*command, "-e", json.dumps({"bill_webhook_events": ["vendor.updated"]}))
        assert (chosen.code, chosen.changed) == (0, 1), chosen.output
        rotated = project.run(*command, "-e", "bill_webhook_rotate=true")
        (kept,) = bill.get(f"objects/webhook-subscriptions?organization_id={world.ORGANIZATION.id}")
        assert [each["type"] for each in kept["events"]] == ["vendor.updated"]
        assert (rotated.code, rotated.changed) == (0, 1), rotated.output
        assert variable(project, "bill_webhook_key_previous") == key != variable(project, "bill_webhook_key")
        receiver.statuses += [401] * 5
        refused = project.run(*command, "-e", "bill_webhook_test=true")
        assert refused.shows("The event source answered BILL with HTTP status 401. With 401, give it the key in")
    project.leap_over_waits()
    nowhere = "https://127.0.0.1:9/bill"
    unreachable = project.run(*command[:2], "-e", f"bill_webhook_url={nowhere}", "-e", "bill_webhook_test=true")
    assert (unreachable.code, unreachable.shows(f"BILL shows no response of {nowhere} half a minute")) == (2, True)
    for run in (check, first, again, rotated, refused, unreachable):
        assert "s3cret-webhook-" not in run.output


def variable(project: Project, name: str) -> str:
    """A variable of the vault file."""
    shown = project.run("ansible-vault", "view", "group_vars/all/bill.yml").output
    value: str = yaml.safe_load(shown)[name]
    return value
