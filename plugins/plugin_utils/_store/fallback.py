# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store with a fallback store, which is used if the primary store is unusable.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .._core.errors import StoreError
from .base import Store, Warn


class FallbackStore:
    """The store ``primary``. If it is unusable, this run uses ``fallback`` and shows a warning once.

    If both are unusable, nothing is stored. Then every task logs in, but no play fails.
    """

    def __init__(self, primary: Store, fallback: Store, warn: Warn) -> None:
        self._primary = primary
        self._fallback = fallback
        self._warn = warn
        self._warned: set[str] = set()
        # The addresses that the primary store could not lock, and why. Without the lock, two runs could write to them at the same time.
        # So these addresses are only read.
        self._only_read: dict[str, StoreError] = {}

    @property
    def shared(self) -> bool:
        return True

    def existing_key(self) -> bytes | None:
        return self._primary.existing_key() or self._fallback.existing_key()

    def key(self) -> bytes:
        # Both stores use the key of the primary store, so that an entry has one address. The key may be readable in a read-only store.
        if key := self._primary.existing_key():
            return key
        try:
            return self._primary.key()
        except StoreError as error:
            self._warn_of(error)
        try:
            return self._fallback.key()
        except StoreError as error:
            self._warn_of(error, is_last=True)
            raise

    def read(self, address: str) -> bytes | None:
        # Read the fallback store first, because it contains the entries that could not be written to the primary store.
        found = self._fallback.read(address)
        return self._primary.read(address) if found is None else found

    def write(self, address: str, sealed: bytes, *, seconds: float | None = None) -> None:
        if address not in self._only_read:
            try:
                self._primary.write(address, sealed, seconds=seconds)
            except StoreError as error:
                # An older entry in the primary store stays, because the next run may be able to use it.
                self._warn_of(error)
            else:
                with suppress(StoreError):
                    self._fallback.erase(address)
                return
        try:
            self._fallback.write(address, sealed, seconds=seconds)
        except StoreError as error:
            self._warn_of(error, is_last=True)

    def erase(self, address: str) -> None:
        try:
            self._erase_in_primary(address)
        except StoreError as error:
            # A newer entry in the fallback store stays, because it overrides the entry that could not be erased.
            self._warn(
                f"{error}, so the stored session stays in it. Remove it there, or set session_store to another directory."
            )
            return
        with suppress(StoreError):
            self._fallback.erase(address)

    @contextmanager
    def lock(self, address: str, seconds: float) -> Iterator[None]:
        stores = (self._primary, self._fallback) if address not in self._only_read else (self._fallback,)
        for store in stores:
            entered = False
            try:
                with store.lock(address, seconds):
                    entered = True
                    yield
                    return
            except StoreError as error:
                if entered:
                    raise
                if store is self._primary:
                    self._only_read[address] = error
                self._warn_of(error, is_last=store is self._fallback)
        yield

    def _erase_in_primary(self, address: str) -> None:
        if address not in self._only_read:
            self._primary.erase(address)
        elif self._primary.read(address) is not None:
            raise self._only_read[address]

    def _warn_of(self, error: StoreError, *, is_last: bool = False) -> None:
        then = (
            "There is no other store, so every task signs in"
            if is_last
            else "The session is stored only until this run ends"
        )
        text = f"{error}. {then}. Set session_store to another directory."
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)
