# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote store, and a store on this machine that replaces it for the rest of the run if it fails.

Private to bill.connect. While the remote store works, its entries count. The local store has a copy of each entry that this run reads or
writes. After a failure, the copies count. So the run needs no second sign-in, and sends no refused credential again.

The remote store can also lose an entry: it is flushed, it evicts the entry, or it is restarted without its data. Then the copy counts, too.
A deleted entry must not come back in this way. So the remote store gets a mark in its place.

A lock is always taken on this machine first, and then in the remote store. So the tasks of this run exclude each other also if some of
them still reach the remote store and others do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TypeVar

from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.errors import LockTimeoutError, StoreError
from .base import Store, Warn

_T = TypeVar("_T")

# Entries of the local store. No key that is derived from a credential has such a name.
_FAILED = "remote-failed"
_OFFSET = "remote-clock"
_FLUSHED = "remote-flushed"
# In place of a deleted entry. No encrypted entry is so short.
_DELETED = b"-"
# Seconds for which the mark is stored. A run that has a copy and reads it later finds out from BILL that the session has ended.
_LIFE_OF_DELETED = 24 * 60 * 60
# Seconds to wait for the lock of the first of them. Every other task needs a moment only.
_LOCK_TIMEOUT = 10


class RemoteStore:
    """The store ``remote``. After its first failure in any task, the whole run uses ``local``, and shows one warning.

    If both are unusable, nothing is stored. Then every task logs in, but no play fails.
    """

    is_shared = True

    def __init__(self, remote: Store, local: Store, warn: Warn, clock: Clock = SYSTEM_CLOCK) -> None:
        self._remote = remote
        self._local = local
        self._warn = warn
        self._clock = clock
        # None until this is known.
        self._failed: bool | None = None
        self._warned = False
        # The keys that this task has locked.
        self._locked: set[str] = set()

    def clock_offset(self) -> float:
        offset = self._of_remote(self._remote.clock_offset)
        return self._offset_of_run() if offset is None else offset

    def existing_secret(self) -> bytes | None:
        secret = self._of_remote(self._remote.existing_secret)
        if secret:
            self._adopt(secret)
        return secret or self._secret_of_run()

    def secret(self, proposal: bytes | None = None) -> bytes:
        # If somebody has flushed the remote store, the run continues with the same secret.
        if secret := self._of_remote(lambda: self._remote.secret(self._secret_of_run() or proposal)):
            self._adopt(secret)
            return secret
        try:
            return self._secret_of_run() or self._local.secret(proposal)
        except StoreError as error:
            self._warn_of_last(error)
            raise

    def get(self, key: str) -> bytes | None:
        found = self._of_remote(lambda: self._remote.get(key))
        copy = self._local.get(key)
        if found is None:
            # The remote store has failed, has lost the entry, or never had it.
            return copy
        entry = None if found == _DELETED else found
        if copy != entry:
            self._copy(key)
        return entry

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        failure: StoreError | None = None
        try:
            self._local.put(key, encrypted, seconds=seconds)
        except StoreError as error:
            failure = error
        self._of_remote(lambda: self._remote.put(key, encrypted, seconds=seconds))
        if failure and self._has_failed():
            self._warn_of_last(failure)

    def delete(self, key: str) -> None:
        with suppress(StoreError):
            self._local.delete(key)
        self._of_remote(lambda: self._remote.put(key, _DELETED, seconds=_LIFE_OF_DELETED))

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        end = self._clock.monotonic() + seconds
        with ExitStack() as held:
            failure: StoreError | None = None
            try:
                held.enter_context(self._local.lock(key, seconds))
                self._locked.add(key)
                held.callback(self._locked.discard, key)
            except StoreError as error:
                failure = error
            # Another task may have met a failure while this one waited. If each task found it out for itself, the run would take long.
            self._failed = self._failed or None
            left = max(0.0, end - self._clock.monotonic())
            is_done = False
            try:
                with ExitStack() as remote:
                    self._of_remote(lambda: remote.enter_context(self._remote.lock(key, left)))
                    if failure and self._has_failed():
                        self._warn_of_last(failure)
                    yield
                    is_done = True
            except StoreError as error:
                if not is_done:
                    raise
                # The next task need not find out that the remote store has failed.
                self._fail(error)

    def _of_remote(self, operation: Callable[[], _T]) -> _T | None:
        """The result of an operation of the remote store. None if it fails now, or has failed before in this run."""
        if self._has_failed():
            return None
        try:
            return operation()
        except StoreError as error:
            self._fail(error)
            return None

    def _has_failed(self) -> bool:
        if self._failed is None:
            self._failed = self._local.get(_FAILED) is not None
        return self._failed

    def _fail(self, error: StoreError) -> None:
        self._failed = True
        with suppress(StoreError, LockTimeoutError), self._local.lock(_FAILED, _LOCK_TIMEOUT):
            if self._local.get(_FAILED) is not None:
                # Another task has already shown the warning.
                return
            self._local.put(_FAILED, b"1")
        self._warn(
            f"{error}. Until this run ends, bill.connect stores the session on this machine only. Other runs and controllers do not find "
            "it, and do not share the limits of BILL with this run."
        )

    def _copy(self, key: str) -> None:
        """Let this machine have the entry of the remote store."""
        # If another task holds the lock, it is about to write a copy.
        lock = nullcontext() if key in self._locked else self._local.lock(key, 0)
        with suppress(StoreError, LockTimeoutError), lock:
            # Another task may have written the entry since it was read.
            found = self._of_remote(lambda: self._remote.get(key))
            if found == _DELETED:
                self._local.delete(key)
            elif found is not None:
                self._local.put(key, found)

    def _adopt(self, secret: bytes) -> None:
        """Let the copies have the same secret, so that they have the same keys."""
        with suppress(StoreError, LockTimeoutError):
            mine = self._secret_of_run()
            if mine is None:
                self._local.secret(secret)
                with self._local.lock(_OFFSET, 0):
                    self._local.put(_OFFSET, repr(self._remote.clock_offset()).encode())
            elif mine != secret:
                # Somebody has flushed the remote store, and another controller has created a new secret.
                with self._local.lock(_FLUSHED, 0):
                    self._local.put(_FLUSHED, secret)

    def _secret_of_run(self) -> bytes | None:
        """The secret of the remote store when this run last used it. Before that, the secret of the local store."""
        return self._local.get(_FLUSHED) or self._local.existing_secret()

    def _offset_of_run(self) -> float:
        """The difference of the clocks when this run began. The times in the copies are those of the remote clock."""
        try:
            return float(self._local.get(_OFFSET) or b"0")
        except ValueError:
            return 0.0

    def _warn_of_last(self, error: StoreError) -> None:
        if not self._warned:
            self._warned = True
            self._warn(
                f"{error}. There is no other store, so every task signs in. Set session_store to another directory."
            )
