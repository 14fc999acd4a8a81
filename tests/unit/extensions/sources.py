# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an event source as ansible-rulebook does, and plays BILL for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

FOLDER = Path(__file__).resolve().parents[3] / "extensions" / "eda" / "plugins" / "event_source"

KEY = "key-findme-current"
PREVIOUS_KEY = "key-findme-previous"
SUBSCRIPTION = "f6d06930-0000-4000-8000-000000000001"
ORGANIZATION = "00801ORGANIZATION000"
CREDENTIALS = {
    "BILL_USERNAME": "ap@example.com",
    "BILL_PASSWORD": "password-findme",
    "BILL_ORGANIZATION_ID": ORGANIZATION,
    "BILL_DEV_KEY": "dev-key-findme",
}
UPDATED = "2026-12-15T23:15:23.127+00:00"

Json = dict[str, Any]


def body_of(event_id: str, type_: str = "vendor.updated", **metadata: Any) -> bytes:
    """A delivery as BILL documents it."""
    family = type_.split(".", maxsplit=1)[0]
    about = {
        "eventId": event_id,
        "subscriptionId": SUBSCRIPTION,
        "organizationId": ORGANIZATION,
        "eventType": type_,
        "version": "1",
        **metadata,
    }
    entity = {"id": "00901VENDOR", "name": "Birch Paper Supply", "updatedTime": UPDATED}
    return json.dumps({"metadata": about, family: entity}, separators=(",", ":")).encode()


def signature(body: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    return {"x-bill-sha-signature": signature(body, key)}


def entry_of(event_id: str, created: str, **changes: Any) -> Json:
    """An entry of BILL's event list as BILL documents it."""
    entry = {
        "id": event_id,
        "type": "vendor.updated",
        "version": "1",
        "subscriptionId": SUBSCRIPTION,
        "payload": body_of(event_id).decode(),
        "createdTime": created,
        "statusCode": 500,
        "retries": [],
    }
    return {**entry, **changes}


class Queue(asyncio.Queue[Json]):
    """The queue of ansible-rulebook, which it gives to a source. It has room for one event, unless a test says more."""

    def ids(self) -> list[str]:
        """The ids of the events in the queue. Takes them out."""
        found = []
        while not self.empty():
            found.append(self.get_nowait()["meta"]["id"])
        return found


class _Listening(logging.Handler):
    """Knows where the source listens, as soon as it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith("Listening for BILL: "):
            self.url = text.removeprefix("Listening for BILL: ")


@asynccontextmanager
async def running(name: str, queue: Any, **args: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A running source. Ends it at the end, as ansible-rulebook does."""
    # ansible-rulebook uses runpy.run_path, as test_loading.py and test_killed_source.py do in processes of their own. In the process of
    # ansible-test, runpy fails, because Ansible's loader of collections takes the file for a folder.
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    task = asyncio.ensure_future(source.main(queue, args))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def receiving(queue: Any, folder: Path, **changes: Any) -> AsyncIterator[str]:
    """A running bill_webhook. Yields its URL."""
    listening = _Listening()
    logger = logging.getLogger("bill.connect")
    logger.setLevel(logging.INFO)
    logger.addHandler(listening)
    args = {"port": 0, "security_keys": [KEY], "subscription_ids": [SUBSCRIPTION], "state_dir": str(folder), **changes}
    try:
        async with running("bill_webhook", queue, **args) as task:
            await until(lambda: task.done() or bool(listening.url))
            if task.done():
                await task
            yield listening.url
    finally:
        logger.removeHandler(listening)


async def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    """The status of one delivery."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=signed(body) if headers is None else headers) as response,
    ):
        await response.read()
        return response.status


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true. The source runs in the same loop, so this is quick."""
    for _attempt in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not become true in 30 seconds")


class FakeBill:
    """The part of BILL that a source asks. It knows one session at a time."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.entries: list[Json] = []
        self.status: Json = {"enabled": True}
        self.session = ""
        # The token of Spend & Expense.
        self.token = ""
        self.expired: tuple[int, Any] = (401, [{"code": "BDC_1109", "message": "Session is invalid"}])
        self.subscription: Json = {"organizationId": ORGANIZATION}
        self.unknown = ""
        self.login: Callable[[], tuple[int, Any]] | None = None
        self.list_status = 200
        self.patch_status = 200
        # The time in its responses, in seconds since 1970.
        self.clock: Callable[[], float] = time.time
        # The header Date of each response. Empty: the time of the clock.
        self.date = ""
        # The headers Authorization and Cookie of the requests that had one.
        self.extra_headers: list[str] = []
        # Where a response sends the client to.
        self.location = ""
        self.page_size = 2
        self.next_page = ""
        self.since: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FakeBill]:
        application = web.Application()
        application.on_response_prepare.append(self._complete)
        application.router.add_post("/connect/v3/login", self._log_in)
        application.router.add_get("/connect-events/v3/subscriptions/{id}", self._with_session(self._subscription))
        application.router.add_patch("/connect-events/v3/subscriptions/{id}", self._with_session(self._patch))
        application.router.add_get("/connect-events/v3/events/subscription/{id}", self._with_session(self._events))
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/connect"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _complete(self, request: web.Request, response: web.StreamResponse) -> None:
        self.extra_headers += [request.headers[name] for name in ("Authorization", "Cookie") if name in request.headers]
        response.headers["Set-Cookie"] = "session=cookie-findme; Path=/"
        response.headers["Date"] = self.date or formatdate(self.clock(), usegmt=True)

    def count(self, what: str) -> int:
        return self.received.count(what)

    async def _log_in(self, request: web.Request) -> web.Response:
        self.received.append("login")
        if self.location:
            return web.json_response(None, status=307, headers={"Location": f"{self.location}/v3/login"})
        if self.login:
            status, answer = self.login()
            return web.json_response(answer, status=status)
        assert await request.json() == {
            "username": CREDENTIALS["BILL_USERNAME"],
            "password": CREDENTIALS["BILL_PASSWORD"],
            "organizationId": ORGANIZATION,
            "devKey": CREDENTIALS["BILL_DEV_KEY"],
        }
        self.session = f"session-findme-{uuid.uuid4()}"
        return web.json_response({"sessionId": self.session, "organizationId": ORGANIZATION})

    def _with_session(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def checked(request: web.Request) -> web.Response:
            if self.token and request.headers.get("apiToken") == self.token:
                return await handler(request)
            if request.headers.get("sessionId") != self.session or not self.session:
                self.received.append("expired")
                status, answer = self.expired
                return web.json_response(answer, status=status)
            assert request.headers["devKey"] == CREDENTIALS["BILL_DEV_KEY"]
            return await handler(request)

        return checked

    async def _subscription(self, request: web.Request) -> web.Response:
        self.received.append("subscription")
        if request.match_info["id"] == self.unknown:
            return web.json_response([{"code": "BDC_1205", "message": "not found"}], status=404)
        return web.json_response({"id": request.match_info["id"], **self.subscription, "status": self.status})

    async def _patch(self, request: web.Request) -> web.Response:
        self.received.append("patch")
        if self.patch_status != 200:
            return web.json_response([{"code": "BDC_1105", "message": "not allowed"}], status=self.patch_status)
        self.status = (await request.json())["status"]
        return web.json_response({})

    async def _events(self, request: web.Request) -> web.Response:
        self.received.append("events")
        if self.list_status != 200:
            return web.json_response([{"code": "BDC_1001", "message": "oops"}], status=self.list_status)
        begin = int(request.query.get("page", 0))
        self.since.append(request.query["createdTimeFrom"])
        wanted = [entry for entry in self.entries if entry["createdTime"] >= request.query["createdTimeFrom"]]
        if request.query.get("ascending") != "true":
            wanted.reverse()
        page: Json = {"results": wanted[begin : begin + self.page_size]}
        if begin + self.page_size < len(wanted):
            page["nextPage"] = self.next_page or str(begin + self.page_size)
        return web.json_response(page)
