# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long each task of a play takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.project import Project

# Measures the time from the start of a task to its result, in the parent process of Ansible.
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


def timed(project: Project, *tasks: Mapping[str, Any]) -> dict[str, list[float]]:
    """Run a play. Returns how many seconds each task took, by its name. Several tasks can have one name."""
    (project.folder / "callbacks").mkdir()
    (project.folder / "callbacks" / "timer.py").write_text(TIMER)
    times = Path(project.home) / "times.json"
    project.environ |= {"ANSIBLE_CALLBACK_PLUGINS": str(project.folder / "callbacks"), "TIMES": str(times)}
    run = project.play(*tasks)
    assert run.code == 0, run.output
    took: dict[str, list[float]] = json.loads(times.read_text())
    return took
