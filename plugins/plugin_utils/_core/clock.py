# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of all code that waits or measures time. A test can replace it.

Private to bill.connect.
"""

from __future__ import annotations

import random
import time
from typing import Protocol

# Seconds by which a stored time may be ahead. Controllers that share a store know its clock only approximately. A time that is further ahead
# was stored before somebody set the clock back.
CLOCK_TOLERANCE = 5.0


class Clock(Protocol):
    """The time, and a way to wait. All times are in seconds."""

    def time(self) -> float:
        """Seconds since the epoch. The value may jump when somebody sets the clock."""

    def monotonic(self) -> float:
        """Seconds since an unspecified start. The value never decreases."""

    def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""

    def jitter(self) -> float:
        """A random number from 0 to 1. It makes the waits of many hosts different."""


class SystemClock:
    """The clock of this machine."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self) -> float:
        return random.SystemRandom().random()


SYSTEM_CLOCK = SystemClock()
