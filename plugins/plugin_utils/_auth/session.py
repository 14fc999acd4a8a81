# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session as a value: who, until when, which headers.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from .._core.json_record import JsonRecord

# How long before its end a session is replaced, in seconds: later tasks of the play go on using what they were given. Of a
# short life it is a fifth at the most.
_MARGIN = 120


@dataclass(frozen=True)
class Session(JsonRecord):
    """What BILL has given out for later calls: a session, an access token, or its word that an API token is good.

    ``idle_seconds`` is how long BILL keeps it without being asked anything, and ``ends_at`` when it ends however much it is
    used; None where there is no such end. Times are seconds since the epoch: ``made_at`` when it was made, and ``answered_at``
    when BILL last answered a request that carried it.

    ``trusted`` is None where MFA does not concern it. ``mfa_status`` and ``mfa_bypass`` are what BILL last said of MFA, None
    where it said nothing, and ``mfa_asked`` whether it was asked. ``refused_mfa_ids`` are the fingerprints of MFA IDs that BILL did
    not trust it for.
    """

    FORMAT = 2

    # Kept out of repr(), so that no message or traceback can show them.
    session_id: str | None = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    made_at: float
    answered_at: float
    organization_id: str | None = None
    user_id: str | None = None
    trusted: bool | None = None
    idle_seconds: int | None = None
    ends_at: float | None = None
    mfa_status: str | None = None
    mfa_bypass: bool | None = None
    mfa_asked: bool = False
    refused_mfa_ids: list[str] = field(default_factory=list)

    @property
    def end(self) -> float | None:
        """When it ends if it is not used, in seconds since the epoch; None if nobody knows."""
        ends = [] if self.ends_at is None else [self.ends_at]
        if self.idle_seconds is not None:
            ends.append(self.answered_at + self.idle_seconds)
        return min(ends, default=None)

    @property
    def expires_at(self) -> str | None:
        """The same as UTC time, as ``2026-11-22T10:58:00Z``."""
        if self.end is None:
            return None
        return datetime.fromtimestamp(self.end, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def secrets(self) -> set[str]:
        """Every text that is the session to whoever has it."""
        # The scheme of an Authorization is no secret, and what follows it is one by itself, too.
        headers = self.headers.values()
        return {
            *headers,
            *(value.rpartition(" ")[2] for value in headers),
            *([self.session_id] if self.session_id else []),
        }

    def is_recent(self, now: float, seconds: float) -> bool:
        """Whether BILL answered it less than so many seconds ago, and it has not ended since as far as is known."""
        # An answer from the future means that the clock was set back: its age is unknown.
        return 0 <= now - self.answered_at < seconds and (self.end is None or now < self.end)

    def is_due(self, now: float) -> bool:
        """Whether it ends so soon that it is time for the next one."""
        if self.ends_at is None:
            return False
        return not self.made_at <= now < self.ends_at - min(_MARGIN, (self.ends_at - self.made_at) / 5)

    def answered(self, now: float) -> Session:
        """The same session after BILL has answered a request with it, which begins its idle life anew."""
        return replace(self, answered_at=now)
