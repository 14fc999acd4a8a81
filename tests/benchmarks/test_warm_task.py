# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time of a sign-in task with a stored session, compared with the quickest task of Ansible."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks.timing import timed
from tests.emulator.control_client import Control
from tests.integration.project import Project

TASKS_OF_EACH = 60
AT_MOST = 2.0


def test_bill_login_with_a_stored_session_takes_at_most_twice_a_debug_task(
    project: Project, bill: Control, capsys: Any
) -> None:
    pair: list[dict[str, Any]] = [
        {"name": "debug", "ansible.builtin.debug": {"msg": "hello"}},
        {"name": "bill_login", "bill.connect.bill_login": None},
    ]
    times = timed(project, {"name": "warm up", "bill.connect.bill_login": None}, *(pair * TASKS_OF_EACH))
    took = {name: median(seconds) for name, seconds in times.items()}
    ratio = took["bill_login"] / took["debug"]
    with capsys.disabled():
        print(
            f"\nansible-core {'.'.join(map(str, project.core))}, median of {TASKS_OF_EACH} tasks of each: "
            f"bill_login {took['bill_login'] * 1000:.1f} ms, debug {took['debug'] * 1000:.1f} ms, ratio {ratio:.2f}"
        )
    assert ratio <= AT_MOST
    assert bill.get("counts") == {"POST /v3/login": 1}
