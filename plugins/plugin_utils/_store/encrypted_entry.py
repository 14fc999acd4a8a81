# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One encrypted entry of a store, such as a session or a cached refusal.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .._core.errors import StoreError
from .._core.json_record import JsonRecord
from .base import Store, Warn
from .cipher import Cipher, EntryIdentity

_T = TypeVar("_T", bound=JsonRecord)


@dataclass(frozen=True)
class Snapshot(Generic[_T]):
    """The record of an entry, and the bytes in the store that it was read from. It does not hold the identity of the entry."""

    value: _T = field(repr=False)
    store: Store = field(repr=False)
    key: str
    encrypted: bytes = field(repr=False)

    def is_current(self) -> bool:
        """Whether the store still has these bytes. Each change of the entry changes them."""
        return self.store.get(self.key) == self.encrypted


class EncryptedEntry(Generic[_T]):
    """One record of the class ``kind`` in a store. Its key and encryption key are derived from ``identity``.

    ``warn`` shows a warning about a damaged entry.
    """

    def __init__(self, kind: type[_T], identity: EntryIdentity, store: Store, warn: Warn) -> None:
        self._kind = kind
        self._identity = identity
        self._store = store
        self._warn = warn

    @property
    def is_shared(self) -> bool:
        """Whether other tasks can read the entry."""
        return self._store.is_shared

    @property
    def key(self) -> str:
        """The name of the entry in the store."""
        return self._cipher().key

    def load(self) -> _T | None:
        read = self.snapshot()
        return read.value if read else None

    def snapshot(self) -> Snapshot[_T] | None:
        secret = self._store.existing_secret()
        if secret is None:
            return None
        cipher = Cipher(self._identity, secret)
        encrypted = self._store.get(cipher.key)
        value = None if encrypted is None else self._decrypted(cipher, encrypted)
        return None if encrypted is None or value is None else Snapshot(value, self._store, cipher.key, encrypted)

    def save(self, value: _T, *, seconds: float | None = None) -> None:
        """Encrypt and store the record. After ``seconds`` the entry is outdated."""
        # If the store is unusable, nothing is stored. The user has already seen a warning about that.
        with suppress(StoreError):
            cipher = self._cipher()
            self._store.put(cipher.key, cipher.encrypt(value.to_bytes()), seconds=seconds)

    def delete(self) -> None:
        # A store without a secret has no entries.
        if secret := self._store.existing_secret():
            with suppress(StoreError):
                self._store.delete(Cipher(self._identity, secret).key)

    @contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Hold the lock of the entry. Raises LockTimeoutError if the lock is not free within ``timeout`` seconds."""
        try:
            key = self._cipher().key
        except StoreError:
            # An unusable store must not stop the task, so it continues without a lock.
            yield
            return
        with self._store.lock(key, timeout):
            yield

    def _cipher(self) -> Cipher:
        return Cipher(self._identity, self._store.secret())

    def _decrypted(self, cipher: Cipher, encrypted: bytes) -> _T | None:
        plain = cipher.decrypt(encrypted)
        try:
            if plain is not None:
                return self._kind.from_bytes(plain)
        except (ValueError, TypeError, RecursionError):
            pass
        self._warn(
            "A stored session is incomplete, was changed, or comes from another version of bill.connect. bill.connect ignores it, "
            "and replaces it by a new one."
        )
        return None
