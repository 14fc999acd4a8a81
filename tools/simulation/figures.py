# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of simulated days, and the file that has them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.emulator.clock import HOUR

from .day import Plan, Results

HOURS = 24
FILE = Path(__file__).resolve().parents[2] / "docs" / "simulation" / "day.json"

# BILL's codes, and the errors of jobs.
WRONG_PASSWORD, HOUR_USED_UP, IN_FLIGHT = "BDC_1101", "BDC_1144", "BDC_1322"
_FAILED = {
    "AuthenticationError": "failed_password",
    "SignInQuotaError": "failed_hour",
    "HourlyQuotaError": "failed_hour",
    "ConcurrencyLimitError": "failed_in_flight",
}


@dataclass(frozen=True)
class Figures:
    """A day with one kind of store.

    - ``sign_ins``, ``reused`` (jobs that sent no sign-in) and ``failed`` (jobs) have a number for each hour, and ``longest_wait`` has seconds.
    - ``refused_...`` are the requests that BILL refused, and ``failed_...`` are the jobs that failed, by their reason.
    - ``wait_...`` is the time in seconds that a job waited for others: half of the jobs at most, 95 of 100 at most, and the longest.
    """

    sign_ins: list[int]
    reused: list[int]
    failed: list[int]
    longest_wait: list[float]
    requests: int
    refused_password: int
    refused_hour: int
    refused_in_flight: int
    failed_password: int
    failed_hour: int
    failed_in_flight: int
    wait_half: float
    wait_most: float
    wait_longest: float


def figures(results: Results) -> Figures:
    jobs, requests = results.jobs, results.requests
    failures = [_FAILED[job.failure] for job in jobs if job.failure]
    codes = [request.code for request in requests]
    cuts = quantiles((job.waited for job in jobs), n=20, method="inclusive")
    return Figures(
        sign_ins=_by_hour(request.at for request in requests if request.is_sign_in),
        reused=_by_hour(job.start for job in jobs if not job.sign_ins and not job.failure),
        failed=_by_hour(job.start for job in jobs if job.failure),
        longest_wait=[
            round(max((job.waited for job in jobs if job.start // HOUR == hour), default=0.0), 1)
            for hour in range(HOURS)
        ],
        requests=len(requests),
        refused_password=codes.count(WRONG_PASSWORD),
        refused_hour=codes.count(HOUR_USED_UP),
        refused_in_flight=codes.count(IN_FLIGHT),
        failed_password=failures.count("failed_password"),
        failed_hour=failures.count("failed_hour"),
        failed_in_flight=failures.count("failed_in_flight"),
        wait_half=round(cuts[9], 1),
        wait_most=round(cuts[18], 1),
        wait_longest=round(max(job.waited for job in jobs), 1),
    )


def _by_hour(moments: Iterable[float]) -> list[int]:
    hours = [int(moment // HOUR) for moment in moments]
    return [hours.count(hour) for hour in range(HOURS)]


@dataclass(frozen=True)
class Days:
    """A plan, and its figures with each kind of store."""

    plan: Plan
    stores: dict[str, Figures]


def written(days: dict[str, Days]) -> str:
    """The text of the file: the days by their names."""
    return json.dumps({name: asdict(each) for name, each in days.items()}, indent=1) + "\n"


def read(text: str) -> dict[str, Days]:
    return {name: _days(each) for name, each in json.loads(text).items()}


def _days(content: dict[str, dict[str, Any]]) -> Days:
    lists: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content["plan"].items()
    }
    return Days(
        Plan(**lists),
        {name: Figures(**each) for name, each in content["stores"].items()},
    )
