# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that name the session for later tasks, on every version of ansible-core."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.talk import Control
from tests.integration.project import CREDENTIALS, Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
ROLE = {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.connect"}}
ALL_SET = {
    "name": "All four are there",
    "ansible.builtin.assert": {
        "that": [
            "bill_session_id is match('SESSION-')",
            "bill_headers.sessionId == bill_session_id and bill_headers | length == 2",
            f"bill_organization_id == '{world.ORGANIZATION.id}'",
            f"bill_user_id == '{world.USER.id}'",
        ]
    },
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


def test_later_tasks_and_plays_have_them(project: Project) -> None:
    run = project.plays({"tasks": [LOGIN, ALL_SET]}, {"tasks": [ALL_SET]})
    assert run.code == 0, run.output


@pytest.mark.promise(5)
def test_a_fact_cache_on_disk_gets_no_session(cached: Project, bill: Control) -> None:
    run = cached.play(LOGIN, DEFINED)
    assert run.code == 0, run.output
    assert cached.secrets_on_disk() == []
    if cached.core >= (2, 21):
        assert run.says("defined: True True True")
        assert run.warnings == []
    else:
        assert run.says("defined: False False True")
        assert run.times("would write them to the fact cache in the clear. Use register, or the role") == 1


@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_the_role_sets_them_whatever_the_fact_cache(cached: Project, bill: Control) -> None:
    run = cached.plays({"tasks": [ROLE, ALL_SET]}, {"tasks": [ALL_SET]})
    assert run.code == 0, run.output
    assert run.warnings == []
    assert cached.secrets_on_disk() == []
    assert run.recap()["changed"] == 1
    assert cached.play(ROLE, ALL_SET).recap()["changed"] == 0
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(3)
@pytest.mark.parametrize("sign_in", [LOGIN, ROLE], ids=["task", "role"])
def test_they_never_decide_where_a_later_play_signs_in(
    project: Project, bill: Control, sign_in: dict[str, object]
) -> None:
    """bill_organization_id is an option too: what one play was given must not reach into the next."""
    project.without_vault()
    project.variables(
        bill_api_url=project.api_url, **{k: v for k, v in CREDENTIALS.items() if k != "bill_organization_id"}
    )
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ mark }}={{ bill_organization_id }}"}}
    run = project.plays(
        {"vars": {"bill_organization_id": world.ORGANIZATION.id, "mark": "first"}, "tasks": [sign_in, show]},
        {"vars": {"bill_organization_id": world.SECOND_ORGANIZATION.id, "mark": "second"}, "tasks": [sign_in, show]},
    )
    assert run.says(f"first={world.ORGANIZATION.id}"), run.output
    assert run.says(f"second={world.SECOND_ORGANIZATION.id}"), run.output
    organizations = [request["body"]["organizationId"] for request in bill.get("requests")]
    assert organizations == [world.ORGANIZATION.id, world.SECOND_ORGANIZATION.id]


@pytest.mark.promise(3)
def test_an_organization_given_as_an_option_is_named_and_does_not_outlive_the_environment(
    project: Project, bill: Control
) -> None:
    project.without_vault()
    project.variables(
        bill_api_url=project.api_url, **{k: v for k, v in CREDENTIALS.items() if k != "bill_organization_id"}
    )
    project.environ = {"BILL_ORGANIZATION_ID": world.ORGANIZATION.id}
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "now={{ bill_organization_id }}"}}
    other = {"name": "Elsewhere", "bill.connect.bill_login": {"organization_id": world.SECOND_ORGANIZATION.id}}
    run = project.play(other, show, LOGIN, show)
    assert run.says(f"now={world.SECOND_ORGANIZATION.id}"), run.output
    assert run.says(f"now={world.ORGANIZATION.id}"), run.output
    organizations = [request["body"]["organizationId"] for request in bill.get("requests")]
    assert organizations == [world.SECOND_ORGANIZATION.id, world.ORGANIZATION.id]
