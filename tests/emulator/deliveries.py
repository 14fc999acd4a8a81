# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends events to the receivers: the first attempt at once, retries when they are due on the emulator's clock.

Documented by BILL (webhook notification rules): HTTP 200 in time is a success. After a failure BILL sends the event again after 2, 4, 8 and
16 seconds. Then it disables the subscription. The header `x-bill-sha-signature` has the HMAC-SHA256 of the body in base64. Inferred: a wait
begins at the end of the failed attempt, and the signature is about the bytes of the body as they are sent. `settings.py` has the switches.

Deliveries are tasks in the event loop of the emulator. They end with it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from .clock import Clock, timestamp
from .settings import Settings
from .subscriptions import Subscriptions, is_enabled
from .webhook_events import Attempt, Event
from .webhook_post import Result, is_on_loopback, post

# "dropped": the subscription was disabled or deleted before the delivery was complete.
State = Literal["waiting", "in flight", "delivered", "lost", "dropped"]

REASON = "The notification URL did not respond with HTTP 200"


@dataclass(eq=False)
class Delivery:
    event: Event
    # The moment of the next attempt on the emulator's clock.
    due: float
    # Whether a call asked for this delivery. Then it is sent although the subscription is disabled (inferred).
    is_asked_for: bool
    # Whether the receiver gets the event once more although nothing failed.
    is_copy: bool
    state: State = "waiting"
    url: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    problem: str = ""

    def shown(self) -> dict[str, Any]:
        return {
            "event_id": self.event.id,
            "type": self.event.type,
            "subscription_id": self.event.subscription_id,
            "url": self.url,
            "state": self.state,
            "copy": self.is_copy,
            "due": timestamp(self.due) if self.state == "waiting" else None,
            "attempts": [{"at": timestamp(one.at), "status": one.status} for one in self.attempts],
            "problem": self.problem,
        }


class Deliveries:
    def __init__(self, subscriptions: Subscriptions, clock: Clock, settings: Settings) -> None:
        self._subscriptions = subscriptions
        self._clock = clock
        self._settings = settings
        # All deliveries, the oldest first.
        self.everything: list[Delivery] = []
        self.is_paused = False
        self._waiting: list[Delivery] = []
        # The attempts in flight, and their subscriptions.
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._timer: asyncio.TimerHandle | None = None
        # How many events each subscription has lost since its last success.
        self._lost: Counter[str] = Counter()

    def add(self, event: Event, *, is_asked_for: bool = False, is_copy: bool = False) -> Delivery:
        """Send an event soon, but not before the present call is complete. So a bulk request causes all its events first."""
        delivery = Delivery(event, self._clock.now(), is_asked_for, is_copy)
        self.everything.append(delivery)
        subscription = self._subscriptions.find(event.subscription_id)
        if not self.is_paused and subscription is not None and not is_on_loopback(_url(subscription)):
            delivery.url = _url(subscription)
            self._finish(delivery, self._clock.now(), Result(self._settings.webhook_elsewhere))
        else:
            self._waiting.append(delivery)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self.wake)
        return delivery

    def wake(self) -> None:
        """Start what is due, and set the timer for what is due later."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.is_paused:
            return
        busy = Counter(self._tasks.values())
        for delivery in self._due():
            if busy[delivery.event.subscription_id] < self._settings.webhook_concurrency:
                busy[delivery.event.subscription_id] += 1
                self._start(delivery)
        # What is due but waits for another attempt of its subscription starts at the end of that attempt.
        now = self._clock.now()
        later = [one.due for one in self._waiting if one.due > now]
        if later:
            self._timer = asyncio.get_running_loop().call_later(min(later) - now, self.wake)

    async def quiet(self) -> None:
        """Start what is due, and wait until nothing is in flight."""
        self.wake()
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def advance(self, seconds: float) -> None:
        """Move the clock, and stop at each moment when an attempt is due, until this attempt is complete."""
        await self.quiet()
        while not self.is_paused and self._waiting:
            step = max(0.0, min(one.due for one in self._waiting) - self._clock.now())
            if step > seconds:
                break
            self._clock.advance(step)
            seconds -= step
            await self.quiet()
        self._clock.advance(seconds)
        self.wake()

    async def send(self, events: list[Event]) -> None:
        """Send these events now, one after another: the delivery of each that waits, otherwise a copy."""
        for event in events:
            waiting = next((one for one in self._waiting if one.event is event), None)
            if waiting is None:
                waiting = Delivery(event, self._clock.now(), is_asked_for=True, is_copy=True)
                self.everything.append(waiting)
                self._waiting.append(waiting)
            await asyncio.wait([self._start(waiting)])
        await self.quiet()

    async def send_due(self) -> None:
        """Send what is due now, one after another, also during a pause."""
        for delivery in self._due() if self.is_paused else []:
            await asyncio.wait([self._start(delivery)])
        await self.quiet()

    def pause(self) -> None:
        """Start no attempt until `resume`. Those in flight go on."""
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self.wake()

    def close(self) -> None:
        """Cancel everything, because the emulator starts again."""
        self.is_paused = True
        self.wake()
        for task in self._tasks:
            task.cancel()

    @property
    def pending(self) -> int:
        return len(self._waiting) + len(self._tasks)

    def _due(self) -> list[Delivery]:
        now = self._clock.now()
        due = [one for one in self._waiting if one.due <= now]
        return due if self._settings.webhook_order == "oldest_first" else due[::-1]

    def _start(self, delivery: Delivery) -> asyncio.Task[None]:
        self._waiting.remove(delivery)
        delivery.state = "in flight"
        task = asyncio.create_task(self._attempt(delivery))
        self._tasks[task] = delivery.event.subscription_id
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        # A task is only cancelled when the emulator ends or starts again.
        if not task.cancelled():
            self.wake()

    async def _attempt(self, delivery: Delivery) -> None:
        event, settings = delivery.event, self._settings
        subscription = self._subscriptions.find(event.subscription_id)
        if subscription is None or not (is_enabled(subscription) or delivery.is_asked_for):
            delivery.state = "dropped"
            return
        delivery.url = _url(subscription)
        body = (event.payload if settings.webhook_body == "object" else json.dumps(event.payload)).encode()
        key = self._subscriptions.signing_key(event.subscription_id)
        headers = {"Content-Type": settings.webhook_content_type, "x-bill-sha-signature": signature(key, body)}
        if settings.webhook_framing == "chunks":
            headers["Transfer-Encoding"] = "chunked"
        at = self._clock.now()
        if is_on_loopback(delivery.url):
            result = await post(delivery.url, headers, body, settings.webhook_timeout, settings.webhook_ca)
        else:
            result = Result(settings.webhook_elsewhere)
        self._finish(delivery, at, result)

    def _finish(self, delivery: Delivery, at: float, result: Result) -> None:
        """What follows from the response."""
        attempt = Attempt(at, result.status)
        delivery.attempts.append(attempt)
        delivery.problem = result.problem
        if not delivery.is_copy:
            delivery.event.attempts.append(attempt)
        id_ = delivery.event.subscription_id
        waits = self._settings.webhook_retry_seconds
        retries = len(delivery.attempts) - 1
        if self._is_success(result):
            delivery.state = "delivered"
            self._lost.pop(id_, None)
        elif retries < len(waits):
            delivery.state = "waiting"
            delivery.due = self._clock.now() + waits[retries]
            self._waiting.append(delivery)
        else:
            delivery.state = "lost"
            self._lost[id_] += 1
            if 0 < self._settings.webhook_lost_events <= self._lost[id_]:
                self._disable(id_)

    def _is_success(self, result: Result) -> bool:
        if self._settings.webhook_success == "200":
            return result.status == 200
        return result.status is not None and 200 <= result.status < 300

    def _disable(self, id_: str) -> None:
        self._subscriptions.disable(id_, REASON)
        self._lost.pop(id_, None)
        for delivery in [one for one in self._waiting if one.event.subscription_id == id_]:
            self._waiting.remove(delivery)
            delivery.state = "dropped"


def signature(key: str, body: bytes) -> str:
    """The value of the header of a delivery. The key is used as UTF-8 text (from third parties)."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def _url(subscription: dict[str, Any]) -> str:
    return str(subscription.get("notificationUrl") or "")
