# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees after a failure: a code or an option, and the remedy. A failure never uses a stored session instead."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project, Run, secrets_in
from tests.integration.rows import Row, play_rows


def login(**options: Any) -> dict[str, Any]:
    return {"name": "Sign in", "bill.connect.bill_login": options or None, "register": "bill"}


def failure(run: Run) -> Run:
    """A run that failed as expected."""
    assert run.code == 2, run.output
    return check_clean_message(run)


def check_clean_message(run: Run) -> Run:
    """A failure with a message. It has no secret, no traceback and no internal error."""
    assert secrets_in(run.output) == []
    assert "Traceback" not in run.output
    assert "An exception occurred" not in run.output
    assert not run.shows("a bug in bill.connect")
    assert not run.shows("output has been hidden")
    return run


@pytest.mark.promise(3)
@pytest.mark.promise(8)
def test_login_wrong_value_after_valid_login_is_refused(project: Project) -> None:
    wrong = [
        ("password", "wrong-findme", "BDC_1101"),
        ("username", "nobody@example.com", "BDC_1101"),
        ("dev_key", "wrong-findme", "BDC_1102"),
        ("dev_key", world.INACTIVE_DEV_KEY, "BDC_1103"),
        ("organization_id", "00899NOSUCHTHING0099", "BDC_1123"),
        ("organization_id", world.LOCKED_ORGANIZATION.id, "BDC_1107"),
    ]
    # The values come from a variable, because Ansible quotes the lines of a failed task.
    rows = [
        Row([login(), {**login(**{option: "{{ wrong }}"}), "name": "Wrong"}, login()], {"wrong": value})
        for option, value, _code in wrong
    ]
    for (option, value, code), seen in zip(wrong, play_rows(project, rows), strict=True):
        assert seen.failed == ["Wrong"], seen.shown.output
        shown = check_clean_message(Run(2, seen.tasks[1].text))
        assert shown.shows(f"BILL answered {code}: "), value
        assert shown.shows(f"{option} comes from the option {option}"), value
        # The valid session is stored, and the wrong value does not get it.
        assert seen.results("Sign in") == ["changed", "ok"], value
        assert seen.requests == ["POST /v3/login"] * 2, value


@pytest.mark.promise(3)
def test_lookup_wrong_password_after_valid_login_is_refused(project: Project, bill: Control) -> None:
    run = failure(
        project.play(
            login(),
            {
                "name": "Look up",
                "ansible.builtin.debug": {
                    # The same worker has just looked the session up with the right one, many times.
                    "msg": "{% for _number in range(50) %}{{ lookup('bill.connect.bill_login', 'user_id') }}{% endfor %}"
                    "{{ lookup('bill.connect.bill_login', 'user_id', password='wrong-' + 'find' + 'me') }}"
                },
            },
        )
    )
    assert run.shows("BILL answered BDC_1101: the user name, the password or the token is wrong.")
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.mark.promise(3)
def test_login_session_expired_and_password_changed_is_refused(project: Project, bill: Control) -> None:
    project.play(login())
    bill.post(f"users/{world.USER.username}/password", password="new-findme-password")
    bill.post("sessions/end")
    assert failure(project.play(login(check_after=0))).shows("BDC_1101")
    assert bill.get("counts")["POST /v3/login"] == 2


@pytest.mark.promise(8)
def test_message_login_refused_names_source_of_each_value(project: Project) -> None:
    project.variables(bill_api_url=project.api_url, bill_password="wrong-findme")
    run = failure(project.play(login()))
    assert run.shows("Sandbox and production have different users, keys and organizations")
    assert run.shows("username comes from the variable bill_username")
    assert run.shows("password comes from the variable bill_password")


@pytest.mark.promise(8)
def test_message_several_options_missing_names_all_of_them(project: Project, bill: Control) -> None:
    project.without_vault()
    run = failure(project.play(login(username="ap@example.com")))
    assert run.shows(
        "auth_method password requires password (your BILL password), organization_id (begins with 008), dev_key "
        "(a developer key). Define bill_password, bill_organization_id, bill_dev_key, preferably in a vault file"
    )
    assert bill.get("counts") == {}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"environment": "prod"}, "The option environment must be one of sandbox, production."),
    (
        {"auth_method": "magic"},
        "The option auth_method must be one of password, sync_token, console_token, partner, oauth, spend_token.",
    ),
    (
        {"api_url": "https://gateway.bill.com/connect"},
        "names gateway.bill.com, which is not a host that BILL documents",
    ),
    ({"api_url": "http://192.0.2.7/connect"}, "would send the credentials to 192.0.2.7 unencrypted"),
    ({"timeout": 0}, "The option timeout must be between 1 and 3600."),
    ({"pasword": "findme"}, "There is no option pasword. Did you mean password?"),
    ({"state": "gone"}, "The option state must be one of present, absent."),
    ({"password": 1234}, "The option password must be a text, but it is a number."),
    ({"password": "findme\n"}, "holds a line break at its end."),
    ({"ca_path": "/nonexistent.pem"}, "ca_path names /nonexistent.pem, which does not exist."),
    (
        {"session_store": "redis:127.0.0.1"},
        "session_store must be a directory, none, or a URL that begins with redis://",
    ),
]


@pytest.mark.promise(8)
def test_option_invalid_is_reported_and_nothing_is_sent(project: Project) -> None:
    def with_options(options: dict[str, Any]) -> Row:
        # Texts come from variables, as in a well-written play, because Ansible quotes the lines of a failed task.
        given = {key: f"{{{{ wanted.{key} }}}}" if isinstance(value, str) else value for key, value in options.items()}
        return Row([{"name": "Sign in", "bill.connect.bill_login": given}], {"wanted": options})

    seen = play_rows(project, [with_options(options) for options, _message in BAD])
    for (_options, message), each in zip(BAD, seen, strict=True):
        assert failure(each.shown).shows(message), each.shown.output
        assert each.requests == []


@pytest.mark.promise(8)
def test_option_reading_undefined_variable_is_reported(project: Project) -> None:
    project.without_vault()
    project.variables(bill_api_url=project.api_url, bill_username="ap", bill_password="{{ vault_bill_password }}")
    run = failure(project.play(login()))
    assert run.shows(
        "The variable bill_password cannot be used: it refers to vault_bill_password, which is not defined."
    ), run.output


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_option_password_with_broken_template_is_not_shown(project: Project) -> None:
    project.variables(bill_api_url=project.api_url, bill_password="findme{{ oops")
    for arguments in ((), ("-vvvvv",)):
        run = project.play(login(), arguments=arguments)
        assert run.code == 2
        assert run.shows("The variable bill_password cannot be used: its template has a syntax error."), run.output
        assert run.shows("mark it with !unsafe, for example: bill_password: !unsafe '...'."), run.output
        assert secrets_in(run.output) == []


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_variable_that_fails_is_told_with_its_cause(project: Project) -> None:
    """Nothing is sent, and no value is shown."""
    (project.folder / "other").write_text("another vault password")
    shown = project.run("ansible-vault", "encrypt_string", "--vault-id", "o@other", "--encrypt-vault-id", "o", "x")
    encrypted = shown.output[shown.output.index("$ANSIBLE_VAULT") :].replace("Encryption successful", "").split()
    lines = "".join(f"  {line}\n" for line in encrypted)
    (project.folder / "group_vars" / "all" / "encrypted.yml").write_text(f"of_others: !vault |\n{lines}")
    echoed = project.run("ansible-vault", "encrypt_string", "findme\n").output
    lines = "".join(
        f"  {line}\n" for line in echoed[echoed.index("$ANSIBLE_VAULT") :].split() if "ncryption" not in line
    )
    (project.folder / "group_vars" / "all" / "echoed.yml").write_text(f"echoed: !vault |\n{lines}")
    causes = {
        "{{ lookup('ansible.builtin.file', '/nowhere/findme') }}": "file failed: it finds no such file or entry.",
        "{{ lookup('community.nothing.vault', 'findme') }}": "the lookup community.nothing.vault is not found.",
        "{{ lookup('ansible.builtin.pipe', 'no-such-findme') }}": "pipe failed: the program is not found (exit code 127).",
        "{{ account.pw }}": "its template uses the key pw, which does not exist.",
        "{{ one }}": "its template refers to itself, directly or through other variables or lookups.",
        "{{ of_others }}": "it could not be decrypted. Start Ansible with the vault password",
        "{{ echoed }}": "holds a line break at its end. It was encrypted together with the value",
    }
    project.variables(bill_api_url=project.api_url)
    reads = [
        {"path": "/v3/vendors", "filters": [{"field": "name", "op": "eq", "value": "{{ lines }}"}]},
        {"path": "/v3/vendors", "query": {"name": "{{ 'x' ~ lines }}"}},
        {"path": "/v3/vendors", "headers": {"organizationId": "x\n"}},
    ]
    query = "{{ query('bill.connect.bill_request', '/v3/vendors', sort='name:asc' ~ lines ~ 'x') }}"
    run = project.play(
        *({"bill.connect.bill_request": each, "ignore_errors": True} for each in reads),
        {"ansible.builtin.debug": {"msg": query}},
        vars={"lines": "{{ 'a' ~ '\n' }}"},
    )
    by_file = "If a file or a program gives the value, remove it there, or add | trim to the template."
    for message in (
        f"filters: number 1 (name) has a value that holds a line break at its end. {by_file}",
        f"query.name holds a line break at its end. {by_file}",
        "headers.organizationId must be a text of printable ASCII characters, but it holds a line break at its end. A YAML block that begins with |",
        "sort holds a line break (character 10). Remove it where the value comes from.",
    ):
        assert run.shows(message), run.output

    others = {"account": {}, "one": "{{ two }}", "two": "{{ one }}"}
    seen = play_rows(project, [Row([login()], {"bill_password": template, **others}) for template in causes])
    for cause, each in zip(causes.values(), seen, strict=True):
        assert each.shown.shows("The variable bill_password "), each.shown.output
        assert each.shown.shows(cause), each.shown.output
        assert each.requests == []


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.promise(15)
@pytest.mark.promise(17)
@pytest.mark.slow
def test_password_with_braces_is_never_changed_without_a_word(project: Project) -> None:
    """Nothing is sent, and no part of the password is shown."""
    look_up = {
        "name": "Look up",
        "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'user_id') }}"},
    }
    itself = "{{ lookup('bill.connect.bill_login', 'session_id') }}"
    marked = "with !unsafe, for example: {}: !unsafe '...'."
    lost = "The variable {} lost a part of its text: Ansible takes {{#...#}} for a comment"
    unknown = "The variable bill_password cannot be used: its template uses"
    causes: dict[str, tuple[dict[str, Any], str, str]] = {
        "comment": ({"bill_password": "ab{#findme#}ef"}, lost.format("bill_password"), "bill_password"),
        "constant": ({"bill_password": "ab{{7*7}}findme"}, lost.format("bill_password"), "bill_password"),
        "behind": ({"bill_password": "{{ a.pw }}", "a": {"pw": "{#findme#}"}}, lost.format("a"), "pw"),
        "name": ({"bill_dev_key": "{#findme#}"}, lost.format("bill_dev_key"), "bill_dev_key"),
        "user": ({"bill_username": "me{#findme#}"}, lost.format("bill_username"), "bill_username"),
        "undefined": ({"bill_password": "p{{findme}}d"}, f"{unknown} something that is not defined", "bill_password"),
        "filter": ({"bill_password": "p{{7|findme}}"}, f"{unknown} a filter or test that does not", "bill_password"),
        "itself": ({"bill_password": itself}, "bill_password cannot be used: its template refers to itself", ""),
    }
    rows = [Row([task], variables) for variables, _says, _name in causes.values() for task in (login(), look_up)]
    for number, each in enumerate(play_rows(project, rows)):
        _variables, message, name = list(causes.values())[number // 2]
        assert each.shown.shows(message), each.shown.output
        assert not name or each.shown.shows(marked.format(name)), each.shown.output
        assert not each.shown.shows("'findme'"), each.shown.output
        assert each.requests == []
    given = {**login(password="{{ item }}"), "loop": ["ab{#find#}me"]}
    written = {"name": "Write", "bill.connect.bill_vault_file": {"variables": {"bill_password": "ab{#find#}me"}}}
    run = project.play({**given, "ignore_errors": True}, written, arguments=("-v",))
    assert run.shows("The option variables lost a part of its text"), run.output
    assert run.shows(marked.format("bill_password")), run.output


@pytest.mark.promise(8)
def test_keyword_environment_never_decides_in_silence(project: Project, bill: Control) -> None:
    project.environ["ANSIBLE_INJECT_FACT_VARS"] = "False"
    meant = {**login(), "environment": "production", "ignore_errors": True}
    useless = {**login(), "environment": {"HTTPS_PROXY": "http://127.0.0.1:1"}}
    look = {"name": "Look", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'user_id') }}"}}
    run = project.play(
        meant,
        {"block": [meant]},
        useless,
        useless,
        {**look, "environment": "production", "ignore_errors": True},
        {**look, "environment": {"BILL_PASSWORD": "findme"}},
        {**login(), "timeout": 10, "retries": 1},
        {**login(), "timeout": 100, "retries": 1, "until": True},
    )
    assert run.code == 0, run.output
    assert run.shows("Write environment='production' as an argument of the lookup."), run.output
    assert run.times("The keyword environment sets BILL_PASSWORD.") == 1, run.output
    assert run.times("timeout: 10 is written as a keyword of Ansible here.") == 1, run.output
    assert run.times("retries: 1 is written as a keyword of Ansible here, without until.") == 1, run.output
    assert run.shows("environment: production is written as a keyword of Ansible here"), run.output
    assert run.times("The keyword environment sets HTTPS_PROXY.") == 1, run.output
    # From ansible-core 2.21 on, the variables of the session are no facts.
    facts = 1 if project.core < (2, 21) else 0
    assert run.times("because inject_facts_as_vars is off") == facts, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(8)
def test_lookup_unknown_field_is_reported_and_nothing_is_sent(project: Project) -> None:
    fields = {
        "sessionId": "There is no field sessionId. Did you mean session_id? The fields are: session_id, organization_id, ",
        "a secret given by mistake": "There is no such field. The fields are: session_id, organization_id, ",
    }
    look_up = {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', field) }}"}}
    seen = play_rows(project, [Row([look_up], {"field": field}) for field in fields])
    for message, each in zip(fields.values(), seen, strict=True):
        run = failure(each.shown)
        assert run.shows(message)
        assert not run.shows("by mistake")
        assert each.requests == []


@pytest.mark.promise(5)
def test_login_async_is_refused(project: Project, bill: Control) -> None:
    run = project.play({**login(), "async": 30, "poll": 1}, arguments=("-vvvvv",))
    assert run.code == 2
    assert re.search("async is not supported|does not support async", run.output), run.output
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {}


@pytest.mark.parametrize("given", [{}, {"password": "{{ vault_bill_password }}"}], ids=["variables", "arguments"])
def test_login_failed_with_until_is_retried(project: Project, bill: Control, given: dict[str, str]) -> None:
    bill.fault("POST /v3/login", times=2, status=503)
    run = project.play(
        {**login(retries=0), "until": "bill is success", "retries": 3, "delay": 0},
        module_defaults={"group/bill.connect.bill": {"dev_key": "{{ vault_bill_dev_key }}", **given}},
    )
    assert run.code == 0, run.output
    received = [(request["body"]["password"], request["body"]["devKey"]) for request in bill.received()]
    assert received == [(world.USER.password, world.DEV_KEY)] * 3


def test_login_failed_in_block_is_rescued(project: Project) -> None:
    run = project.play(
        {
            "name": "Try",
            "block": [login(password="{{ 'wrong-' + 'find' + 'me' }}")],
            "rescue": [
                {"name": "Say", "ansible.builtin.debug": {"msg": "rescued {{ ansible_failed_result.msg[:30] }}"}}
            ],
        }
    )
    assert run.code == 0, run.output
    assert run.shows("rescued BILL answered BDC_1101")
    assert secrets_in(run.output) == []


def test_login_delegated_to_other_host_warns_once(project: Project) -> None:
    project.hosts("localhost", "other")
    run = project.play({**login(), "delegate_to": "other", "run_once": True}, {**login(), "delegate_to": "localhost"})
    assert run.code == 0, run.output
    assert (
        run.times("always runs on the controller; delegate_to does not change which machine sends the requests to BILL")
        == 1
    )
