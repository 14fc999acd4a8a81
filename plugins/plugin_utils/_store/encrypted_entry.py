# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One encrypted entry of a store, such as a session or a cached refusal.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

from .._core.errors import StoreError
from .._core.json_record import JsonRecord
from .base import Store, Warn
from .cipher import Cipher, EntryIdentity

_T = TypeVar("_T", bound=JsonRecord)


class EncryptedEntry(Generic[_T]):
    """One record of the class ``kind`` in a store. Its address and encryption key are derived from ``identity``.

    ``warn`` shows a warning about a damaged entry.
    """

    def __init__(self, kind: type[_T], identity: EntryIdentity, store: Store, warn: Warn) -> None:
        self._kind = kind
        self._identity = identity
        self._store = store
        self._warn = warn

    @property
    def shared(self) -> bool:
        """Whether other tasks can read the entry."""
        return self._store.shared

    @property
    def address(self) -> str:
        """The name of the entry in the store."""
        return self._cipher().address

    def load(self) -> _T | None:
        key = self._store.existing_key()
        if key is None:
            return None
        cipher = Cipher(self._identity, key)
        sealed = self._store.read(cipher.address)
        return None if sealed is None else self._decrypted(cipher, sealed)

    def save(self, value: _T, *, seconds: float | None = None) -> None:
        """Encrypt and store the record. After ``seconds`` the entry is outdated."""
        # If the store is unusable, nothing is stored. The user has already seen a warning about that.
        with suppress(StoreError):
            cipher = self._cipher()
            self._store.write(cipher.address, cipher.close(value.to_bytes()), seconds=seconds)

    def forget(self) -> None:
        # A store without a key has no entries.
        if key := self._store.existing_key():
            with suppress(StoreError):
                self._store.erase(Cipher(self._identity, key).address)

    @contextmanager
    def lock(self, timeout: float) -> Iterator[None]:
        """Hold the lock of the entry. Raises LockTimeoutError if the lock is not free within ``timeout`` seconds."""
        try:
            address = self._cipher().address
        except StoreError:
            # An unusable store must not stop the task, so it continues without a lock.
            yield
            return
        with self._store.lock(address, timeout):
            yield

    def _cipher(self) -> Cipher:
        return Cipher(self._identity, self._store.key())

    def _decrypted(self, cipher: Cipher, sealed: bytes) -> _T | None:
        plain = cipher.open(sealed)
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
