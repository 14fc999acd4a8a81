# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's clock: real time plus an offset that tests can move, so that 35 minutes pass in no time."""

from __future__ import annotations

import time
from datetime import datetime, timezone

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0
        # When the story began, whatever the date is: at the start, or at the moment the clock was last set to.
        self.began = self.now()

    def now(self) -> float:
        return time.time() + self.offset

    def hour(self) -> int:
        """Which clock hour this is; BILL's hourly limits start anew with each."""
        return int(self.now() // HOUR)

    def stamp(self) -> str:
        return timestamp(self.now())

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def set(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        self.offset = moment.timestamp() - time.time()
        self.began = moment.timestamp()


def timestamp(seconds: float) -> str:
    """A moment as BILL writes it: 2024-10-16T13:36:31.000+00:00 (observed)."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")
