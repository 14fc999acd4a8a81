# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refused credential is sent once, from any number of tasks: fifty hosts with a stale password do not lock an account."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import CREDENTIALS, Project, secrets_in

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
FORCE = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
LOOKUP = {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'user_id') }}"}}
ROLE = {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.login"}}
SHORT = (
    r"BILL answered BDC_1101 for the host (host\d\d) in this run, so bill.connect did not send the request again: correct the values "
    r"that the message there names\."
)
ONCE = {"POST /v3/login": 1}


@pytest.fixture
def stale(project: Project) -> Project:
    project.variables(bill_api_url=project.api_url, bill_password="stale-findme")
    return project


@pytest.mark.promise(4)
def test_login_refused_on_fifty_hosts_is_sent_once(stale: Project, bill: Control) -> None:
    stale.hosts(*(f"host{number:02}" for number in range(50)))
    bill.post("settings", latency=0.05)
    run = stale.play(LOGIN, arguments=("--forks", "25"))
    assert run.times("failed=1") == 50, run.output
    # One host gets the whole message, the others one sentence.
    assert run.shows("BILL answered BDC_1101: the user name, the password or the token is wrong."), run.output
    [first] = set(re.findall(SHORT, re.sub(r"\s+", " ", run.output)))
    assert run.shows(f"fatal: [{first}]: FAILED!")
    assert secrets_in(run.output) == []
    assert bill.get("counts") == ONCE


@pytest.mark.promise(4)
def test_login_refused_for_forty_organizations_is_sent_once(stale: Project, bill: Control) -> None:
    """The lock of a session does not help here, because each organization has its own session."""
    clients = {f"client{number:02}": each.id for number, each in enumerate(world.FORTY_ORGANIZATIONS)}
    firm = {
        "bill_auth_method": "console_token",
        "bill_username": world.FIRM.username,
        "bill_console_api_token": world.FIRM.token,
        "bill_organization_id": "{{ clients[inventory_hostname] }}",
        "bill_api_url": stale.api_url,
        "clients": clients,
    }
    stale.variables(**firm | {"bill_console_api_token": "stale-findme"})
    stale.hosts(*clients)
    bill.post("settings", latency=0.05, lock_after=3)
    run = stale.play(LOGIN, arguments=("--forks", "20"))
    assert run.times("failed=1") == 40, run.output
    assert run.shows("BILL answered BDC_1101: the user name, the password or the token is wrong."), run.output
    assert run.shows("BILL answered BDC_1101 for the host client"), run.output
    # A lookup in a later run knows it, too.
    assert stale.play(LOOKUP, arguments=("--limit", "client39")).shows("did not send the request again")
    assert bill.get("counts") == ONCE
    # The account is not locked. Now the clients sign in, the first one alone.
    stale.variables(**firm)
    assert stale.play(LOGIN, arguments=("--forks", "20")).times("changed=1 ") == len(clients)
    assert bill.get("counts") == {"POST /v3/login": 1 + len(clients)}


@pytest.mark.promise(4)
def test_cached_refusal_in_later_run_applies_to_task_lookup_and_role(stale: Project, bill: Control) -> None:
    assert stale.play(LOGIN).shows("BILL answered BDC_1101: the user name, the password or the token is wrong.")
    for task in (LOGIN, LOOKUP, ROLE):
        run = stale.play(task)
        assert run.code == 2
        assert run.shows("BILL answered BDC_1101: the user name, the password or the token is wrong."), run.output
        assert run.shows("UTC. bill.connect did not send the request again"), run.output
        assert run.shows("password comes from the variable bill_password")
    assert bill.get("counts") == ONCE
    assert stale.secrets_on_disk() == [str(stale.folder / "group_vars" / "all" / "plain.yml")]


@pytest.mark.promise(4)
def test_cached_refusal_with_corrected_value_or_force_is_ignored(stale: Project, bill: Control) -> None:
    stale.play(LOGIN)
    assert stale.play(FORCE).shows("BDC_1101")
    assert bill.get("counts") == {"POST /v3/login": 2}
    stale.variables(bill_api_url=stale.api_url, bill_password=CREDENTIALS["bill_password"])
    assert stale.play(LOGIN).recap()["changed"] == 1
    assert bill.get("counts") == {"POST /v3/login": 3}


@pytest.mark.promise(4)
def test_login_refused_with_until_does_not_lock_account(stale: Project, bill: Control) -> None:
    bill.post("settings", lock_after=3)
    stale.play({**LOGIN, "retries": 5, "delay": 0, "until": "bill is success"})
    stale.variables(bill_api_url=stale.api_url)
    assert stale.play(LOGIN).recap()["changed"] == 1
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.mark.promise(9)
def test_hourly_limit_reached_stops_all_users_of_developer_key(project: Project, bill: Control) -> None:
    bill.post("settings", logins_per_hour=0)
    begin = datetime.now(timezone.utc).hour
    run = project.play(LOGIN)
    assert run.shows("BILL answered BDC_1144: the requests of this clock hour are used up"), run.output
    assert run.shows("bill.connect sends nothing with this developer key before")
    other = {"username": world.SECOND_USER.username, "organization_id": world.SECOND_ORGANIZATION.id}
    run = project.play({"name": "Another user", "bill.connect.bill_login": other})
    assert run.shows("BILL answered BDC_1144"), run.output
    # One request for each clock hour of this test, which may be two.
    hours = 1 + (datetime.now(timezone.utc).hour - begin) % 24
    assert bill.get("counts")["POST /v3/login"] <= hours
