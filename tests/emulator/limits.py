# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL's limits: sign-ins and requests a clock hour for a developer key, and requests in flight.

Documented by BILL (api-rate-limits): 200 and 20,000 an hour, counted by the clock hour and not in a rolling
window; 3 in flight for each developer key and organization. That every login attempt counts, and that logins
count towards the 20,000 too, is inferred; and so is that partner sign-ins count for neither.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from . import errors
from .clock import MINUTE, Clock
from .settings import Settings


@dataclass(frozen=True)
class Caller:
    # With OAuth, which knows no developer key, the client id.
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
        """Count a request that is already in flight, and refuse it if it is one too many."""
        this_hour = (caller.dev_key, self._clock.hour())
        self._requests[this_hour] += 1
        if login:
            self._logins[this_hour] += 1
            # Only the text of the general limit is known; the login limit's number is inferred.
            self._check_hour(self._logins[this_hour], self._settings.logins_per_hour)
        self._check_hour(self._requests[this_hour], self._settings.requests_per_hour)
        if self.in_flight[caller] > self._settings.in_flight:
            raise errors.Refusal(errors.TOO_MANY_IN_FLIGHT)

    @staticmethod
    def _check_hour(count: int, allowed: int) -> None:
        if count > allowed:
            message = f"Max number of allowed requests per hour reached: {allowed}."
            raise errors.Refusal(errors.HOURLY_LIMIT, message)

    def logins_this_hour(self) -> int:
        return sum(count for (_key, hour), count in self._logins.items() if hour == self._clock.hour())


class PerMinute:
    """How often something was done in a minute, by whom. That minutes are the clock's, unless told, is inferred."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: defaultdict[str, list[float]] = defaultdict(list)

    def one_more(self, who: str, *, rolling: bool = False) -> int:
        now = self._clock.now()
        begin = now - MINUTE if rolling else now // MINUTE * MINUTE
        self._done[who] = [*(moment for moment in self._done[who] if begin <= moment < begin + MINUTE), now]
        return len(self._done[who])


class Flight:
    """One request in flight. It can leave only once, whoever says so first."""

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
