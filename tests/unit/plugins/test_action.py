# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task as Ansible calls it, where no end-to-end test can go."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.bill.connect.plugins.action.bill_login import ActionModule
from ansible_collections.bill.connect.plugins.plugin_utils import _compat
from ansible_collections.bill.connect.plugins.plugin_utils._errors import BillError

OPTIONS = {
    "username": "ap@example.com",
    "password": "s3cret-findme",
    "organization_id": "00801EXAMPLEEXAMPLE1",
    "dev_key": "s3cret-findme",
    "api_url": "http://127.0.0.1:9/connect",
    "session_store": "none",
    "retries": 0,
}


class Task:
    """What an action looks at in a task."""

    def __init__(self) -> None:
        self.action = "bill.connect.bill_login"
        self.args = dict(OPTIONS)
        self.async_val = 0
        self.check_mode = False
        self.delegate_to = None
        self.loop = None
        self.no_log = False


def action(task: Task | None = None) -> ActionModule:
    # What the base class of ansible-core looks at before the action has its turn.
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
    return ActionModule(task or Task(), connection, None, None, None, None)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compat, "variables_of", lambda *_any: lambda _name: None)


@pytest.mark.promise(5)
def test_a_core_that_would_show_the_session_is_not_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise BillError("ansible-core 2.16.12 would show the session")

    monkeypatch.setattr(_compat, "refuse_unsafe_core", refuse)
    assert action().run() == {
        "changed": False,
        "failed": True,
        "msg": "ansible-core 2.16.12 would show the session",
    }


@pytest.mark.promise(8)
def test_nobody_there() -> None:
    failed = action().run()
    assert sorted(failed) == ["changed", "failed", "msg"]
    assert failed["msg"].startswith("127.0.0.1:9 refused the connection")


@pytest.mark.promise(5)
def test_no_secret_stays_in_the_task_but_every_try_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callbacks hear what a task holds at its end; with until, ansible-core makes a new action for every try."""
    task, heard = Task(), []
    monkeypatch.setattr(ActionModule, "perform", lambda _self, call: heard.append(call.options["password"]))
    for _try in range(3):
        action(task).run()
        assert task.args == {**OPTIONS, "password": _compat.HIDDEN, "dev_key": _compat.HIDDEN}
    assert heard == ["s3cret-findme"] * 3
