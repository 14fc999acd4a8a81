# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks that all tasks of a store share, for several requests that belong together, such as to look for an object and to create it.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .._core.errors import LockTimeoutError
from .._core.json_record import JsonRecord
from .._store.cipher import EntryIdentity
from .._store.encrypted_entry import EncryptedEntry
from .client import BillClient


@dataclass(frozen=True)
class _Nothing(JsonRecord):
    """The entry of a lock is never written."""


# The requests of a task that looks for an object, changes it, and reads it again.
_REQUESTS = 6


class WriteLocks:
    """The locks of the tasks that share the store of a client."""

    def __init__(self, client: BillClient) -> None:
        self._store = client.shared
        self._warn = client.sessions.reporter.warn
        # The time in seconds to wait for a lock. It is the longest time that another task can need.
        self._timeout = _REQUESTS * client.retry.max_duration(2 * client.timeout, client.timeout)

    @contextmanager
    def held(self, identity: Mapping[str, str]) -> Iterator[None]:
        """Hold the lock with this identity. Raises LockTimeoutError if others hold it for too long. Nothing was sent then."""
        entry = EncryptedEntry(_Nothing, EntryIdentity.of(identity), self._store, self._warn)
        with ExitStack() as lock:
            try:
                lock.enter_context(entry.lock(self._timeout))
            except LockTimeoutError:
                raise LockTimeoutError(
                    f"Other tasks have been changing objects of the same kind for {self._timeout:.0f} seconds. Nothing was sent for this "
                    "task. Run it again when they have finished."
                ) from None
            yield
