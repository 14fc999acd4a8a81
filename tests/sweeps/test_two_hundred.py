# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hundred hosts at the same time, each in its own process, without a stored session."""

from __future__ import annotations

import pytest

from tests.emulator.control_client import Control
from tests.integration.project import Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None}
TWO_HUNDRED = tuple(f"host{number:03}" for number in range(200))


@pytest.fixture
def run_at_once(project: Project, bill: Control) -> Project:
    """Two hundred hosts, and a slow BILL: all hosts start before BILL responds."""
    project.hosts(*TWO_HUNDRED)
    bill.post("settings", latency=2)
    return project


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_bill_login_in_two_hundred_forks_signs_in_once(run_at_once: Project, bill: Control) -> None:
    run = run_at_once.play(LOGIN, arguments=("--forks", "200"))
    assert run.code == 0, run.output
    assert run.changed == 1
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(4)
def test_bill_login_in_two_hundred_forks_with_a_wrong_password_is_refused_once(
    run_at_once: Project, bill: Control
) -> None:
    run_at_once.variables(bill_api_url=run_at_once.api_url, bill_password="stale-findme")
    run = run_at_once.play(LOGIN, arguments=("--forks", "200"))
    assert run.times("failed=1") == len(TWO_HUNDRED)
    assert bill.get("counts") == {"POST /v3/login": 1}
