# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every authentication method, from the first play to the last. Each method keeps the same promises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.emulator import server, world
from tests.emulator.control_client import Bill, Control
from tests.integration.methods import (
    AS_USER,
    CHECK,
    HOUR,
    LOGIN,
    METHODS,
    MINUTE,
    PARTNER_CHECK,
    PARTNER_LOGIN,
    ROOT_TOKEN,
    SPENDER,
    TOKEN,
    VENDORS,
    WRONG_CLIENT,
    Method,
)
from tests.integration.project import Project, Run, secrets_in
from tests.integration.rows import Row, Seen, play_rows, wait

SIGN_IN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": {"check_after": 0}, "register": "bill"}
SIGN_OUT = {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}}
LOOK_UP = {
    "name": "Look up",
    "ansible.builtin.assert": {
        "that": [
            "lookup('bill.connect.bill_login', 'headers') == bill.headers",
            "bill.headers | list == expected.headers",
            "bill.auth_method == expected.auth_method and bill.api_url == bill_api_url",
            "bill.organization_id == expected.organization_id and bill.user_id == expected.user_id",
            "bill.trusted == expected.trusted",
            "(bill.session_id is none) == ('sessionId' not in expected.headers)",
            "(bill.expires_at is none) == (expected.auth_method == 'spend_token')",
        ]
    },
    "no_log": True,
}
USE = {
    "name": "Call BILL",
    "ansible.builtin.uri": {"url": "{{ bill.api_url }}{{ read }}", "headers": "{{ bill.headers }}"},
    "no_log": True,
}
# The requests that BILL gets from all methods. Those of the partner share its sign-in.
ALL_ONCE = {LOGIN: 3, PARTNER_LOGIN: 1, AS_USER: 1, TOKEN: 1, SPENDER: 1}


def variables_of(api_url: str, method: Method, **others: Any) -> dict[str, Any]:
    """The variables for this method alone, and the expected facts about it."""
    expected = {
        "auth_method": method.auth_method,
        "headers": [*method.headers],
        "organization_id": method.organization_id,
        "user_id": method.user_id,
        "trusted": method.trusted,
    }
    read = method.read.removeprefix("GET ")
    return {"bill_api_url": api_url, "expected": expected, "read": read, **method.variables, **others}


def set_to(project: Project, method: Method, **others: Any) -> None:
    project.variables(**variables_of(project.api_url, method, **others))


def play_methods(project: Project, rows: Mapping[str, Row], *arguments: str) -> Iterator[tuple[str, Seen]]:
    """Run a row for each method, in one run in which long waits take no time."""
    project.without_vault()
    project.variables()
    project.leap_over_waits()
    yield from zip(rows, play_rows(project, list(rows.values()), *arguments), strict=True)


def received(bill: Control) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in bill.received()]


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_session_of_each_auth_method_is_validated_renewed_and_ended(project: Project, bill: Control) -> None:
    def whole_life(name: str, method: Method) -> Row:
        store = project.home / f"store of {name}"
        list_stored = {
            "name": "List what is kept",
            "ansible.builtin.debug": {
                "msg": f"{{{{ lookup('ansible.builtin.fileglob', '{store}/*.session', wantlist=true) | length }}}} kept"
            },
        }
        return Row(
            [
                *(SIGN_IN, LOOK_UP, USE),
                *(wait(method.lasts - MINUTE), SIGN_IN, LOOK_UP),
                # Longer than the session lasts after its last use.
                *(wait(method.lasts + 1), SIGN_IN, SIGN_OUT, list_stored),
            ],
            variables_of(project.api_url, method, bill_session_store=str(store)),
        )

    rows = {name: whole_life(name, method) for name, method in METHODS.items()}
    for name, seen in play_methods(project, rows, "-vvv"):
        method, run = METHODS[name], seen.shown
        assert seen.failed == [], run.output
        changes = "changed" if method.changes else "ok"
        assert seen.results("Sign in") == [changes, "ok", changes], run.output
        assert seen.results("Sign out") == ["changed" if method.sign_out else "ok"], run.output
        assert seen.requests == [*method.sign_in, method.read, *method.check, *method.anew, *method.sign_out], name
        assert secrets_in(run.output) == [], name
        assert not [task for task in seen.tasks if task.name != "Sign out" and "WARNING" in task.text], run.output
        assert {each["status"] for each in seen.received if each["path"] == "/v3/logout"} <= {200}, name
        # BILL still counts the calls to Spend & Expense, so the record of these calls stays.
        assert run.shows(f"{int(method.read == SPENDER)} kept"), run.output
        if method.no_sign_out:
            assert run.shows(method.no_sign_out), run.output


@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_login_wrong_secret_of_each_method_is_sent_once_in_ten_minutes(project: Project, bill: Control) -> None:
    def refused(method: Method) -> Row:
        # Options of other methods have no effect.
        others = {"bill_password": "other-findme", "bill_api_token": "other-findme"}
        wrong = {**others, **method.variables, f"bill_{method.secret}": "{{ 'wrong-' + 'findme' }}"}
        fails = {**SIGN_IN, "vars": wrong}
        return Row(
            [fails, wait(9 * MINUTE), fails, wait(2 * MINUTE), fails],
            variables_of(project.api_url, method),
            before=[SIGN_IN],
        )

    rows = {name: refused(method) for name, method in METHODS.items()}
    for name, seen in play_methods(project, rows):
        method = METHODS[name]
        tries = [task for task in seen.tasks if task.name == "Sign in"]
        assert [task.result for task in tries] == ["fatal"] * 3, seen.shown.output
        for task, again in zip(tries, (False, True, False), strict=True):
            shown = Run(2, task.text)
            assert shown.shows(method.refusal), task.text
            assert shown.shows(f"{method.secret} comes from the variable bill_{method.secret}"), task.text
            assert shown.shows("UTC. bill.connect did not send the request again") == again, task.text
        assert secrets_in(seen.shown.output) == [], name
        assert seen.requests == [method.sign_in[0]] * 2, name


@pytest.mark.promise(8)
def test_login_missing_option_of_each_method_is_named(project: Project, bill: Control) -> None:
    def without(option: str) -> dict[str, Any]:
        return {**SIGN_IN, "name": f"Without {option}", "vars": {f"bill_{option}": ""}}

    rows = {
        name: Row([*map(without, method.options)], variables_of(project.api_url, method))
        for name, method in METHODS.items()
    }
    for name, seen in play_methods(project, rows):
        method = METHODS[name]
        assert seen.failed == [f"Without {option}" for option in method.options], seen.shown.output
        for option, task in zip(method.options, seen.tasks, strict=True):
            shown = Run(2, task.text)
            assert shown.shows(f"auth_method {method.auth_method} requires {option} ("), option
            assert shown.shows(f"Define bill_{option}"), option
        assert seen.requests == []


def as_task(method: Method, api_url: str, register: str) -> dict[str, Any]:
    """A sign-in with everything as options. It publishes the user and the organization as facts, because no variable names them."""
    options = {"auth_method": method.auth_method, "api_url": api_url, **method.options}
    return {"name": f"Get {register}", "bill.connect.bill_login": options, "register": register}


def write_values(what: dict[str, str]) -> dict[str, Any]:
    """A task that writes what a play got to a file for the test."""
    content = "{{ given | to_json }}"
    given = {key: "{{ " + expression + " }}" for key, expression in what.items()}
    copy = {"dest": "{{ playbook_dir }}/given.json", "content": content, "mode": "0600"}
    return {"name": "Write it down", "ansible.builtin.copy": copy, "vars": {"given": given}, "no_log": True}


def read_values(project: Project) -> dict[str, Any]:
    given: dict[str, Any] = json.loads((project.folder / "given.json").read_text())
    return given


@pytest.mark.promise(1)
@pytest.mark.promise(3)
def test_login_all_methods_and_environments_in_one_play_have_own_sessions(project: Project, bill: Control) -> None:
    with server.running() as elsewhere:
        bills = [Control(project.api_url), Control(elsewhere)]
        accounts = [
            (f"{name} {number}".replace(" ", "_"), method, url)
            for number, url in enumerate((project.api_url, elsewhere))
            for name, method in METHODS.items()
        ]
        project.without_vault()
        project.variables(
            accounts={
                key: {"auth_method": method.auth_method, "api_url": url, **method.options}
                for key, method, url in accounts
            }
        )
        tasks = [
            *(as_task(method, url, key) for key, method, url in accounts),
            # In reverse order, so that each follows another method than before.
            *(as_task(method, url, f"again_{key}") for key, method, url in reversed(accounts)),
            write_values(
                {
                    key: f"[{key}.user_id, {key}.organization_id, {key}.headers, again_{key}.headers, "
                    f"lookup('bill.connect.bill_login', 'headers', **accounts.{key})]"
                    for key, _method, _url in accounts
                }
            ),
        ]
        runs = []
        for changed in (2 * sum(method.changes for method in METHODS.values()), 0):
            run = project.play(*tasks)
            assert run.code == 0, run.output
            # The task that writes the file is one more change.
            assert run.recap()["changed"] == changed + bool(changed)
            runs.append(read_values(project))
            assert [each.get("counts") for each in bills] == [ALL_ONCE] * 2
        assert runs[0] == runs[1]
        for key, method, url in accounts:
            user_id, organization_id, *headers = runs[0][key]
            assert (user_id, organization_id) == (method.user_id, method.organization_id)
            assert headers == [headers[0]] * 3
            assert Bill(url).get(method.read.removeprefix("GET "), headers[0]).status_code == 200
        # A token of Spend & Expense is the same in all environments.
        assert len({json.dumps(fields[2]) for fields in runs[0].values()}) == len(accounts) - 1


@pytest.mark.promise(1)
def test_sync_token_used_for_days_signs_in_once(project: Project, bill: Control) -> None:
    days = [task for hours in (20, 10, 20, 47) for task in (wait(hours * HOUR), SIGN_IN, USE)]
    row = Row([SIGN_IN, *days], variables_of(project.api_url, METHODS["sync_token"]))
    [(_name, seen)] = play_methods(project, {"sync_token": row})
    assert seen.failed == []
    assert seen.results("Sign in") == ["changed", "ok", "ok", "ok", "ok"]
    assert seen.requests == [LOGIN, *[CHECK, VENDORS] * 4]


@pytest.mark.promise(1)
@pytest.mark.slow
def test_access_token_near_its_end_is_renewed(project: Project, bill: Control) -> None:
    """A token is renewed two minutes before its end, or after four fifths of a short life. Without an end, check_after counts."""
    sign_in = {**SIGN_IN, "bill.connect.bill_login": {"check_after": 5 * MINUTE}}
    endless = {"name": "No end", "ansible.builtin.assert": {"that": "bill.expires_at is none"}}

    def used_for(stored_for: int, each_time: Sequence[dict[str, Any]], **settings: Any) -> Row:
        return Row(
            [*each_time, wait(stored_for - MINUTE), *each_time, wait(MINUTE), *each_time],
            variables_of(project.api_url, METHODS["oauth"]),
            posts=[("settings", settings)],
        )

    rows = {
        "15 minutes": used_for(13 * MINUTE, [SIGN_IN, USE], oauth_token_life=15 * MINUTE),
        "5 minutes": used_for(4 * MINUTE, [SIGN_IN, USE], oauth_token_life=5 * MINUTE),
        "no end": used_for(5 * MINUTE, [sign_in, endless, USE], oauth_tells_life=False),
    }
    for name, seen in play_methods(project, rows):
        assert seen.failed == [], seen.shown.output
        assert seen.results("Sign in") == ["changed", "ok", "changed"], name
        assert seen.requests == [TOKEN, VENDORS, VENDORS, TOKEN, VENDORS], name
        assert {request["status"] for request in seen.received} == {200}, name
        # The first token is still valid for tasks that have it.
        used = [request["headers"]["authorization"] for request in seen.received if request["path"] == "/v3/vendors"]
        assert (used[0] == used[1], used[1] == used[2]) == (True, False), name


@pytest.mark.promise(4)
@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.promise(9)
@pytest.mark.slow
def test_access_token_url_failing_tries_root_url_unless_token_url_is_set(project: Project, bill: Control) -> None:
    variables = variables_of(project.api_url, METHODS["oauth"])
    token_url = project.api_url.removesuffix("/connect") + "/authx/token"
    named = {**variables, "bill_token_url": token_url}
    anew = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    nowhere = ("faults", {"on": "POST *", "times": None, "status": 404})
    wrong = {**variables, "bill_client_secret": "{{ 'wrong-' + 'findme' }}"}
    in_bills_words = ("settings", {"oauth_errors": "bill"})
    rows = {
        **{
            str(nothing_there): Row([SIGN_IN, USE], variables, posts=[("faults", {"on": TOKEN, **nothing_there})])
            for nothing_there in ({"status": 404}, {"status": 405}, {"status": 400, "code": "BDC_1121"})
        },
        "named": Row([SIGN_IN, USE], named),
        "named, and nothing there": Row([anew], named, posts=[nowhere]),
        "nothing anywhere": Row([anew], variables, posts=[nowhere]),
        "wrong client": Row([SIGN_IN, SIGN_IN], wrong, posts=[in_bills_words]),
        # A 401 without a code may also come from a server in front of BILL.
        "wrong client, without a code": Row(
            [SIGN_IN, SIGN_IN], wrong, posts=[("faults", {"on": "POST *", "times": 2, "status": 401, "body": "no"})]
        ),
    }
    requests = {
        **{name: [TOKEN, ROOT_TOKEN, VENDORS] for name in list(rows)[:3]},
        "named": [ROOT_TOKEN, VENDORS],
        # The secret goes to no other address.
        "named, and nothing there": [ROOT_TOKEN],
        "nothing anywhere": [TOKEN, ROOT_TOKEN],
        "wrong client": [TOKEN],
        "wrong client, without a code": [TOKEN, ROOT_TOKEN],
    }
    message = {
        "named, and nothing there": "answered HTTP status 404 without a BDC code. Check token_url",
        "nothing anywhere": f"BILL issues no access tokens at {project.api_url}/authx/token or {token_url}. Set",
        "wrong client": f"BILL answered BDC_1101: {WRONG_CLIENT}",
        "wrong client, without a code": f"BILL answered HTTP status 401: {WRONG_CLIENT}",
    }
    for name, seen in play_methods(project, rows):
        assert seen.requests == requests[name], seen.shown.output
        assert len(seen.failed) == (len(seen.tasks) if name in message else 0), seen.shown.output
        for task in seen.tasks:
            assert Run(2, task.text).shows(message.get(name, "")), task.text
            assert Run(2, task.text).shows("client_secret comes from the variable bill_client_secret") == (
                "wrong client" in name
            )


# One more client than BILL's concurrent requests, with one fork for each.
CLIENTS = (world.USER, *world.CLERKS, world.PAYER)
USER_PER_HOST = {
    "users": {f"host{number}": user.id for number, user in enumerate(CLIENTS)},
    "bill_user_id": "{{ users[inventory_hostname] }}",
}


@pytest.fixture
def partner(project: Project) -> Project:
    """A host for each of many users, all of the same partner."""
    project.without_vault()
    project.hosts(*USER_PER_HOST["users"])
    set_to(project, METHODS["partner"], **USER_PER_HOST)
    return project


def on_all_hosts(project: Project, *tasks: dict[str, Any]) -> Run:
    return project.play(*tasks, arguments=("--forks", str(len(CLIENTS))))


@pytest.mark.promise(1)
@pytest.mark.promise(9)
@pytest.mark.slow
def test_partner_with_several_users_signs_in_once(partner: Project, bill: Control) -> None:
    each = len(CLIENTS)
    as_its_user = {"name": "Who", "ansible.builtin.assert": {"that": "bill.user_id == bill_user_id"}}
    run = on_all_hosts(partner, {**SIGN_IN, "bill.connect.bill_login": None}, as_its_user)
    assert run.code == 0, run.output
    assert run.changed == each
    assert bill.get("counts") == {PARTNER_LOGIN: 1, AS_USER: each}

    of_the_partner = next(request for request in bill.received() if request["path"].endswith("login-as-user"))
    bill.post("sessions/end", session_id=of_the_partner["headers"]["sessionid"])
    # The users' sessions stay valid without the partner's.
    assert on_all_hosts(partner, SIGN_IN).changed == 0
    another = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    assert partner.play(another, arguments=("--limit", "host0")).changed == 1
    assert received(bill)[-4:] == [AS_USER, PARTNER_CHECK, PARTNER_LOGIN, AS_USER]
    assert bill.get("counts")[PARTNER_LOGIN] == 2


@pytest.mark.promise(4)
def test_partner_wrong_password_is_sent_once_for_all_users(partner: Project, bill: Control) -> None:
    set_to(partner, METHODS["partner"], **USER_PER_HOST, bill_password="wrong-findme")
    run = on_all_hosts(partner, SIGN_IN)
    assert run.times("failed=1") == len(CLIENTS), run.output
    assert bill.get("counts") == {PARTNER_LOGIN: 1}


@pytest.mark.promise(4)
def test_partner_force_ignores_cached_refusal(partner: Project, bill: Control) -> None:
    bill.fault(PARTNER_LOGIN, code="BDC_1110")
    forced = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    # Each task in a run of its own. A later run also finds the cached refusal.
    runs = [partner.play(task, arguments=("--limit", "host0")) for task in (SIGN_IN, SIGN_IN, forced)]
    assert [run.changed for run in runs] == [0, 0, 1], runs[-1].output
    assert received(bill) == [PARTNER_LOGIN, PARTNER_LOGIN, AS_USER]
