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
from .._core.errors import AuthenticationError, BillError, HourlyQuotaError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._store.encrypted_entry import EncryptedEntry

# Seconds for which the others follow. Then one goes alone again, because somebody may have changed the password at BILL.
_FOLLOW_SECONDS = 60


@dataclass(frozen=True)
class FirstLoginEnd(JsonRecord):
    """The end of a login that BILL did not refuse. ``at`` is in seconds since the epoch."""

    at: float


class FirstLogin:
    """The first login of a user. ``timeout`` is the time in seconds to wait for it.

    ``entry`` belongs to the user. It is None if the credential belongs to no user of organizations.
    """

    def __init__(self, entry: EncryptedEntry[FirstLoginEnd] | None, clock: Clock, timeout: float) -> None:
        self._entry = entry
        self._clock = clock
        self._timeout = timeout

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Log in inside the context: alone if no other login of the user has ended just now.

        Raises LockTimeoutError if another first login takes too long.
        """
        if self._entry is None or self._has_ended(self._entry):
            yield
            return
        with ExitStack() as lock:
            lock.enter_context(self._entry.lock(self._timeout))
            if self._has_ended(self._entry):
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
                self._end(self._entry)
                raise
            self._end(self._entry)

    def forget(self) -> None:
        """Let the next login go alone. Then nothing about the user stays in the store after a logout."""
        if self._entry and self._entry.load():
            # If another task holds the lock, it is about to log in.
            with suppress(LockTimeoutError), self._entry.lock(0):
                self._entry.delete()

    def _has_ended(self, entry: EncryptedEntry[FirstLoginEnd]) -> bool:
        end = entry.load()
        return end is not None and -CLOCK_TOLERANCE <= self._clock.time() - end.at < _FOLLOW_SECONDS

    def _end(self, entry: EncryptedEntry[FirstLoginEnd]) -> None:
        entry.save(FirstLoginEnd(self._clock.time()), seconds=_FOLLOW_SECONDS)
