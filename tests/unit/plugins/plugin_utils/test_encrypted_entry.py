# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stored session: encrypted on save, decrypted on load. A store that cannot be used does not stop the task."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.cached_refusal import CachedRefusal
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from ansible_collections.bill.connect.plugins.plugin_utils._store.factory import open_store
from ansible_collections.bill.connect.plugins.plugin_utils._store.memory import MemoryStore
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, SESSION

HEAD = 8

Open = Callable[..., EncryptedEntry[Session]]


@pytest.fixture
def open_entry(tmp_path: Path, warned: list[str]) -> Open:
    def open_entry(store: str = str(tmp_path / "store"), **changes: str) -> EncryptedEntry[Session]:
        entry_store = open_store(
            store, default=str(tmp_path / "store"), run_directory=str(tmp_path / "run"), warn=warned.append
        )
        return EncryptedEntry(Session, EntryIdentity.of({**OPTIONS, **changes}), entry_store, warned.append)

    return open_entry


def full_disk(place: Path) -> Callable[[str, str], None]:
    """A replacement for os.replace that fails as on a full disk for one place."""
    replace = os.replace

    def full(source: str, target: str) -> None:
        if str(place) in target:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    return full


def save(entry: EncryptedEntry[Session]) -> None:
    with entry.lock(1):
        entry.save(SESSION)


@pytest.mark.promise(1)
def test_entry_stored_by_one_task_is_loaded_by_another(open_entry: Open, warned: list[str]) -> None:
    assert open_entry().load() is None
    save(open_entry())
    assert open_entry().load() == SESSION
    open_entry().delete()
    assert open_entry().load() is None
    assert warned == []


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_entry_with_a_wrong_credential_is_not_found(open_entry: Open, name: str, warned: list[str]) -> None:
    save(open_entry())
    assert open_entry(**{name: "wrong"}).load() is None
    assert warned == []


@pytest.mark.promise(6)
def test_entry_on_disk_shows_no_secret(open_entry: Open, tmp_path: Path) -> None:
    save(open_entry())
    for path in tmp_path.rglob("*"):
        assert "findme" not in path.name
        assert path.is_dir() or b"findme" not in path.read_bytes()


@pytest.mark.promise(6)
def test_entry_that_is_truncated_or_changed_is_ignored_with_a_warning(
    open_entry: Open, tmp_path: Path, warned: list[str]
) -> None:
    save(open_entry())
    [file] = tmp_path.glob("store/*.session")
    whole = file.read_bytes()
    # The first bytes only say when the file may be removed.
    damaged = [whole[:length] for length in range(0, len(whole), 3)] + [whole + b"x", whole * 2, b"garbage"]
    # The test of the cipher changes every single bit.
    for bit in range(8 * HEAD, 8 * len(whole), 31):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(changed))
    entry = open_entry()
    for damage in damaged:
        file.write_bytes(damage)
        assert entry.load() is None
    assert len(warned) == len(damaged)
    assert all(
        text.startswith("A stored session is incomplete, was changed, or comes from another version") for text in warned
    )
    file.write_bytes(whole)
    assert entry.load() == SESSION


@pytest.mark.promise(6)
@pytest.mark.parametrize("kind", [Session, CachedRefusal])
@pytest.mark.parametrize("plain", [b"", b"null", b'{"format": 2}', b"[" * 10**6, b'{"a":' * 10**6, b"9" * 10**4])
def test_entry_of_another_version_with_the_right_key_is_ignored(
    tmp_path: Path, warned: list[str], kind: type[Session], plain: bytes
) -> None:
    store = MemoryStore()
    cipher = Cipher(EntryIdentity.of(OPTIONS), store.secret())
    store.put(cipher.key, cipher.encrypt(plain))
    assert EncryptedEntry(kind, EntryIdentity.of(OPTIONS), store, warned.append).load() is None
    assert len(warned) == 1
    store.delete(cipher.key)


@pytest.mark.promise(6)
def test_entry_of_another_credential_in_its_place_is_ignored(
    open_entry: Open, tmp_path: Path, warned: list[str]
) -> None:
    save(open_entry())
    save(open_entry(username="other@example.com"))
    key = (tmp_path / "store" / "key").read_bytes()
    ours, theirs = (
        tmp_path / "store" / f"{Cipher(EntryIdentity.of({**OPTIONS, **change}), key).key}.session"
        for change in ({}, {"username": "other@example.com"})
    )
    ours.write_bytes(theirs.read_bytes())
    assert open_entry().load() is None
    assert len(warned) == 1


@pytest.mark.promise(13)
def test_entry_without_a_usable_store_lasts_for_the_run(open_entry: Open, tmp_path: Path, warned: list[str]) -> None:
    (tmp_path / "store").write_text("a file where the directory should be")
    save(open_entry())
    assert open_entry().load() == SESSION
    assert sorted(path.suffix or path.name for path in tmp_path.glob("run/*")) == [".lock", ".session", "key"]
    assert len(warned) == 1
    assert "cannot be used" in warned[0]
    assert "until this run ends" in warned[0]


@pytest.mark.promise(13)
def test_entry_saved_on_a_full_disk_outranks_the_old_entry_in_this_run(
    open_entry: Open, tmp_path: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(open_entry())
    monkeypatch.setattr(os, "replace", full_disk(tmp_path / "store"))
    new = dataclasses.replace(SESSION, session_id="SESSION-new")
    with (entry := open_entry()).lock(1):
        entry.save(new)
    assert open_entry().load() == new
    assert len(warned) == 1
    assert "No space left on device" in warned[0]
    shutil.rmtree(tmp_path / "run")
    assert open_entry().load() == SESSION
    open_entry().delete()
    assert open_entry().load() is None


@pytest.mark.promise(13)
def test_entry_moves_to_the_store_when_it_is_usable_again(
    open_entry: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_disk(tmp_path / "store"))
        save(open_entry())
    assert list(tmp_path.glob("run/*.session"))
    new = dataclasses.replace(SESSION, session_id="SESSION-new")
    with (entry := open_entry()).lock(1):
        entry.save(new)
    assert open_entry().load() == new
    assert not list(tmp_path.glob("run/*.session"))


@pytest.mark.promise(13)
def test_entry_without_any_store_is_not_stored_and_warns(open_entry: Open, tmp_path: Path, warned: list[str]) -> None:
    (tmp_path / "store").touch()
    (tmp_path / "run").touch()
    save(open_entry())
    assert open_entry().load() is None
    assert "every task signs in" in warned[-1]


def test_entry_with_session_store_none_is_stored_in_this_process_only(open_entry: Open, tmp_path: Path) -> None:
    save(open_entry("none"))
    assert open_entry("none").load() == SESSION
    assert list(tmp_path.iterdir()) == []
    open_entry("none").delete()
    assert open_entry("none").load() is None


@pytest.mark.promise(8)
def test_entry_with_an_unsupported_session_store_is_an_option_error(open_entry: Open) -> None:
    with pytest.raises(
        OptionError, match="session_store must be a directory, none, or a URL that begins with redis://"
    ):
        open_entry("https://127.0.0.1/0")
