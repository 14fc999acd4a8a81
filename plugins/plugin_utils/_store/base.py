# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every session store can do.

Private to bill.connect. A store keeps sealed bytes under an address; it never sees a session in the clear.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

# How many random bytes a store's key has.
KEY_BYTES = 32


class Store(Protocol):
    """Sealed sessions, each under its address. Every method raises StoreError when the store cannot be used."""

    @property
    def shared(self) -> bool:
        """Whether other processes find what one keeps, and wait for its locks."""

    def existing_key(self) -> bytes | None:
        """The random key of this store; None if it has none yet, and so keeps nothing."""

    def key(self) -> bytes:
        """The random key of this store, which is made once."""

    def read(self, address: str) -> bytes | None:
        """The bytes kept under an address; None where there are none."""

    def write(self, address: str, sealed: bytes, *, seconds: float | None = None) -> None:
        """Keep the bytes under an address, wholly or not at all. Only while holding its lock.

        After ``seconds`` they are of no use, and the store removes them when it next keeps something new.
        """

    def erase(self, address: str) -> None:
        """Keep nothing under an address any more. Only while holding its lock."""

    def lock(self, address: str, seconds: float) -> AbstractContextManager[None]:
        """Hold the address against every other task, process and run; LockTimeoutError if it is not free in time."""


Warn = Callable[[str], None]
