# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that name the session for later tasks, on every version of ansible-core."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import CREDENTIALS, Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
ROLE = {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.login"}}
ALL_SET: dict[str, Any] = {
    "name": "All four are there",
    "ansible.builtin.assert": {
        "that": [
            "bill_session_id is match('SESSION.[0-9a-f]{32}')",
            "bill_headers.sessionId == bill_session_id and bill_headers | length == 2",
            f"bill_organization_id == '{world.ORGANIZATION.id}'",
            f"bill_user_id == '{world.USER.id}'",
        ]
    },
    "no_log": True,
}
# The variables that would change the next run are left out.
ALL_IN_THIS_RUN = {
    "name": "The session is there",
    "ansible.builtin.assert": {"that": ALL_SET["ansible.builtin.assert"]["that"][:3]},
    "no_log": True,
}
DEFINED = {
    "name": "Show what is defined",
    "ansible.builtin.debug": {
        "msg": "defined: {{ bill_session_id is defined }} {{ bill_headers is defined }} {{ bill_user_id is defined }}"
    },
}


@pytest.fixture
def cached(project: Project) -> Project:
    project.environ = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
    }
    return project


def test_session_variables_in_later_tasks_and_plays_are_set(project: Project) -> None:
    run = project.plays({"tasks": [LOGIN, ALL_SET]}, {"tasks": [ALL_SET]})
    assert run.code == 0, run.output


@pytest.mark.promise(5)
def test_session_variables_with_fact_cache_are_not_written_to_disk(cached: Project, bill: Control) -> None:
    run = cached.play(LOGIN, DEFINED)
    assert run.code == 0, run.output
    assert cached.secrets_on_disk() == []
    if cached.core >= (2, 21):
        assert run.shows("defined: True True True")
        assert run.warnings == []
    else:
        assert run.shows("defined: False False False")
        assert run.times("would write them to the fact cache in the clear. Use register, or the role") == 1


@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_role_login_with_fact_cache_sets_session_variables(cached: Project, bill: Control) -> None:
    run = cached.plays({"tasks": [ROLE, ALL_IN_THIS_RUN]}, {"tasks": [ALL_IN_THIS_RUN]})
    assert run.code == 0, run.output
    assert run.warnings == []
    assert cached.secrets_on_disk() == []
    assert run.recap()["changed"] == 1
    assert cached.play(ROLE, ALL_IN_THIS_RUN).recap()["changed"] == 0
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.fixture
def without_organization(project: Project) -> Project:
    """All the credentials except the organization."""
    project.without_vault()
    project.variables(
        bill_api_url=project.api_url, **{k: v for k, v in CREDENTIALS.items() if k != "bill_organization_id"}
    )
    return project


def organizations(bill: Control) -> list[str]:
    return [request["body"]["organizationId"] for request in bill.get("requests") if request["path"] == "/v3/login"]


A, B = world.ORGANIZATION.id, world.SECOND_ORGANIZATION.id
AT_A = {"name": "Sign in to A", "bill.connect.bill_login": {"organization_id": A}}
LOOKUP = {
    "name": "Look up",
    "ansible.builtin.assert": {"that": f"lookup('bill.connect.bill_login', 'organization_id') == '{B}'"},
}


FIRST: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "option": (AT_A, {}),
    "variable": (LOGIN, {"bill_organization_id": A}),
    "role": (ROLE, {"bill_organization_id": A}),
    "environment": (LOGIN, {}),
    "role with environment": (ROLE, {}),
}
SECOND: dict[str, dict[str, Any]] = {"task": LOGIN, "role": ROLE, "lookup": LOOKUP}


# bill_organization_id is also the variable of an option. The result of one task must not decide where a later one signs in.
@pytest.mark.promise(3)
@pytest.mark.parametrize("environ", [{}, {"BILL_ORGANIZATION_ID": A}], ids=["", "environment"])
def test_login_after_other_login_uses_its_own_organization(
    without_organization: Project, bill: Control, environ: dict[str, str]
) -> None:
    """Each case has its own host and its own store: a first play signs in at A, and a second at B."""
    without_organization.environ = environ
    firsts = [name for name in FIRST if ("environment" in name) == bool(environ)]
    cases = list(product(firsts, SECOND, ["play", "task"]))
    without_organization.hosts(*(" ".join(case).replace(" ", "_") for case in cases))
    at_b = {"bill_organization_id": B}
    plays: list[dict[str, Any]] = []
    for case in cases:
        first, second, where = case
        host = " ".join(case).replace(" ", "_")
        store = {"bill_session_store": str(without_organization.home / host)}
        before, at_a = FIRST[first]
        later = SECOND[second] if where == "play" else {**SECOND[second], "vars": at_b}
        plays += [
            {"hosts": host, "tasks": [before], "vars": store | at_a},
            {"hosts": host, "tasks": [later], "vars": store | (at_b if where == "play" else {})},
        ]
    run = without_organization.plays(*plays)
    assert run.code == 0, run.output
    received = organizations(bill)
    assert dict(zip(cases, zip(received[::2], received[1::2], strict=True), strict=True)) == dict.fromkeys(
        cases, (A, B)
    )


@pytest.mark.promise(3)
def test_organization_in_environment_overrides_last_session(without_organization: Project, bill: Control) -> None:
    without_organization.environ = {"BILL_ORGANIZATION_ID": B}
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "now={{ bill_organization_id }}"}}
    run = without_organization.play(AT_A, show, LOGIN, show)
    assert run.shows(f"now={A}"), run.output
    assert run.shows(f"now={B}"), run.output
    assert organizations(bill) == [A, B]


@pytest.mark.promise(8)
def test_organization_of_a_task_is_set_again_after_clear_facts_and_its_loss_is_reported(
    without_organization: Project,
) -> None:
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "now={{ bill_organization_id }}"}}
    lost = "Later tasks do not get bill_organization_id"
    run = without_organization.play(AT_A, {"ansible.builtin.meta": "clear_facts"}, AT_A, show)
    assert run.shows(f"now={A}"), run.output
    assert not run.shows(lost)
    without_organization.environ = {"ANSIBLE_INJECT_FACT_VARS": "False"}
    run = without_organization.play(AT_A, AT_A, {**LOGIN, "vars": {"bill_organization_id": A}})
    assert run.times(lost) == 1, run.output


def test_organization_variable_of_user_stays_unchanged(project: Project) -> None:
    other = {"name": "Elsewhere", "bill.connect.bill_login": {"organization_id": B}, "register": "other"}
    check = {
        "name": "Check",
        "ansible.builtin.assert": {"that": [f"bill_organization_id == '{A}'", f"other.organization_id == '{B}'"]},
    }
    run = project.play(other, check)
    assert run.code == 0, run.output


@pytest.mark.parametrize("method", ["password", "oauth"])
def test_login_after_role_login_changes_session_variables_or_warns(project: Project, method: str) -> None:
    # With oauth there is no session_id that could show a difference.
    project.environ |= {
        "BILL_AUTH_METHOD": method,
        "BILL_CLIENT_ID": world.CLIENT.id,
        "BILL_CLIENT_SECRET": world.CLIENT.secret,
    }
    forced = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}, "register": "bill"}
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "same: {{ bill_headers == bill.headers }}"}}
    run = project.play(ROLE, LOGIN, forced, show)
    assert run.code == 0, run.output
    can = project.core >= (2, 21)
    assert run.shows(f"same: {can}")
    assert run.times("still name the session of the role bill.connect.login") == (0 if can else 1)
