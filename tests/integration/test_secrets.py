# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret shows, and none is left readable: everything that a run leaves behind is searched."""

from __future__ import annotations

import os
import stat
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.talk import Control
from tests.integration.project import CREDENTIALS, Project, secrets_in

A = world.ORGANIZATION.id
LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
USE = {
    "name": "Use it",
    "ansible.builtin.uri": {"url": "{{ bill.api_url }}/v3/vendors?max=1", "headers": "{{ bill.headers }}"},
    "no_log": True,
}
ROLE = {"name": "Connect", "ansible.builtin.include_role": {"name": "bill.connect.connect"}}

# Writes every event and result to a file, as log shippers do.
EVENT_DUMP = '''
DOCUMENTATION = """
name: event_dump
type: notification
short_description: Writes everything it hears to a file
description: Writes everything it hears to a file.
"""

import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "event_dump"

    def v2_runner_on_ok(self, result, *_arguments, **_keywords):
        with open(os.environ["EVENT_DUMP"], "a") as dump:
            dump.write(f"{getattr(result, 'result', None) or result._result}\\n")

    v2_runner_on_failed = v2_runner_on_skipped = v2_runner_retry = v2_runner_on_ok
    v2_runner_item_on_ok = v2_runner_item_on_failed = v2_runner_item_on_skipped = v2_runner_on_ok
'''


@pytest.fixture
def watched(project: Project) -> Project:
    """A project that logs, caches facts in files, dumps events, and leaves module files behind."""
    (project.folder / "callbacks").mkdir()
    (project.folder / "callbacks" / "event_dump.py").write_text(EVENT_DUMP)
    project.environ = {
        "ANSIBLE_LOG_PATH": str(project.home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(project.home / "facts"),
        "ANSIBLE_CALLBACK_PLUGINS": str(project.folder / "callbacks"),
        "EVENT_DUMP": str(project.home / "events"),
    }
    return project


def nothing_shows(project: Project, output: str) -> None:
    assert secrets_in(output) == []
    assert project.secrets_on_disk() == []
    # Proof that there was something to search.
    for name in ("ansible.log", "events"):
        assert (project.home / name).stat().st_size > 50


@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "tasks",
    [
        [LOGIN, USE, LOGIN],
        [{**LOGIN, "loop": [1, 2]}],
        [{**LOGIN, "with_items": [1, 2]}],
        [{**LOGIN, "until": "bill.attempts | default(1) == 2", "retries": 2, "delay": 0}],
        [ROLE, {**USE, "vars": {"bill": {"api_url": "{{ bill_api_url }}", "headers": "{{ bill_headers }}"}}}],
        [LOGIN, {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}}],
        [
            {
                "name": "Look up",
                "ansible.builtin.set_fact": {"x": "{{ lookup('bill.connect.bill_login') }}"},
                "no_log": True,
            }
        ],
    ],
    ids=["success", "loop", "with_items", "until", "role", "sign out", "lookup"],
)
def test_a_success(watched: Project, bill: Control, tasks: list[dict[str, Any]]) -> None:
    for arguments in (("-vvvvv",), ("-vvvvv", "--check", "--diff")):
        run = watched.play(*tasks, arguments=arguments)
        assert run.code == 0, run.output
        nothing_shows(watched, run.output)
    assert bill.get("counts")["POST /v3/login"] >= 1


@pytest.mark.promise(5)
@pytest.mark.parametrize("fault", [{"code": "BDC_1101"}, {"status": 503}, {"not_json": True}, {"reset": True}])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_failure_shows_its_message_and_nothing_else(
    watched: Project, bill: Control, fault: dict[str, Any], ignored: bool
) -> None:
    watched.variables(bill_api_url=watched.api_url, bill_retries=1)
    bill.post("faults", on="*", times=None, **fault)
    run = watched.play({**LOGIN, "ignore_errors": ignored}, arguments=("-vvvvv",))
    assert run.says("BILL") or run.says("broke before"), run.output
    assert not run.says("the output has been hidden")
    nothing_shows(watched, run.output)


@pytest.mark.promise(8)
def test_a_failure_after_a_success_of_the_same_task_shows_its_message(project: Project, bill: Control) -> None:
    """What hid the result of one try, or of one item, does not hide the message of the next."""
    bill.post("faults", on="POST /v3/login", after=1, times=None, code="BDC_1101")
    again = {**LOGIN, "bill.connect.bill_login": {"force": True}}
    for task in (
        {**again, "until": "bill.attempts | default(1) == 3", "retries": 2, "delay": 0},
        {**again, "loop": [1, 2]},
    ):
        run = project.play(task)
        assert run.code == 2
        assert run.says("BILL answered BDC_1101"), run.output
        assert secrets_in(run.output) == []


@pytest.mark.promise(5)
def test_the_role_with_a_bad_option_shows_no_other(watched: Project) -> None:
    watched.variables(bill_api_url=watched.api_url, bill_timeout="soon")
    run = watched.play(ROLE, arguments=("-vvvvv",))
    assert run.code == 2
    assert "bill_timeout" in run.output
    nothing_shows(watched, run.output)


@pytest.mark.promise(6)
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_kept_sessions_are_private(project: Project, umask: int) -> None:
    before = os.umask(umask)
    try:
        project.play(LOGIN)
    finally:
        os.umask(before)
    store = project.home / ".ansible" / "bill"
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in store.iterdir()}
    assert modes == {".lock": 0o600, ".session": 0o600}
    assert project.secrets_on_disk() == []


@pytest.mark.promise(6)
@pytest.mark.promise(2)
def test_a_damaged_session_is_replaced_with_a_warning(project: Project, bill: Control) -> None:
    project.play(LOGIN)
    [kept] = (project.home / ".ansible" / "bill").glob("*.session")
    kept.write_bytes(kept.read_bytes()[:-10])
    run = project.play(LOGIN, LOGIN)
    assert run.recap()["changed"] == 1
    assert run.times("A kept session was cut, changed or written by another version") == 1
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.mark.promise(5)
def test_core_masks_the_secrets_where_it_can(project: Project) -> None:
    """ansible-core 2.22 hides registered secrets even in a play that prints them itself; older ones cannot."""
    # Not from the vault, because ansible-core registers by itself what it decrypts.
    project.without_vault()
    project.variables(bill_api_url=project.api_url, **CREDENTIALS)
    prints = [
        {"name": f"Print {what}", "ansible.builtin.debug": {"msg": what.join(["{{ ", " }}"])}}
        for what in ("bill.session_id", "bill.headers", "bill_password", "bill_dev_key")
    ]
    run = project.play(LOGIN, *prints)
    assert run.code == 0, run.output
    shown = set(secrets_in(run.output))
    assert shown == (set() if project.core >= (2, 22) else {"findme", *(s for s in shown if s.startswith("SESSION-"))})
    assert len(shown) == (0 if project.core >= (2, 22) else 2)


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_credentials_in_a_loop_are_not_shown_with_the_item_that_failed(watched: Project, bill: Control) -> None:
    watched.variables(
        bill_api_url=watched.api_url,
        accounts=[
            {"organization": name, "password": "{{ vault_bill_password }}"} for name in (A, "00899NOSUCHTHING0099")
        ],
    )
    of_item = {"organization_id": "{{ item.organization }}", "password": "{{ item.password }}"}
    for given in (
        {"bill.connect.bill_login": of_item},
        {"bill.connect.bill_login": None, "vars": {f"bill_{name}": value for name, value in of_item.items()}},
    ):
        run = watched.play({"name": "Sign in to each", **given, "loop": "{{ accounts }}"})
        assert run.code == 2
        assert run.says("BILL answered BDC_1123"), run.output
        nothing_shows(watched, run.output)
