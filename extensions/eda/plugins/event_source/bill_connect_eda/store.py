# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps events on disk until they are handed over, and their ids for 180 days. Private to bill.connect.

One SQLite database in ``state_dir``. A row of ``events`` is one event. Its column ``event`` has the content until the event is handed over;
then only the id stays, for the check of duplicates.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import SourceError, StoreInUseError
from .events import Event
from .store_file import UnsafeStoreError, make_file

# Documented by BILL: its event history, and so the oldest event that it can send again, is 180 days old.
ID_SECONDS = 180 * 24 * 60 * 60.0
# Signed deliveries that are not events. A person can look at them.
_UNREADABLE = 100

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    received_at REAL NOT NULL,
    event TEXT,
    UNIQUE (subscription_id, event_id)
);
CREATE INDEX IF NOT EXISTS waiting ON events (sequence) WHERE event IS NOT NULL;
CREATE INDEX IF NOT EXISTS received ON events (received_at);
CREATE TABLE IF NOT EXISTS readings (subscription_id TEXT PRIMARY KEY, since REAL NOT NULL, read_to REAL NOT NULL);
CREATE TABLE IF NOT EXISTS unreadable (sequence INTEGER PRIMARY KEY AUTOINCREMENT, received_at REAL NOT NULL, body BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Waiting:
    """An event that is not handed over yet. ``received_at`` is in seconds since 1970."""

    sequence: int
    received_at: float
    event: Event


class EventStore:
    """The events of one source. A change survives the end of the process as soon as its method returns."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float], max_ids: int) -> None:
        self._connection = connection
        self._clock = clock
        self._max_ids = max_ids
        (self.waiting_count,) = connection.execute("SELECT count(*) FROM events WHERE event IS NOT NULL").fetchone()

    @classmethod
    def open(cls, folder: Path, *, max_ids: int, clock: Callable[[], float] = time.time) -> EventStore:
        """The store in a folder, which is made if it is missing.

        Raises StoreInUseError if another source has it open, and SourceError if it cannot be used.
        """
        path = folder / "events.sqlite3"
        try:
            make_file(path)
            connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        except UnsafeStoreError as error:
            raise SourceError(
                f"The store {path} is not safe: {error}. Another user could put forged events into it. Name another folder in state_dir: "
                "the source makes a folder that is missing."
            ) from None
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from None
        try:
            _prepare(connection)
            return cls(connection, clock, max_ids)
        except sqlite3.Error as error:
            connection.close()
            # Only Python 3.11 and later tell the code of the error.
            if "locked" in str(error):
                raise StoreInUseError(
                    f"Another event source uses the store {path}. Give each source a state_dir of its own, or stop the other one."
                ) from None
            raise _unusable(path, error) from None

    def close(self) -> None:
        """Close the database. Another source can open it then."""
        self._connection.close()

    def add(self, events: Sequence[Event]) -> list[bool]:
        """Store events, all or none. Each result is False if the id is known, that is, if the event waits or was handed over."""
        # BILL does not send an event again after our answer 200. So the events must survive a power failure.
        self._connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            are_new = [self._add(event) for event in events]
        self.waiting_count += sum(are_new)
        return are_new

    def has(self, event: Event) -> bool:
        """Whether the id of an event is known."""
        query = "SELECT 1 FROM events WHERE subscription_id = ? AND event_id = ?"
        return self._connection.execute(query, (event.subscription_id, event.id)).fetchone() is not None

    def next_waiting(self, after: int) -> Waiting | None:
        """The oldest event that waits and has a greater sequence number than ``after``."""
        row = self._connection.execute(
            "SELECT sequence, received_at, event FROM events WHERE event IS NOT NULL AND sequence > ? ORDER BY sequence LIMIT 1",
            (after,),
        ).fetchone()
        return Waiting(row[0], row[1], Event(**json.loads(row[2]))) if row else None

    def set_handed_over(self, sequences: Sequence[int]) -> None:
        """Remember that events were handed over. Their content is deleted."""
        # The end of the process does not undo this, but a power failure in the next seconds can.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            for sequence in sequences:
                self._connection.execute("UPDATE events SET event = NULL WHERE sequence = ?", (sequence,))
        self.waiting_count -= len(sequences)

    def begin_reading(self, subscription_id: str, since: float) -> tuple[float, float]:
        """From when on a subscription's events are wanted, and up to when they have been read, in seconds since 1970.

        ``since`` is stored at the first call only.
        """
        self._connection.execute("INSERT OR IGNORE INTO readings VALUES (?, ?, ?)", (subscription_id, since, since))
        row = self._connection.execute(
            "SELECT since, read_to FROM readings WHERE subscription_id = ?", (subscription_id,)
        ).fetchone()
        return row[0], row[1]

    def set_read_to(self, subscription_id: str, seconds: float) -> None:
        """Remember up to when BILL's event list has been read."""
        self._connection.execute(
            "UPDATE readings SET read_to = max(read_to, ?) WHERE subscription_id = ?", (seconds, subscription_id)
        )

    def keep_unreadable(self, body: bytes) -> bool:
        """Keep a signed delivery that is not an event. Only the last 100 different ones are kept. False if it is one of them."""
        # BILL repeats a delivery, and the event list has its entries in each reading.
        if self._connection.execute("SELECT 1 FROM unreadable WHERE body = ?", (body,)).fetchone():
            return False
        with self._transaction():
            added = self._connection.execute(
                "INSERT INTO unreadable (received_at, body) VALUES (?, ?)", (self._clock(), body)
            )
            self._connection.execute(
                "DELETE FROM unreadable WHERE sequence <= ?", ((added.lastrowid or 0) - _UNREADABLE,)
            )
        return True

    def prune(self) -> int:
        """Forget the ids of events that BILL cannot send again. Returns how many ids had to go early, because there are too many."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM events WHERE event IS NULL AND received_at < ?", (self._clock() - ID_SECONDS,)
            )
            (count,) = self._connection.execute("SELECT count(*) FROM events WHERE event IS NULL").fetchone()
            excess: int = max(0, count - self._max_ids)
            self._connection.execute(
                "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events WHERE event IS NULL ORDER BY sequence LIMIT ?)",
                (excess,),
            )
        return excess

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Make the statements in a ``with`` block one transaction. Outside, every statement is one."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _add(self, event: Event) -> bool:
        added = self._connection.execute(
            "INSERT INTO events (subscription_id, event_id, received_at, event) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (event.subscription_id, event.id, self._clock(), json.dumps(vars(event))),
        )
        return added.rowcount == 1


def _prepare(connection: sqlite3.Connection) -> None:
    # The exclusive mode holds the lock until the end of the process. It also makes WAL work on network file systems.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.executescript(_SCHEMA)


def _unusable(path: Path, error: Exception) -> SourceError:
    return SourceError(
        f"The store {path} cannot be used: {error}. The source does not start without it, because events could be lost or handed over twice. "
        "Check the folder in state_dir. If the file is damaged, move it away: the source then forgets what was handed over."
    )
