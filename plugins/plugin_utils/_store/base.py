# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of every session store.

Private to bill.connect. A store contains encrypted entries, each under a key. It never receives an unencrypted session.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

# The length of a store's secret, in bytes.
SECRET_BYTES = 32


class Store(Protocol):
    """Encrypted entries by their keys. Every method raises StoreError if the store cannot be used."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes can read the entries and share the locks of this store."""

    def existing_secret(self) -> bytes | None:
        """The random secret of this store. None if the store has no secret yet, and therefore no entry."""

    def secret(self) -> bytes:
        """The random secret of this store. The first call creates it."""

    def get(self, key: str) -> bytes | None:
        """The encrypted bytes of an entry. None if there is no such entry."""

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        """Write an entry in one step: completely or not at all. The caller must hold the lock of the entry.

        After ``seconds`` the entry is outdated. The store removes outdated entries when it next writes a new one.
        """

    def delete(self, key: str) -> None:
        """Delete an entry. The caller must hold the lock of the entry."""

    def lock(self, key: str, seconds: float) -> AbstractContextManager[None]:
        """Hold the lock of an entry. It excludes every other task, process and run that shares the store.

        Raises LockTimeoutError if the lock is not free within ``seconds``.
        """


Warn = Callable[[str], None]
