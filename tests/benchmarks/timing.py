# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a play and its tasks take, and how much memory it needs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.project import Project

# Measures the time from the start of a task to its result, in the parent process of Ansible. A task can also return ``seconds``, a time
# that it has measured itself. The memory is that of the largest process. Unlike getrusage, VmHWM does not count the process that has
# started Ansible.
TIMER = '''
DOCUMENTATION = """
name: timer
type: notification
short_description: Writes how long each task took
description: Writes how long each task took.
"""

import json
import os
import resource
import sys
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
        took = time.perf_counter() - self.start
        self.took.setdefault(self.name, []).append([took, result._result.get("seconds", 0)])

    def v2_playbook_on_stats(self, stats):
        if sys.platform == "linux":
            with open("/proc/self/status") as file:
                main = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
        else:
            main = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2 ** (10 if sys.platform == "linux" else 20)
        with open(os.environ["TIMES"], "w") as file:
            json.dump({"tasks": self.took, "memory": max(main, workers)}, file)
'''


@dataclass(frozen=True)
class Timed:
    """What one run of ansible-playbook took: seconds, and the memory of its largest process in MiB.

    ``tasks`` has the seconds of each task with a name, and ``inside`` the seconds that each of them has returned.
    """

    seconds: float
    memory: float
    tasks: Mapping[str, list[float]]
    inside: Mapping[str, list[float]]


def timed(project: Project, *tasks: Mapping[str, Any]) -> Timed:
    """Run a play. Several tasks can have one name."""
    callbacks, file = project.folder / "callbacks", project.home / "times.json"
    callbacks.mkdir(exist_ok=True)
    (callbacks / "timer.py").write_text(TIMER)
    project.environ |= {"ANSIBLE_CALLBACK_PLUGINS": str(callbacks), "TIMES": str(file)}
    # Some plays have hundreds of tasks, or thousands of lookups.
    project.timeout = 1800
    project.write_plays({"tasks": list(tasks)})
    start = time.perf_counter()
    run = project.run("ansible-playbook", "site.yml")
    seconds = time.perf_counter() - start
    assert run.code == 0, run.output
    found = json.loads(file.read_text())
    return Timed(
        seconds,
        found["memory"],
        {name: [seconds for seconds, _inside in each] for name, each in found["tasks"].items()},
        {name: [inside for _seconds, inside in each] for name, each in found["tasks"].items()},
    )
