# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A day of a fleet: jobs on several controllers, each in a container with an empty home.

The client, the stores, the locks and the limits are those of the collection. The time, the network and BILL are simulated.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.clock import Clock
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._store.base import Store, Warn
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import EntryIdentity
from tests.emulator.clock import DAY, HOUR, MINUTE

from .bill import API_URL, CREDENTIALS, SimulatedBill, SimulatedExchange
from .timeline import JobClock, Timeline

# 2026-12-01T00:00:00Z.
_MIDNIGHT = 1_796_083_200.0
_NEW_PASSWORD = "s3cret-findme-new-password"
_LOGIN = "/v3/login"


@dataclass(frozen=True)
class Plan:
    """What happens on the day.

    - In each of the ``busy_hours``, ``busy_jobs`` jobs start. Every ten minutes, ``together`` of them start within ``within`` seconds. All
      other jobs start at random.
    - Between the two ``stale`` hours, the controllers have an old password.
    - A job signs in and then sends ``requests`` requests. Before each it works for up to ``work`` seconds.
    """

    jobs: int = 1000
    controllers: int = 20
    busy_hours: tuple[int, ...] = (6, 18)
    busy_jobs: int = 250
    together: int = 40
    within: float = 10.0
    stale: tuple[int, int] = (10, 11)
    requests: int = 4
    work: float = 5.0
    seed: int = 1

    def starts(self) -> list[float]:
        """The seconds after midnight at which the jobs start."""
        chance = random.Random(self.seed)
        found: list[float] = []
        for hour in self.busy_hours:
            together = [
                part * 10 * MINUTE + chance.uniform(0, self.within)
                for part in range(6)
                for _number in range(self.together)
            ]
            rest = [chance.uniform(0, HOUR) for _number in range(self.busy_jobs - len(together))]
            found += [hour * HOUR + start for start in (*together, *rest)]
        return sorted([*found, *(chance.uniform(0, DAY) for _number in range(self.jobs - len(found)))])


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    - ``start`` is the time in seconds after midnight.
    - ``failure`` is the name of the error of the job, or an empty string.
    - ``waited`` is the time in seconds that the job has waited for other jobs, or before another attempt.
    """

    start: float
    failure: str
    sign_ins: int
    waited: float


@dataclass(frozen=True)
class Request:
    """A request that BILL has received. ``at`` is the time in seconds after midnight. ``code`` is the code of a refusal."""

    at: float
    is_sign_in: bool
    code: str


@dataclass(frozen=True)
class Results:
    jobs: tuple[JobResult, ...]
    requests: tuple[Request, ...]


class Stores(Protocol):
    def open(self, home: Path, controller: Path, clock: Clock, warn: Warn) -> Store:
        """The store of a task. ``home`` is the home of its job, and ``controller`` is a directory that the controller keeps."""


class _Quiet:
    """A reporter that shows nothing. A warning is an error of the simulation."""

    def warn(self, text: str) -> None:
        raise AssertionError(text)

    def log(self, text: str) -> None:
        """Nobody reads the log."""

    def progress(self, text: str) -> None:
        """Nobody waits for the end."""


class _Job:
    """A job: a run of Ansible with several tasks, each with a client of its own."""

    def __init__(
        self, plan: Plan, number: int, timeline: Timeline, bill: SimulatedBill, stores: Stores, folder: Path
    ) -> None:
        self._plan = plan
        self._timeline = timeline
        self._bill = bill
        self._home = folder / f"job-{number}"
        self._chance = random.Random(f"{plan.seed} {number}")
        self._controller = folder / f"controller-{self._chance.randrange(plan.controllers)}"
        self._clock = JobClock(timeline, self._chance)
        self._stores = stores
        self._sign_ins = 0

    def run(self) -> JobResult:
        start, failure = self._timeline.now - _MIDNIGHT, ""
        password = _NEW_PASSWORD if start >= self._plan.stale[1] * HOUR else CREDENTIALS["password"]
        self._home.mkdir()
        self._controller.mkdir(exist_ok=True)
        try:
            self._client(password).sessions.ensure()
            for _number in range(self._plan.requests):
                self._timeline.wait(self._chance.uniform(0, self._plan.work))
                self._client(password).request(HttpRequest("GET", "/v3/vendors?max=1"))
        except errors.BillError as error:
            failure = type(error).__name__
        shutil.rmtree(self._home)
        return JobResult(start, failure, self._sign_ins, self._clock.waited)

    def _client(self, password: str) -> BillClient:
        """The client of a new task."""
        reporter = _Quiet()
        store = self._stores.open(self._home, self._controller, self._clock, reporter.warn)
        options: dict[str, Any] = {
            **{option.name: option.default for option in OPTIONS},
            **CREDENTIALS,
            "password": password,
            "api_url": API_URL,
        }
        slots = EntryIdentity.of({name: CREDENTIALS[name] for name in ("organization_id", "dev_key")})
        limiter = ConcurrencyLimiter(slots, store, options["timeout"], self._clock)
        around = Surroundings(
            str(self._home / "bill"),
            str(self._home / "run"),
            reporter,
            clock=self._clock,
            exchange=SimulatedExchange(self._bill, limiter, self._chance, self._count, BaseUrl.of_api(API_URL)),
            store=store,
        )
        return build_client(options, around)

    def _count(self, request: HttpRequest) -> None:
        self._sign_ins += request.target == _LOGIN


def simulated(
    plan: Plan, stores: Stores, folder: Path, progress: Callable[[int], None] = lambda _jobs: None
) -> Results:
    """What happens on the day. ``folder`` is empty. ``progress`` gets the number of the jobs that have ended."""
    timeline = Timeline(_MIDNIGHT)
    bill = SimulatedBill(timeline)
    ended: list[JobResult] = []

    def work(job: _Job) -> None:
        ended.append(job.run())
        progress(len(ended))

    for number, start in enumerate(plan.starts()):
        job = _Job(plan, number, timeline, bill, stores, folder)
        timeline.at(_MIDNIGHT + start, partial(work, job))
    timeline.at(_MIDNIGHT + plan.stale[0] * HOUR, lambda: bill.change_password(_NEW_PASSWORD))
    try:
        timeline.run()
    finally:
        bill.close()
    requests = tuple(
        Request(
            datetime.fromisoformat(each.at).timestamp() - _MIDNIGHT,
            each.path == _LOGIN,
            each.codes[0] if each.codes else "",
        )
        for each in bill.received
    )
    return Results(tuple(ended), requests)
