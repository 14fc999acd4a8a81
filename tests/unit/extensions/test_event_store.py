# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of the event sources: what it knows, and for how long."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.errors import (
    SourceError,
    StoreInUseError,
)
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.events import Event
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore
from tests.unit.extensions.sources import FOLDER

DAY = 24 * 60 * 60


def event(event_id: str, subscription_id: str = "subscription") -> Event:
    return Event(event_id, "vendor.updated", "1", subscription_id, "organization", "", {"vendor": {}})


@pytest.mark.promise(21)
def test_store_knows_the_id_of_an_event_for_180_days(tmp_path: Path) -> None:
    now = 0.0
    store = EventStore.open(tmp_path, max_ids=1000, clock=lambda: now)
    assert store.add([event("event-1"), event("event-1", "another subscription"), event("event-1")]) == [
        True,
        True,
        False,
    ]
    store.set_handed_over([1, 2])
    now = 180 * DAY
    store.prune()
    assert store.add([event("event-1")]) == [False]
    now += 1
    store.prune()
    assert store.add([event("event-1")]) == [True]


@pytest.mark.promise(21)
def test_store_with_too_many_ids_forgets_the_oldest_but_no_event_that_waits(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=2)
    store.add([event(f"event-{number}") for number in range(5)])
    store.set_handed_over([2, 3, 4, 5])
    assert store.prune() == 2
    assert [store.has(event(f"event-{number}")) for number in range(5)] == [True, False, False, True, True]
    waiting = store.next_waiting(0)
    assert (waiting and waiting.event.id, store.waiting_count) == ("event-0", 1)


@pytest.mark.promise(21)
def test_store_never_forgets_an_event_that_waits(tmp_path: Path) -> None:
    now = 0.0
    store = EventStore.open(tmp_path, max_ids=1000, clock=lambda: now)
    store.add([event("event-1")])
    now = 400 * DAY
    assert store.prune() == 0
    waiting = store.next_waiting(0)
    assert waiting
    assert waiting.event.id == "event-1"


@pytest.mark.promise(21)
def test_store_remembers_the_latest_time_of_a_reading(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=1000)
    assert store.begin_reading("subscription", 10.0) == (10.0, 10.0)
    store.set_read_to("subscription", 30.0)
    store.set_read_to("subscription", 20.0)
    assert store.begin_reading("subscription", 50.0) == (10.0, 30.0)


@pytest.mark.promise(21)
def test_store_waits_for_the_disk_when_it_stores_an_event(tmp_path: Path) -> None:
    synced: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
        store = EventStore.open(tmp_path / "new" / "state", max_ids=1000)
    # The names of the folders that are new survive a power failure too.
    folders = [tmp_path / "new" / "state", tmp_path / "new", tmp_path]
    assert synced == [folder.stat().st_ino for folder in folders]
    store.add([event("event-1")])
    # 2 is FULL: SQLite syncs at each commit. 1 is NORMAL.
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    store.set_handed_over([1])
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (1,)
    store.add([event("event-2")])
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.promise(21)
def test_store_adds_all_events_or_none(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=1000)
    # JSON has no text for this payload.
    wrong = dataclasses.replace(event("event-2"), payload={"vendor": object()})
    with pytest.raises(TypeError):
        store.add([event("event-1"), wrong])
    assert (store.has(event("event-1")), store.waiting_count) == (False, 0)


OPEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bill_connect_eda.store import EventStore
EventStore.open(Path(sys.argv[2]), max_ids=1000)
"""


@pytest.mark.promise(21)
def test_store_that_is_open_stays_locked_after_another_source_of_the_process_tried_it(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=1000)
    with pytest.raises(StoreInUseError):
        EventStore.open(tmp_path, max_ids=1000)
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(FOLDER), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "StoreInUseError: Another event source uses the store" in done.stderr
    store.close()


def link_to_a_file(folder: Path) -> None:
    (folder / "elsewhere").touch(0o600)
    (folder / "events.sqlite3").symlink_to(folder / "elsewhere")


def link_to_nothing(folder: Path) -> None:
    (folder / "events.sqlite3").symlink_to(folder / "elsewhere")


def file_for_everybody(folder: Path) -> None:
    EventStore.open(folder, max_ids=1000).close()
    (folder / "events.sqlite3").chmod(0o602)


UNSAFE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder for everybody": (lambda folder: folder.chmod(0o1702), "every user can change its folder"),
    "a link": (link_to_a_file, "it is not a file"),
    "a link to nothing": (link_to_nothing, "it is not a file"),
    "a pipe": (lambda folder: os.mkfifo(folder / "events.sqlite3"), "it is not a file"),
    "a file for everybody": (file_for_everybody, "every user can change it"),
}


@pytest.mark.promise(21)
@pytest.mark.parametrize(("make", "why"), UNSAFE.values(), ids=UNSAFE)
def test_store_that_other_users_can_change_is_not_used(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    folder = tmp_path / "state"
    folder.mkdir(0o700)
    make(folder)
    with pytest.raises(SourceError, match=f"is not safe: {why}. .*Name another folder in state_dir"):
        EventStore.open(folder, max_ids=1000)
    assert not (folder / "elsewhere").exists() or not (folder / "elsewhere").read_bytes()


@pytest.mark.promise(21)
@pytest.mark.parametrize(
    ("what", "owner", "why"),
    [
        ("state", 1001, "is not safe: its folder belongs to another user"),
        ("state/events.sqlite3", 1001, "is not safe: it belongs to another user"),
        ("state/events.sqlite3", 0, "is not safe: it belongs to another user"),
        # Root owns the folder of a volume in a container.
        ("state", 0, ""),
        ("state", 1000, ""),
    ],
)
def test_store_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, owner: int, why: str
) -> None:
    EventStore.open(tmp_path / "state", max_ids=1000).close()
    real = {"stat": Path.stat, "lstat": Path.lstat}

    # Only root could really give the file to another user.
    def owned(path: Path, name: str) -> os.stat_result:
        about = list(real[name](path))
        about[stat.ST_UID] = owner if path == tmp_path / what else 1000
        return os.stat_result(about)

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(Path, "stat", lambda path, **_more: owned(path, "stat"))
    monkeypatch.setattr(Path, "lstat", lambda path: owned(path, "lstat"))
    with pytest.raises(SourceError, match=why) if why else nullcontext():
        EventStore.open(tmp_path / "state", max_ids=1000).close()


@pytest.mark.promise(21)
def test_store_makes_its_file_private_again(tmp_path: Path) -> None:
    EventStore.open(tmp_path, max_ids=1000).close()
    file = tmp_path / "events.sqlite3"
    file.chmod(0o664)
    # Others may enter the folder.
    tmp_path.chmod(0o775)
    EventStore.open(tmp_path, max_ids=1000).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.promise(21)
def test_store_keeps_the_last_100_bodies_that_are_no_events(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=2)
    for number in range(150):
        store.keep_unreadable(str(number).encode())
    bodies = [row[0] for row in store._connection.execute("SELECT body FROM unreadable ORDER BY sequence")]
    assert bodies == [str(number).encode() for number in range(50, 150)]
