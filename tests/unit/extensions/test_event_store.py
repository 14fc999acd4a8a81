# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of the event sources: what it knows, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.events import Event
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore

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
def test_store_keeps_the_last_100_bodies_that_are_no_events(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path, max_ids=2)
    for number in range(150):
        store.keep_unreadable(str(number).encode())
    bodies = [row[0] for row in store._connection.execute("SELECT body FROM unreadable ORDER BY sequence")]
    assert bodies == [str(number).encode() for number in range(50, 150)]
