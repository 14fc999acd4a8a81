# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL's limits: sign-ins and requests of a developer key in a clock hour, and requests in flight.

Documented by BILL (api-rate-limits): 200 sign-ins and 20,000 requests in a clock hour, not in a rolling window, and 3
requests in flight for each developer key and organization. Inferred: every login attempt counts. Logins also count as
requests. The sign-in of a partner counts for neither limit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from . import errors
from .clock import MINUTE, Clock
from .settings import Settings


@dataclass(frozen=True)
class Caller:
    # The client id for OAuth, which has no developer key.
    dev_key: str
    organization_id: str


class Limits:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._logins: Counter[tuple[str, int]] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self.in_flight: Counter[Caller] = Counter()
        self.peak_in_flight = 0

    def check(self, caller: Caller, *, login: bool) -> None:
        """Count a request that is already in flight. Raises RefusalError if it is over a limit."""
        this_hour = (caller.dev_key, self._clock.hour())
        self._requests[this_hour] += 1
        if login:
            self._logins[this_hour] += 1
            # Only the text of the general limit is known. The number in the text of the login limit is inferred.
            self._check_hour(self._logins[this_hour], self._settings.logins_per_hour)
        self._check_hour(self._requests[this_hour], self._settings.requests_per_hour)
        if self.in_flight[caller] > self._settings.in_flight:
            raise errors.RefusalError(errors.TOO_MANY_IN_FLIGHT)

    @staticmethod
    def _check_hour(count: int, allowed: int) -> None:
        if count > allowed:
            message = f"Max number of allowed requests per hour reached: {allowed}."
            raise errors.RefusalError(errors.HOURLY_LIMIT, message)

    def logins_this_hour(self) -> int:
        return sum(count for (_key, hour), count in self._logins.items() if hour == self._clock.hour())


class PerMinute:
    """Counts how often each name did something in a minute. Inferred: a clock minute, unless `rolling` is true."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, who: str, *, rolling: bool = False) -> int:
        now = self._clock.now()
        begin = now - MINUTE if rolling else now // MINUTE * MINUTE
        self._done[who] = [*(moment for moment in self._done[who] if begin <= moment < begin + MINUTE), now]
        return len(self._done[who])


class Flight:
    """One request in flight. Only the first call of `leave` has an effect."""

    def __init__(self, limits: Limits, caller: Caller | None) -> None:
        self._limits = limits
        self._caller = caller
        if caller is not None:
            limits.in_flight[caller] += 1
            limits.peak_in_flight = max(limits.peak_in_flight, limits.in_flight[caller])

    def leave(self) -> None:
        if self._caller is not None:
            self._limits.in_flight[self._caller] -= 1
            self._caller = None
