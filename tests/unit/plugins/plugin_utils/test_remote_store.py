# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote store that fails is replaced by a store on this machine for the rest of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import LockTimeoutError, StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.remote import RemoteStore

KEY, OTHER = "a" * 32, "b" * 32
SECRET = b"s" * 32
WARNING = (
    "No connection. Until this run ends, bill.connect stores the session on this machine only. Other runs and controllers do not find "
    "it, and do not share the limits of BILL with this run."
)


class Remote(FileStore):
    """A store that another machine has. ``failing`` names the operations that fail."""

    failing: tuple[str, ...] = ()
    tries = 0

    def _try(self, operation: str) -> None:
        kind = type(self)
        kind.tries += 1
        if operation in kind.failing:
            raise StoreError("No connection")

    def clock_offset(self) -> float:
        self._try("read")
        return 3600.0

    def existing_secret(self) -> bytes | None:
        self._try("read")
        return super().existing_secret()

    def get(self, key: str) -> bytes | None:
        self._try("read")
        return super().get(key)

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        self._try("write")
        super().put(key, encrypted, seconds=seconds)

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        self._try("lock")
        with super().lock(key, seconds):
            yield
        self._try("release")


ALL = ("read", "write", "lock")


@pytest.fixture
def remote(tmp_path: Path, warned: list[str]) -> type[Remote]:
    class OfThisTest(Remote):
        pass

    return OfThisTest


OpenStore = Callable[..., RemoteStore]


@pytest.fixture
def open_store(tmp_path: Path, warned: list[str], remote: type[Remote]) -> OpenStore:
    """Opens the store as a new task of the run does. Another run has another store on its machine."""

    def open_store(run: str = "run") -> RemoteStore:
        return RemoteStore(
            remote(str(tmp_path / "remote"), is_default=True, warn=warned.append),
            FileStore(str(tmp_path / run), is_default=True, warn=warned.append),
            warned.append,
        )

    return open_store


def write(store: RemoteStore, value: bytes, key: str = KEY) -> None:
    store.secret()
    with store.lock(key, 1):
        store.put(key, value)


@pytest.mark.promise(13)
@pytest.mark.parametrize("operation", ALL)
def test_remote_store_that_fails_is_replaced_for_the_run_with_one_warning(
    open_store: OpenStore, remote: type[Remote], warned: list[str], operation: str
) -> None:
    write(open_store(), b"before")
    secret = open_store().existing_secret()
    remote.failing = (operation,)
    for number in range(3):
        write(open_store(), b"%d" % number)
        assert open_store().get(KEY) == b"%d" % number
        # The keys stay the same, so the session of before is found.
        assert open_store().secret() == secret
    assert warned == [WARNING]
    tries = remote.tries
    remote.failing = ()
    write(open_store(), b"later")
    assert remote.tries == tries
    assert open_store("another run").get(KEY) in (b"before", b"0")


@pytest.mark.promise(1)
@pytest.mark.promise(4)
def test_remote_store_that_fails_leaves_copies_of_what_the_run_has_read(
    open_store: OpenStore, remote: type[Remote], warned: list[str]
) -> None:
    write(open_store("another run"), b"of another controller")
    store = open_store()
    secret = store.existing_secret()
    assert (store.get(KEY), store.get(OTHER)) == (b"of another controller", None)
    remote.failing = ALL
    later = open_store()
    assert (later.existing_secret(), later.get(KEY), later.get(OTHER)) == (secret, b"of another controller", None)
    assert (later.clock_offset(), warned) == (3600.0, [WARNING])


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(13)
@pytest.mark.parametrize("is_flushed", [False, True])
def test_remote_store_that_loses_an_entry_is_replaced_by_the_copy(
    open_store: OpenStore, tmp_path: Path, is_flushed: bool
) -> None:
    write(open_store(), b"mine")
    secret = open_store().secret()
    for path in (tmp_path / "remote").iterdir():
        if is_flushed or path.name != "key":
            path.unlink()
    assert (open_store().existing_secret(), open_store().get(KEY)) == (secret, b"mine")
    # A run that has no copy does not find it.
    assert open_store("another run").get(KEY) is None


@pytest.mark.promise(2)
def test_remote_entry_that_another_run_deletes_is_deleted(open_store: OpenStore, remote: type[Remote]) -> None:
    write(open_store(), b"mine")
    other = open_store("another run")
    with other.lock(KEY, 1):
        other.delete(KEY)
    assert (other.get(KEY), open_store().get(KEY)) == (None, None)
    remote.failing = ALL
    assert (open_store().get(KEY), open_store("another run").get(KEY)) == (None, None)


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.parametrize("is_locked", [False, True])
def test_remote_store_that_fails_leaves_the_newest_of_what_the_run_has_read(
    open_store: OpenStore, remote: type[Remote], is_locked: bool
) -> None:
    write(open_store(), b"of this run")
    write(open_store("another run"), b"of another controller")
    store = open_store()
    # A task that has waited for the sign-in of another controller reads the session under the lock.
    with store.lock(KEY, 1) if is_locked else nullcontext():
        assert store.get(KEY) == b"of another controller"
    remote.failing = ALL
    assert open_store().get(KEY) == b"of another controller"


def test_remote_entry_that_another_task_writes_meanwhile_is_not_replaced_by_an_older_one(
    open_store: OpenStore, remote: type[Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(open_store(), b"before")
    read = FileStore.get

    def get(store: FileStore, key: str) -> bytes | None:
        found = read(store, key)
        if isinstance(store, Remote):
            monkeypatch.setattr(FileStore, "get", read)
            write(open_store(), b"meanwhile")
        return found

    monkeypatch.setattr(FileStore, "get", get)
    assert open_store().get(KEY) == b"before"
    remote.failing = ALL
    assert open_store().get(KEY) == b"meanwhile"


def test_remote_store_decides_while_it_works(open_store: OpenStore) -> None:
    write(open_store(), b"mine")
    write(open_store("another run"), b"theirs")
    assert open_store().get(KEY) == b"theirs"


def test_remote_store_that_was_emptied_gets_the_secret_of_the_run(open_store: OpenStore, tmp_path: Path) -> None:
    secret = open_store().secret()
    for path in (tmp_path / "remote").iterdir():
        path.unlink()
    assert open_store("another run").existing_secret() is None
    assert open_store().secret() == secret


def test_remote_store_with_a_new_secret_leaves_it_to_the_run(
    open_store: OpenStore, remote: type[Remote], tmp_path: Path
) -> None:
    """Somebody has flushed the remote store, and another controller was the first one to write to it again."""
    open_store().secret()
    for path in (tmp_path / "remote").iterdir():
        path.unlink()
    secret = open_store("another run").secret()
    write(open_store(), b"mine")
    remote.failing = ALL
    assert (open_store().existing_secret(), open_store().secret(), open_store().get(KEY)) == (secret, secret, b"mine")


@pytest.mark.promise(1)
@pytest.mark.promise(11)
def test_remote_lock_excludes_the_tasks_of_the_run_after_a_failure(open_store: OpenStore, remote: type[Remote]) -> None:
    before = open_store()
    with before.lock(KEY, 1):
        remote.failing = ALL
        with pytest.raises(LockTimeoutError), open_store().lock(KEY, 0):
            pass
    with open_store().lock(KEY, 0):
        pass


def test_remote_lock_excludes_other_runs(open_store: OpenStore) -> None:
    with ExitStack() as held:
        held.enter_context(open_store().lock(KEY, 1))
        with pytest.raises(LockTimeoutError), open_store("another run").lock(KEY, 0):
            pass
        # The lock of that run's own machine is free again.
        held.close()
        with open_store("another run").lock(KEY, 0):
            pass


@pytest.mark.promise(15)
def test_remote_failure_that_another_task_met_is_not_met_again(
    open_store: OpenStore, remote: type[Remote], warned: list[str]
) -> None:
    waiting = open_store()
    waiting.secret()
    remote.failing = ALL
    open_store().get(KEY)
    tries = remote.tries
    with waiting.lock(KEY, 1):
        waiting.put(KEY, b"mine")
    assert (remote.tries, warned) == (tries, [WARNING])


@pytest.mark.promise(13)
@pytest.mark.promise(15)
def test_remote_lock_that_cannot_be_freed_is_a_failure(
    open_store: OpenStore, remote: type[Remote], warned: list[str]
) -> None:
    store = open_store()
    remote.failing = ("release",)
    with pytest.raises(StoreError, match="inside"), store.lock(KEY, 1):
        raise StoreError("inside")
    assert warned == []
    with store.lock(KEY, 1):
        pass
    tries = remote.tries
    write(open_store(), b"later")
    assert (remote.tries, warned) == (tries, [WARNING])


@pytest.mark.promise(13)
def test_remote_and_local_store_that_fail_store_nothing(
    tmp_path: Path, remote: type[Remote], warned: list[str]
) -> None:
    remote.failing = ALL
    (tmp_path / "file").touch()
    store = RemoteStore(
        remote(str(tmp_path / "remote"), is_default=True, warn=warned.append),
        FileStore(str(tmp_path / "file"), is_default=True, warn=warned.append),
        warned.append,
    )
    with pytest.raises(StoreError):
        store.secret()
    with store.lock(KEY, 1):
        store.put(KEY, b"mine")
        assert store.get(KEY) is None
        store.delete(KEY)
    assert warned == [
        WARNING,
        f"The session store {tmp_path}/file cannot be used (it is not a directory). There is no other store, so every task signs in. Set session_store to "
        "another directory.",
    ]
