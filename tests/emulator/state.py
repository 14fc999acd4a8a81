# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The complete state of the emulator in one object, so that one call resets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .access_tokens import AccessTokens
from .accounts import Accounts
from .clock import Clock
from .faults import Faults
from .limits import Limits, PerMinute
from .objects import Objects
from .record import Record
from .sessions import Sessions
from .settings import Settings
from .trust import Trust
from .webhook_changes import Webhooks


class Emulator:
    """``new_clock`` makes the clock. A simulation has a clock of its own."""

    def __init__(self, new_clock: Callable[[], Clock] = Clock) -> None:
        self._new_clock = new_clock
        self._start()

    def reset(self) -> None:
        self.webhooks.deliveries.close()
        self._start()

    def _start(self) -> None:
        self.clock = self._new_clock()
        self.settings = Settings()
        self.accounts = Accounts(self.settings)
        self.sessions = Sessions(self.clock, self.settings)
        self.access_tokens = AccessTokens(self.clock, self.settings)
        self.trust = Trust(self.clock, self.settings)
        self.limits = Limits(self.clock, self.settings)
        self.spend_calls = PerMinute(self.clock)
        self.payments: list[dict[str, Any]] = []
        self.faults = Faults()
        self.reset_objects()

    def reset_objects(self) -> None:
        """Forget all objects that were written, and all requests. The sessions stay."""
        self.webhooks = Webhooks(self.clock, self.settings)
        self.objects = Objects(self.clock, self.settings, self.webhooks)
        self.record = Record()
