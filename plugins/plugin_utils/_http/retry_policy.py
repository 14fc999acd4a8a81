# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks BILL again where that is safe, and never for longer than it says.

Private to bill.connect.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .._core.errors import BillError

_T = TypeVar("_T")
_MAX_WAIT = 30.0


@dataclass(frozen=True)
class RetryPolicy:
    """Tries again after a transient failure: ``retries`` times after the first try.

    BILL documents exponential waits of ``2 ^ failed attempts`` seconds. Here they begin at one second, end at 30, and
    are shortened by chance so that many hosts do not come back at the same moment; after an error that says how long to ``wait``
    at least, they take at least that long. ``tell`` is told of each wait.
    """

    retries: int
    tell: Callable[[str], None] = field(default=lambda _text: None)
    sleep: Callable[[float], None] = field(default=time.sleep)
    chance: Callable[[], float] = field(default=random.random)

    def run(self, ask: Callable[[], _T], *, acts: bool = False) -> _T:
        """What ``ask`` returns in the end. With ``acts`` it is not to be done twice, so that only what BILL has certainly not
        done is asked again.
        """
        for tried in range(self.retries + 1):
            try:
                return ask()
            except BillError as error:
                again = error.transient and (error.undone or not acts)
                if not again or tried == self.retries:
                    raise
                wait = max(_backoff(tried) * (0.5 + 0.5 * self.chance()), error.wait)
                self.tell(f"{error} Trying again in {wait:.1f} seconds ({tried + 1} of {self.retries}).")
            self.sleep(wait)
        raise AssertionError("unreachable: the last try returns or raises")

    def longest(self, timeout: float, wait: float = 0.0) -> float:
        """Seconds that ``run`` takes at the most, if one try takes ``timeout`` seconds at the most.

        ``wait`` is the longest that an error may say.
        """
        return (self.retries + 1) * timeout + sum(max(_backoff(tried), wait) for tried in range(self.retries))


def _backoff(tried: int) -> float:
    return min(2.0**tried, _MAX_WAIT)
