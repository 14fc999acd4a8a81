# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes events in, and hands each over once. Private to bill.connect.

What "once" means. An event is handed over when ``queue.put`` of ansible-rulebook has returned. The store says so in the same step of the event
loop: no other task, and so no rule, runs between the return of ``put`` and the commit. If the process is killed before the commit, the event
was only in the memory of the killed process. No rule has seen it, and the next process hands it over. So no rule sees an event twice. (After
a power failure, an event of the last seconds can come again, because a commit of this kind does not wait for the disk.)

If the process is killed after the commit, the event is not handed over again, although ansible-rulebook may not have worked on it: it keeps
events in memory. To close this gap as well, give the source ``feedback: true``, and ansible-rulebook a database (``--persistence-id``). Then
the commit follows the confirmation of ansible-rulebook, which has written the event to its database. A process that is killed between
these two makes the event come twice. ansible-rulebook ignores the second one, because both have the same ``meta.uuid``: its database has
the last five (observed: ansible-rulebook 1.3.2, ``drools_deduplication_window_size``), and only one event waits for its confirmation.
Without a database, ansible-rulebook does not look at ``meta.uuid`` (observed).

An event filter that splits an event lets rules run before ``put`` returns. A filter that drops an event makes the confirmation never come.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from .errors import UnreadableError
from .events import Event, event_of, parse, seconds_of, text_of
from .notices import Notices, logger
from .options import InboxOptions
from .store import EventStore, Waiting

_PRUNE_SECONDS = 60 * 60.0
_ROOM_SECONDS = 1.0


# Any UUID. Another one would give all events other values of meta.uuid.
_NAMESPACE = uuid.UUID("b2f8a0f6-6a53-4d7e-9a8f-3f0e9b0c7d15")


class Queue(Protocol):
    """What ansible-rulebook gives to a source."""

    async def put(self, item: dict[str, Any], /) -> None:
        """Wait for room in the queue, and add an event."""


class Outcome(Enum):
    """What became of an event."""

    STORED = "stored"
    DUPLICATE = "a duplicate"
    FOREIGN = "of another subscription or organization"
    UNREADABLE = "not an event"
    FULL = "not stored, because there is no room"


class Inbox:
    """The way of all events, delivered or read from BILL's list: check, store, hand over."""

    def __init__(
        self,
        store: EventStore,
        options: InboxOptions,
        clock: Callable[[], float] = time.time,
        confirmation_seconds: float = 60.0,
    ) -> None:
        """``confirmation_seconds``: after which time without a confirmation of ansible-rulebook a warning comes."""
        self._store = store
        self._options = options
        self._clock = clock
        self._confirmation_seconds = confirmation_seconds
        self._notices = Notices()
        self._stored = asyncio.Event()
        self._batch: list[tuple[Event, asyncio.Future[Outcome]]] = []
        self._last = 0
        self._not_marked: list[int] = []
        self._has_checked_database = False

    async def take(self, body: bytes) -> Outcome:
        """Store the event in the body of a delivery with a verified signature. It is on the disk when this returns."""
        try:
            event = event_of(parse(body))
        except UnreadableError as error:
            return self._keep_unreadable(body, f"A signed delivery is not an event: {error}.")
        return await self._take(event)

    async def take_entry(self, entry: object, organization_id: str) -> Outcome:
        """Store the event in an entry of BILL's event list. Waits for room, because the list does not run away."""
        try:
            event = event_of(entry, organization_id)
        except UnreadableError as error:
            return self._keep_unreadable(
                json.dumps(entry).encode(), f"An entry of BILL's event list is not an event: {error}."
            )
        while (outcome := await self._take(event)) is Outcome.FULL:
            await asyncio.sleep(_ROOM_SECONDS)
        return outcome

    async def hand_over(self, queue: Queue, feedback: asyncio.Queue[Any] | None = None) -> None:
        """Hand all events over, the oldest first, for ever. What was not handed over at the end of the last process comes first."""
        while True:
            self._stored.clear()
            while waiting := self._store.next_waiting(self._last):
                await self._hand_over(waiting, queue, feedback)
                # A queue without a limit never waits, but other tasks must run.
                await asyncio.sleep(0)
            await self._stored.wait()

    async def prune(self) -> None:
        """Forget old ids, every hour, for ever."""
        while True:
            try:
                excess = self._store.prune()
            except sqlite3.Error as error:
                logger.error("The store cannot forget old ids: %s. Check the disk of state_dir.", error)
            else:
                if excess:
                    logger.warning(
                        "The store forgot %d ids before their 180 days were over, because it had more than max_ids. "
                        "BILL could send these events again. Raise max_ids.",
                        excess,
                    )
            await asyncio.sleep(_PRUNE_SECONDS)

    async def _take(self, event: Event) -> Outcome:
        if event.subscription_id not in self._options.subscription_ids:
            self._notices.warn("An event of a subscription that is not in subscription_ids was dropped.")
            return Outcome.FOREIGN
        if self._options.organization_ids and event.organization_id not in self._options.organization_ids:
            self._notices.warn("An event of an organization that is not in organization_ids was dropped.")
            return Outcome.FOREIGN
        if self._store.waiting_count + len(self._batch) >= self._options.max_queue and not self._store.has(event):
            self._notices.warn(
                "The queue is full: the rules are slower than the events. Raise max_queue, or make the rules quicker."
            )
            return Outcome.FULL
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[Outcome] = loop.create_future()
        self._batch.append((event, stored))
        if len(self._batch) == 1:
            # The deliveries that arrive in the same step of the event loop go to the disk together. Waiting for the disk takes the longest.
            loop.call_soon(self._store_batch)
        return await stored

    def _store_batch(self) -> None:
        batch, self._batch = self._batch, []
        try:
            are_new = self._store.add([event for event, _stored in batch])
        except sqlite3.Error as error:
            self._notices.warn(
                f"Events cannot be stored: {error}. BILL is asked for them again. Check the disk of state_dir."
            )
            outcomes = [Outcome.FULL] * len(batch)
        # A mistake of ours. Without this, these deliveries would never get a response.
        except Exception as error:
            for _event, stored in batch:
                if not stored.done():
                    stored.set_exception(error)
            return
        else:
            outcomes = [Outcome.STORED if is_new else Outcome.DUPLICATE for is_new in are_new]
        for (_event, stored), outcome in zip(batch, outcomes, strict=True):
            # The task can be cancelled.
            if not stored.done():
                stored.set_result(outcome)
        self._stored.set()

    def _keep_unreadable(self, body: bytes, why: str) -> Outcome:
        try:
            is_new = self._store.keep_unreadable(body)
        except sqlite3.Error as error:
            self._notices.warn(f"{why} It cannot be kept: {error}. Check the disk of state_dir.")
        else:
            if is_new:
                self._notices.warn(f"{why} It is kept in the table unreadable of the store.")
        return Outcome.UNREADABLE

    async def _hand_over(self, waiting: Waiting, queue: Queue, feedback: asyncio.Queue[Any] | None) -> None:
        # This process does not try it again, whatever happens. The next process does, unless the event is marked.
        self._last = waiting.sequence
        try:
            await queue.put(self._seen_by_rules(waiting))
            if feedback is not None:
                await self._confirmation(waiting.event.id, feedback)
        except Exception as error:
            logger.error(
                "The event %s was not handed over: %s. An event filter of the rulebook may have failed. The next start tries it again.",
                waiting.event.id,
                type(error).__name__,
            )
            return
        # No await here: see the top of this file.
        self._mark(waiting.sequence)

    async def _confirmation(self, event_id: str, feedback: asyncio.Queue[Any]) -> None:
        """Wait until ansible-rulebook has taken the event. Warns if that takes long.

        Observed (ansible-rulebook 1.3.2): after an error of its database it confirms nothing, and ignores the event if it gets it again. Only
        a restart helps. Slow rules delay the confirmation too, so this process does not end by itself.
        """
        reminder = asyncio.get_running_loop().call_later(
            self._confirmation_seconds,
            logger.warning,
            "ansible-rulebook has not confirmed the event %s yet, and all later events wait. If its log has an error of its database, restart "
            "it: the event comes again then. An event filter must not drop events while feedback is true.",
            event_id,
        )
        try:
            # A filter that splits an event causes more than one confirmation.
            while (await feedback.get())["meta"].get("id") != event_id:
                pass
        finally:
            reminder.cancel()
        if not self._has_checked_database:
            # Only now: ansible-rulebook opens its database after it has started the sources.
            self._has_checked_database = True
            _warn_without_database()

    def _mark(self, sequence: int) -> None:
        self._not_marked.append(sequence)
        try:
            self._store.set_handed_over(self._not_marked)
        except sqlite3.Error as error:
            self._notices.warn(
                f"The store cannot mark events as handed over: {error}. After a restart they would come twice. Check the disk of state_dir."
            )
            return
        self._not_marked.clear()

    def _seen_by_rules(self, waiting: Waiting) -> dict[str, Any]:
        event = waiting.event
        return {
            "meta": {
                "id": event.id,
                "uuid": str(uuid.uuid5(_NAMESPACE, f"{event.subscription_id}/{event.id}")),
                "type": event.type,
                "version": event.version,
                "subscription_id": event.subscription_id,
                "organization_id": event.organization_id,
                "received_at": text_of(waiting.received_at),
                "updated_at": event.updated_at,
                "verified": True,
                "known": event.is_known,
                "stale": self._is_stale(event),
            },
            "payload": event.payload,
        }

    def _is_stale(self, event: Event) -> bool:
        updated_at, max_age = seconds_of(event.updated_at), self._options.max_age
        return updated_at is not None and max_age is not None and self._clock() - updated_at > max_age


def _warn_without_database() -> None:
    """Warn if ansible-rulebook confirms events that it keeps in memory only. It accepts a persistence id without a database."""
    conf = sys.modules.get("ansible_rulebook.conf")
    if conf is not None and getattr(conf.settings, "persistence_enabled", None) is False:
        logger.warning(
            "feedback is true, but ansible-rulebook has no database, so a killed process loses the event that it works on. "
            "Give it drools_db_host, drools_db_port and drools_db_name in its variables."
        )
