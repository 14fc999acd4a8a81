# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sign-in task costs when the session is already there, as a ratio to the cheapest task that Ansible has."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from tests.emulator.talk import Control
from tests.integration.project import Project

TASKS_OF_EACH = 60
AT_MOST = 2.0

# From the start of a task to its result, as the parent process of Ansible sees it.
TIMER = '''
DOCUMENTATION = """
name: timer
type: notification
short_description: Writes how long each task took
description: Writes how long each task took.
"""

import json
import os
import time

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "timer"
    took = {}

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.name, self.start = task.get_name(), time.perf_counter()

    def v2_runner_on_ok(self, result):
        self.took.setdefault(self.name, []).append(time.perf_counter() - self.start)

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["TIMES"], "w") as file:
            json.dump(self.took, file)
'''


def test_a_warm_task_costs_at_most_twice_a_debug_task(project: Project, bill: Control, capsys: Any) -> None:
    (project.folder / "callbacks").mkdir()
    (project.folder / "callbacks" / "timer.py").write_text(TIMER)
    times = Path(project.home) / "times.json"
    project.environ = {"ANSIBLE_CALLBACK_PLUGINS": str(project.folder / "callbacks"), "TIMES": str(times)}
    pair: list[dict[str, Any]] = [
        {"name": "debug", "ansible.builtin.debug": {"msg": "hello"}},
        {"name": "bill_login", "bill.connect.bill_login": None},
    ]
    run = project.play({"name": "warm up", "bill.connect.bill_login": None}, *(pair * TASKS_OF_EACH))
    assert run.code == 0, run.output
    took = {name: median(seconds) for name, seconds in json.loads(times.read_text()).items()}
    ratio = took["bill_login"] / took["debug"]
    with capsys.disabled():
        print(
            f"\nansible-core {'.'.join(map(str, project.core))}, median of {TASKS_OF_EACH} tasks of each: "
            f"bill_login {took['bill_login'] * 1000:.1f} ms, debug {took['debug'] * 1000:.1f} ms, ratio {ratio:.2f}"
        )
    assert ratio <= AT_MOST
    assert bill.get("counts") == {"POST /v3/login": 1}
