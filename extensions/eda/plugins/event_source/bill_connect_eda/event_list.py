# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads BILL's event list, and looks after the subscriptions. Private to bill.connect.

Documented by BILL: the list has the events of the last 180 days. After some failed deliveries BILL switches a subscription off. Not
documented: whether BILL lists the events of that time, and whether entries appear in the order of their times. So each reading begins an
hour before the newest known entry.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .bill_api import BillApi
from .errors import BillError, RefusedError
from .events import seconds_of, text_of
from .inbox import Inbox, Outcome
from .notices import logger
from .options import ListOptions
from .store import EventStore

_OVERLAP_SECONDS = 60 * 60.0
# BILL's servers, or the clocks of this machine and of BILL, can differ.
_CLOCK_SECONDS = 60.0
_LONGEST_WAIT = 60 * 60.0


class EventListReader:
    """Feeds the events that were not delivered into the inbox."""

    def __init__(
        self,
        api: BillApi,
        inbox: Inbox,
        store: EventStore,
        *,
        options: ListOptions,
        subscription_ids: tuple[str, ...],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._inbox = inbox
        self._store = store
        self._options = options
        self._subscription_ids = subscription_ids
        self._clock = clock
        self._sleep = sleep
        self._switched_off: set[str] = set()

    async def read_forever(self) -> None:
        """Read at once and then after each interval. Waits longer after failures. Ends when BILL has refused the credentials."""
        failures = 0
        while True:
            try:
                await self.read()
                failures = 0
            except RefusedError as error:
                logger.error(
                    "%s The source does not try again, so that BILL does not lock the user. It does not read BILL's event list any more. "
                    "Correct the credentials and restart ansible-rulebook.",
                    error,
                )
                return
            except (BillError, sqlite3.Error) as error:
                failures += 1
                logger.warning("BILL's event list could not be read: %s The source tries again.", error)
            await self._sleep(
                min(self._options.interval * 2 ** min(failures, 10), max(_LONGEST_WAIT, self._options.interval))
            )

    async def read(self) -> None:
        """Read each subscription, and its events since the last time. Raises BillError after the others have been read."""
        problems: list[BillError] = []
        for subscription_id in self._subscription_ids:
            try:
                subscription = await self._api.subscription(subscription_id)
                await self._look_after(subscription_id, subscription)
                await self._read_events(subscription_id, str(subscription.get("organizationId") or ""))
            except BillError as error:
                problems.append(error)
        if problems:
            raise problems[0]

    async def _look_after(self, subscription_id: str, subscription: dict[str, Any]) -> None:
        """Warn once if the subscription is off. Switch it on again if BILL has switched it off, and the user wants that."""
        status = subscription.get("status")
        if not isinstance(status, dict) or status.get("enabled") is not False:
            self._switched_off.discard(subscription_id)
            return
        # Documented by BILL: CLIENT is a user of the API, SYSTEM is BILL.
        by_bill = status.get("actor") == "SYSTEM"
        if by_bill and self._options.reenable:
            await self._enable(subscription_id)
        elif subscription_id not in self._switched_off:
            self._switched_off.add(subscription_id)
            logger.warning(
                "The subscription %s is off: %s. BILL delivers none of its events. %s",
                subscription_id,
                "BILL has switched it off after failed deliveries" if by_bill else "a user has switched it off",
                "Set reenable to true, or switch it on with bill.connect.bill_webhook_subscription."
                if by_bill
                else "Switch it on if this is a mistake.",
            )

    async def _enable(self, subscription_id: str) -> None:
        # Without a reachable notification URL, this happens again and again.
        level = logging.INFO if subscription_id in self._switched_off else logging.WARNING
        self._switched_off.add(subscription_id)
        what = "The source has switched it on again."
        try:
            await self._api.enable(subscription_id)
        # The events count more than the subscription, so the reading goes on.
        except BillError as error:
            what = f"The source could not switch it on: {error}"
        logger.log(level, "BILL had switched the subscription %s off. %s", subscription_id, what)

    async def _read_events(self, subscription_id: str, organization_id: str) -> None:
        # At the first start, older events were made before anybody wanted them.
        now = self._now()
        first = now - _CLOCK_SECONDS if self._options.since is None else self._options.since
        since, read_to = self._store.begin_reading(subscription_id, first)
        newest, found = read_to, 0
        async for entries in self._api.events(subscription_id, text_of(max(since, read_to - _OVERLAP_SECONDS))):
            for entry in entries:
                outcome = await self._inbox.take_entry(entry, organization_id)
                found += outcome is Outcome.STORED
                newest = max(newest, _created(entry) or newest)
        # Only now: a reading that was interrupted begins at the same place again. A time in the future would hide all events before it.
        self._store.set_read_to(subscription_id, min(newest, now))
        if found:
            logger.info(
                "BILL's event list had undelivered events of the subscription %s: %d.",
                subscription_id,
                found,
            )

    def _now(self) -> float:
        """The time of BILL, because its events have it. A wrong clock of this machine would hide events."""
        return self._clock() if self._api.bill_time is None else self._api.bill_time


def _created(entry: object) -> float | None:
    created = entry.get("createdTime") if isinstance(entry, dict) else None
    return seconds_of(created) if isinstance(created, str) else None
