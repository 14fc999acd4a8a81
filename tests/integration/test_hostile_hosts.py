# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a compromised host can have any values, and decide nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import CREDENTIALS, Project, Run
from tests.integration.trap import Trap, trap

IGNORED = {"ignore_errors": True}
PAYMENT = {"path": "/v3/payments", "body": {"billId": "00n01", "amount": 1}}
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
    {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.login"}},
    {"name": "Trust", "ansible.builtin.import_role": {"name": "bill.connect.trust"}},
]
LOOKUP_AT: dict[str, Any] = {
    "name": "Look up",
    "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'api_url', api_url=gateway) }}"},
}
IS_A_FACT = "is a fact of web1. A managed host decides its facts"


@pytest.fixture
def evil() -> Iterator[Trap]:
    with trap() as there:
        yield there


def compromise_host(
    project: Project, facts: dict[str, Any], *then: dict[str, Any], name: str = "web1", **variables: Any
) -> None:
    """Make the project's only host answer every module with these facts. With ``then``, it alternates between several sets of facts."""
    python = project.folder / f"python_of_{name}"
    answers = [python.with_suffix(f".{number}") for number in range(1 + len(then))]
    for answer, each in zip(answers, (facts, *then), strict=True):
        answer.write_text(json.dumps({"changed": False, "ansible_facts": each}))
    python.write_text(
        f"#!/bin/sh\nn=$(cat {python}.next 2>/dev/null || echo 0)\necho $(( (n + 1) % {len(answers)} )) >{python}.next\n"
        f"cat {python}.$n\n"
    )
    python.chmod(0o755)
    project.hosts(name, ansible_python_interpreter=str(python), **variables)


def braced(expression: str) -> str:
    return "{{ " + expression + " }}"


def files(project: Project, **tasks: list[dict[str, Any]]) -> None:
    """Write files of tasks. Each is also a role."""
    for name, each in tasks.items():
        folder = project.folder / "roles" / name / "tasks"
        folder.mkdir(parents=True)
        for path in (folder / "main.yml", project.folder / f"{name}.yml"):
            path.write_text(yaml.safe_dump(each))


def refused(run: Run, count: int, text: str) -> None:
    assert run.code == 0, run.output
    assert sum(run.recap(host)["ignored"] for host in ("web1",)) == count, run.output
    # From ansible-core 2.19 on, each message appears twice.
    assert run.times(text) in (count, 2 * count), run.output


@pytest.mark.promise(7)
def test_facts_with_api_url_are_refused_by_every_task_lookup_and_role(
    project: Project, bill: Control, evil: Trap
) -> None:
    compromise_host(project, {"bill_api_url": evil.url})
    # A role continues after an ignored failure and fails again, so each part is in a block with a rescue.
    run = project.play(*each_in_a_block(ALL), gather_facts=True)
    assert run.code == 0, run.output
    assert run.recap("web1")["rescued"] == len(ALL), run.output
    assert run.times(f"The variable bill_api_url {IS_A_FACT}") >= len(ALL)
    # The result of any module can set facts, also if the play starts at a later task.
    run = project.play(PING, {**LOGIN, **IGNORED}, {**ALL[-4], **IGNORED})
    assert run.recap("web1")["ignored"] == 2, run.output
    run = project.play(PING, LOGIN, gather_facts=True, arguments=("--start-at-task", "Sign in"))
    assert run.code == 2
    assert run.shows(f"The variable bill_api_url {IS_A_FACT}"), run.output
    assert evil.received == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
@pytest.mark.slow
def test_facts_with_options_or_variables_of_templates_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    facts = {
        "bill_validate_certs": False,
        "bill_username": "evil",
        "bill_organization_id": world.SECOND_ORGANIZATION.id,
        "bill_user_id": "006EVIL",
        "bill_session_store": "/evil",
        "bill_mfa_token": "123456",
        "bill_connect_role_set": True,
        # A fact that hides a variable of the play is refused, even if it is null.
        "bill_ca_path": None,
    }
    for name, value in facts.items():
        compromise_host(project, {name: value})
        run = project.play(PING, {**LOGIN, **IGNORED})
        refused(run, 1, f"The variable {name} {IS_A_FACT}")
    # Facts behind the variables of the vault file, of an option, of module_defaults and of a loop.
    compromise_host(project, {"gateway": evil.url, "vault_bill_password": "evil"}, gateway=project.api_url)
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
    assert run.shows("The variable bill_password reads vault_bill_password, which is a fact of web1.")
    assert run.shows("The option api_url reads gateway, which is a fact of web1.")
    assert run.shows("The variable bill_api_url depends on facts of web1 or of another host.")
    assert evil.received == []
    assert bill.get("counts") == {}


RESCUED = [{"name": "Rescue", "ansible.builtin.meta": "noop"}]


def each_in_a_block(tasks: list[dict[str, Any]], *, in_one: bool = False) -> list[dict[str, Any]]:
    return [
        {"name": "Try", "block": each, "rescue": RESCUED}
        for each in ([tasks] if in_one else [[task] for task in tasks])
    ]


@pytest.mark.promise(7)
def test_facts_read_in_any_way_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    """The inventory defines gateway and the other variables, and the play means those. The facts of the host have other values."""
    facts = {
        "gateway": evil.url,
        "gateways": [evil.url],
        "arguments": {"api_url": evil.url},
        # ansible-core makes no variable from the second key.
        "place": {"url": evil.url, "_ansible_x": 1},
        "überurl": evil.url,
        "nothing": "",
        "no_arguments": {},
        "yes": True,
        "post": "POST",
        "absent": "absent",
        # Without its prefix, the second fact hides the first one in ansible_facts.
        "bill_api_url": evil.url,
        "ansible_bill_api_url": "x",
    }
    here = {"api_url": project.api_url}
    names = dict.fromkeys(("gateway", "überurl"), project.api_url)
    compromise_host(project, {name: facts[name] for name in ("bill_api_url", "ansible_bill_api_url")})
    run = project.play(PING, *each_in_a_block([LOGIN]))
    assert run.recap("web1")["rescued"] == 1, run.output
    compromise_host(
        project,
        facts | {"bill_api_url": 1},
        **names,
        gateways=[project.api_url],
        arguments=here,
        place={"url": project.api_url},
        behind="{{ gateway }}",
        nothing=project.api_url,
        no_arguments=here,
        yes=False,
        post="GET",
        absent="present",
    )
    (project.folder / "twice.yml").write_text(
        yaml.safe_dump(
            [{"name": "Sign in", "bill.connect.bill_login": {"api_url": "{{ item }}"}, "loop": ["{{ item }}"]}]
        )
    )
    (project.folder / "url.j2").write_text("{{ gateway }}")
    (project.folder / "login.yml").write_text(
        yaml.safe_dump([{"name": "Sign in", "bill.connect.bill_login": {"api_url": "{{ item }}"}}])
    )
    (project.folder / "roles" / "theirs" / "tasks").mkdir(parents=True)
    (project.folder / "roles" / "theirs" / "tasks" / "main.yml").write_text(yaml.safe_dump([LOGIN]))
    mine = {"bill_api_url": project.api_url}
    at = {"name": "Sign in", "vars": mine}
    login, module = "bill.connect.bill_login", "group/bill.connect.bill"
    to_gateway = {"api_url": "{{ gateway }}"}
    tasks: list[dict[str, Any]] = [
        {**at, login: to_gateway},
        {**at, login: None, "args": "{{ arguments }}"},
        {**at, login: "{{ arguments }}"},
        {**at, "ansible.builtin.include_tasks": "login.yml", "loop": ["{{ gateway }}"]},
        {**at, "ansible.builtin.include_tasks": "login.yml", "with_items": ["{{ gateway }}"]},
        {**at, login: {"api_url": "{{ url }}"}, "loop": "{{ gateways }}", "loop_control": {"loop_var": "url"}},
        {
            **at,
            login: {"api_url": "{{ ansible_loop.allitems[0] }}"},
            "loop": "{{ gateways }}",
            "loop_control": {"extended": True},
        },
        {
            **at,
            login: {"api_url": "{{ gateways[number] }}"},
            "loop": "{{ gateways }}",
            "loop_control": {"index_var": "number"},
        },
        {**at, login: {"api_url": "{{ hostvars[inventory_hostname].gateway }}"}},
        {**at, login: {"api_url": "{{ hostvars['web1'][k] }}"}, "vars": {**mine, "k": "gateway"}},
        {**at, login: {"api_url": "{{ hostvars['web1'].behind }}"}},
        {**at, login: {"api_url": "{{ lookup('vars', 'gate' ~ 'way') }}"}},
        {**at, login: {"api_url": "{{ lookup('template', 'url.j2') }}"}},
        {**at, login: {"api_url": "{% include 'url.j2' %}"}},
        {**at, login: {"api_url": "{{ überurl }}"}},
        {**at, login: {"api_url": "{{ place.url }}"}},
        {**at, login: {"api_url": "{{ ansible_facts.gateway }}"}},
        {**at, login: None, "module_defaults": {module: to_gateway}},
        {"name": "Block", "module_defaults": {module: to_gateway}, "vars": mine, "block": [LOGIN]},
        {
            "name": "Role",
            "ansible.builtin.include_role": {"name": "theirs", "apply": {"module_defaults": {module: to_gateway}}},
            "vars": mine,
        },
        {**LOGIN, "vars": {"bill_api_url": "{{ gateway }}"}},
        {**LOGIN, "vars": {"bill_api_url": "{{ hostvars.web1.behind }}"}},
        # A value from another task, and arguments of a lookup.
        {**LOGIN, "vars": {"bill_api_url": "{{ set_by_play }}"}},
        {**LOOKUP_AT, "vars": mine},
        {
            **LOOKUP_AT,
            "ansible.builtin.debug": {
                "msg": LOOKUP_AT["ansible.builtin.debug"]["msg"].replace("=gateway", "=gateway ~ '/v9'")
            },
        },
        # Composed names of lookups. The item of a loop: behind a variable, of two loops, of a lookup, and by a composed name.
        {**at, login: {"api_url": "{{ lookup('va' ~ 'rs', 'gate' ~ 'way') }}"}},
        {**at, login: {"api_url": "{{ lookup(how, 'gate' ~ 'way') }}"}, "vars": {**mine, "how": "vars"}},
        {**at, login: {"api_url": "{{ lookup('file' if false else 'template', 'url.j2') }}"}},
        {**LOGIN, "vars": {"bill_api_url": "{{ item }}/v9"}, "loop": ["{{ gateway }}"]},
        {**at, "ansible.builtin.include_tasks": "twice.yml", "loop": ["{{ gateway }}"]},
        {**at, login: {"api_url": "{{ item }}"}, "with_vars": ["gateway"]},
        {**at, login: {"api_url": "{{ item }}"}, "with_template": ["url.j2"]},
        {**at, login: {"api_url": "{{ lookup('vars', 'it' ~ 'em') }}"}, "loop": ["{{ gateway }}"]},
        # Options that a fact leaves out of a task.
        {**at, login: {"api_url": "{{ nothing | default(omit, true) }}"}},
        {**at, login: None, "args": "{{ no_arguments }}"},
        {
            "name": "Outer",
            "module_defaults": {module: to_gateway},
            "block": [{"name": "Inner", "vars": mine, "block": [LOGIN]}],
        },
        # Other arguments of a task.
        {**at, "name": "Pay", "bill.connect.bill_request": {**PAYMENT, "repeat": "{{ yes }}"}},
        {**at, "name": "Pay", "bill.connect.bill_request": {**PAYMENT, "method": "{{ post }}"}},
        {
            **at,
            "name": "Keep",
            "bill.connect.bill_vault_file": {"path": "x.yml", "variables": {"bill_api_url": "{{ gateway }}"}},
        },
        {**at, "name": "Leave", login: {"state": "{{ absent }}"}},
    ]
    play: dict[str, Any] = {"gather_facts": False}
    sets = {"name": "Set", "ansible.builtin.set_fact": {"set_by_play": "{{ gateway }}"}}
    run = project.play(PING, sets, *each_in_a_block(tasks), **play)
    assert run.code == 0, run.output
    assert evil.received == [], run.output
    assert run.recap("web1")["rescued"] == len(tasks), run.output
    # ansible-core up to 2.18 shows a message for an item once, even if several tasks report it.
    loops = [task for task in tasks if "loop" in task or any(name.startswith("with_") for name in task)]
    assert run.times("A managed host decides its facts") >= len(tasks) - len(loops), run.output
    # A role and a play with module_defaults of their own. Below: dictionaries that Ansible merges.
    for theirs in (
        {"roles": [{"role": "theirs", "module_defaults": {module: to_gateway}}]},
        {"module_defaults": {module: to_gateway}, "tasks": [{"name": "Block", "block": [LOGIN]}]},
    ):
        run = project.plays({"tasks": [PING]}, {"vars": mine, **theirs})
        assert run.code == 2, run.output
        assert run.shows("The option api_url reads gateway, which is a fact of web1."), run.output
    project.environ["ANSIBLE_HASH_BEHAVIOUR"] = "merge"
    run = project.play(PING, {**LOGIN, "vars": {"bill_api_url": "{{ place.url }}"}})
    assert run.code == 2, run.output
    assert evil.received == []
    assert bill.get("counts") == {}


BILL = "group/bill.connect.bill"
SIGN_IN = "bill.connect.bill_login"


@pytest.mark.promise(7)
@pytest.mark.slow
def test_facts_changed_back_before_the_task_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    """The host lies while Ansible makes the items of a loop or the values of apply. It is honest when their tasks run."""
    here, there = (url.removeprefix("http://") for url in (project.api_url, evil.url))
    lie: dict[str, Any] = {"gw": there, "org": world.SECOND_ORGANIZATION.id, "verify": False}
    truth: dict[str, Any] = {"gw": here, "org": world.ORGANIZATION.id, "verify": True}
    compromise_host(project, lie, truth, **truth)
    project.variables(bill_api_url=project.api_url)
    to = {"name": "Sign in", SIGN_IN: {"api_url": "{{ item }}"}}
    files(
        project,
        plain=[PING, LOGIN],
        url=[PING, to],
        behind=[PING, {**LOGIN, "vars": {"bill_api_url": "{{ url }}"}, "when": "url is defined"}],
        pair=[PING, {**to, SIGN_IN: {"api_url": "{{ item.0 }}{{ item.1 }}"}}],
        value=[PING, {**to, SIGN_IN: {"api_url": "{{ item.value }}"}}],
        org=[PING, {**to, SIGN_IN: {"organization_id": "{{ item }}"}}],
        certs=[PING, {**to, SIGN_IN: {"validate_certs": "{{ item }}"}}],
        all=[PING, {**to, SIGN_IN: {"api_url": "{{ ansible_loop.allitems[1] }}"}}],
        look=[PING, {**LOOKUP_AT, "vars": {"gateway": "{{ item }}"}}],
        inner=[PING, {**to, "loop": ["{{ item }}"]}],
    )
    at = "http://{{ gw }}"
    url, extended = {"loop_control": {"loop_var": "url"}}, {"loop_control": {"extended": True}}
    include, role = "ansible.builtin.include_tasks", "ansible.builtin.include_role"
    with_defaults = {"module_defaults": {BILL: {"api_url": at}}}
    tasks: list[dict[str, Any]] = [
        {include: "url.yml", "loop": [at]},
        {role: {"name": "url"}, "loop": [at]},
        {include: "url.yml", "with_items": [[at]]},
        {include: "url.yml", "with_random_choice": [at]},
        {include: "url.yml", "with_template": ["url.j2"]},
        {include: "pair.yml", "with_together": [["http://"], ["{{ gw }}"]]},
        {include: "value.yml", "with_dict": {"a": at}},
        {include: "org.yml", "loop": ["{{ org }}"]},
        {include: "certs.yml", "loop": ["{{ verify }}"]},
        {include: "all.yml", "loop": [project.api_url, at], "when": "ansible_loop.first", **extended},
        {include: "look.yml", "loop": [at]},
        {include: "inner.yml", "loop": [at]},
        {role: {"name": "behind"}, "loop": [at], **url},
        # The item itself is an option, and the host sets the name of the item.
        {include: "plain.yml", "loop": [at], "loop_control": {"loop_var": "bill_api_url"}},
        {include: "behind.yml", "loop": [at], "loop_control": {"loop_var": "{{ 'url' if org else org }}"}},
    ]
    # Since ansible-core 2.19, these values are also made at once.
    applied: list[dict[str, Any]] = [
        {role: {"name": "plain", "apply": with_defaults}},
        {role: {"name": "plain", "apply": {"vars": {"bill_api_url": at}}}},
        {role: {"name": "behind", "apply": {"vars": {"url": at}}}},
        {role: {"name": "behind", "apply": {"vars": {"url": "{{ item }}"}}}, "loop": [at]},
    ]
    tasks += applied if project.core >= (2, 19) else []
    (project.folder / "url.j2").write_text(at)
    project.variables(bill_api_url=project.api_url)
    named = [{"name": "Include", **task} for task in tasks]
    run = project.play(*[each for task in named for each in each_in_a_block([PING, task], in_one=True)])
    assert run.code == 0, run.output
    assert evil.received == [], run.output
    assert run.recap("web1")["rescued"] == len(tasks), run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
def test_lookup_argument_from_fact_is_refused(project: Project, bill: Control, evil: Trap) -> None:
    """A lookup gets only values. The template that calls it shows their sources."""
    host, theirs = project.api_url.removeprefix("http://"), evil.url.removeprefix("http://")
    compromise_host(
        project,
        {"gw": theirs, "org": world.SECOND_ORGANIZATION.id, "ca": "/var/../etc/ca", "verify": False, "no": "false"},
        gw=host,
        org=world.ORGANIZATION.id,
        ca="/etc/ca",
        verify=True,
        no="true",
    )
    (project.folder / "look.j2").write_text("{{ lookup('bill.connect.bill_login', 'api_url', organization_id=org) }}")
    look = "lookup('bill.connect.bill_login', 'api_url', {})".format
    here, to_gw = f"'{project.api_url}'", "api_url='http://' ~ gw"
    expressions = [
        braced(look("api_url='http://' ~ gw")),
        braced(look("organization_id=org")),
        braced(look("ca_path=ca")),
        braced(look("validate_certs=verify")),
        braced(look("validate_certs=no")),
        braced(look("**{'api_url': 'http://' ~ gw}")),
        "{% set where = 'http://' ~ gw %}" + braced(look("api_url=where")),
        "{% set ask = lookup %}" + braced(look("api_url='http://' ~ gw").replace("lookup", "ask")),
        braced(f"{look(f'api_url={here}')} if false else {look(to_gw)}"),
        braced(look("api_url='http://' ~ lookup('vars', 'g' ~ 'w')")),
        braced(look("api_url=item")),
        "{{ query('bill.connect.bill_request', '/v3/vendors', api_url='http://' ~ gw) }}",
        "{{ lookup('template', 'look.j2') }}",
        "{% include 'look.j2' %}",
        "{{ hostvars['web1'].from_group }}",
    ]
    project.variables(bill_api_url=project.api_url, from_group=expressions[1])
    tasks: list[dict[str, Any]] = [
        {
            "name": "Look up",
            "ansible.builtin.debug": {"msg": text},
            **({"loop": ["http://{{ gw }}"]} if "item" in text else {}),
        }
        for text in expressions
    ]
    tasks.append({"name": "Expect", "ansible.builtin.assert": {"that": look("api_url='http://' ~ gw") + " != ''"}})
    run = project.play(PING, *each_in_a_block(tasks))
    assert run.code == 0, run.output
    assert evil.received == [], run.output
    assert run.recap("web1")["rescued"] == len(tasks), run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
@pytest.mark.slow
def test_facts_with_inventory_hostname_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    facts = {"bill_api_url": evil.url, "hostvars": {}, "groups": {}, "vars": {}, "ansible_facts": {}}
    for name in ("localhost", "nosuch", "\u001b]0;pwn\u0007", {"a": 1}, None):
        compromise_host(project, {**facts, "inventory_hostname": name})
        run = project.play(PING, {**LOGIN, **IGNORED}, {**LOOKUP_AT, "vars": {"gateway": project.api_url}, **IGNORED})
        assert run.recap("web1")["ignored"] == 2, run.output
        assert run.times("The variable inventory_hostname is a fact, so a managed host decides its own name") >= 2
        assert "\u001b]0" not in run.output
    # Among the variables of a host, a lookup gets hostvars only from the host's facts.
    compromise_host(project, facts)
    project.variables(there="{{ lookup('bill.connect.bill_login', 'api_url') }}")
    run = project.play(PING, {"name": "Look", "ansible.builtin.debug": {"msg": "{{ hostvars.web1.there }}"}, **IGNORED})
    assert run.shows(f"The variable bill_api_url {IS_A_FACT}"), run.output
    assert evil.received == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
def test_lookup_of_other_collection_that_reads_fact_is_refused(project: Project, bill: Control, evil: Trap) -> None:
    lookups = project.folder / "collections/ansible_collections/community/hashi_vault/plugins/lookup"
    lookups.mkdir(parents=True)
    documented = {
        **dict.fromkeys(("author", "description", "short_description"), "x"),
        "name": "kept",
        "options": {"url": {"description": "x", "default": project.api_url, "vars": [{"name": "ansible_kept_url"}]}},
    }
    (lookups / "kept.py").write_text(
        f"DOCUMENTATION = {json.dumps(documented)!r}\n"
        "from ansible.plugins.lookup import LookupBase\n"
        "class LookupModule(LookupBase):\n"
        "    def run(self, terms, variables=None, **kwargs):\n"
        "        self.set_options(var_options=variables, direct=kwargs)\n"
        "        return [self.get_option('url')]\n"
    )
    project.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{project.collections}:{project.folder / 'collections'}"
    stored = "lookup('community.hashi_vault.kept')"
    project.variables(bill_api_url=braced(stored))
    compromise_host(project, {"sheep": "wool"})
    assert project.play(PING, LOGIN).code == 0
    assert bill.get("counts") == {"POST /v3/login": 1}
    compromise_host(project, {"ansible_kept_url": evil.url})
    at_item: dict[str, Any] = {SIGN_IN: {"api_url": "{{ item }}"}}
    tasks: list[dict[str, Any]] = [
        LOGIN,
        {**at_item, "loop": braced(f"[{stored}]")},
        {**at_item, "with_community.hashi_vault.kept": []},
    ]
    run = project.play(PING, *each_in_a_block([{"name": "Sign in", **task} for task in tasks]))
    assert run.recap("web1")["rescued"] == len(tasks), run.output
    assert run.shows("The variable bill_api_url reads ansible_kept_url, which is a fact of web1."), run.output
    assert evil.received == []
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(7)
def test_facts_of_hosts_outside_inventory_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    project.hosts("one")
    liar = project.folder / "python_of_a_liar"
    liar.write_text(f"#!/bin/sh\necho '{json.dumps({'ansible_facts': {'gateway': evil.url}})}'\n")
    liar.chmod(0o755)
    project.variables(bill_api_url=project.api_url)
    lie = {**PING, "vars": {"ansible_connection": "local", "ansible_python_interpreter": str(liar)}}
    login = "bill.connect.bill_login"
    ghost = {"delegate_to": "ghost", "delegate_facts": True}
    tasks = [
        {"name": "Sign in", login: {"api_url": "{{ hostvars.localhost.gateway }}"}},
        {"name": "Sign in", login: {"api_url": "{{ ansible_delegated_vars.ghost.gateway }}"}, "delegate_to": "ghost"},
        {**LOGIN, "vars": {"bill_api_url": "{{ hostvars.localhost.gateway }}/v9"}},
    ]
    for before, task in zip(({}, ghost, {}), tasks, strict=True):
        to = {"hosts": "one", "tasks": [{**lie, **before}]} if before else {"hosts": "localhost", "tasks": [lie]}
        run = project.plays(to, {"hosts": "one", "tasks": [task]})
        assert run.recap("one")["failed"] == 1, run.output
        assert run.shows("A managed host decides its facts"), run.output
    assert evil.received == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
@pytest.mark.promise(14)
def test_login_option_independent_of_facts_is_accepted(project: Project, bill: Control) -> None:
    """The facts are those of this machine. The templates may read them, but do not depend on them."""
    (project.folder / "vars").mkdir()
    (project.folder / "vars" / "organization.txt").write_text(world.ORGANIZATION.id)
    project.variables(
        bill_api_url=project.api_url, mine=world.ORGANIZATION.id, organization_of_one=world.ORGANIZATION.id
    )
    project.hosts("one", "two")
    readings = {
        "by name": "{{ lookup('vars', 'mine') }}",
        "by a name put together": "{{ lookup('vars', 'organization_of_' ~ 'one') }}",
        "from a file in a folder vars": "{{ lookup('file', inventory_dir ~ '/vars/organization.txt') }}",
        "of another host": "{{ hostvars['one'].mine }}",
        "of the play": "{{ mine | default(ansible_facts.nothing | default('x')) }}",
        "from all variables": "{{ vars['mine'] }}",
        "at random": "{{ [mine] | random }}",
    }
    tasks: list[dict[str, Any]] = [
        {**LOGIN, "name": f"Sign in {how}", "vars": {"bill_organization_id": raw}} for how, raw in readings.items()
    ]
    whole: dict[str, Any] = {"organization_id": "{{ mine }}", "timeout": "{{ ansible_facts.nothing | default(30) }}"}
    tasks += [
        {"name": "Sign in with a template", "bill.connect.bill_login": "{{ whole }}", "vars": {"whole": whole}},
        {
            "name": "Sign in for each",
            "bill.connect.bill_login": {"organization_id": "{{ item }}"},
            "loop": "{{ [mine, lookup('vars', 'mine')] }}",
        },
    ]
    # No fact of this name may replace omit.
    compromise_host(project, {"omit": project.api_url}, name="three")
    run = project.play(PING, LOGIN)
    assert run.code == 0, run.output
    project.hosts("one", "two")
    run = project.plays({"gather_facts": True, "tasks": tasks}, {"tasks": [PING, *tasks]})
    assert run.code == 0, run.output
    project.environ |= {"ANSIBLE_INJECT_FACT_VARS": "false"}
    compromise_host(project, {"bill_timeout": 20})
    assert project.play(PING, {**LOGIN, "vars": {"bill_timeout": 20}}).code == 0
    assert bill.get("counts")["POST /v3/login"] == 1


@pytest.mark.promise(7)
@pytest.mark.promise(14)
@pytest.mark.slow
def test_loops_lookups_and_templates_independent_of_facts_are_accepted(project: Project, bill: Control) -> None:
    """The facts are those of this machine, and one has the same value as the play's variable."""
    organization, page = world.ORGANIZATION.id, {"path": "/v3/vendors", "page_size": "{{ size }}"}
    project.hosts("one", "two")
    project.variables(
        bill_api_url="{{ gateway }}",
        gateway=project.api_url,
        mine=organization,
        organizations=[organization],
        named={"a": organization},
        of_one="{{ lookup('vars', 'mi' ~ 'ne') }}",
        bill_organization_id="{{ of_one }}",
        page=page,
        size=5,
        item_of_all="every_one",
    )
    files(
        project,
        item=[{"name": "Sign in", SIGN_IN: {"organization_id": "{{ item }}"}}],
        pair=[{"name": "Sign in", SIGN_IN: {"organization_id": "{{ item.0 }}{{ item.1 }}"}}],
        value=[{"name": "Sign in", SIGN_IN: {"organization_id": "{{ item.value }}"}}],
        stored=[{"name": "Sign in", SIGN_IN: {"organization_id": "{{ item.item }}"}}],
        other=[LOGIN],
        nested=[{"name": "Inner", "ansible.builtin.include_tasks": "item.yml", "loop": ["{{ item }}"]}],
        extended=[{"name": "Sign in", SIGN_IN: {"organization_id": "{{ organizations[ansible_loop.index0] }}"}}],
    )
    include = "ansible.builtin.include_tasks"
    request = "bill.connect.bill_request"
    look = "lookup('bill.connect.bill_login', 'api_url', {})".format
    stored = {"name": "Keep", "ansible.builtin.command": "true", "loop": "{{ organizations }}", "register": "results"}
    tasks: list[dict[str, Any]] = [
        # The item comes from facts, and no option uses it.
        {include: "other.yml", "loop": "{{ ansible_facts.interfaces }}"},
        {include: "item.yml", "loop": "{{ organizations }}"},
        {include: "item.yml", "loop": "{{ [hostvars['two'].mine, lookup('vars', 'mi' ~ 'ne')] }}"},
        {include: "item.yml", "with_items": ["{{ organizations }}"]},
        {include: "item.yml", "with_random_choice": "{{ organizations + [mine] + [ansible_facts.x | default(mine)] }}"},
        {include: "item.yml", "with_vars": ["mine"]},
        {include: "pair.yml", "with_together": [["{{ mine[:5] }}"], ["{{ ansible_facts.x | default(mine[5:]) }}"]]},
        {include: "value.yml", "with_dict": "{{ named | combine(ansible_facts.x | default({})) }}"},
        {include: "stored.yml", "loop": "{{ results.results }}"},
        {include: "stored.yml", "loop": "{{ results.results + ansible_facts.x | default([]) }}"},
        {include: "nested.yml", "loop": "{{ ansible_facts.x | default(organizations) }}"},
        {
            include: "extended.yml",
            "loop": "{{ ansible_facts.x | default(organizations) }}",
            "loop_control": {"extended": True},
        },
        {include: "other.yml", "loop": ["a"], "loop_control": {"loop_var": "{{ item_of_all }}"}},
        {SIGN_IN: {"organization_id": "{{ item }}"}, "with_random_choice": ["{{ mine }}"]},
        {
            "ansible.builtin.include_role": {
                "name": "other",
                "apply": {
                    "module_defaults": {BILL: {"timeout": "{{ ansible_facts.x | default(30) }}"}},
                    "vars": {"x": "{{ mine }}"},
                },
            }
        },
        # The arguments are one template, with data from facts.
        {request: "{{ page }}", "vars": {"size": "{{ ansible_facts.processor_vcpus }}"}},
        {request: None, "args": "{{ page | combine({'timeout': 30}) }}"},
        {request: "{{ whole }}", "vars": {"whole": "{{ page }}"}, "module_defaults": {BILL: "{{ {'timeout': 30} }}"}},
        *(
            {"ansible.builtin.debug": {"msg": braced(call)}}
            for call in (
                look(f"organization_id='{organization}'"),
                look("organization_id=mine, validate_certs=true") + " ~ ansible_facts.hostname",
                look("organization_id=of_one"),
                look("**{'organization_id': mine}"),
                look("api_url=hostvars['two'].gateway"),
                "query('bill.connect.bill_request', '/v3/vendors?max=' ~ ansible_facts.processor_vcpus, expected_status=[200])",
            )
        ),
        {"ansible.builtin.assert": {"that": look(f"organization_id='{organization}'") + " == gateway"}},
        {"ansible.builtin.debug": {"msg": braced(look("organization_id=item"))}, "loop": "{{ organizations }}"},
        {
            "ansible.builtin.debug": {
                "msg": "{% for each in organizations %}" + braced(look("organization_id=mine")) + "{% endfor %}"
            }
        },
    ]
    says_the_same = {"name": "Say", "ansible.builtin.set_fact": {"endpoint": project.api_url, "cacheable": True}}
    run = project.plays(
        {"gather_facts": True, "tasks": [says_the_same, stored, *({"name": "Try", **task} for task in tasks)]}
    )
    assert run.code == 0, run.output
    assert bill.get("counts")["POST /v3/login"] == 1


@pytest.mark.promise(5)
def test_fact_name_with_control_characters_is_not_printed(project: Project) -> None:
    compromise_host(project, {"\u001b]0;pwn\u0007\u001b[31m\u202eEVIL\nok: x": "y", "evil": "z"})
    run = project.play(PING, {**LOGIN, "vars": {"bill_timeout": "{{ lookup('vars', 'evil') }}"}})
    assert run.code == 2
    assert run.shows("The variable bill_timeout reads evil, which is a fact of web1."), run.output
    assert "\u001b" not in run.output.replace("\\u001b", "")
    assert "\u202e" not in run.output


@pytest.mark.promise(7)
def test_facts_from_delegation_or_cache_are_refused(project: Project, bill: Control, evil: Trap) -> None:
    compromise_host(project, {"bill_api_url": evil.url})
    cache = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
    }
    project.environ |= cache
    delegated = {**PING, "delegate_to": "web1"}
    run = project.plays({"hosts": "localhost", "connection": "local", "tasks": [delegated, LOGIN]})
    assert run.code == 2
    assert run.shows("The variable bill_api_url is a fact of localhost."), run.output
    assert run.shows("run ansible-playbook with --flush-cache")
    # The next day nothing is delegated, and the host is no longer in the inventory.
    project.hosts("localhost")
    run = project.play(LOGIN)
    assert run.code == 2
    assert run.shows("The variable bill_api_url is a fact of localhost."), run.output
    assert evil.received == []
    assert bill.get("counts") == {}
    # The remedy in the message.
    assert project.play(LOGIN, arguments=("--flush-cache",)).code == 0


@pytest.mark.promise(7)
def test_set_fact_cacheable_is_refused_with_remedy(project: Project, bill: Control) -> None:
    sets = {"name": "Set", "ansible.builtin.set_fact": {"bill_timeout": 20}}
    cacheable = {**sets, "ansible.builtin.set_fact": {"bill_timeout": 20, "cacheable": True}}
    run = project.plays({"tasks": [sets, LOGIN]}, {"tasks": [cacheable, LOGIN]})
    assert run.code == 2
    assert run.shows("The variable bill_timeout is a fact of localhost.")
    assert run.shows("If set_fact sets this fact, leave out cacheable")
    assert run.recap()["changed"] == 1
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(7)
def test_playbook_variable_from_fact_is_refused(project: Project) -> None:
    project.environ |= {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
    }
    to_localhost = {"hosts": "localhost", "connection": "local", "tasks": [{**PING, "delegate_to": "web1"}]}
    compromise_host(project, {"bill_remove_vault_file": True})
    assert project.plays(to_localhost).code == 0
    project.hosts("localhost")
    run = project.run("ansible-playbook", "bill.connect.disconnect")
    assert run.code == 2
    assert run.shows("The variable bill_remove_vault_file is a fact of localhost.")
    assert (project.folder / "group_vars" / "all" / "bill.yml").exists()
    store = project.home / "other" / "key"
    store.parent.mkdir()
    store.write_bytes(b"k" * 32)
    shutil.rmtree(project.home / "facts")
    compromise_host(project, {"bill_session_store": str(store.parent)})
    assert project.plays(to_localhost).code == 0
    project.without_vault()
    project.hosts("localhost")
    run = project.run("ansible-playbook", "bill.connect.disconnect", "-e", "bill_remove_store=all")
    assert run.code == 2, run.output
    assert run.shows("bill_session_store comes from a fact"), run.output
    assert store.exists()
    compromise_host(project, {"bill_awx_state": "absent"})
    assert project.plays(to_localhost).code == 0
    run = project.run("ansible-playbook", "bill.connect.awx_credential_type")
    assert run.code == 2
    assert run.shows("bill_awx_state comes from a fact"), run.output


@pytest.mark.promise(3)
@pytest.mark.promise(7)
def test_organization_published_by_login_is_used_by_later_tasks(
    project: Project, bill: Control, tmp_path: Path
) -> None:
    """The task publishes the organization for its host, or for all hosts with run_once."""
    project.without_vault()
    without_organization = {name: value for name, value in CREDENTIALS.items() if name != "bill_organization_id"}
    project.variables(bill_api_url=project.api_url, **without_organization)
    here = {"name": "Sign in", "bill.connect.bill_login": {"organization_id": world.ORGANIZATION.id}}
    info = {"name": "Session", "bill.connect.bill_session_info": None, "register": "info"}
    same = {
        "name": "Same organization",
        "ansible.builtin.assert": {"that": f"info.organization_id == '{world.ORGANIZATION.id}'"},
    }
    there = {"name": "Sign in elsewhere", "bill.connect.bill_login": {"organization_id": world.SECOND_ORGANIZATION.id}}
    elsewhere = {
        "name": "The other organization",
        "ansible.builtin.assert": {"that": f"info.organization_id == '{world.SECOND_ORGANIZATION.id}'"},
    }
    project.hosts("one", "two")
    run = project.plays(
        {"tasks": [here, info, same]},
        {"tasks": [{**here, "run_once": True}, info, same]},
        {"tasks": [{"name": "Block", "run_once": True, "block": [here]}, info, same]},
        {"hosts": "one", "tasks": [{**here, "delegate_to": "localhost"}, info, same]},
        {"hosts": "one", "tasks": [{**here, "delegate_to": "two", "delegate_facts": True}]},
        {"hosts": "two", "tasks": [info, same]},
        # The last publication counts, whether it was for one host or for all.
        {"tasks": [here, {**there, "run_once": True}, info, elsewhere]},
        {"tasks": [here, {**there, "failed_when": True, **IGNORED}, info, same]},
        {"serial": 1, "tasks": [{**here, "run_once": True}, info, same]},
        {
            "tasks": [
                info,
                same,
                {**LOGIN, "vars": {"bill_organization_id": "{{ hostvars['one'].bill_organization_id }}"}},
            ]
        },
    )
    assert run.code == 0, run.output
    assert bill.get("counts")["POST /v3/login"] == 2
    # The environment outranks a published value, and a play outranks the environment, even with the same value.
    project.environ["BILL_ORGANIZATION_ID"] = world.SECOND_ORGANIZATION.id
    run = project.plays(
        {"tasks": [here, info, elsewhere]},
        {"vars": {"bill_organization_id": world.ORGANIZATION.id}, "tasks": [info, same, here, info, same]},
        {"tasks": [here, info, elsewhere]},
    )
    assert run.code == 0, run.output
    del project.environ["BILL_ORGANIZATION_ID"]
    # A host's fact is refused, too, if it has an earlier published value.
    for theirs in (world.SECOND_ORGANIZATION.id, world.ORGANIZATION.id):
        compromise_host(project, {"bill_organization_id": theirs})
        run = project.play(
            here, there, here, *([there] if theirs == world.ORGANIZATION.id else []), info, PING, {**info, **IGNORED}
        )
        refused(run, 1, f"The variable bill_organization_id {IS_A_FACT}")
    assert bill.get("counts")["POST /v3/login"] == 2
