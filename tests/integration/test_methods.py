# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to sign in, from the first play to the last: each keeps the same promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.talk import Control
from tests.integration.project import Project, secrets_in

HOUR = 3600
LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": {"check_after": 0}, "register": "bill"}
LOGOUT = {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}}
LOOKUP = {
    "name": "Look up",
    "ansible.builtin.assert": {
        "that": [
            "lookup('bill.connect.bill_login', 'headers') == bill.headers",
            "bill.auth_method == bill_auth_method and bill.organization_id == bill_organization_id",
            "not bill.trusted",
        ]
    },
    "no_log": True,
}


@dataclass(frozen=True)
class Method:
    """What it takes, which of it is the secret, who it signs in, and how many seconds a session lives without use."""

    variables: dict[str, str]
    secret: str
    user_id: str
    idle: int


def method(secret: str, user_id: str, idle: int, username: str, organization_id: str, value: str) -> Method:
    who = {"username": username, "organization_id": organization_id, "dev_key": world.DEV_KEY, secret: value}
    return Method({f"bill_{name}": each for name, each in who.items()}, f"bill_{secret}", user_id, idle)


USER, TOKEN, CONSOLE, CLIENT = world.USER, world.SYNC_TOKEN, world.CONSOLE_ACCOUNT, world.CLIENT_ORGANIZATION
METHODS = {
    "password": method("password", USER.id, 2100, USER.username, world.ORGANIZATION.id, USER.password),
    "sync_token": method("password", TOKEN.user_id, 48 * HOUR, TOKEN.name, world.ORGANIZATION.id, TOKEN.value),
    "console_token": method("console_api_token", CONSOLE.user_id, 2100, CONSOLE.username, CLIENT.id, CONSOLE.token),
}


@pytest.fixture(params=METHODS)
def using(request: pytest.FixtureRequest, project: Project) -> Method:
    """A project of which the variables are for this method alone."""
    using = METHODS[request.param]
    project.without_vault()
    project.environ["BILL_AUTH_METHOD"] = request.param
    set_to(project, using.variables)
    return using


def set_to(project: Project, variables: dict[str, str]) -> None:
    project.variables(bill_api_url=project.api_url, bill_auth_method=project.environ["BILL_AUTH_METHOD"], **variables)


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
def test_a_session_from_its_beginning_to_its_end(project: Project, bill: Control, using: Method) -> None:
    run = project.play(LOGIN, LOOKUP, {"name": "Who", "ansible.builtin.debug": {"msg": "{{ bill.user_id }}"}})
    assert run.code == 0, run.output
    assert run.says(using.user_id)
    assert run.recap()["changed"] == 1
    bill.advance(using.idle - 60)
    assert project.play(LOGIN, LOOKUP).recap()["changed"] == 0
    assert bill.get("counts")["POST /v3/login"] == 1
    bill.advance(using.idle + 1)
    run = project.play(LOGIN, LOGOUT, arguments=("-vvv",))
    assert run.recap()["changed"] == 2
    assert secrets_in(run.output) == []
    assert bill.get("counts")["POST /v3/login"] == 2
    assert bill.get("state")["sessions"] == 0


@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_a_wrong_secret_is_refused_once_and_gets_no_kept_session(
    project: Project, bill: Control, using: Method
) -> None:
    project.play(LOGIN)
    # What another method would take is no part of it.
    set_to(project, {"bill_password": "other-findme", **using.variables, using.secret: "wrong-findme"})
    for _time in range(2):
        run = project.play(LOGIN)
        assert run.code == 2
        assert run.says("BILL answered BDC_1101: the user name, or its password or token, is wrong."), run.output
        assert run.says(f"{using.secret.removeprefix('bill_')} comes from the variable {using.secret})")
        assert secrets_in(run.output) == []
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.mark.promise(8)
def test_what_is_missing_is_named(project: Project, bill: Control, using: Method) -> None:
    set_to(project, {name: value for name, value in using.variables.items() if name != using.secret})
    run = project.play(LOGIN)
    assert run.code == 2
    assert run.says(f"auth_method {project.environ['BILL_AUTH_METHOD']} needs {using.secret.removeprefix('bill_')} (")
    assert run.says(f"Define {using.secret}, best in a vault file"), run.output
    assert bill.get("counts") == {}
