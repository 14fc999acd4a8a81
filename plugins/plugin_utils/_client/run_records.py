# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records that all tasks of one run of Ansible share, with any hosts, forks and strategies.

Private to bill.connect. This package does not import Ansible. The records are in a directory on the controller, where no managed host
can write. The directory is removed when the run ends.
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

# Seconds to wait for a lock. Every other task holds it only while it writes a small file.
_LOCK_TIMEOUT = 10.0


@dataclass(frozen=True)
class _Published(JsonRecord):
    """The values that bill.connect has set as variables, by name. None if bill.connect has emptied the variable."""

    values: dict[str, str | None]


@dataclass(frozen=True)
class _Warned(JsonRecord):
    """A warning that this run has already shown."""


@dataclass(frozen=True)
class _Write(JsonRecord):
    """A write of a host. ``is_sent`` is false while the task still sends it."""

    host: str
    is_sent: bool


@dataclass(frozen=True)
class GuardedWrite:
    """A write for ``host`` that is sent only once in a run. ``label`` is the write as messages show it.

    ``identity`` identifies equal writes: the task, the credential, method, path, query, body and the organization in the headers.
    """

    identity: Mapping[str, str] = field(repr=False)
    host: str
    label: str


class RunRecords:
    """The records of one run, in a store that all its tasks share."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[str, Mapping[str, str | None]] = {}

    def published(self, receipt: Any) -> Mapping[str, str | None]:
        """The variables that this run published with a receipt, by name. Empty if the value is not such a receipt."""
        if not isinstance(receipt, str) or not receipt:
            return {}
        if receipt not in self._read:
            record = self._entry(_Published, {"receipt": receipt}).load()
            self._read[receipt] = record.values if record else {}
        return self._read[receipt]

    def publish(self, values: Mapping[str, str | None]) -> str | None:
        """Record values that become facts. Returns a receipt, which no host can guess. None if the store is unusable.

        The same values have the same receipt.
        """
        written = EntryIdentity.of({"published": json.dumps(sorted(values.items()))})
        # Without the record, the values count as facts of the host, and the next task rejects them.
        with suppress(StoreError, LockTimeoutError):
            receipt = Cipher(written, self._store.secret(), stretches=False).key
            if not self.published(receipt):
                entry = self._entry(_Published, {"receipt": receipt})
                with entry.lock():
                    # Another host may have written the same record in the meantime. That does no harm.
                    entry.save(_Published(dict(values)))
                self._read.pop(receipt, None)
            return receipt
        return None

    def is_first(self, warning: str) -> bool:
        """Whether this run has not shown the warning yet. The method also records the warning as shown."""
        try:
            entry = self._entry(_Warned, {"warning": warning})
            with entry.lock():
                if entry.load():
                    return False
                entry.save(_Warned())
        except (StoreError, LockTimeoutError):
            # A repeated warning is better than no warning.
            return True
        return True

    @contextmanager
    def once(self, write: GuardedWrite) -> Iterator[WriteAttempt]:
        """Send a write only once, although another host, batch, loop item or handler has the same write.

        The code inside the context records in the attempt whether the write may have been sent. If it was certainly not sent, it may be
        sent again. Raises RepeatedWriteError if the same write was already sent. Raises BillError if the store is unusable.
        """
        entry = self._entry(_Write, write.identity)
        with _remembering(write), entry.lock():
            if before := entry.load():
                raise _repeated(write, before)
            entry.save(_Write(write.host, is_sent=False))
        attempt = WriteAttempt()
        try:
            yield attempt
        finally:
            with suppress(StoreError, LockTimeoutError), entry.lock():
                if attempt.is_sent:
                    # Only the text of RepeatedWriteError depends on this value.
                    entry.save(_Write(write.host, is_sent=True))
                else:
                    entry.delete()

    def _entry(self, kind: type[_T], name: Mapping[str, str]) -> RunEntry[_T]:
        return RunEntry(self._store, kind, EntryIdentity.of(name))


@contextmanager
def _remembering(write: GuardedWrite) -> Iterator[None]:
    try:
        yield
    except (StoreError, LockTimeoutError) as error:
        raise BillError(
            f"{write.label} was not sent: {str(error).rstrip('.')}. So bill.connect could not detect that another host sends the "
            "same write. Make local_tmp of Ansible usable, or set another local_tmp. If the write may be sent more than once, set repeat: true."
        ) from None


def _repeated(write: GuardedWrite, before: _Write) -> RepeatedWriteError:
    sends = "has sent" if before.is_sent else "is sending"
    return RepeatedWriteError(
        f"{write.label} was not sent for {write.host}: in this run the same task {sends} the same write for {before.host} already. To send it "
        "once, use one host, with hosts: localhost or run_once: true. (With serial, run_once applies to each batch.) To send it for each "
        "host or item, set repeat: true."
    )


class RunEntry(Generic[_T]):
    """One encrypted record of the class ``kind`` in a store. Raises StoreError if the store cannot be used."""

    def __init__(self, store: Store, kind: type[_T], identity: EntryIdentity) -> None:
        self._store = store
        self._kind = kind
        self._identity = identity

    def _cipher(self, secret: bytes) -> Cipher:
        return Cipher(self._identity, secret, stretches=False)

    def load(self) -> _T | None:
        secret = self._store.existing_secret()
        if secret is None:
            return None
        cipher = self._cipher(secret)
        encrypted = self._store.get(cipher.key)
        plain = None if encrypted is None else cipher.decrypt(encrypted)
        if plain is None:
            return None
        try:
            return self._kind.from_bytes(plain)
        except (ValueError, TypeError, RecursionError):
            return None

    def save(self, record: _T) -> None:
        cipher = self._cipher(self._store.secret())
        self._store.put(cipher.key, cipher.encrypt(record.to_bytes()))

    def delete(self) -> None:
        self._store.delete(self._cipher(self._store.secret()).key)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._store.lock(self._cipher(self._store.secret()).key, _LOCK_TIMEOUT):
            yield
