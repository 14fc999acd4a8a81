# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host that somebody broke into says what it likes in its facts, and decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.talk import Control
from tests.integration.project import CREDENTIALS, Project, Run
from tests.integration.trap import Trap, trap

IGNORED = {"ignore_errors": True}
PING = {"name": "Ping", "ansible.builtin.ping": None}
LOGIN = {"name": "Sign in", "bill.connect.bill_login": None}
# Everything that has the options: each task, each lookup, both roles.
ALL: list[dict[str, Any]] = [
    LOGIN,
    {"name": "Request", "bill.connect.bill_request": {"path": "/v3/vendors"}},
    {"name": "Session", "bill.connect.bill_session_info": {"sign_in": True}},
    {"name": "Organizations", "bill.connect.bill_organizations_info": None},
    {"name": "Challenge", "bill.connect.bill_mfa_challenge": None},
    {"name": "Validate", "bill.connect.bill_mfa_validate": {"challenge_id": "c", "token": "123456"}},
    {"name": "Form", "bill.connect.bill_form": None},
    {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'api_url') }}"}},
    {"name": "Query", "ansible.builtin.debug": {"msg": "{{ query('bill.connect.bill_request', '/v3/vendors') }}"}},
    {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.connect"}},
    {"name": "Trust", "ansible.builtin.import_role": {"name": "bill.connect.trust"}},
]
IS_A_FACT = "is a fact of web1. A managed host decides its facts"


@pytest.fixture
def evil() -> Iterator[Trap]:
    with trap() as there:
        yield there


def broken_into(project: Project, facts: dict[str, Any], name: str = "web1", **variables: Any) -> None:
    """The project's only host answers every module with these facts."""
    python = project.folder / f"python_of_{name}"
    python.write_text("#!/bin/sh\necho '" + json.dumps({"changed": False, "ansible_facts": facts}) + "'\n")
    python.chmod(0o755)
    project.hosts(name, ansible_python_interpreter=str(python), **variables)


def refused(run: Run, count: int, text: str) -> None:
    assert run.code == 0, run.output
    assert sum(run.recap(host)["ignored"] for host in ("web1",)) == count, run.output
    # ansible-core from 2.19 on says each twice.
    assert run.times(text) in (count, 2 * count), run.output


@pytest.mark.promise(7)
def test_facts_of_a_host_decide_nothing_in_any_task_lookup_or_role(project: Project, bill: Control, evil: Trap) -> None:
    broken_into(project, {"bill_api_url": evil.url})
    # A role goes on after a failure that is ignored, and fails again: so each is rescued.
    rescued = [{"name": "Rescue", "ansible.builtin.meta": "noop"}]
    everything = [{"name": "Try", "block": [task], "rescue": rescued} for task in ALL]
    run = project.play(*everything, gather_facts=True)
    assert run.code == 0, run.output
    assert run.recap("web1")["rescued"] == len(ALL), run.output
    assert run.times(f"The variable bill_api_url {IS_A_FACT}") >= len(ALL)
    # The answer of any module will do, also where a task is started at.
    run = project.play(PING, {**LOGIN, **IGNORED}, {**ALL[-4], **IGNORED})
    assert run.recap("web1")["ignored"] == 2, run.output
    run = project.play(PING, LOGIN, gather_facts=True, arguments=("--start-at-task", "Sign in"))
    assert run.code == 2
    assert run.says(f"The variable bill_api_url {IS_A_FACT}"), run.output
    assert evil.heard == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
def test_no_fact_decides_any_option_nor_what_a_template_behind_it_says(
    project: Project, bill: Control, evil: Trap
) -> None:
    facts = {
        "bill_validate_certs": False,
        "bill_username": "evil",
        "bill_organization_id": world.SECOND_ORGANIZATION.id,
        "bill_user_id": "006EVIL",
        "bill_session_store": "/evil",
        "bill_mfa_token": "123456",
        "bill_connect_role_set": True,
    }
    for name, value in facts.items():
        broken_into(project, {name: value})
        run = project.play(PING, {**LOGIN, **IGNORED})
        refused(run, 1, f"The variable {name} {IS_A_FACT}")
    # What is behind the variables of the vault file, of an option, of module_defaults and of a loop.
    broken_into(project, {"gateway": evil.url, "vault_bill_password": "evil"}, gateway=project.api_url)
    project.variables(bill_api_url=project.api_url)
    at_the_gateway = {"bill.connect.bill_login": {"api_url": "{{ gateway }}"}}
    run = project.play(
        PING,
        {**LOGIN, **IGNORED},
        {"name": "Own option", **at_the_gateway, "vars": {"bill_password": "x"}, **IGNORED},
        {
            "name": "Item",
            "bill.connect.bill_login": {"api_url": "{{ item }}"},
            "loop": ["{{ gateway }}"],
            "vars": {"bill_password": "x"},
            **IGNORED,
        },
        {
            "name": "A block with defaults",
            "module_defaults": {"group/bill.connect.bill": {"api_url": "{{ gateway }}"}},
            "block": [{**LOGIN, "vars": {"bill_password": "x"}, **IGNORED}],
        },
        {**LOGIN, "vars": {"bill_api_url": "{{ lookup('vars', 'gate' ~ 'way') }}", "bill_password": "x"}, **IGNORED},
    )
    assert run.code == 0, run.output
    assert run.recap("web1")["ignored"] == 5, run.output
    assert run.says("The variable bill_password reads vault_bill_password, which is a fact of web1.")
    assert run.says("The option api_url reads gateway, which is a fact of web1.")
    assert run.says("The variable bill_api_url reads gateway, which is a fact of web1.")
    assert evil.heard == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
def test_facts_do_not_arrive_by_delegation_or_out_of_a_cache(project: Project, bill: Control, evil: Trap) -> None:
    broken_into(project, {"bill_api_url": evil.url})
    cache = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
    }
    project.environ |= cache
    delegated = {**PING, "delegate_to": "web1"}
    run = project.plays({"hosts": "localhost", "connection": "local", "tasks": [delegated, LOGIN]})
    assert run.code == 2
    assert run.says("The variable bill_api_url is a fact of localhost."), run.output
    assert run.says("run ansible-playbook with --flush-cache")
    # The next day nothing is delegated, and the host is gone.
    project.hosts("localhost")
    run = project.play(LOGIN)
    assert run.code == 2
    assert run.says("The variable bill_api_url is a fact of localhost."), run.output
    assert evil.heard == []
    assert bill.get("counts") == {}
    # The remedy that the message names.
    assert project.play(LOGIN, arguments=("--flush-cache",)).code == 0


@pytest.mark.promise(7)
def test_cacheable_fact_of_the_play_itself_is_refused_with_its_remedy(project: Project, bill: Control) -> None:
    sets = {"name": "Set", "ansible.builtin.set_fact": {"bill_timeout": 20}}
    cacheable = {**sets, "ansible.builtin.set_fact": {"bill_timeout": 20, "cacheable": True}}
    run = project.plays({"tasks": [sets, LOGIN]}, {"tasks": [cacheable, LOGIN]})
    assert run.code == 2
    assert run.says("The variable bill_timeout is a fact of localhost.")
    assert run.says("Where set_fact makes this fact, leave out cacheable")
    assert run.recap()["changed"] == 1
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(7)
def test_disconnect_removes_no_vault_file_because_a_fact_says_so(project: Project) -> None:
    project.environ |= {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
    }
    to_localhost = {"hosts": "localhost", "connection": "local", "tasks": [{**PING, "delegate_to": "web1"}]}
    broken_into(project, {"bill_remove_vault_file": True})
    assert project.plays(to_localhost).code == 0
    project.hosts("localhost")
    run = project.run("ansible-playbook", "bill.connect.disconnect")
    assert run.code == 2
    assert run.says("The variable bill_remove_vault_file is a fact of localhost.")
    assert (project.folder / "group_vars" / "all" / "bill.yml").exists()
    broken_into(project, {"bill_awx_state": "absent"})
    assert project.plays(to_localhost).code == 0
    run = project.run("ansible-playbook", "bill.connect.awx_credential_type")
    assert run.code == 2
    assert run.says("bill_awx_state comes from a fact"), run.output


@pytest.mark.promise(3)
@pytest.mark.promise(7)
def test_published_organization_serves_later_tasks_and_no_other_value_does(
    project: Project, bill: Control, tmp_path: Path
) -> None:
    """Honest plays as before: the task publishes the organization for its host, or with run_once for all of them."""
    project.without_vault()
    nowhere = {name: value for name, value in CREDENTIALS.items() if name != "bill_organization_id"}
    project.variables(bill_api_url=project.api_url, **nowhere)
    here = {"name": "Sign in", "bill.connect.bill_login": {"organization_id": world.ORGANIZATION.id}}
    info = {"name": "Session", "bill.connect.bill_session_info": None, "register": "info"}
    same = {
        "name": "Same organization",
        "ansible.builtin.assert": {"that": f"info.organization_id == '{world.ORGANIZATION.id}'"},
    }
    project.hosts("one", "two")
    run = project.plays(
        {"tasks": [here, info, same]},
        {"tasks": [{**here, "run_once": True}, info, same]},
        {"tasks": [{"name": "Block", "run_once": True, "block": [here]}, info, same]},
        {"hosts": "one", "tasks": [{**here, "delegate_to": "localhost"}, info, same]},
        {"hosts": "one", "tasks": [{**here, "delegate_to": "two", "delegate_facts": True}]},
        {"hosts": "two", "tasks": [info, same]},
    )
    assert run.code == 0, run.output
    assert bill.get("counts")["POST /v3/login"] == 1
    broken_into(project, {"bill_organization_id": world.SECOND_ORGANIZATION.id})
    run = project.play(here, info, PING, {**info, **IGNORED})
    refused(run, 1, f"The variable bill_organization_id {IS_A_FACT}")
    assert bill.get("counts")["POST /v3/login"] == 1
