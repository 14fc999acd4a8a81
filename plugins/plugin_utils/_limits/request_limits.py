# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Combines all limits that BILL sets on requests.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .concurrency_limiter import ConcurrencyLimiter
from .rate_limiter import RATE_LIMITED_PREFIX, RateLimiter


class RequestLimits:
    """The limits of one credential. A Spend & Expense call first waits for the rate limiter, then for a slot."""

    def __init__(self, concurrency: ConcurrencyLimiter, rate: RateLimiter) -> None:
        self.concurrency = concurrency
        self.rate = rate

    @contextmanager
    def slot(self, target: str) -> Iterator[None]:
        """Hold a slot for a request to this target. Raises LimiterTimeoutError if no slot is free in time."""
        if target.startswith(RATE_LIMITED_PREFIX):
            self.rate.wait()
        with self.concurrency.slot():
            yield
