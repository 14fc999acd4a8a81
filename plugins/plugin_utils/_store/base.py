# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of every session store.

Private to bill.connect. A store contains encrypted entries, each under a key. It never receives an unencrypted session.

What a store promises if the holder of a lock dies or is stopped:

- Files: the kernel frees the lock at once when the process ends, however it ends. A stopped process keeps its lock.
- Redis: the lock is free when its lease ends, at most 10 seconds after the last renewal. The holder renews the lease while it lives. If it
  is stopped for longer (a suspended machine), or if Redis loses the lock (a flush, a restart without saved data, a failover), another
  task can take the lock meanwhile. A holder that was stopped does not notice it: it continues to send and to write, and the last entry
  stays. Both sessions are then valid. So a lock protects against a needless second sign-in, a second attempt with a refused credential,
  and a fourth request in flight. Nothing that must never happen twice, such as a payment, depends on it: writes are recorded on the
  controller (``run_records.py``).
- Memory: the lock ends with the process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from .._core.errors import LockTimeoutError

# The length of a store's secret, in bytes.
SECRET_BYTES = 32
# An encrypted session is smaller than a KiB. bill.connect does not write entries that are larger than this.
MAX_BYTES = 64 * 1024


class Store(Protocol):
    """Encrypted entries by their keys. Every method raises StoreError if the store cannot be used."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes can read the entries and share the locks of this store."""

    def clock_offset(self) -> float:
        """How many seconds the clock of the store is ahead of the clock of this machine. 0 for a store on this machine."""

    def existing_secret(self) -> bytes | None:
        """The random secret of this store. None if the store has no secret yet, and therefore no entry."""

    def secret(self, proposal: bytes | None = None) -> bytes:
        """The random secret of this store. The first call creates it: ``proposal``, or random bytes."""

    def get(self, key: str) -> bytes | None:
        """The encrypted bytes of an entry. None if there is no such entry."""

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        """Write an entry in one step: completely or not at all. The caller must hold the lock of the entry.

        After ``seconds`` the entry is outdated. A store of files removes outdated entries when it next writes a new one.
        """

    def delete(self, key: str) -> None:
        """Delete an entry. The caller must hold the lock of the entry."""

    def lock(self, key: str, seconds: float) -> AbstractContextManager[None]:
        """Hold the lock of an entry. It excludes every other task, process and run that shares the store.

        Raises LockTimeoutError if the lock is not free within ``seconds``. Raises StoreError at the end of the context if the lock cannot be
        freed. Then other tasks wait until its lease ends.
        """


Warn = Callable[[str], None]


def lock_timeout_error(seconds: float) -> LockTimeoutError:
    """The error for a lock that was not free within ``seconds``."""
    return LockTimeoutError(
        f"Other tasks or runs with the same credentials have been signing in for {seconds:.0f} seconds. "
        "Perhaps BILL is slow or cannot be reached. See the messages of those tasks."
    )
