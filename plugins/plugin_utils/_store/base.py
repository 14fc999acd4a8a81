# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of every session store.

Private to bill.connect. A store contains encrypted entries, each with an address as its name. It never receives an unencrypted session.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

# The length of a store's random key, in bytes.
KEY_BYTES = 32


class Store(Protocol):
    """Encrypted entries by their addresses. Every method raises StoreError if the store cannot be used."""

    @property
    def shared(self) -> bool:
        """Whether other processes can read the entries and share the locks of this store."""

    def existing_key(self) -> bytes | None:
        """The random key of this store. None if the store has no key yet, and therefore no entry."""

    def key(self) -> bytes:
        """The random key of this store. The first call creates it."""

    def read(self, address: str) -> bytes | None:
        """The encrypted bytes of an entry. None if there is no such entry."""

    def write(self, address: str, sealed: bytes, *, seconds: float | None = None) -> None:
        """Write an entry in one step: completely or not at all. The caller must hold the lock of the entry.

        After ``seconds`` the entry is outdated. The store removes outdated entries when it next writes a new one.
        """

    def erase(self, address: str) -> None:
        """Delete an entry. The caller must hold the lock of the entry."""

    def lock(self, address: str, seconds: float) -> AbstractContextManager[None]:
        """Hold the lock of an entry. It excludes every other task, process and run that shares the store.

        Raises LockTimeoutError if the lock is not free within ``seconds``.
        """


Warn = Callable[[str], None]
