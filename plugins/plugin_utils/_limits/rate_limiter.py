# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits Spend & Expense calls to sixty a minute, across all tasks, forks and runs that share a store.

Private to bill.connect. Documented by BILL ("API rate limits"): an API token may make sixty calls a minute. BILL does not document
whether the minute is a minute of the clock. Therefore the limit applies to every period of a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from .._core.clock import Clock
from .._core.errors import LimiterTimeoutError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._core.reporter import Reporter
from .._store.encrypted_entry import EncryptedEntry

# BILL limits the calls below this path to a number a minute.
RATE_LIMITED_PREFIX = "/v3/spend/"
MAX_CALLS = 60
# The window is longer than a minute, because a call needs a moment to reach BILL.
WINDOW_SECONDS = 61.0
# The longest wait for a call, in seconds.
MAX_WAIT = 600.0

# Seconds to wait for the lock. Every other task holds it for a moment only.
_LOCK_TIMEOUT = 30
# Seconds between two progress messages during a wait.
_LOG_INTERVAL = 10.0


@dataclass(frozen=True)
class Reservations(JsonRecord):
    """The times of the last reserved calls, in seconds since the epoch. The earliest comes first. Some may be in the future."""

    at: list[float]


class RateLimiter:
    """The rate limiter of one API token. All tasks with the same ``reservations`` share the sixty calls a minute."""

    def __init__(self, reservations: EncryptedEntry[Reservations], clock: Clock, reporter: Reporter) -> None:
        self._reservations = reservations
        self._clock = clock
        self._reporter = reporter

    def wait(self) -> None:
        """Reserve the next free call and wait until its time. Raises LimiterTimeoutError at once if that time is too far away."""
        slot, left = self._reserved()
        while left > 0:
            if left > 1:
                self._reporter.progress(
                    f"waiting {ceil(left)} seconds for the next Spend & Expense call: BILL allows {MAX_CALLS} a minute, and the "
                    "calls before that are reserved."
                )
            part = min(left, _LOG_INTERVAL)
            self._clock.sleep(part)
            # Also subtract the time slept, because somebody may set the clock back during the wait.
            left = min(left - part, slot - self._clock.time())

    def _reserved(self) -> tuple[float, float]:
        """The time of the next free call, which is now reserved, and the seconds until then."""
        began, reservations = self._clock.time(), self._reservations
        try:
            with reservations.lock(_LOCK_TIMEOUT):
                now = self._clock.time()
                stored = reservations.load()
                # A later time than this was reserved before somebody set the clock back. It does not count.
                taken = sorted(at for at in stored.at if at <= now + MAX_WAIT)[-MAX_CALLS:] if stored else []
                slot = max(now, taken[0] + WINDOW_SECONDS) if len(taken) == MAX_CALLS else now
                if slot - began > MAX_WAIT:
                    raise LimiterTimeoutError(
                        f"BILL allows {MAX_CALLS} Spend & Expense calls a minute, and other tasks or runs have reserved those of the "
                        f"next {MAX_WAIT / 60:g} minutes. Run fewer of them at the same time."
                    )
                reservations.save(Reservations(sorted([*taken, slot])[-MAX_CALLS:]), seconds=MAX_WAIT + WINDOW_SECONDS)
                return slot, slot - now
        except LockTimeoutError:
            raise LimiterTimeoutError(
                f"Other tasks or runs have been reserving Spend & Expense calls for {_LOCK_TIMEOUT} seconds. Usually this takes a "
                "moment. Perhaps one of them was stopped."
            ) from None
