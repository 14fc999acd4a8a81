# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL in a simulation: the emulator with the simulated clock, without a network."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody, RawResponse
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import ConcurrencyLimiter
from tests.emulator import world
from tests.emulator.clock import Clock
from tests.emulator.in_process import EmulatorInProcess
from tests.emulator.limits import Caller, Flight
from tests.emulator.record import ReceivedRequest
from tests.emulator.state import Emulator

from .timeline import Timeline

# Nothing is sent to this address.
API_URL = "http://127.0.0.1:9/connect"
CREDENTIALS = {
    "username": world.USER.username,
    "password": world.USER.password,
    "organization_id": world.ORGANIZATION.id,
    "dev_key": world.DEV_KEY,
}
# Seconds that BILL takes for a response. An assumption.
_FASTEST, _SLOWEST = 0.2, 0.6


class _SimulatedClock(Clock):
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        super().__init__()

    def now(self) -> float:
        return self._timeline.now


class SimulatedBill:
    """The emulator. It locks no account, because BILL does not document after how many wrong passwords it does so."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._emulator = Emulator(lambda: _SimulatedClock(timeline))
        self._emulator.settings.merge({"lock_after": 1_000_000})
        self._bill = EmulatorInProcess(self._emulator)
        self._caller = Caller(world.DEV_KEY, world.ORGANIZATION.id)

    def close(self) -> None:
        self._bill.close()

    @property
    def received(self) -> list[ReceivedRequest]:
        return self._emulator.record.requests

    def change_password(self, password: str) -> None:
        """Change the password, and end all sessions."""
        self._emulator.accounts.change_secret(world.USER.username, password)
        for session in self._emulator.sessions.valid_sessions():
            session.ended = True

    def respond(self, method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> RawResponse:
        """The response to a request, which is in flight for some seconds."""
        # The emulator decides when the request arrives. It must not wait itself, because its time is simulated.
        response = self._bill.call(method, url, headers, body)
        flight = Flight(self._emulator.limits, self._caller)
        self._timeline.wait(seconds)
        flight.leave()
        return RawResponse(response.status, response.body)


class SimulatedExchange:
    """The exchange of one task. It waits for a slot before each request, as the exchange over HTTP does."""

    def __init__(
        self,
        bill: SimulatedBill,
        limiter: ConcurrencyLimiter,
        chance: random.Random,
        sent: Callable[[HttpRequest], None],
        base_url: BaseUrl,
    ) -> None:
        self._bill = bill
        self._limiter = limiter
        self._chance = chance
        self._sent = sent
        self.base_url = base_url

    def at(self, base_url: BaseUrl) -> SimulatedExchange:
        return SimulatedExchange(self._bill, self._limiter, self._chance, self._sent, base_url)

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        headers, body = dict(request.headers), b""
        if isinstance(request.body, JsonBody):
            headers["content-type"] = "application/json"
            body = json.dumps(request.body.value).encode()
        with self._limiter.slot():
            self._sent(request)
            seconds = self._chance.uniform(_FASTEST, _SLOWEST)
            return self._bill.respond(request.method, self.base_url.url + request.target, headers, body, seconds)
