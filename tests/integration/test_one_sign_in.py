# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sign-in serves every task, host, fork, lookup and later run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project

LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
# no_log, because uri does not know that its headers are secret.
VENDORS: dict[str, Any] = {
    "name": "List vendors",
    "ansible.builtin.uri": {"url": "{{ bill.api_url }}/v3/vendors?max=100", "headers": "{{ bill.headers }}"},
    "register": "vendors",
    "no_log": True,
}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(14)
def test_login_two_runs_with_requests_signs_in_once(project: Project, bill: Control) -> None:
    tasks: list[dict[str, Any]] = [
        LOGIN,
        VENDORS,
        {
            "name": "Use the variables",
            "ansible.builtin.uri": {"url": "{{ bill.api_url }}/v3/vendors?max=1", "headers": "{{ bill_headers }}"},
            "no_log": True,
        },
        {
            "name": "All is there",
            "ansible.builtin.assert": {
                "that": [
                    "vendors.json.results | length == 100",
                    f"bill_organization_id == '{world.ORGANIZATION.id}'",
                    f"bill_user_id == '{world.USER.id}' and bill_user_id == bill.user_id",
                    "bill_session_id == bill.session_id and bill_headers == bill.headers",
                    "not bill.trusted and bill.auth_method == 'password'",
                    "bill.expires_at is match('20..-..-..T..:..:..Z')",
                ]
            },
        },
    ]
    first = project.play(*tasks)
    assert first.code == 0, first.output
    assert first.recap()["changed"] == 1
    second = project.play(*tasks)
    assert second.recap()["changed"] == 0
    assert bill.get("counts")["POST /v3/login"] == 1
    assert bill.get("counts")["GET /v3/vendors"] == 4
    if project.core != (2, 20):
        # ansible-core 2.20 itself deprecates every fact that is used by its bare name.
        assert first.warnings == second.warnings == []


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_login_ten_tasks_with_lookups_signs_in_once(project: Project, bill: Control) -> None:
    tasks: list[dict[str, Any]] = []
    for number in range(10):
        tasks.append({**LOGIN, "name": f"Sign in {number}"})
        tasks.append(
            {
                "name": f"Look up {number}",
                "ansible.builtin.assert": {
                    "that": [
                        "lookup('bill.connect.bill_login').headers == bill.headers",
                        "lookup('bill.connect.bill_login', 'session_id') == bill.session_id",
                        "query('bill.connect.bill_login', 'organization_id', 'changed') "
                        "== [bill.organization_id, false]",
                    ]
                },
                "no_log": True,
            }
        )
    for changed in (1, 0):
        run = project.play(*tasks)
        assert run.code == 0, run.output
        assert run.recap()["changed"] == changed
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(1)
def test_lookup_called_thousand_times_signs_in_once(project: Project, bill: Control) -> None:
    run = project.play(
        {
            "name": "Many lookups in one task, then some in another",
            "ansible.builtin.debug": {
                "msg": "{% for each in range(1000) %}{{ lookup('bill.connect.bill_login', 'user_id') }}{% endfor %}"
            },
            "no_log": True,
        },
        {
            "name": "A loop",
            "ansible.builtin.debug": {"msg": "{{ item }} {{ lookup('bill.connect.bill_login', 'user_id') }}"},
            "loop": [1, 2, 3],
        },
    )
    assert run.code == 0, run.output
    assert run.shows(f"3 {world.USER.id}")
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(11)
@pytest.mark.parametrize(
    ("check_after", "strategy"),
    [
        (60, "free"),
        (0, "linear"),
        pytest.param(60, "linear", marks=pytest.mark.slow),
        pytest.param(0, "free", marks=pytest.mark.slow),
    ],
)
def test_login_forty_hosts_on_twenty_forks_signs_in_once(
    project: Project, bill: Control, check_after: int, strategy: str
) -> None:
    project.hosts(*(f"host{number:02}" for number in range(40)))
    project.variables(bill_api_url=project.api_url, bill_check_after=check_after)
    # A slow BILL makes tasks overlap.
    bill.post("settings", latency=0.02)
    run = project.play(
        LOGIN,
        {
            "name": "Look up",
            "ansible.builtin.assert": {"that": "lookup('bill.connect.bill_login', 'session_id') == bill.session_id"},
            "no_log": True,
        },
        arguments=("--forks", "20"),
        strategy=strategy,
    )
    assert run.code == 0, run.output
    assert run.changed == 1
    assert bill.get("counts")["POST /v3/login"] == 1
    assert bill.get("state")["peak_in_flight"] <= 3


@pytest.mark.promise(11)
@pytest.mark.parametrize("session_store", [None, "none"])
@pytest.mark.slow
def test_concurrency_limit_six_users_of_one_key_send_three_requests_at_once(
    project: Project, bill: Control, session_store: str | None
) -> None:
    people = {f"person{number}": clerk for number, clerk in enumerate(world.CLERKS)}
    project.hosts(*people)
    project.variables(
        bill_api_url=project.api_url,
        bill_session_store=session_store,
        people={name: {"username": clerk.username, "password": clerk.password} for name, clerk in people.items()},
        bill_username="{{ people[inventory_hostname].username }}",
        bill_password="{{ people[inventory_hostname].password }}",
    )
    # The delay is long enough for all six to arrive.
    bill.post("settings", latency=2)
    run = project.play(LOGIN, arguments=("--forks", "6"))
    assert run.code == 0, run.output
    assert run.changed == len(people)
    assert bill.get("counts") == {"POST /v3/login": len(people)}
    assert bill.get("state")["peak_in_flight"] == 3


@pytest.mark.promise(1)
def test_login_unreachable_host_succeeds(project: Project, bill: Control) -> None:
    project.hosts("far", ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=9)
    run = project.play(LOGIN, {"name": "Show", "ansible.builtin.debug": {"msg": "{{ bill.user_id }}"}})
    assert run.code == 0, run.output
    assert run.shows(world.USER.id)
    assert run.recap("far")["unreachable"] == 0
    assert bill.get("counts") == {"POST /v3/login": 1}


def test_login_run_once_gives_session_to_every_host(project: Project, bill: Control) -> None:
    project.hosts("one", "two")
    run = project.play(
        {**LOGIN, "run_once": True},
        {"name": "Show", "ansible.builtin.debug": {"msg": "{{ bill.user_id }} on {{ inventory_hostname }}"}},
    )
    assert run.shows(f"{world.USER.id} on two")
    assert bill.get("counts") == {"POST /v3/login": 1}


def test_login_run_ad_hoc_succeeds(project: Project, bill: Control) -> None:
    run = project.run("ansible", "localhost", "-m", "bill.connect.bill_login")
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}
