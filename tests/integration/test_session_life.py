# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a session begins and ends, as a play sees it."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": {}, "register": "bill"}
VALIDATE_EVERY_TIME = {"name": "Sign in", "bill.connect.bill_login": {"check_after": 0}, "register": "bill"}
LOGOUT = {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}, "register": "bill"}
SIGN_IN, CHECK, SIGN_OUT = "POST /v3/login", "GET /v3/login/session", "POST /v3/logout"


def received(bill: Control) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in bill.get("requests")]


@pytest.mark.promise(2)
@pytest.mark.promise(9)
def test_session_ended_elsewhere_is_renewed_once(project: Project, bill: Control) -> None:
    project.play(LOGIN)
    bill.post("sessions/end")
    run = project.play(VALIDATE_EVERY_TIME, VALIDATE_EVERY_TIME)
    assert run.recap()["changed"] == 1, run.output
    assert received(bill) == [SIGN_IN, CHECK, SIGN_IN, CHECK]


@pytest.mark.promise(2)
@pytest.mark.promise(9)
def test_session_expired_with_forty_hosts_is_renewed_once(project: Project, bill: Control) -> None:
    project.hosts(*(f"host{number:02}" for number in range(40)))
    project.play(VALIDATE_EVERY_TIME, arguments=("--limit", "host00"))
    bill.post("clock", advance=35 * 60 + 1)
    run = project.play(VALIDATE_EVERY_TIME, arguments=("--forks", "20"))
    assert run.changed == 1, run.output
    assert bill.get("counts")[SIGN_IN] == 2


@pytest.mark.promise(1)
def test_session_used_recently_is_not_validated_again(project: Project, bill: Control) -> None:
    project.play(LOGIN)
    bill.post("sessions/end")
    assert project.play(LOGIN).recap()["changed"] == 0
    assert received(bill) == [SIGN_IN]


def test_login_force_signs_in_again(project: Project, bill: Control) -> None:
    forced = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    assert project.play(LOGIN, forced, LOGIN).recap()["changed"] == 2
    assert received(bill) == [SIGN_IN, SIGN_IN]


@pytest.mark.promise(2)
def test_login_state_absent_signs_out_and_clears_variables(project: Project, bill: Control) -> None:
    cleared = {
        "name": "Nothing is left",
        "ansible.builtin.assert": {
            "that": [
                "bill.session_id is none and bill.headers is none and bill.expires_at is none",
                "bill.organization_id is none and bill.user_id is none and bill.trusted is none",
                "bill.auth_method == 'password' and bill.api_url == bill_api_url",
                "bill_session_id is none and bill_headers is none and bill_user_id is none",
                f"bill_organization_id == '{world.ORGANIZATION.id}'",
            ]
        },
    }
    run = project.play(LOGIN, LOGOUT, cleared, LOGOUT, arguments=("-v",))
    assert run.code == 0, run.output
    assert run.recap()["changed"] == 2
    # The second sign-out ended nothing.
    assert run.times("BILL has ended the session. All tasks, hosts, forks and runs with the same credentials") == 1
    assert run.warnings == []
    assert received(bill) == [SIGN_IN, SIGN_OUT]
    assert bill.get("state")["sessions"] == 0
    # Other hosts may still be at work.
    project.hosts("one", "two")
    run = project.play(LOGIN, LOGOUT, strategy="free")
    assert (
        run.times("with the strategy free other hosts may still use it. Sign out in a later play, with run_once") == 1
    ), run.output


@pytest.mark.promise(12)
def test_login_check_mode_gives_session_and_does_not_sign_out(project: Project, bill: Control) -> None:
    use = {
        "name": "Use it",
        "ansible.builtin.assert": {
            "that": "bill.headers.sessionId == bill_session_id and bill_session_id | length > 8"
        },
        "no_log": True,
    }
    still = {
        "name": "It is still there",
        "ansible.builtin.assert": {"that": "bill_session_id | length > 8"},
        "no_log": True,
    }
    run = project.play(LOGIN, use, LOGOUT, still, arguments=("--check", "--diff"))
    assert run.code == 0, run.output
    assert run.recap()["changed"] == 2
    assert received(bill) == [SIGN_IN]
    assert project.play(LOGIN).recap()["changed"] == 0


@pytest.mark.promise(3)
def test_login_two_organizations_in_one_play_have_own_sessions(project: Project, bill: Control) -> None:
    other = {
        "name": "Sign in elsewhere",
        "bill.connect.bill_login": {"organization_id": world.SECOND_ORGANIZATION.id},
        "register": "other",
    }
    run = project.play(
        LOGIN,
        other,
        {"name": "Sign in as before", "bill.connect.bill_login": None, "register": "again"},
        {
            "name": "Each has its own",
            "ansible.builtin.assert": {
                "that": [
                    f"bill.organization_id == '{world.ORGANIZATION.id}'",
                    f"other.organization_id == '{world.SECOND_ORGANIZATION.id}'",
                    "again.session_id == bill.session_id and other.session_id != bill.session_id",
                ]
            },
        },
    )
    assert run.code == 0, run.output
    assert received(bill) == [SIGN_IN, SIGN_IN]


@pytest.mark.promise(9)
def test_login_server_error_is_retried_and_reported_with_v(project: Project, bill: Control) -> None:
    bill.post("faults", on=SIGN_IN, status=503)
    run = project.play(LOGIN, arguments=("-v",))
    assert run.code == 0, run.output
    assert run.shows("Trying again in")
    assert project.play(LOGIN, arguments=("-vv",)).shows("bill.connect: used the stored session")
    assert received(bill) == [SIGN_IN, SIGN_IN]
