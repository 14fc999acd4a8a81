# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run of Ansible remember together, whatever hosts, forks and strategies they run in.

Private to bill.connect. Plain Python, without Ansible. It is kept in a directory that is removed when the run ends, on the
controller, where no managed host can write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from ._errors import BusyError, StoreError
from ._record import Record
from ._seal import Identity, Seal
from ._store import Store

_T = TypeVar("_T", bound=Record)

# Stands for all hosts: what a task with run_once sets is set for each of them.
EVERY_HOST = "*"

# How many seconds to wait for others, each of which only writes a small file.
_PATIENCE = 10.0


@dataclass(frozen=True)
class _Published(Record):
    """The variables that bill.connect has set, by name."""

    values: dict[str, str]


@dataclass(frozen=True)
class _Warned(Record):
    """A warning that was given."""


class Run:
    """What one run remembers, in a store that all its tasks share."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def published(self, host: str) -> dict[str, str]:
        """The variables that bill.connect has set for a host in this run, by name."""
        values: dict[str, str] = {}
        for each in (EVERY_HOST, host):
            if record := self._slot(_Published, {"published": each}).load():
                values |= record.values
        return values

    def publish(self, host: str, values: Mapping[str, str | None]) -> None:
        """Remember the variables that are set for a host, or for ``EVERY_HOST``."""
        texts = {name: value for name, value in values.items() if value is not None}
        # Without the record the values count as facts of the host, and the next task refuses them.
        with suppress(StoreError, BusyError):
            slot = self._slot(_Published, {"published": host})
            before = slot.load()
            if before is None or not texts.items() <= before.values.items():
                with slot.lock():
                    before = slot.load()
                    slot.save(_Published({**(before.values if before else {}), **texts}))

    def is_first(self, warning: str) -> bool:
        """Whether a warning has not been given in this run; from now on it has."""
        try:
            slot = self._slot(_Warned, {"warning": warning})
            with slot.lock():
                if slot.load():
                    return False
                slot.save(_Warned())
        except (StoreError, BusyError):
            # Twice is better than never.
            return True
        return True

    def _slot(self, kind: type[_T], name: Mapping[str, str]) -> Slot[_T]:
        return Slot(self._store, kind, Identity.of(name))


class Slot(Generic[_T]):
    """A place for one record of the class ``kind`` in a store, encrypted. Raises StoreError where the store cannot be used."""

    def __init__(self, store: Store, kind: type[_T], identity: Identity) -> None:
        self._store = store
        self._kind = kind
        self._identity = identity

    def load(self) -> _T | None:
        key = self._store.existing_key()
        if key is None:
            return None
        seal = Seal(self._identity, key)
        sealed = self._store.read(seal.address)
        plain = None if sealed is None else seal.open(sealed)
        if plain is None:
            return None
        try:
            return self._kind.from_bytes(plain)
        except (ValueError, TypeError, RecursionError):
            return None

    def save(self, record: _T) -> None:
        seal = Seal(self._identity, self._store.key())
        self._store.write(seal.address, seal.close(record.to_bytes()))

    def erase(self) -> None:
        self._store.erase(Seal(self._identity, self._store.key()).address)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._store.lock(Seal(self._identity, self._store.key()).address, _PATIENCE):
            yield
