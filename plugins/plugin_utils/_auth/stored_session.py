# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the session in the store, unless another session has replaced it.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from .._core.errors import AuthenticationError, LockTimeoutError, MfaRequiredError
from .._store.encrypted_entry import EncryptedEntry
from .session import Session

# Seconds to wait for the lock before the stored session is updated.
_LOCK_TIMEOUT = 10


class StoredSession:
    """The session in the store. Every change names the session that it is about, and applies only if the store still holds that session."""

    def __init__(self, entry: EncryptedEntry[Session]) -> None:
        self._entry = entry

    def update(self, session: Session, **changes: Any) -> bool:
        """Store the session with these changes. Returns False if other tasks hold the lock."""
        try:
            with self._matching(session, _LOCK_TIMEOUT) as stored:
                if stored:
                    self._entry.save(replace(stored, **changes))
        except LockTimeoutError:
            return False
        return True

    def set_answered_at(self, session: Session, seconds: float) -> None:
        """Store the time of BILL's last response to a request with the session. With 0, every task validates the session before its use.

        This does not wait for the lock. If another task holds it, that task also sends a request with the session.
        """
        with suppress(LockTimeoutError), self._matching(session, 0) as stored:
            if stored:
                self._entry.save(stored.answered(seconds))

    def delete(self, session: Session, lock_timeout: float) -> None:
        """Delete the session. Raises LockTimeoutError if the lock is not free within ``lock_timeout`` seconds."""
        with self._matching(session, lock_timeout) as stored:
            if stored:
                self._entry.delete()

    @contextmanager
    def watching(self, session: Session) -> Iterator[None]:
        """Update the stored session after errors of the requests inside the context."""
        try:
            yield
        except AuthenticationError:
            # From now on every task must validate the session before its use, even if BILL accepted it recently.
            self.set_answered_at(session, 0)
            raise
        except MfaRequiredError:
            # Otherwise the session would still count as trusted. An MFA ID that BILL did not accept before may work now.
            if session.trusted:
                self.update(session, trusted=False, mfa_asked=False, refused_mfa_ids=[])
            raise

    @contextmanager
    def _matching(self, session: Session, lock_timeout: float) -> Iterator[Session | None]:
        """Hold the lock. The value is the stored session if it is the given one, otherwise None."""
        with self._entry.lock(lock_timeout):
            stored = self._entry.load()
            yield stored if stored and stored.headers == session.headers else None
