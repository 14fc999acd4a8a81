# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every store promises, whether its entries are in files, in memory, or in Redis or Valkey."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import LockTimeoutError, StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._core.store_url import StoreUrl
from ansible_collections.bill.connect.plugins.plugin_utils._store.base import Store
from ansible_collections.bill.connect.plugins.plugin_utils._store.fallback import FallbackStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.redis import RedisStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.remote import RemoteStore
from tests.redis_servers import KINDS, RedisServer

# The tests fork processes, as Ansible does.
pytestmark = pytest.mark.filterwarnings("ignore:.*(multi-threaded|use of fork).*:DeprecationWarning")

FORK = multiprocessing.get_context("fork")
KEY, OTHER = "a" * 32, "b" * 32
LEASE = 0.6

STORES = ["files", "fallback", *KINDS, *(f"{kind} with a copy" for kind in KINDS)]


@pytest.fixture(params=STORES)
def open_store(
    request: pytest.FixtureRequest, tmp_path: Path, warned: list[str], redis_server: Callable[[str], RedisServer]
) -> Callable[[], Store]:
    """Opens the store of the test, as a new task does."""
    kind, _secret, copy = request.param.partition(" ")

    def files(name: str) -> FileStore:
        return FileStore(str(tmp_path / name), is_default=True, warn=warned.append)

    if kind == "files":
        return lambda: files("bill")
    if kind == "fallback":
        return lambda: FallbackStore(files("bill"), files("run"), warned.append)
    url = StoreUrl.of(redis_server(kind).url)
    if not copy:
        return lambda: RedisStore(url, lease=LEASE)
    return lambda: RemoteStore(RedisStore(url, lease=LEASE), files("run"), warned.append)


OpenStore = Callable[[], Store]


@pytest.mark.promise(6)
def test_store_has_one_random_secret_for_all_tasks(open_store: OpenStore) -> None:
    assert open_store().existing_secret() is None
    secret = open_store().secret()
    assert len(secret) == 32
    store = open_store()
    assert store.existing_secret() == store.secret() == store.secret(b"x" * 32) == secret


def test_store_without_a_secret_takes_the_proposal(open_store: OpenStore) -> None:
    assert open_store().secret(b"p" * 32) == b"p" * 32
    assert open_store().secret() == b"p" * 32


def test_store_returns_the_last_entry_until_its_deletion(open_store: OpenStore) -> None:
    assert open_store().get(KEY) is None
    data = bytes(range(256)) * 16
    store = open_store()
    with store.lock(KEY, 1):
        store.put(KEY, b"first")
        store.put(KEY, data)
        assert store.get(KEY) == data
    assert (open_store().get(KEY), open_store().get(OTHER)) == (data, None)
    with store.lock(KEY, 1):
        store.delete(KEY)
        store.delete(KEY)
    assert open_store().get(KEY) is None


def test_lock_excludes_other_tasks_until_its_end(open_store: OpenStore) -> None:
    first, second = open_store(), open_store()
    with (
        first.lock(KEY, 0),
        first.lock(OTHER, 0),
        pytest.raises(LockTimeoutError, match="Other tasks"),
        second.lock(KEY, 0),
    ):
        pass
    with second.lock(KEY, 0), second.lock(OTHER, 0):
        pass


def test_lock_is_free_after_an_error_inside(open_store: OpenStore) -> None:
    store = open_store()
    with pytest.raises(StoreError, match="inside"), store.lock(KEY, 0):
        raise StoreError("inside")
    with open_store().lock(KEY, 0):
        pass


def test_lock_that_becomes_free_is_taken_by_a_waiting_task(open_store: OpenStore) -> None:
    order: list[str] = []

    def wait() -> None:
        with open_store().lock(KEY, 10):
            order.append("second")

    with open_store().lock(KEY, 0):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def _hold(open_store: OpenStore, held: Event) -> None:
    with open_store().lock(KEY, 0):
        held.set()
        time.sleep(60)


@pytest.mark.promise(1)
@pytest.mark.parametrize("open_store", ["files", *KINDS], indirect=True)
def test_lock_of_a_killed_holder_is_free_after_its_lease(open_store: OpenStore) -> None:
    held = FORK.Event()
    holder = FORK.Process(target=_hold, args=(open_store, held))
    holder.start()
    assert held.wait(10)
    os.kill(holder.pid or 0, signal.SIGKILL)
    holder.join()
    with open_store().lock(KEY, LEASE + 5):
        pass
