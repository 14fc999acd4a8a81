# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to sign in, from the first play to the last: each keeps the same promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import server, world
from tests.emulator.talk import Bill, Control
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
# What BILL hears of all of them; those of the partner share its sign-in.
ALL_ONCE = {LOGIN: 3, PARTNER_LOGIN: 1, AS_USER: 1, TOKEN: 1, SPENDER: 1}


@pytest.fixture(params=METHODS)
def using(request: pytest.FixtureRequest, project: Project) -> Method:
    """A project of which the variables are for this method alone."""
    project.without_vault()
    using = METHODS[request.param]
    set_to(project, using)
    return using


def set_to(project: Project, method: Method, **others: Any) -> None:
    expected = {
        "auth_method": method.auth_method,
        "headers": [*method.headers],
        "organization_id": method.organization_id,
        "user_id": method.user_id,
        "trusted": method.trusted,
    }
    read = method.read.removeprefix("GET ")
    given = {"bill_api_url": project.api_url, "expected": expected, "read": read, **method.variables, **others}
    project.variables(**given)


def heard(bill: Control) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in bill.heard()]


def wait(project: Project, bill: Control, seconds: float) -> None:
    """Let time pass at BILL, and with it on the controller."""
    bill.advance(seconds)
    project.environ |= {
        "PYTHONPATH": str(Path(__file__).with_name("clock")),
        "CONTROLLER_AHEAD": str(bill.get("clock")["offset"]),
    }


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_a_session_from_its_beginning_to_its_end(project: Project, bill: Control, using: Method) -> None:
    run = project.play(SIGN_IN, LOOK_UP, USE)
    assert run.code == 0, run.output
    assert run.recap()["changed"] == using.changes
    assert heard(bill) == (story := [*using.sign_in, using.read])

    wait(project, bill, using.lasts - MINUTE)
    run = project.play(SIGN_IN, LOOK_UP)
    assert run.recap()["changed"] == 0, run.output
    assert run.warnings == []
    assert heard(bill) == (story := [*story, *using.check])

    wait(project, bill, using.lasts + 1)
    run = project.play(SIGN_IN, SIGN_OUT, arguments=("-vvv",))
    assert run.recap()["changed"] == using.changes + bool(using.sign_out), run.output
    assert secrets_in(run.output) == []
    assert heard(bill) == [*story, *using.anew, *using.sign_out]
    assert bill.get("state")["sessions"] == 0
    # BILL goes on counting the calls of Spend & Expense, so their turns are still kept.
    assert len([*(project.home / ".ansible" / "bill").glob("*.session")]) == (using.read == SPENDER)
    if using.no_sign_out:
        assert run.says(using.no_sign_out), run.output


@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_a_wrong_secret_is_refused_once_in_ten_minutes_and_gets_no_kept_session(
    project: Project, bill: Control, using: Method
) -> None:
    assert project.play(SIGN_IN).code == 0
    refused = using.sign_in[0]
    # What another method would take is no part of it.
    others = {"bill_password": "other-findme", "bill_api_token": "other-findme"}
    set_to(project, using, **{**others, **using.variables, f"bill_{using.secret}": "wrong-findme"})
    for minutes, asked in ((0, 1), (9, 1), (2, 2)):
        wait(project, bill, minutes * MINUTE)
        run = project.play(SIGN_IN)
        assert run.code == 2
        assert run.says(using.refusal), run.output
        assert run.says(f"{using.secret} comes from the variable bill_{using.secret}")
        assert run.says("and was not asked again") == (minutes == 9)
        assert secrets_in(run.output) == []
        assert heard(bill) == [*using.sign_in, *[refused] * asked]


@pytest.mark.promise(8)
def test_what_is_missing_is_named(project: Project, bill: Control, using: Method) -> None:
    def without(option: str) -> dict[str, Any]:
        return {**SIGN_IN, "vars": {f"bill_{option}": ""}, "ignore_errors": True}

    run = project.play(*map(without, using.options))
    assert run.recap()["ignored"] == len(using.options), run.output
    for option in using.options:
        assert run.says(f"auth_method {using.auth_method} needs {option} ("), option
        assert run.says(f"Define bill_{option}"), option
    assert bill.get("counts") == {}


def as_task(method: Method, api_url: str, register: str) -> dict[str, Any]:
    """A sign-in with everything as options, which makes facts of whom it signs in, since no variable says so."""
    options = {"auth_method": method.auth_method, "api_url": api_url, **method.options}
    return {"name": f"Get {register}", "bill.connect.bill_login": options, "register": register}


def written(what: dict[str, str]) -> dict[str, Any]:
    """A task that writes down what a play was given, for the test to read."""
    content = "{{ given | to_json }}"
    given = {key: "{{ " + expression + " }}" for key, expression in what.items()}
    copy = {"dest": "{{ playbook_dir }}/given.json", "content": content, "mode": "0600"}
    return {"name": "Write it down", "ansible.builtin.copy": copy, "vars": {"given": given}, "no_log": True}


def given_to(project: Project) -> dict[str, Any]:
    given: dict[str, Any] = json.loads((project.folder / "given.json").read_text())
    return given


@pytest.mark.promise(1)
@pytest.mark.promise(3)
def test_methods_and_environments_in_one_play_do_not_mix(project: Project, bill: Control) -> None:
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
            # In the other order, so that each comes after another one than before.
            *(as_task(method, url, f"again_{key}") for key, method, url in reversed(accounts)),
            written(
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
            # One more for the file.
            assert run.recap()["changed"] == changed + bool(changed)
            runs.append(given_to(project))
            assert [each.get("counts") for each in bills] == [ALL_ONCE] * 2
        assert runs[0] == runs[1]
        for key, method, url in accounts:
            user_id, organization_id, *headers = runs[0][key]
            assert (user_id, organization_id) == (method.user_id, method.organization_id)
            assert headers == [headers[0]] * 3
            assert Bill(url).get(method.read.removeprefix("GET "), headers[0]).status_code == 200
        # A token of Spend & Expense is the same everywhere.
        assert len({json.dumps(fields[2]) for fields in runs[0].values()}) == len(accounts) - 1


@pytest.mark.promise(1)
def test_a_sync_token_works_for_days_with_one_sign_in(project: Project, bill: Control) -> None:
    project.without_vault()
    set_to(project, METHODS["sync_token"])
    assert project.play(SIGN_IN).recap()["changed"] == 1
    for hours in (20, 10, 20, 47):
        wait(project, bill, hours * HOUR)
        run = project.play(SIGN_IN, USE)
        assert (run.code, run.recap()["changed"]) == (0, 0), run.output
    assert heard(bill) == [LOGIN, *[CHECK, VENDORS] * 4]


@pytest.mark.promise(1)
@pytest.mark.parametrize(("life", "kept_for"), [(15 * MINUTE, 13 * MINUTE), (5 * MINUTE, 4 * MINUTE)])
def test_an_access_token_is_replaced_before_it_ends(project: Project, bill: Control, life: int, kept_for: int) -> None:
    """Two minutes before, or where its life is short, a fifth of it: that long a play can go on using it."""
    bill.post("settings", oauth_token_life=life)
    project.without_vault()
    set_to(project, METHODS["oauth"])
    assert project.play(SIGN_IN, USE).recap()["changed"] == 1
    wait(project, bill, kept_for - MINUTE)
    assert project.play(SIGN_IN, USE).recap()["changed"] == 0
    wait(project, bill, MINUTE)
    assert project.play(SIGN_IN, USE).recap()["changed"] == 1
    assert heard(bill) == [TOKEN, VENDORS, VENDORS, TOKEN, VENDORS]
    assert {request["status"] for request in bill.heard()} == {200}
    # Whoever has the first one can still use it.
    assert bill.get("state")["access_tokens"] == 2


@pytest.mark.promise(9)
@pytest.mark.parametrize("nothing_there", [{"status": 404}, {"status": 405}, {"status": 400, "code": "BDC_1121"}])
def test_access_tokens_are_looked_for_at_both_of_their_addresses(
    project: Project, bill: Control, nothing_there: dict[str, Any]
) -> None:
    project.without_vault()
    set_to(project, METHODS["oauth"])
    bill.fault(TOKEN, **nothing_there)
    run = project.play(SIGN_IN, USE)
    assert run.code == 0, run.output
    assert heard(bill) == [TOKEN, ROOT_TOKEN, VENDORS]


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_the_address_of_access_tokens_can_be_named(project: Project, bill: Control) -> None:
    project.without_vault()
    token_url = project.api_url.removesuffix("/connect") + "/authx/token"
    set_to(project, METHODS["oauth"], bill_token_url=token_url)
    assert project.play(SIGN_IN, USE).code == 0
    assert heard(bill) == [ROOT_TOKEN, VENDORS]
    bill.fault("POST *", times=None, status=404)
    anew = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    run = project.play(anew)
    assert run.says("answered HTTP status 404 without an error code of BILL's. Check token_url"), run.output
    # The secret is not tried anywhere else.
    assert heard(bill)[2:] == [ROOT_TOKEN]
    set_to(project, METHODS["oauth"])
    run = project.play(anew)
    assert run.says(f"BILL gives no access tokens at {project.api_url}/authx/token or {token_url}. Name"), run.output
    assert heard(bill)[3:] == [TOKEN, ROOT_TOKEN]


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize("words", ["BDC_1101", "HTTP status 401"])
def test_a_wrong_client_is_known_by_whatever_words(project: Project, bill: Control, words: str) -> None:
    project.without_vault()
    set_to(project, METHODS["oauth"], bill_client_secret="wrong-findme")
    bill.post("settings", oauth_errors="bill")
    if words != "BDC_1101":
        bill.fault("POST *", times=2, status=401, body="no")
    for _time in range(2):
        run = project.play(SIGN_IN)
        assert run.says(f"BILL answered {words}: {WRONG_CLIENT}"), run.output
        assert run.says("client_secret comes from the variable bill_client_secret")
    # A 401 without a code may also be of what stands before BILL.
    assert heard(bill) == [TOKEN, *([ROOT_TOKEN] if words != "BDC_1101" else [])]


@pytest.mark.promise(1)
def test_an_access_token_without_an_end_is_used_for_check_after_seconds(project: Project, bill: Control) -> None:
    bill.post("settings", oauth_tells_life=False)
    project.without_vault()
    set_to(project, METHODS["oauth"])
    sign_in = {**SIGN_IN, "bill.connect.bill_login": {"check_after": 5 * MINUTE}}
    endless = {"name": "No end", "ansible.builtin.assert": {"that": "bill.expires_at is none"}}
    for seconds, changed in ((0, 1), (4 * MINUTE, 0), (MINUTE, 1)):
        wait(project, bill, seconds)
        run = project.play(sign_in, endless, USE)
        assert (run.code, run.recap()["changed"]) == (0, changed), run.output
    assert heard(bill) == [TOKEN, VENDORS, VENDORS, TOKEN, VENDORS]


# One more than BILL takes requests at a time, and on as many forks.
CLIENTS = (world.USER, *world.CLERKS, world.PAYER)
A_CLIENT_EACH = {
    "users": {f"host{number}": user.id for number, user in enumerate(CLIENTS)},
    "bill_user_id": "{{ users[inventory_hostname] }}",
}


@pytest.fixture
def partner(project: Project) -> Project:
    """A host for each of many users, all of the same partner."""
    project.without_vault()
    project.hosts(*A_CLIENT_EACH["users"])
    set_to(project, METHODS["partner"], **A_CLIENT_EACH)
    return project


def on_all_hosts(project: Project, *tasks: dict[str, Any]) -> Run:
    return project.play(*tasks, arguments=("--forks", str(len(CLIENTS))))


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_the_users_of_a_partner_share_its_sign_in(partner: Project, bill: Control) -> None:
    each = len(CLIENTS)
    as_its_user = {"name": "Who", "ansible.builtin.assert": {"that": "bill.user_id == bill_user_id"}}
    run = on_all_hosts(partner, {**SIGN_IN, "bill.connect.bill_login": None}, as_its_user)
    assert run.code == 0, run.output
    assert run.changed == each
    assert bill.get("counts") == {PARTNER_LOGIN: 1, AS_USER: each}

    of_the_partner = next(request for request in bill.heard() if request["path"].endswith("login-as-user"))
    bill.post("sessions/end", session_id=of_the_partner["headers"]["sessionid"])
    # Their sessions live on without it.
    assert on_all_hosts(partner, SIGN_IN).changed == 0
    another = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    assert partner.play(another, arguments=("--limit", "host0")).changed == 1
    assert heard(bill)[-4:] == [AS_USER, PARTNER_CHECK, PARTNER_LOGIN, AS_USER]
    assert bill.get("counts")[PARTNER_LOGIN] == 2


@pytest.mark.promise(4)
def test_a_wrong_password_of_the_partner_is_refused_once_for_all_its_users(partner: Project, bill: Control) -> None:
    set_to(partner, METHODS["partner"], **A_CLIENT_EACH, bill_password="wrong-findme")
    run = on_all_hosts(partner, SIGN_IN)
    assert run.times("failed=1") == len(CLIENTS), run.output
    assert bill.get("counts") == {PARTNER_LOGIN: 1}


@pytest.mark.promise(4)
def test_force_asks_again_for_the_partner_too(partner: Project, bill: Control) -> None:
    bill.fault(PARTNER_LOGIN, code="BDC_1110")
    forced = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
    runs = [partner.play(task, arguments=("--limit", "host0")) for task in (SIGN_IN, SIGN_IN, forced)]
    assert [run.changed for run in runs] == [0, 0, 1], runs[-1].output
    assert heard(bill) == [PARTNER_LOGIN, PARTNER_LOGIN, AS_USER]
