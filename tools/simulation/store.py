# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of a simulation. Entries in a real Redis end in simulated time, because the clock of Redis cannot be moved."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ansible_collections.bill.connect.plugins.plugin_utils._core.clock import Clock
from ansible_collections.bill.connect.plugins.plugin_utils._core.store_url import StoreUrl
from ansible_collections.bill.connect.plugins.plugin_utils._store.base import Store, Warn
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.redis import RedisStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.remote import RemoteStore


class _SimulatedRedis:
    """A store in Redis whose entries end in simulated time. ``ends`` are the ends of all entries, which all jobs share."""

    is_shared = True

    def __init__(self, store: RedisStore, clock: Clock, ends: dict[str, float]) -> None:
        self._store = store
        self._clock = clock
        self._ends = ends

    def clock_offset(self) -> float:
        return 0.0

    def existing_secret(self) -> bytes | None:
        return self._store.existing_secret()

    def secret(self, proposal: bytes | None = None) -> bytes:
        return self._store.secret(proposal)

    def get(self, key: str) -> bytes | None:
        if self._clock.time() >= self._ends.get(key, float("inf")):
            self.delete(key)
        return self._store.get(key)

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        self._ends.pop(key, None)
        if seconds is not None:
            self._ends[key] = self._clock.time() + seconds
        self._store.put(key, encrypted)

    def delete(self, key: str) -> None:
        self._ends.pop(key, None)
        self._store.delete(key)

    def lock(self, key: str, seconds: float) -> AbstractContextManager[None]:
        # A job holds a lock for milliseconds of real time. So the lease of Redis never ends while a job holds it.
        return self._store.lock(key, seconds)


class SharedStores:
    """Opens the store of each job with one Redis for all jobs."""

    def __init__(self, url: str) -> None:
        self._url = StoreUrl.of(url)
        self._ends: dict[str, float] = {}

    def open(self, home: Path, controller: Path, clock: Clock, warn: Warn) -> Store:
        remote = _SimulatedRedis(RedisStore(self._url, clock=clock), clock, self._ends)
        return RemoteStore(remote, _directory(home, clock, warn), warn, clock)


class ControllerStores:
    """Opens the store of each job in a directory of its controller."""

    def open(self, home: Path, controller: Path, clock: Clock, warn: Warn) -> Store:
        return _directory(controller, clock, warn)


class JobStores:
    """Opens the store of each job in its empty home."""

    def open(self, home: Path, controller: Path, clock: Clock, warn: Warn) -> Store:
        return _directory(home, clock, warn)


def _directory(parent: Path, clock: Clock, warn: Warn) -> Store:
    return FileStore(str(parent / "bill"), is_default=True, warn=warn, clock=clock)
