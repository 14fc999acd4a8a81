# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options from the task, module_defaults, variables and the environment; the same for tasks and lookups."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project
from tests.integration.rows import Row, play_rows

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
LOOKUP = {
    "name": "Look up",
    "ansible.builtin.assert": {"that": "lookup('bill.connect.bill_login', 'user_id') == user_id"},
}
GOOD = {
    "bill_username": world.USER.username,
    "bill_password": world.USER.password,
    "bill_organization_id": world.ORGANIZATION.id,
    "bill_dev_key": world.DEV_KEY,
}


def passwords_received(bill: Control) -> list[Any]:
    return [r["body"]["password"] for r in bill.get("requests") if r["path"] == "/v3/login"]


def test_options_from_environment_only_sign_in(project: Project, bill: Control) -> None:
    project.without_vault()
    project.variables(user_id=world.USER.id)
    project.environ = {name.upper(): value for name, value in GOOD.items()} | {"BILL_API_URL": project.api_url}
    run = project.play(LOGIN, LOOKUP)
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.parametrize(
    "password",
    [
        "a{{ 6*7 }}b-findme",
        '["findme"]',
        # A no-break space, an ideographic space and an emoji of two parts.
        "a\u00a0b\u3000\U0001f469\u200d\U0001f4bb-findme",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("{% raw %}findme", "{'findme': 1}", "0123")),
    ],
)
def test_option_from_environment_is_not_templated(project: Project, bill: Control, password: str) -> None:
    bill.post(f"users/{world.USER.username}/password", password=password)
    project.without_vault()
    project.variables(bill_api_url=project.api_url)
    project.environ = {name.upper(): value for name, value in GOOD.items()} | {"BILL_PASSWORD": password}
    project.play(
        LOGIN,
        {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'user_id') }}"}},
    )
    assert passwords_received(bill) == [password]


@pytest.mark.parametrize("native", ["false", "true"])
def test_option_templated_text_like_other_type_stays_text(project: Project, native: str) -> None:
    project.environ = {"ANSIBLE_JINJA2_NATIVE": native}
    passwords = ['["findme"]', "{'findme': 1}", "12345678", "0123", "True", "None", "1e3"]
    variables = {"bill_password": "{{ secret_text }}", "user_id": world.USER.id}
    rows = [
        Row(
            [LOGIN, LOOKUP],
            {**variables, "secret_text": password},
            posts=[(f"users/{world.USER.username}/password", {"password": password})],
        )
        for password in passwords
    ]
    for password, seen in zip(passwords, play_rows(project, rows), strict=True):
        assert seen.failed == [], seen.shown.output
        assert [request["body"]["password"] for request in seen.received] == [password]


def test_option_in_module_defaults_overrides_variable_but_not_task(project: Project, bill: Control) -> None:
    project.play(
        LOGIN,
        {**LOGIN, "bill.connect.bill_login": {"password": "{{ 'of the task-' + 'findme' }}"}, "ignore_errors": True},
        module_defaults={"group/bill.connect.bill": {"password": "{{ 'of the defaults-' + 'findme' }}"}},
        ignore_errors=True,
    )
    assert passwords_received(bill) == ["of the defaults-findme", "of the task-findme"]


def test_option_from_encrypted_variable_is_decrypted(project: Project, bill: Control) -> None:
    encrypted = project.run("ansible-vault", "encrypt_string", world.USER.password, "--name", "inline_password").output
    (project.folder / "group_vars" / "all" / "inline.yml").write_text(
        encrypted[encrypted.index("inline_password") :].replace("Encryption successful", "")
    )
    project.variables(bill_api_url=project.api_url, bill_password="{{ inline_password }}", user_id=world.USER.id)
    run = project.play(LOGIN, LOOKUP)
    assert run.code == 0, run.output
    (project.folder / "group_vars" / "all" / "inline.yml").write_text(
        encrypted[encrypted.index("inline_password") :]
        .replace("Encryption successful", "")
        .replace("inline_password", "bill_password")
    )
    project.variables(bill_api_url=project.api_url, user_id=world.USER.id)
    run = project.play(LOGIN, LOOKUP)
    assert run.code == 0, run.output
    given = {"bill.connect.bill_login": {"password": "{{ inline }}"}, "vars": {"inline": "{{ bill_password }}"}}
    looked_up = {"that": "lookup('bill.connect.bill_login', 'user_id', password=bill_password) == user_id"}
    run = project.play({**LOGIN, **given}, {"name": "Look up", "ansible.builtin.assert": looked_up})
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


def test_option_encrypted_in_task_is_decrypted(project: Project, bill: Control) -> None:
    encrypted = project.run("ansible-vault", "encrypt_string", world.USER.password, "--name", "password").output
    lines = encrypted[encrypted.index("password:") :].replace("Encryption successful", "").rstrip().splitlines()
    (project.folder / "inline.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Sign in\n      bill.connect.bill_login:\n"
        + "".join(f"        {line}\n" for line in lines)
    )
    run = project.run("ansible-playbook", "inline.yml")
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(18)
def test_variable_of_another_method_never_stops_a_task(project: Project) -> None:
    """One group_vars file serves several accounts, and not every vault has the values of every account."""
    (project.folder / "other").write_text("another vault password")
    shown = project.run("ansible-vault", "encrypt_string", "--vault-id", "o@other", "--encrypt-vault-id", "o", "x")
    encrypted = shown.output[shown.output.index("$ANSIBLE_VAULT") :].replace("Encryption successful", "")
    (project.folder / "group_vars" / "all" / "others.yml").write_text(
        "".join(
            f"bill_{name}: !vault |\n{textwrap.indent(textwrap.dedent(encrypted), '  ')}\n"
            for name in ("user_id", "app_key")
        )
    )
    others = {
        "bill_client_id": "{{ nowhere_defined }}",
        "bill_client_secret": "{{ lookup('ansible.builtin.file', '/nowhere/findme') }}",
        "bill_api_token": "{{ vault.nothing }}",
        "bill_console_api_token": "{{ 1 / 0 }}",
        "bill_token_url": "ftp://nowhere",
    }
    direct = {**LOGIN, "bill.connect.bill_login": {"user_id": "a b", "api_token": 7}}
    request = {"name": "Read", "bill.connect.bill_request": {"path": "/v3/vendors"}}
    role = {"name": "Use the role", "ansible.builtin.include_role": {"name": "bill.connect.login"}}
    rows = [Row([LOGIN, LOOKUP, direct, request, role], {**others, "user_id": world.USER.id})]
    method, needs = "oauth", "bill_client_id cannot be used: it refers to nowhere_defined, which is not defined."
    rows.append(Row([LOGIN], {**others, "bill_auth_method": method}))
    seen, needed = play_rows(project, rows)
    assert seen.failed == [], seen.shown.output
    assert seen.counts == {"POST /v3/login": 1, "GET /v3/vendors": 1}
    assert needed.shown.shows(f"The variable {needs}"), needed.shown.output
    assert needed.requests == []


def test_lookup_in_with_loop_gives_items(project: Project) -> None:
    loop = {
        "name": "Loop",
        "ansible.builtin.debug": {"msg": "got {{ item }}"},
        "with_bill.connect.bill_login": ["user_id"],
    }
    run = project.play(loop)
    assert run.shows(f"got {world.USER.id}"), run.output


def test_option_omitted_or_empty_counts_as_not_given(project: Project) -> None:
    nothings = ["{{ omit }}", "{{ undefined_one | default(omit) }}", "", None]
    rows = [
        Row([LOGIN, LOOKUP], {"bill_auth_method": nothing, "bill_timeout": nothing, "user_id": world.USER.id})
        for nothing in nothings
    ]
    for seen in play_rows(project, rows):
        assert seen.failed == [], seen.shown.output
        assert seen.requests == ["POST /v3/login"]


def test_option_variable_per_host_gives_each_host_its_own_session(project: Project, bill: Control) -> None:
    project.without_vault()
    project.hosts("one", "two")
    good = {name: value for name, value in GOOD.items() if name != "bill_organization_id"}
    organizations = {"one": world.ORGANIZATION.id, "two": world.SECOND_ORGANIZATION.id}
    project.variables(
        bill_api_url=project.api_url,
        bill_organization_id="{{ organizations[inventory_hostname] }}",
        organizations=organizations,
        **good,
    )
    show = {"name": "Show", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }}={{ bill.organization_id }}"}}
    run = project.play(LOGIN, show)
    for host, organization in organizations.items():
        assert run.shows(f"{host}={organization}"), run.output
    assert bill.get("counts") == {"POST /v3/login": 2}
