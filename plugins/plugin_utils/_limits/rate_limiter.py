# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sixty turns a minute for Spend & Expense calls, whoever makes them: from whatever task, fork or run.

Private to bill.connect. Documented by BILL ("API rate limits"): sixty for an API token. Whether the minute is the clock's is
not, so it is kept between any two moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from .._core.clock import Clock
from .._core.errors import LimiterTimeoutError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._core.reporter import Reporter
from .._store.encrypted_entry import EncryptedEntry

# What BILL counts by the minute.
RATE_LIMITED_PREFIX = "/v3/spend/"
MAX_CALLS = 60
# More than the minute, because a call takes a moment on its way.
WINDOW_SECONDS = 61.0
# How far away a turn may be, in seconds.
MAX_WAIT = 600.0

# How many seconds to wait for others who take their turns, which takes each of them a moment.
_LOCK_TIMEOUT = 30
# How often a wait is told, in seconds.
_LOG_INTERVAL = 10.0


@dataclass(frozen=True)
class Reservations(JsonRecord):
    """The last turns that were given out, the earliest first, in seconds since the epoch. Some may be still to come."""

    at: list[float]


class RateLimiter:
    """The sixty calls a minute of one API token. All tasks that find the same ``reservations`` share them."""

    def __init__(self, reservations: EncryptedEntry[Reservations], clock: Clock, reporter: Reporter) -> None:
        self._reservations = reservations
        self._clock = clock
        self._reporter = reporter

    def wait(self) -> None:
        """Wait for the next free turn; LimiterTimeoutError, at once, if that is too far away."""
        turn, left = self._reserved()
        while left > 0:
            if left > 1:
                self._reporter.progress(
                    f"waiting {ceil(left)} seconds for the next Spend & Expense call: BILL allows {MAX_CALLS} a minute, and the next ones "
                    "are taken."
                )
            part = min(left, _LOG_INTERVAL)
            self._clock.sleep(part)
            # Counted down as well, since the clock may be set back meanwhile.
            left = min(left - part, turn - self._clock.time())

    def _reserved(self) -> tuple[float, float]:
        """When the next free turn is, which is nobody else's any more, and how many seconds away."""
        began, turns = self._clock.time(), self._reservations
        try:
            with turns.lock(_LOCK_TIMEOUT):
                now = self._clock.time()
                kept = turns.load()
                # What is further away than a turn can be is of a clock that was set back since.
                given = sorted(at for at in kept.at if at <= now + MAX_WAIT)[-MAX_CALLS:] if kept else []
                turn = max(now, given[0] + WINDOW_SECONDS) if len(given) == MAX_CALLS else now
                if turn - began > MAX_WAIT:
                    raise LimiterTimeoutError(
                        f"BILL allows {MAX_CALLS} Spend & Expense calls a minute, and those of the next {MAX_WAIT / 60:g} minutes are taken "
                        "by other tasks or runs. Let fewer of them call BILL at the same time."
                    )
                turns.save(Reservations(sorted([*given, turn])[-MAX_CALLS:]), seconds=MAX_WAIT + WINDOW_SECONDS)
                return turn, turn - now
        except LockTimeoutError:
            raise LimiterTimeoutError(
                f"Other tasks or runs have been taking their turns for Spend & Expense calls for {_LOCK_TIMEOUT} seconds, which takes a "
                "moment. Perhaps one of them was stopped."
            ) from None
