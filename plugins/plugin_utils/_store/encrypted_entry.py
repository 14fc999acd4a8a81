# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of one credential, a session or a refusal: sealed on the way in, opened on the way out.

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
    """Loads, saves and forgets one thing of the class ``kind`` under an identity.

    ``stores`` are tried in their order: where one cannot be used, a warning says so and the next one serves, the last
    of them for this run only. With none left, nothing is kept: that costs sign-ins, never the play.
    """

    def __init__(self, kind: type[_T], identity: EntryIdentity, stores: list[Store], warn: Warn) -> None:
        self._kind = kind
        self._identity = identity
        self._stores = stores
        self._warn = warn

    @property
    def shared(self) -> bool:
        """Whether other tasks find what one keeps."""
        return any(store.shared for store in self._stores)

    def load(self) -> _T | None:
        # The last store first: it holds what could not be written to those before it.
        for store in reversed(self._stores):
            key = store.existing_key()
            if key is None:
                continue
            seal = Cipher(self._identity, key)
            sealed = store.read(seal.address)
            if sealed is not None and (kept := self._opened(seal, sealed)):
                return kept
        return None

    def save(self, kept: _T, *, seconds: float | None = None) -> None:
        """Keep it; with ``seconds`` it is of no use after these."""
        for number, store in enumerate(self._stores):
            later = self._stores[number + 1 :]
            try:
                seal = self._seal(store)
                store.write(seal.address, seal.close(kept.to_bytes()), seconds=seconds)
            except StoreError as error:
                # What is kept there already stays: it may well serve the next run.
                self._unusable(error, later)
            else:
                for other in later:
                    self._erase(other)
                return

    def forget(self) -> None:
        for store in self._stores:
            try:
                self._erase_in(store)
            except StoreError as error:
                # What has been written to a later store since stays there, and goes before this.
                self._warn(
                    f"{error}, so what is kept in it stays. Remove it, or name another directory with session_store."
                )
                return

    @contextmanager
    def lock(self, seconds: float) -> Iterator[None]:
        """Hold this against all others; BusyError if that takes more than ``seconds``."""
        while self._stores:
            entered = False
            try:
                with self._stores[0].lock(self._seal(self._stores[0]).address, seconds):
                    entered = True
                    yield
                    return
            except StoreError as error:
                if entered:
                    raise
                self._stores = self._stores[1:]
                self._unusable(error, self._stores)
        yield

    def _seal(self, store: Store) -> Cipher:
        return Cipher(self._identity, store.key())

    def _opened(self, seal: Cipher, sealed: bytes) -> _T | None:
        plain = seal.open(sealed)
        try:
            if plain is not None:
                return self._kind.from_bytes(plain)
        except (ValueError, TypeError, RecursionError):
            pass
        self._warn(
            "A kept session was cut, changed or written by another version of bill.connect. It is ignored, "
            "and a new one takes its place."
        )
        return None

    def _erase(self, store: Store) -> None:
        # A store that cannot be used has been told of already, or holds nothing that could be found again.
        with suppress(StoreError):
            self._erase_in(store)

    def _erase_in(self, store: Store) -> None:
        # Without a key nothing is kept there.
        if key := store.existing_key():
            store.erase(Cipher(self._identity, key).address)

    def _unusable(self, error: StoreError, left: list[Store]) -> None:
        then = "The session is kept until this run ends" if left else "Nothing else is left, so every task signs in"
        self._warn(f"{error}. {then}. Name another directory with session_store.")
