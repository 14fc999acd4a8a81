# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's clock: real time plus an offset. A test moves the offset, so it need not wait 35 minutes."""

from __future__ import annotations

import time
from datetime import datetime, timezone

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0
        # The beginning of the emulated time: the start of the emulator, or the moment that the clock was last set to.
        self.start_time = self.now()

    def now(self) -> float:
        return time.time() + self.offset

    def hour(self) -> int:
        """The number of the current clock hour. BILL's hourly limits start again with each clock hour."""
        return int(self.now() // HOUR)

    def stamp(self) -> str:
        return timestamp(self.now())

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def set(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        self.offset = moment.timestamp() - time.time()
        self.start_time = moment.timestamp()


def timestamp(seconds: float) -> str:
    """A time in the format of BILL: 2024-10-16T13:36:31.000+00:00 (observed)."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")
