# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy that decides whether and when a failed request is sent again.

Private to bill.connect.
"""

from __future__ import annotations

from .._core.clock import Clock
from .._core.errors import BillError
from .._core.reporter import Reporter

# Seconds.
_MAX_WAIT = 30.0


class RetryPolicy:
    """Allows ``retries`` more attempts after the first one, if the error is transient.

    Waits use exponential backoff with jitter. Without jitter, they grow from 1 second to at most 30 seconds. Documented by BILL:
    ``2 ^ failed attempts`` seconds. An error can require a longer wait.
    """

    def __init__(self, retries: int, clock: Clock, reporter: Reporter) -> None:
        self.retries = retries
        self._clock = clock
        self._reporter = reporter

    def attempts(self) -> range:
        """The numbers of the allowed attempts, starting with 0."""
        return range(self.retries + 1)

    def wait_or_raise(self, attempt: int, error: BillError, *, repeatable: bool) -> None:
        """Wait until the next attempt may begin. Raises ``error`` if another attempt is useless, unsafe or not allowed.

        A request that is not ``repeatable`` is sent again only if BILL has certainly not processed it.
        """
        if not error.is_transient or not (repeatable or error.not_processed) or attempt >= self.retries:
            raise error
        seconds = max(_backoff(attempt) * (0.5 + 0.5 * self._clock.jitter()), error.min_wait)
        self._reporter.progress(f"{error} Trying again in {seconds:.1f} seconds ({attempt + 1} of {self.retries}).")
        self._clock.sleep(seconds)

    def max_duration(self, attempt: float, min_wait: float = 0.0) -> float:
        """The maximum duration of all attempts together, in seconds.

        ``attempt`` is the maximum duration of one attempt in seconds. ``min_wait`` is the longest wait that an error requires.
        """
        return (self.retries + 1) * attempt + sum(max(_backoff(number), min_wait) for number in range(self.retries))


def _backoff(number: int) -> float:
    return min(float(2**number), _MAX_WAIT)
