# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes warnings that strangers can cause. Private to bill.connect."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

# ansible-rulebook configures the root logger.
logger = logging.getLogger("bill.connect")

_SECONDS = 60.0


class Notices:
    """Writes at most one warning of a kind a minute, with the number of those that it left out. So nobody can fill the log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._written: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def warn(self, text: str) -> None:
        """Write a warning. ``text`` is its kind too, so it contains nothing that a stranger has sent."""
        now = self._clock()
        if now - self._written.get(text, -_SECONDS) < _SECONDS:
            self._left_out[text] += 1
            return
        self._written[text] = now
        more = self._left_out.pop(text, 0)
        logger.warning("%s%s", text, f" ({more} more since the last warning)" if more else "")
