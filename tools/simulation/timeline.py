# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated time. Each job has a thread, and exactly one thread runs at a time. So a run with the same seed has the same results."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable


class Timeline:
    """The simulated time, in seconds since the epoch, and everything that happens in it."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._events: list[tuple[float, int, _Turn]] = []
        self._number = 0
        self._back = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def at(self, moment: float, work: Callable[[], None]) -> None:
        """Do something at a moment. It may call ``wait``."""
        turn = _Turn()

        def run() -> None:
            turn.take()
            try:
                work()
            except BaseException as error:
                self._errors.append(error)
            finally:
                self._back.release()

        turn.start = threading.Thread(target=run, daemon=True).start
        self._add(moment, turn)

    def wait(self, seconds: float) -> None:
        """Let other events happen until this many seconds have passed. Only for code that ``at`` has started."""
        turn = _Turn()
        self._add(self.now + seconds, turn)
        self._back.release()
        turn.take()

    def run(self) -> None:
        """Let everything happen. Raises the first error of the jobs."""
        while self._events:
            self.now, _number, turn = heapq.heappop(self._events)
            turn.give()
            self._back.acquire()
            if self._errors:
                raise self._errors[0]

    def _add(self, moment: float, turn: _Turn) -> None:
        # Events of the same moment happen in the order in which they were added.
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, turn))


class _Turn:
    """The permission to run, which a thread waits for."""

    def __init__(self) -> None:
        self.start: Callable[[], None] | None = None
        self._permission = threading.Semaphore(0)

    def give(self) -> None:
        if self.start:
            self.start()
        self._permission.release()

    def take(self) -> None:
        self._permission.acquire()


class JobClock:
    """The clock that the collection gets in one job. ``waited`` is the time in seconds that the collection has waited for others."""

    def __init__(self, timeline: Timeline, chance: random.Random) -> None:
        self._timeline = timeline
        self._chance = chance
        self.waited = 0.0

    def time(self) -> float:
        return self._timeline.now

    def monotonic(self) -> float:
        return self._timeline.now

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        self._timeline.wait(seconds)

    def jitter(self) -> float:
        return self._chance.random()
