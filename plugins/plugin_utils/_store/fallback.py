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
        # The keys that the primary store could not lock, and why. Without the lock, two runs could write to them at the same time.
        # So these keys are only read.
        self._only_read: dict[str, StoreError] = {}
        # Why the primary store has no usable secret. Then nothing that is written to it could be read again.
        self._unusable: StoreError | None = None

    @property
    def is_shared(self) -> bool:
        return True

    def clock_offset(self) -> float:
        return 0.0

    def existing_secret(self) -> bytes | None:
        return self._primary.existing_secret() or self._fallback.existing_secret()

    def secret(self, proposal: bytes | None = None) -> bytes:
        # Both stores use the secret of the primary store, so that an entry has one key. A read-only store may have a secret.
        if secret := self._primary.existing_secret():
            return secret
        try:
            secret = self._primary.secret(proposal)
        except StoreError as error:
            self._unusable = error
            self._warn_of(error)
        else:
            self._unusable = None
            return secret
        try:
            return self._fallback.secret(proposal)
        except StoreError as error:
            self._warn_of(error, is_last=True)
            raise

    def get(self, key: str) -> bytes | None:
        # Read the fallback store first, because it contains the entries that could not be written to the primary store.
        found = self._fallback.get(key)
        return self._primary.get(key) if found is None else found

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        if not self._is_only_read(key):
            try:
                self._primary.put(key, encrypted, seconds=seconds)
            except StoreError as error:
                # An older entry in the primary store stays, because the next run may be able to use it.
                self._warn_of(error)
            else:
                with suppress(StoreError):
                    self._fallback.delete(key)
                return
        try:
            self._fallback.put(key, encrypted, seconds=seconds)
        except StoreError as error:
            self._warn_of(error, is_last=True)

    def delete(self, key: str) -> None:
        try:
            self._delete_in_primary(key)
        except StoreError as error:
            # A newer entry in the fallback store stays, because it overrides the entry that could not be deleted.
            self._warn(
                f"{error}, so the stored entry stays in it. Remove it there, or set session_store to another directory."
            )
            return
        with suppress(StoreError):
            self._fallback.delete(key)

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        stores = (self._primary, self._fallback) if not self._is_only_read(key) else (self._fallback,)
        for store in stores:
            entered = False
            try:
                with store.lock(key, seconds):
                    entered = True
                    yield
                    return
            except StoreError as error:
                if entered:
                    raise
                if store is self._primary:
                    self._only_read[key] = error
                self._warn_of(error, is_last=store is self._fallback)
        yield

    def _delete_in_primary(self, key: str) -> None:
        if not self._is_only_read(key):
            self._primary.delete(key)
        elif key in self._only_read and self._primary.get(key) is not None:
            raise self._only_read[key]

    def _is_only_read(self, key: str) -> bool:
        return key in self._only_read or self._unusable is not None

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
