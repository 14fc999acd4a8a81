# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time, as everything that waits or measures asks for it. A test has a clock of its own.

Private to bill.connect.
"""

from __future__ import annotations

import random
import time
from typing import Protocol


class Clock(Protocol):
    """The time, and waiting for it to pass. All values are in seconds."""

    def time(self) -> float:
        """Seconds since the epoch; they may jump when somebody sets the clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def jitter(self) -> float:
        """A random number from 0 to 1, which spreads the waits of many hosts."""


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
