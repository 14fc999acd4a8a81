# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run of Ansible remember together, whatever hosts, forks and strategies they run in.

Private to bill.connect. Plain Python, without Ansible. It is kept in a directory that is removed when the run ends, on the
controller, where no managed host can write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .._core.errors import BillError, LockTimeoutError, RepeatedWriteError, StoreError
from .._core.json_record import JsonRecord
from .._store.base import Store
from .._store.cipher import Cipher, EntryIdentity
from .write_outcome import WriteAttempt

_T = TypeVar("_T", bound=JsonRecord)

# How many seconds to wait for others, each of which only writes a small file.
_PATIENCE = 10.0


@dataclass(frozen=True)
class _Published(JsonRecord):
    """The values that bill.connect has set for variables, by name; None for one that names nothing any more."""

    values: dict[str, str | None]


@dataclass(frozen=True)
class _Warned(JsonRecord):
    """A warning that was given."""


@dataclass(frozen=True)
class _Write(JsonRecord):
    """A write that was sent for a host, or is being sent."""

    host: str
    is_sent: bool


@dataclass(frozen=True)
class GuardedWrite:
    """A write to send once in a run: what ``shown`` says in words, for ``host``.

    ``identity`` is all that makes two writes the same: the task, the credential, method, path, query, headers and body.
    """

    identity: Mapping[str, str] = field(repr=False)
    host: str
    shown: str


class RunRecords:
    """What one run remembers, in a store that all its tasks share."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, Mapping[str, str | None]] = {}

    def published(self, receipt: Any) -> Mapping[str, str | None]:
        """The variables that were published in this run under a receipt, by name; none for anything that is no such receipt."""
        if not isinstance(receipt, str) or not receipt:
            return {}
        if receipt not in self._read:
            record = self._slot(_Published, {"receipt": receipt}).load()
            self._read[receipt] = record.values if record else {}
        return self._read[receipt]

    def publish(self, values: Mapping[str, str | None]) -> str | None:
        """Remember values that become facts: a receipt, which no host can guess; None where nothing can be remembered.

        The same values have the same receipt.
        """
        written = EntryIdentity.of({"published": json.dumps(sorted(values.items()))})
        # Without the record the values count as facts of the host, and the next task refuses them.
        with suppress(StoreError, LockTimeoutError):
            receipt = Cipher(written, self._store.key(), stretches=False).address
            if not self.published(receipt):
                slot = self._slot(_Published, {"receipt": receipt})
                with slot.lock():
                    # Another host may have written the same meanwhile, which is as good.
                    slot.save(_Published(dict(values)))
                self._read.pop(receipt, None)
            return receipt
        return None

    def is_first(self, warning: str) -> bool:
        """Whether a warning has not been given in this run; from now on it has."""
        try:
            slot = self._slot(_Warned, {"warning": warning})
            with slot.lock():
                if slot.load():
                    return False
                slot.save(_Warned())
        except (StoreError, LockTimeoutError):
            # Twice is better than never.
            return True
        return True

    @contextmanager
    def once(self, write: GuardedWrite) -> Iterator[WriteAttempt]:
        """Hold a write against the same one of another host, batch, loop item or handler; RepeatedWriteError if there was one.

        Whoever sends it notes in the attempt whether it may have been sent. One that certainly was not may be sent again. BillError where
        nothing can be remembered.
        """
        slot = self._slot(_Write, write.identity)
        with _remembering(write), slot.lock():
            if before := slot.load():
                raise _repeated(write, before)
            slot.save(_Write(write.host, is_sent=False))
        attempt = WriteAttempt()
        try:
            yield attempt
        finally:
            with suppress(StoreError, LockTimeoutError), slot.lock():
                if attempt.is_sent:
                    # Only the words of a refusal depend on it.
                    slot.save(_Write(write.host, is_sent=True))
                else:
                    slot.erase()

    def _slot(self, kind: type[_T], name: Mapping[str, str]) -> Slot[_T]:
        return Slot(self._store, kind, EntryIdentity.of(name))


@contextmanager
def _remembering(write: GuardedWrite) -> Iterator[None]:
    try:
        yield
    except (StoreError, LockTimeoutError) as error:
        raise BillError(
            f"{write.shown} was not sent: {str(error).rstrip('.')}. So nobody could notice that another host sends the same. Free or "
            "name another local_tmp for Ansible; or set repeat: true where the write may be sent more than once."
        ) from None


def _repeated(write: GuardedWrite, before: _Write) -> RepeatedWriteError:
    sends = "has sent" if before.is_sent else "is sending"
    return RepeatedWriteError(
        f"{write.shown} was not sent for {write.host}: in this run the same task {sends} the same write for {before.host} already. If it is "
        "meant once, let one host do it, with hosts: localhost or run_once: true. (With serial, run_once counts for each batch.) If it "
        "is meant again for each host or item, set repeat: true."
    )


class Slot(Generic[_T]):
    """A place for one record of the class ``kind`` in a store, encrypted. Raises StoreError where the store cannot be used."""

    def __init__(self, store: Store, kind: type[_T], identity: EntryIdentity) -> None:
        self._store = store
        self._kind = kind
        self._identity = identity

    def _seal(self, key: bytes) -> Cipher:
        return Cipher(self._identity, key, stretches=False)

    def load(self) -> _T | None:
        key = self._store.existing_key()
        if key is None:
            return None
        seal = self._seal(key)
        sealed = self._store.read(seal.address)
        plain = None if sealed is None else seal.open(sealed)
        if plain is None:
            return None
        try:
            return self._kind.from_bytes(plain)
        except (ValueError, TypeError, RecursionError):
            return None

    def save(self, record: _T) -> None:
        seal = self._seal(self._store.key())
        self._store.write(seal.address, seal.close(record.to_bytes()))

    def erase(self) -> None:
        self._store.erase(self._seal(self._store.key()).address)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._store.lock(self._seal(self._store.key()).address, _PATIENCE):
            yield
