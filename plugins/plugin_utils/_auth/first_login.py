# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets the first login of a user go alone, so that a wrong password is sent once, also for many organizations.

Private to bill.connect. Each organization has its own session, so the lock of a session does not stop the logins to the others. All of them
would send the same wrong password at the same time, and lock the account. If BILL refuses the first one, the others find the cached refusal.
If not, they follow at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from .._core.clock import CLOCK_TOLERANCE, Clock
from .._core.errors import AuthenticationError, BillError, HourlyQuotaError, StoreError
from .._core.json_record import JsonRecord
from .._store.encrypted_entry import EncryptedEntry

# Seconds for which the others follow. Then one goes alone again, because somebody may have changed the password at BILL.
_FOLLOW_SECONDS = 60


@dataclass(frozen=True)
class FirstLoginEnd(JsonRecord):
    """The end of a login that BILL did not refuse. ``at`` is in seconds since the epoch."""

    at: float


class FirstLogin:
    """The first login of a user.

    - ``lock`` is the entry of the user whose lock the login holds. It is in the store of the sessions, so other runs wait, too.
    - ``end`` is the entry with the end of the login, in a store of this run. So nothing about the user stays after the run.
    - ``timeout`` is the time in seconds to wait for the login.

    Both entries are None if the credential belongs to no user of organizations.
    """

    def __init__(
        self,
        lock: EncryptedEntry[FirstLoginEnd] | None,
        end: EncryptedEntry[FirstLoginEnd] | None,
        clock: Clock,
        *,
        timeout: float,
    ) -> None:
        self._lock = lock
        self._end = end
        self._clock = clock
        self._timeout = timeout

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Log in inside the context: alone if no other login of the user has ended just now in this run.

        Raises LockTimeoutError if another first login takes too long.
        """
        if self._lock is None or self._has_ended():
            yield
            return
        with ExitStack() as lock:
            lock.enter_context(self._lock.lock(self._timeout))
            if self._has_ended():
                lock.close()
                yield
                return
            try:
                yield
            except (AuthenticationError, HourlyQuotaError):
                # The others find the cached refusal.
                raise
            except BillError:
                # BILL cannot be reached, for example. Then each of the others tries for itself.
                self._save_end()
                raise
            self._save_end()

    def _has_ended(self) -> bool:
        end = None
        # With an unusable store, each login goes alone.
        with suppress(StoreError):
            end = self._end.load() if self._end else None
        return end is not None and -CLOCK_TOLERANCE <= self._clock.time() - end.at < _FOLLOW_SECONDS

    def _save_end(self) -> None:
        if self._end:
            self._end.save(FirstLoginEnd(self._clock.time()), seconds=_FOLLOW_SECONDS)
