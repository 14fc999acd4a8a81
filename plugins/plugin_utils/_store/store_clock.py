# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that all controllers of a store share.

Private to bill.connect. Stored times are compared with the clock of another controller. If that clock is wrong, a refused credential would
be sent again, or more calls than BILL allows in a minute.
"""

from __future__ import annotations

from .._core.clock import Clock
from .base import Store


class StoreClock:
    """The clock of this machine, corrected by the clock of the store."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self.monotonic = clock.monotonic
        self.sleep = clock.sleep
        self.jitter = clock.jitter

    def time(self) -> float:
        return self._clock.time() + self._store.clock_offset()
