# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file store: only the owner can read its files, and it replaces them in one step, under a lock."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import LockTimeoutError, OptionError, StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.private_directory import unsafe
from tests.unit.plugins.plugin_utils.fakes import Clock

KEY = "0123456789abcdef"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def store(tmp_path: Path, warned: list[str]) -> FileStore:
    return FileStore(str(tmp_path / "home" / "bill"), is_default=True, warn=warned.append)


@pytest.fixture
def session_file(store: FileStore, tmp_path: Path) -> Path:
    """The file of a session in the store."""
    with store.lock(KEY, 1):
        store.put(KEY, b"sealed")
    return tmp_path / "home" / "bill" / f"{KEY}.session"


@pytest.mark.promise(6)
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("ours", [True, False])
def test_file_store_with_any_umask_has_a_private_directory_and_files(
    tmp_path: Path, warned: list[str], umask: int, ours: bool
) -> None:
    store = FileStore(str(tmp_path / "home" / "bill"), is_default=ours, warn=warned.append)
    before = os.umask(umask)
    try:
        store.secret()
        with store.lock(KEY, 1):
            store.put(KEY, b"sealed")
    finally:
        os.umask(before)
    directory = tmp_path / "home" / "bill"
    assert mode(directory) == 0o700
    assert {path.name: mode(path) for path in directory.iterdir()} == {
        "key": 0o600,
        f"{KEY}.lock": 0o600,
        f"{KEY}.session": 0o600,
    }


def test_file_store_returns_the_last_entry_until_its_deletion(store: FileStore) -> None:
    assert store.get(KEY) is None
    with store.lock(KEY, 1):
        store.put(KEY, b"first")
        store.put(KEY, b"second")
        assert store.get(KEY) == b"second"
        store.delete(KEY)
        store.delete(KEY)
    assert store.get(KEY) is None


def names(store: FileStore) -> list[str]:
    return sorted(os.listdir(store._directory))


@pytest.mark.promise(6)
def test_lock_without_an_entry_leaves_no_file(store: FileStore) -> None:
    with store.lock(KEY, 1):
        assert names(store) == [f"{KEY}.lock"]
    assert names(store) == []
    with store.lock(KEY, 1):
        store.put(KEY, b"sealed")
    with store.lock(KEY, 1):
        store.delete(KEY)
    assert names(store) == []


def test_lock_whose_file_was_removed_is_not_taken_by_a_waiting_task(store: FileStore, tmp_path: Path) -> None:
    """A task that opened the file before its removal must not take its lock for the lock of the new file."""
    waits = 0

    class NextOneTakesIt(Clock):
        def sleep(self, seconds: float) -> None:
            nonlocal waits
            waits += 1
            if waits == 1:
                first.close()
                second.enter_context(store.lock(KEY, 0))
            elif waits == 2:
                second.close()

    waiting = FileStore(str(tmp_path / "home" / "bill"), is_default=True, warn=print, clock=NextOneTakesIt())
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(store.lock(KEY, 1))
        with waiting.lock(KEY, 30), pytest.raises(LockTimeoutError), store.lock(KEY, 0):
            pass
    assert waits == 2


@pytest.mark.promise(6)
def test_file_store_removes_outdated_entries_at_the_next_write(tmp_path: Path) -> None:
    now = Clock()
    store = FileStore(str(tmp_path / "bill"), is_default=True, warn=print, clock=now)
    for address, seconds in (("refusal", 600.0), ("session", None)):
        with store.lock(address, 1):
            store.put(address, b"sealed", seconds=seconds)
    now.advance(599)
    with store.lock("new", 1):
        store.put("new", b"sealed")
    assert store.get("refusal") == b"sealed"
    now.advance(3)
    # Replacing an existing entry does not look for expired entries.
    with store.lock("new", 1):
        store.put("new", b"sealed")
    assert store.get("refusal") == b"sealed"
    with store.lock("refusal", 1), store.lock("newer", 1):
        store.put("newer", b"sealed")
    assert store.get("refusal") == b"sealed"
    with store.lock("newest", 1):
        store.put("newest", b"sealed")
    assert [name for name in names(store) if name.startswith("refusal")] == []
    assert store.get("session") == b"sealed"


@pytest.mark.promise(6)
def test_store_key_is_created_once(store: FileStore, tmp_path: Path) -> None:
    assert store.existing_secret() is None
    key = store.secret()
    assert len(key) == 32
    other = FileStore(str(tmp_path / "home" / "bill"), is_default=True, warn=print)
    assert store.secret() == other.existing_secret() == other.secret() == key
    assert FileStore(str(tmp_path / "another"), is_default=True, warn=print).secret() != key


@pytest.mark.promise(6)
@pytest.mark.parametrize("cut", [b"", b"k" * 31])
def test_store_key_that_is_not_complete_is_replaced(store: FileStore, tmp_path: Path, cut: bytes) -> None:
    (tmp_path / "home" / "bill").mkdir(parents=True, mode=0o700)
    path = tmp_path / "home" / "bill" / "key"
    path.write_bytes(cut)
    path.chmod(0o600)
    assert store.existing_secret() is None
    assert store.secret() == path.read_bytes()
    assert len(store.secret()) == 32


@pytest.mark.promise(6)
@pytest.mark.parametrize("ours", [True, False])
def test_store_that_was_opened_to_others_is_closed_with_a_new_key(
    store: FileStore, session_file: Path, warned: list[str], ours: bool
) -> None:
    """Kubernetes opens each directory and file of a volume with fsGroup to the group, each time that it mounts the volume."""
    old = store.secret()
    session_file.rename(session_file.with_name(f"{'0f' * 16}.session"))
    session_file.with_suffix(".lock").unlink()
    session_file.parent.chmod(0o2770)
    for path in session_file.parent.iterdir():
        path.chmod(0o660)
    again = FileStore(str(session_file.parent), is_default=ours, warn=warned.append)
    with (session_file.parent / "key").open("rb") as opened:
        assert again.existing_secret() is None
        assert again.secret() != old
        # Another user who has the old file open sees nothing of the new key.
        assert opened.read() == old
    assert mode(session_file.parent) & 0o777 == 0o700
    assert names(again) == ["key"]
    assert FileStore(str(session_file.parent), is_default=ours, warn=warned.append).existing_secret() == again.secret()
    assert warned == []


@pytest.fixture
def no_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that shows everything as open to everyone, whatever anybody does."""
    for name in ("stat", "lstat", "fstat"):
        real = getattr(os, name)

        def shown(
            what: object, *more: object, real: Callable[..., os.stat_result] = real, **named: object
        ) -> os.stat_result:
            about = real(what, *more, **named)
            return os.stat_result((about.st_mode | 0o777, *about[1:]))

        monkeypatch.setattr(os, name, shown)
    monkeypatch.setattr(os, "chmod", lambda *_any, **_named: None)


@pytest.mark.promise(6)
@pytest.mark.promise(13)
@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.usefixtures("no_modes")
def test_store_on_a_file_system_without_modes_is_not_used(
    tmp_path: Path, warned: list[str], ours: bool, exists: bool
) -> None:
    directory = tmp_path / "bill"
    if exists:
        directory.mkdir()
    store = FileStore(str(directory), is_default=ours, warn=warned.append)
    for _time in range(2):
        assert store.existing_secret() is None
        with pytest.raises(StoreError, match="because its file system has no file modes, or ignores them"):
            store.secret()
        with pytest.raises(StoreError, match="no file modes"), store.lock(KEY, 1):
            pass
        with pytest.raises(StoreError, match="no file modes"):
            store.put(KEY, b"sealed")
    assert list(directory.iterdir()) == []


@pytest.mark.promise(13)
def test_store_that_returns_something_else_is_not_used(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: real(file, data[::-1], at))
    with pytest.raises(StoreError, match="does not return what was written to it"):
        store.secret()


@pytest.mark.promise(13)
@pytest.mark.parametrize("is_link", [False, True])
def test_store_with_something_else_in_the_place_of_its_key_says_what_to_remove(tmp_path: Path, is_link: bool) -> None:
    key = tmp_path / "store" / "key"
    key.parent.mkdir(mode=0o700)
    if is_link:
        key.symlink_to("nowhere")
    else:
        key.mkdir()
    with pytest.raises(StoreError, match=f"cannot be used: remove {key}, because it is not a file"):
        FileStore(str(key.parent), is_default=True, warn=print).secret()


@pytest.mark.promise(13)
@pytest.mark.parametrize("rights", [0o600, 0o644])
def test_store_in_a_directory_of_another_program_leaves_its_key(tmp_path: Path, rights: int) -> None:
    """A directory of certificates often has a file named key."""
    key = tmp_path / "certificates" / "key"
    key.parent.mkdir(mode=0o700)
    before = b"-----BEGIN PRIVATE KEY-----" * 2
    key.write_bytes(before)
    key.chmod(rights)
    with pytest.raises(StoreError, match=f"cannot be used: {key} is a file of another program"):
        FileStore(str(key.parent), is_default=False, warn=print).secret()
    assert key.read_bytes() == before
    assert mode(key) & 0o777 == rights


@pytest.mark.promise(13)
@pytest.mark.parametrize(("is_link", "what"), [(False, "not a directory"), (True, "a link to nothing")])
def test_store_with_something_else_in_its_place_says_what_it_is(tmp_path: Path, is_link: bool, what: str) -> None:
    place = tmp_path / "store"
    if is_link:
        place.symlink_to("nowhere")
    else:
        place.touch()
    with pytest.raises(StoreError, match=f"The session store {place} cannot be used .it is {what}."):
        FileStore(str(place), is_default=True, warn=print).secret()


@pytest.mark.promise(13)
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_store_without_locks_is_not_used(store: FileStore, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StoreError, match="cannot be used"):
        store.secret()


@pytest.mark.promise(6)
def test_store_key_when_it_is_created_removes_older_entries(store: FileStore, tmp_path: Path) -> None:
    """Earlier versions derived the names from the credential alone. With such names, anybody could test passwords offline."""
    directory = tmp_path / "home" / "bill"
    directory.mkdir(parents=True, mode=0o700)
    address = "0f" * 16
    for name in (
        f"{address}.session",
        f"{address}.session.new",
        f"{address}.lock",
        f"{address}-2.lock",
        "mine.session",
    ):
        (directory / name).write_bytes(b"")
    store.secret()
    assert names(store) == ["key", "mine.session"]


@pytest.mark.promise(6)
def test_file_store_ignores_and_replaces_a_file_with_open_permissions(
    store: FileStore, session_file: Path, warned: list[str]
) -> None:
    session_file.chmod(0o640)
    assert store.get(KEY) is None
    assert warned == [f"bill.connect ignores the stored session {session_file}: other users may read or change it."]
    with store.lock(KEY, 1):
        store.put(KEY, b"next")
    assert store.get(KEY) == b"next"
    assert mode(session_file) == 0o600


@pytest.mark.promise(6)
def test_file_store_ignores_a_file_of_another_user(
    store: FileStore, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unsafe(session_file.stat()) is None
    monkeypatch.setattr(os, "geteuid", lambda: session_file.stat().st_uid + 1)
    assert unsafe(session_file.stat()) == "it belongs to another user"
    assert store.get(KEY) is None
    with pytest.raises(StoreError, match="belongs to another user"), store.lock(KEY, 1):
        pass


@pytest.mark.promise(6)
def test_file_store_ignores_a_file_that_is_too_large(store: FileStore, session_file: Path, warned: list[str]) -> None:
    session_file.write_bytes(b"x" * 2**20)
    assert store.get(KEY) is None
    assert [text.rpartition(": ")[2] for text in warned] == ["it is too large."]


@pytest.mark.promise(6)
def test_file_store_refuses_a_link_to_a_shared_directory_and_leaves_it_unchanged(
    store: FileStore, tmp_path: Path, warned: list[str]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "bill").symlink_to(shared)
    with pytest.raises(StoreError, match="is a link to a directory that other users can enter"), store.lock(KEY, 1):
        pass
    assert mode(shared) == 0o755
    assert list(shared.iterdir()) == []


@pytest.mark.promise(13)
def test_file_store_ignores_a_file_that_cannot_be_read(
    store: FileStore, session_file: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_disk(*_arguments: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", broken_disk)
        assert store.get(KEY) is None
    assert warned == [
        f"bill.connect ignores the stored session {session_file}: it cannot be read (Input/output error)."
    ]


@pytest.mark.promise(6)
def test_file_store_refuses_a_shared_directory_and_leaves_it_unchanged(tmp_path: Path, warned: list[str]) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    store = FileStore(str(shared), is_default=False, warn=warned.append)
    with pytest.raises(OptionError, match=r"session_store names .*shared.*\(mode 1777\)"), store.lock(KEY, 1):
        pass
    assert mode(shared) == 0o1777
    assert list(shared.iterdir()) == []


@pytest.mark.promise(6)
def test_file_store_refuses_a_directory_that_became_shared_later(
    store: FileStore, session_file: Path, warned: list[str]
) -> None:
    session_file.parent.chmod(0o777)
    users = FileStore(str(session_file.parent), is_default=False, warn=warned.append)
    with pytest.raises(OptionError, match=r"\(mode 0777\)"):
        users.get(KEY)


@pytest.mark.promise(13)
def test_file_store_with_a_directory_mode_that_cannot_change_is_unusable(
    store: FileStore, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_arguments: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    session_file.parent.chmod(0o755)
    monkeypatch.setattr(os, "chmod", read_only)
    with pytest.raises(StoreError, match="Read-only file system"), store.lock(KEY, 1):
        pass


def test_lock_held_by_another_task_times_out_with_a_message(
    store: FileStore, warned: list[str], tmp_path: Path
) -> None:
    clock = Clock()
    patient = FileStore(
        str(tmp_path / "home" / "bill"),
        is_default=True,
        warn=warned.append,
        clock=clock,
    )
    with (
        store.lock(KEY, 1),
        pytest.raises(LockTimeoutError, match="signing in for 254 seconds"),
        patient.lock(KEY, 254),
    ):
        pass
    with patient.lock(KEY, 1):
        pass


def test_lock_of_another_entry_does_not_wait(store: FileStore) -> None:
    with store.lock(KEY, 1), store.lock("fedcba", 0):
        pass
