# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys with which BILL recognizes a write that it has already processed.

Private to bill.connect. Documented by BILL (webhook general rules, reference of subscriptions): two calls require the header
X-Idempotent-Key with a UUID of version 4. BILL stores a key for 24 hours. After a success, the same key returns the first response again.
BILL does not document what the same key returns after an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from .._core.clock import Clock
from .._core.errors import BillError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._store.base import Store, Warn
from .._store.cipher import EntryIdentity
from .._store.encrypted_entry import EncryptedEntry
from .write_outcome import WriteAttempt, is_rejection

if TYPE_CHECKING:
    from .request import Request

HEADER = "X-Idempotent-Key"

# Documented by BILL: creating a subscription, and creating its security key. Two pages write the last path in two ways.
_TAKES_KEY = re.compile(r"/connect-events/v3/subscriptions(/[^/]+/security[_-]key)?")

# Seconds. A bit less than the time for which BILL stores a key, because the clocks may differ.
_LIFE = 23 * 60 * 60
# Seconds to wait for the lock of an entry.
_LOCK_TIMEOUT = 5.0


def takes_key(request: Request) -> bool:
    """Whether BILL documents the key for this call."""
    return request.method == "POST" and _TAKES_KEY.fullmatch(request.path) is not None


def key_of(request: Request) -> str | None:
    """The key in a request for a call that takes it. None if there is none."""
    own = (value for name, value in request.headers.items() if name.lower() == HEADER.lower())
    return next(own, None) if takes_key(request) else None


@dataclass(frozen=True)
class _OpenWrite(JsonRecord):
    """The key of a write whose outcome is not known. ``made_at`` is in seconds since the epoch."""

    key: str
    made_at: float


class IdempotentKeys:
    """Creates the keys, and stores each of them until the outcome of its write is known.

    So a write whose response was lost has the same key again, in the same run or in a later one.
    """

    def __init__(self, store: Store, clock: Clock, warn: Warn) -> None:
        self._store = store
        self._clock = clock
        self._warn = warn

    def is_open(self, request: Request, identity: Mapping[str, str]) -> bool:
        """Whether the outcome of an equal write is not known, and BILL still stores its key."""
        return takes_key(request) and self._open_write(self._entry(identity)) is not None

    def _entry(self, identity: Mapping[str, str]) -> EncryptedEntry[_OpenWrite]:
        return EncryptedEntry(
            _OpenWrite, EntryIdentity.of({**identity, "kind": "idempotent key"}), self._store, self._warn
        )

    def _open_write(self, entry: EncryptedEntry[_OpenWrite]) -> _OpenWrite | None:
        write = entry.load()
        return write if write and 0 <= self._clock.time() - write.made_at < _LIFE else None

    @contextmanager
    def added(self, request: Request, identity: Mapping[str, str], attempt: WriteAttempt) -> Iterator[Request]:
        """The request with its key. The key of the user comes first. The request stays the same if the call takes no key.

        ``identity`` identifies equal writes of a credential. The code inside the context sends the request.
        """
        if not takes_key(request) or key_of(request):
            yield request
            return
        entry = self._entry(identity)
        with _locked(entry):
            write = self._open_write(entry) or _OpenWrite(str(uuid4()), self._clock.time())
            # The task may be killed at any point from here.
            entry.save(write, seconds=_LIFE)
        try:
            yield replace(request, headers={**request.headers, HEADER: write.key})
        except BaseException as error:
            with _locked(entry):
                if attempt.is_done or (isinstance(error, BillError) and is_rejection(error)):
                    entry.delete()
                else:
                    # Another task with the same write may have deleted it in the meantime.
                    entry.save(write, seconds=_LIFE)
            raise
        with _locked(entry):
            entry.delete()


@contextmanager
def _locked(entry: EncryptedEntry[_OpenWrite]) -> Iterator[None]:
    """Hold the lock of an entry. Every other task holds it for a moment only, so a task that waits too long goes on without it."""
    with ExitStack() as held:
        with suppress(LockTimeoutError):
            held.enter_context(entry.lock(_LOCK_TIMEOUT))
        yield
