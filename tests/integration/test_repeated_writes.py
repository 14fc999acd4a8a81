# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A payment on three hosts by mistake becomes one payment, and the play learns which host has sent it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from tests.emulator.control_client import Control
from tests.integration.project import Project
from tests.integration.request_tasks import amounts_paid, call, may_pay, pay, that

IGNORED = {"ignore_errors": True}
HOSTS = ("one", "two", "three")


@pytest.fixture
def three(payer: Project) -> Project:
    may_pay(payer)
    payer.hosts(*HOSTS)
    return payer


def paid(bill: Control) -> Counter[Any]:
    """The number of payments of each amount."""
    # Up to ansible-core 2.18, a template turns a number into a text.
    return Counter(int(amount) for amount in amounts_paid(bill))


def ping(**keywords: Any) -> dict[str, Any]:
    return {"name": "Ping", "ansible.builtin.ping": None, **keywords}


@pytest.mark.promise(10)
def test_payment_repeated_by_hosts_batches_or_handlers_is_sent_once(three: Project, bill: Control) -> None:
    once = {"run_once": True}
    run = three.plays(
        {"tasks": [pay(1, task=IGNORED)]},
        {"tasks": [pay(2, task={**IGNORED, "delegate_to": "localhost"})]},
        {"serial": 1, "tasks": [pay(3, task={**IGNORED, **once})]},
        {"strategy": "free", "tasks": [pay(4, task=IGNORED)]},
        {"strategy": "host_pinned", "tasks": [pay(5, task=IGNORED)]},
        {
            "tasks": [ping(notify="Pay 6", changed_when=True)],
            "handlers": [pay(6, "Pay 6", task=IGNORED)],
        },
        # A payment that is meant once, and one that is meant for each host.
        {"tasks": [pay(7, task=once)]},
        {"hosts": "localhost", "connection": "local", "tasks": [pay(8)]},
        {"tasks": [pay(9, repeat=True)]},
        {"tasks": [pay("{{ groups.all.index(inventory_hostname) + 10 }}")]},
    )
    assert run.code == 0, run.output
    assert paid(bill) == {**dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8), 1), 9: 3, 10: 1, 11: 1, 12: 1}
    # In the plays 1 to 6, two hosts each.
    assert sum(run.recap(host)["ignored"] for host in HOSTS) == 12, run.output
    assert run.shows("POST /v3/payments was not sent for")
    assert run.shows("with hosts: localhost or run_once: true")
    assert run.shows("set repeat: true")


@pytest.mark.promise(10)
def test_payment_repeated_by_loop_items_or_host_names_is_sent_once(three: Project, bill: Control) -> None:
    (three.folder / "pay.yml").write_text(yaml.safe_dump([pay(3, task=IGNORED)]))
    (three.folder / "linked.yml").symlink_to("pay.yml")
    included = {"name": "Include", "ansible.builtin.include_tasks": "pay.yml", "loop": [1, 2]}
    run = three.plays(
        {"hosts": "one", "tasks": [pay(1, task={"loop": [1, 1], **IGNORED})]},
        {"hosts": "one,two", "tasks": [pay(2, task=IGNORED)]},
        {"hosts": "one", "tasks": [included]},
        {"strategy": "free", "tasks": [included]},
        {"hosts": "one", "tasks": [{"name": "Import", "ansible.builtin.import_tasks": "linked.yml"}]},
        {"hosts": "one", "tasks": [pay("{{ item }}", task={"loop": [4, 5]})]},
        {"hosts": "one", "tasks": [pay(6, repeat=True, task={"loop": [1, 2]})]},
        # Two tasks are two intentions.
        {"hosts": "one", "tasks": [pay(7, "Pay the first"), pay(7, "Pay the second")]},
    )
    assert run.code == 0, run.output
    assert paid(bill) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2}


@pytest.mark.promise(10)
def test_payment_in_two_tasks_from_one_anchor_is_sent_for_each(three: Project, bill: Control) -> None:
    task = yaml.safe_dump(pay(1), default_flow_style=True, width=1000).strip()
    (three.folder / "site.yml").write_text(
        f"- hosts: one\n  gather_facts: false\n  tasks:\n    - &pay {task}\n    - *pay\n"
        f"- hosts: one\n  gather_facts: false\n  tasks:\n    - block: [&twice {{block: [{task}]}}, *twice]\n"
        f"- {{hosts: one, gather_facts: false, tasks: [{task}, {task}]}}\n"
    )
    run = three.run("ansible-playbook", "site.yml")
    assert run.code == 0, run.output
    assert paid(bill) == {1: 6}


@pytest.mark.promise(10)
def test_payment_refused_by_bill_is_sent_for_next_host(three: Project, bill: Control) -> None:
    """until and rescue work as before."""
    bill.fault("POST /v3/payments", code="BDC_1152", status=422)
    bill.fault("POST /v3/payments", code="BDC_1152", status=422)
    bill.fault("POST /v3/payments", after=2, reset=True, acted=True)
    run = three.plays(
        {"serial": 1, "tasks": [pay(1, task={"failed_when": False})]},
        {"hosts": "one", "tasks": [pay(2, task={"until": "answer is success", "retries": 2, "delay": 0})]},
        {
            "hosts": "one",
            "tasks": [
                {
                    "name": "Pay, whatever it costs",
                    "block": [pay(3, task={"until": "answer is success", "retries": 2, "delay": 0})],
                    "rescue": [that("answer.uncertain and answer.attempts == 2"), pay(3, "Pay again")],
                }
            ],
        },
    )
    assert run.code == 0, run.output
    assert paid(bill) == {1: 1, 2: 1, 3: 2}


@pytest.mark.promise(10)
@pytest.mark.promise(12)
def test_payment_repeated_in_check_mode_is_refused(three: Project, bill: Control) -> None:
    run = three.play(pay(1, task=IGNORED), call(task={"register": "read"}), arguments=("--check",))
    assert run.code == 0, run.output
    assert sum(run.recap(host)["ignored"] for host in HOSTS) == 2
    assert amounts_paid(bill) == []


@pytest.mark.promise(8)
@pytest.mark.promise(10)
def test_payment_done_and_failed_by_ansible_says_that_bill_has_paid(payer: Project, bill: Control) -> None:
    may_pay(payer)
    deep = "[" * 700 + "]" * 700
    bill.fault("POST /v3/payments", after=2, status=201, body=deep, content_type="application/json", acted=True)
    has_paid = (
        "not answer.uncertain and answer.changed",
        "answer.msg == 'BILL has processed this write: POST /v3/payments (HTTP status 201).'",
    )
    run = payer.play(
        pay(1, task={"until": "answer.status == 200", "retries": 2, "delay": 0, **IGNORED}),
        that("answer is failed and answer.attempts == 2", *has_paid),
        pay(2, task={"failed_when": "answer.status != 200", **IGNORED}),
        that("answer is failed", *has_paid),
        pay(3, task=IGNORED),
        that("answer is failed and answer.uncertain and answer.sent.body.amount == 3"),
        arguments=("-v",),
    )
    assert run.code == 0, run.output
    assert sorted(amounts_paid(bill)) == [1, 2, 3]
    assert run.times("BILL has processed this write: POST /v3/payments (HTTP status 201).") >= 2, run.output
    assert run.shows("answered with JSON that is nested more than 100 levels deep")
    assert not run.shows("Unknown error")
