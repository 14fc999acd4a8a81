# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time and the memory of a play for many hosts, from the empty store on."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, ratios
from tests.benchmarks.report import PLAY
from tests.benchmarks.timing import Timed, timed
from tests.emulator.control_client import Control
from tests.integration.project import Project

DEBUG: dict[str, Any] = {"name": "debug", "ansible.builtin.debug": {"msg": "hello"}}
LOGIN: dict[str, Any] = {"name": "login", "bill.connect.bill_login": None}


# Few hosts take a short time, so their runs can be repeated often.
@pytest.mark.parametrize(
    ("hosts", "runs", "at_most"), [(1, 11, None), (10, 9, None), (100, 7, None), (200, 5, 1.2), (500, 3, 1.2)]
)
def test_play_for_many_hosts_compared_with_debug(
    project: Project,
    bill: Control,
    often: Often,
    report: Report,
    hosts: int,
    runs: int,
    at_most: float | None,
) -> None:
    project.hosts(*(f"host{each:03}" for each in range(hosts)))
    debug: list[Timed] = []
    ours: list[Timed] = []
    for _round in range(often(runs)):
        shutil.rmtree(project.home)
        project.home.mkdir()
        bill.post("reset")
        debug.append(timed(project, DEBUG))
        ours.append(timed(project, LOGIN))
        # The number of sign-ins does not grow with the hosts.
        assert bill.get("counts") == {"POST /v3/login": 1}
    name = f"{hosts} host{'s' if hosts > 1 else ''}"
    target = Target(at_most) if at_most else None
    report(
        Figure(
            f"{name}, one sign-in",
            "debug",
            ratios([run.seconds for run in ours], [run.seconds for run in debug]),
            target,
            PLAY,
        ),
        Figure(f"{name}: memory", "debug", ratios([run.memory for run in ours], [run.memory for run in debug])),
    )
