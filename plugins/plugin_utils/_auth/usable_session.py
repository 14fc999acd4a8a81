# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored session that a process uses again, without the credential that it belongs to.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.clock import Clock
from .._store.encrypted_entry import Snapshot
from .decision import Decision, decide
from .session import Session

_DAY = 24 * 60 * 60
# A task, too, uses a session some milliseconds after it has read the store.
_FRESH_SECONDS = 0.01


@dataclass
class UsableSession:
    """A session that was usable without validation at the time ``since``, in seconds since the epoch.

    The other fields are those of ``decide``. The session needs no MFA ID.
    """

    session: Session = field(repr=False)
    snapshot: Snapshot[Session] = field(repr=False)
    clock: Clock = field(repr=False)
    since: float
    check_after: float
    can_validate: bool
    require_trusted: bool
    # When the store was read last, on the monotonic clock.
    _read: float = field(init=False)

    def __post_init__(self) -> None:
        self._read = self.clock.monotonic()

    def is_usable(self) -> bool:
        """Whether the session is still usable without validation.

        The rules are those of a task. Every change of the stored session ends it, and so does the next day, because the days of an MFA ID
        are counted.
        """
        now = self.clock.time()
        if now // _DAY != self.since // _DAY or not self._is_current():
            return False
        decision = decide(
            self.session,
            now,
            check_after=self.check_after,
            can_validate=self.can_validate,
            mfa_id=None,
            require_trusted=self.require_trusted,
        )
        return decision is Decision.USE

    def _is_current(self) -> bool:
        now = self.clock.monotonic()
        if now - self._read < _FRESH_SECONDS:
            return True
        if not self.snapshot.is_current():
            return False
        self._read = now
        return True
