# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session as a value: who, until when, which headers.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ._record import Record


@dataclass(frozen=True)
class Session(Record):
    """A session that BILL has given out.

    ``idle_seconds`` is how long BILL keeps it without being asked anything; ``made_at`` and ``answered_at`` are
    seconds since the epoch: when it was made, and when BILL last answered a request that carried it.
    """

    # Kept out of repr(), so that no message or traceback can show them.
    session_id: str | None = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    organization_id: str
    user_id: str | None
    trusted: bool
    idle_seconds: int
    made_at: float
    answered_at: float

    @property
    def expires_at(self) -> str:
        """UTC time when the session ends if it is not used, as ``2026-11-22T10:58:00Z``."""
        end = datetime.fromtimestamp(self.answered_at + self.idle_seconds, tz=timezone.utc)
        return end.strftime("%Y-%m-%dT%H:%M:%SZ")

    def answered(self, now: float) -> Session:
        """The same session after BILL has answered a request with it, which begins its idle life anew."""
        return replace(self, answered_at=now)
