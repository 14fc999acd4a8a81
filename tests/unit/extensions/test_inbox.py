# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inbox of the event sources: what it takes, and what it hands over, if many come at once or the disk fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.events import Event
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.inbox import Inbox, Outcome
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.options import Arguments
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore
from tests.unit.extensions.sources import ORGANIZATION, SUBSCRIPTION, Queue, body_of, entry_of, until

LATER = "2026-12-15T12:30:00.000+00:00"


def opened(folder: Path, **changes: Any) -> tuple[EventStore, Inbox]:
    """A store with its inbox."""
    options = Arguments({"subscription_ids": [SUBSCRIPTION], "state_dir": str(folder), **changes}).inbox()
    store = EventStore.open(folder, max_ids=1000)
    return store, Inbox(store, options)


@pytest.mark.promise(21)
def test_inbox_with_events_that_come_together_takes_as_many_as_it_has_room_for(tmp_path: Path) -> None:
    store, inbox = opened(tmp_path, max_queue=2)

    async def conversation() -> list[Outcome]:
        return await asyncio.gather(*(inbox.take(body_of(f"event-{number}")) for number in range(4)))

    assert asyncio.run(conversation()) == [Outcome.STORED, Outcome.STORED, Outcome.FULL, Outcome.FULL]
    assert store.waiting_count == 2


@pytest.mark.promise(21)
def test_inbox_with_the_same_event_from_a_delivery_and_from_the_list_at_once_takes_it_once(tmp_path: Path) -> None:
    store, inbox = opened(tmp_path)

    async def conversation() -> tuple[Outcome, Outcome]:
        delivered, listed = await asyncio.gather(
            inbox.take(body_of("event-1")), inbox.take_entry(entry_of("event-1", LATER), ORGANIZATION)
        )
        return delivered, listed

    assert asyncio.run(conversation()) == (Outcome.STORED, Outcome.DUPLICATE)
    assert store.waiting_count == 1


@pytest.mark.promise(21)
def test_inbox_stores_the_other_deliveries_if_one_is_cancelled(tmp_path: Path) -> None:
    _store, inbox = opened(tmp_path)

    async def conversation() -> Outcome:
        cancelled, other = (asyncio.ensure_future(inbox.take(body_of(f"event-{number}"))) for number in (1, 2))
        await asyncio.sleep(0)
        cancelled.cancel()
        return await asyncio.wait_for(other, 10)

    assert asyncio.run(conversation()) is Outcome.STORED


@pytest.mark.promise(21)
def test_inbox_with_an_event_that_cannot_be_stored_leaves_no_delivery_without_a_response(tmp_path: Path) -> None:
    class WrongStore(EventStore):
        def add(self, events: Sequence[Event]) -> list[bool]:
            if len(events) == 2:
                raise ValueError("a mistake")
            return super().add(events)

    options = Arguments({"subscription_ids": [SUBSCRIPTION], "state_dir": str(tmp_path)}).inbox()

    async def conversation() -> list[Any]:
        inbox = Inbox(WrongStore.open(tmp_path, max_ids=1000), options)
        together = [inbox.take(body_of("event-1")), inbox.take(body_of("event-2"))]
        results = await asyncio.wait_for(asyncio.gather(*together, return_exceptions=True), 10)
        return [type(each) for each in results] + [await inbox.take(body_of("event-1"))]

    assert asyncio.run(conversation()) == [ValueError, ValueError, Outcome.STORED]


@pytest.mark.promise(21)
def test_inbox_that_is_full_keeps_an_entry_of_the_list_waiting(tmp_path: Path) -> None:
    _store, inbox = opened(tmp_path, max_queue=1)

    async def conversation() -> tuple[bool, Outcome, list[str]]:
        await inbox.take(body_of("event-1"))
        entry = asyncio.ensure_future(inbox.take_entry(entry_of("event-2", LATER), ORGANIZATION))
        for _each in range(10):
            await asyncio.sleep(0)
        waited, queue = not entry.done(), Queue()
        handing = asyncio.ensure_future(inbox.hand_over(queue))
        outcome = await asyncio.wait_for(entry, 30)
        await until(lambda: queue.qsize() == 2)
        handing.cancel()
        return waited, outcome, queue.ids()

    assert asyncio.run(conversation()) == (True, Outcome.STORED, ["event-1", "event-2"])


def test_inbox_with_many_events_lets_other_tasks_run_between_them(tmp_path: Path) -> None:
    _store, inbox = opened(tmp_path)

    async def conversation() -> list[int]:
        for number in range(50):
            await inbox.take(body_of(f"event-{number}"))
        queue, sizes = Queue(), [0]
        handing = asyncio.ensure_future(inbox.hand_over(queue))
        while sizes[-1] < 50:
            await asyncio.sleep(0)
            sizes.append(queue.qsize())
        handing.cancel()
        return sizes

    sizes = asyncio.run(conversation())
    assert max(after - before for before, after in pairwise(sizes)) == 1


@pytest.mark.promise(21)
def test_inbox_that_could_not_mark_an_event_marks_it_with_the_next_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, inbox = opened(tmp_path)

    async def conversation() -> list[str]:
        queue = Queue()
        await inbox.take(body_of("event-1"))
        store._connection.execute("PRAGMA query_only = ON")
        handing = asyncio.ensure_future(inbox.hand_over(queue))
        await until(lambda: "cannot mark events as handed over" in caplog.text)
        store._connection.execute("PRAGMA query_only = OFF")
        await inbox.take(body_of("event-2"))
        await until(lambda: queue.qsize() == 2 and store.waiting_count == 0)
        handing.cancel()
        return queue.ids()

    assert asyncio.run(conversation()) == ["event-1", "event-2"]
    assert store.next_waiting(0) is None


@pytest.mark.parametrize(("ids", "warning"), [(1003, "forgot 3 ids"), (1000, "")])
def test_inbox_warns_if_it_forgets_ids_early(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ids: int, warning: str
) -> None:
    store, inbox = opened(tmp_path)

    async def conversation() -> None:
        await asyncio.gather(*(inbox.take(body_of(f"event-{number}")) for number in range(ids)))
        store.set_handed_over(range(1, ids + 1))
        pruning = asyncio.ensure_future(inbox.prune())
        await asyncio.sleep(0)
        pruning.cancel()

    asyncio.run(conversation())
    assert warning in caplog.text
    assert ("Raise max_ids" in caplog.text) == bool(warning)


@pytest.mark.promise(21)
def test_inbox_with_a_full_disk_refuses_events_and_takes_them_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, inbox = opened(tmp_path)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    body = body_of("event-1").replace(b"Birch Paper Supply", b"x" * 100_000)

    async def conversation() -> list[Outcome]:
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        outcomes = [await inbox.take(body), await inbox.take(body), await inbox.take(b"x" * 100_000)]
        store._connection.execute("PRAGMA max_page_count = 1000000")
        return [*outcomes, await inbox.take(body), await inbox.take(body)]

    refused = [Outcome.FULL, Outcome.FULL, Outcome.UNREADABLE]
    assert asyncio.run(conversation()) == [*refused, Outcome.STORED, Outcome.DUPLICATE]
    assert store.waiting_count == 1
    # Once a minute, so the log does not fill the disk.
    warnings = [record.getMessage() for record in caplog.records if "is full" in record.getMessage()]
    assert [warning.split(":")[0] for warning in warnings] == [
        "Events cannot be stored",
        "A signed delivery is not an event",
    ]
