# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as ansible-core gives it to an action, and the values that the fixtures for tasks return."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from tests.unit.plugins.plugin_utils.fake_bill import Bill

OpenContext = Callable[..., TaskContext]
ConnectTasks = Callable[[Bill], None]


class FakeTask:
    """The parts of a task that an action reads."""

    def __init__(self, **args: Any) -> None:
        self.action = "bill.connect.bill_login"
        self.args = args
        self.async_val = 0
        self.check_mode = False
        self.diff = False
        self.delegate_to = None
        self.loop: list[Any] | None = None
        self.loop_control = None
        self.no_log = False
        self.run_once = False

    def get_path(self) -> str:
        return "site.yml:3"


_Action = TypeVar("_Action", bound=BillAction)


def action_of(kind: type[_Action], task: FakeTask) -> _Action:
    """The action that ansible-core makes for each try of a task."""
    # The base class in ansible-core reads these before the action runs.
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="unused"))
    return kind(task, connection, None, None, None, None)


# The options of a bill_request task with default values.
REQUEST_OPTIONS = {
    **dict.fromkeys(("query", "headers", "filters", "sort", "page_size", "max_results", "expected_status", "body")),
    "method": "GET",
    "paginate": False,
    "require_trusted": False,
    "repeat": False,
}
