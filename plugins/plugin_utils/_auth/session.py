# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session as a value: its user, its end, and its headers.

Private to bill.connect.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from .._core.clock import CLOCK_TOLERANCE
from .._core.json_record import JsonRecord

# A session is replaced this many seconds before its fixed end, because later tasks of the play continue to use it. For a short session,
# the margin is at most a fifth of its life.
_MARGIN = 120


@dataclass(frozen=True)
class Session(JsonRecord):
    """A session of BILL, an access token, or an API token that BILL has accepted.

    Times are in seconds since the epoch.

    - ``made_at`` is the time of the login.
    - ``answered_at`` is the time of BILL's last response to a request with the session.
    - ``idle_seconds`` is the time without requests after which BILL ends the session. None if BILL has no such limit.
    - ``ends_at`` is the fixed end of the session, even if it is used. None if it has no fixed end.
    - ``trusted`` is true if the session is MFA-trusted. None if MFA does not apply to it.
    - ``mfa_status`` and ``mfa_bypass`` are BILL's last values. None if BILL has not sent them.
    - ``mfa_asked`` is true if BILL was asked for the MFA status.
    - ``refused_mfa_ids`` are the fingerprints of MFA IDs for which BILL did not trust the session.
    """

    FORMAT = 2

    # repr() omits the secrets, so that no message or traceback shows them.
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
        """The end of the session if it is not used, in seconds since the epoch. None if it is unknown."""
        ends = [] if self.ends_at is None else [self.ends_at]
        if self.idle_seconds is not None:
            ends.append(self.answered_at + self.idle_seconds)
        return min(ends, default=None)

    @property
    def expires_at(self) -> str | None:
        """``end`` as UTC time in the format ``2026-11-22T10:58:00Z``. None if it is unknown."""
        if self.end is None:
            return None
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.end))

    @property
    def secrets(self) -> set[str]:
        """Every text that gives access to the session."""
        # The scheme of an Authorization header is not secret. The part after the scheme is also a secret without it.
        headers = self.headers.values()
        return {
            *headers,
            *(value.rpartition(" ")[2] for value in headers),
            *([self.session_id] if self.session_id else []),
        }

    def is_recent(self, now: float, seconds: float) -> bool:
        """Whether BILL accepted the session less than ``seconds`` ago, and it has probably not ended since."""
        # If the last response is in the future, somebody has set the clock back. Then the age of the response is unknown.
        return -CLOCK_TOLERANCE <= now - self.answered_at < seconds and (self.end is None or now < self.end)

    def is_due(self, now: float) -> bool:
        """Whether the session reaches its fixed end so soon that a new one must replace it."""
        if self.ends_at is None:
            return False
        return (
            not self.made_at - CLOCK_TOLERANCE <= now < self.ends_at - min(_MARGIN, (self.ends_at - self.made_at) / 5)
        )

    def answered(self, now: float) -> Session:
        """The same session after BILL has answered a request with it, which restarts its idle time."""
        return replace(self, answered_at=now)


@dataclass(frozen=True)
class SessionResult:
    """The ``session`` to use, or None if there is none. ``changed`` is true if a session was created or ended."""

    session: Session | None
    changed: bool


@dataclass(frozen=True)
class HeldSession:
    """A session that a request uses now.

    ``is_new`` is true if the session was created for this request. ``is_reported`` is true if the trust of the session was reported to the
    user.
    """

    session: Session
    is_new: bool
    is_reported: bool = True
