# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time of many lookups in one template."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, ratios
from tests.benchmarks.report import PLAY
from tests.benchmarks.timing import timed
from tests.emulator.control_client import Control
from tests.integration.project import Project


def thousand(name: str, lookup: str) -> dict[str, Any]:
    """A task that evaluates a thousand lookups."""
    template = "{% for each in range(1000) %}{{ lookup(" + lookup + ") }}{% endfor %}"
    return {"name": name, "ansible.builtin.debug": {"msg": template}, "no_log": True}


def test_thousand_lookups_compared_with_env(project: Project, bill: Control, often: Often, report: Report) -> None:
    env = thousand("env", "'ansible.builtin.env', 'HOME'")
    ours = thousand("ours", "'bill.connect.bill_login', 'organization_id'")
    took = timed(project, {"bill.connect.bill_login": None}, *([env, ours] * often(7)))
    assert bill.get("counts") == {"POST /v3/login": 1}
    figure = ratios(took.tasks["ours"], took.tasks["env"])
    report(Figure("1,000 lookups in one template", "1,000 lookups of env", figure, Target(2), PLAY))
