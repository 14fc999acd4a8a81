# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call to BILL passes through this file: it records, counts and delays the call, applies a fault, and sends the response."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import RefusalError
from .faults import Fault
from .limits import Caller, Flight
from .record import ReceivedRequest, codes_in, read
from .sessions import Session, UserSession
from .state import Emulator
from .who import bearer
from .wire import Connection, Response, call_app


@dataclass
class Call:
    scope: Scope
    body: bytes
    received: ReceivedRequest
    fault: Fault | None
    caller: Caller | None
    flight: Flight


def is_login(received: ReceivedRequest) -> bool:
    return (received.method, received.path) == ("POST", "/v3/login")


def documented_path(path: str) -> str:
    """The path below the API base, as BILL documents it. Paths of OAuth and of webhooks are complete, because their base is another one."""
    below = path.removeprefix("/connect") if path.startswith("/connect/") else path
    return path if below.startswith("/authx/") else below


class BillMiddleware:
    def __init__(self, bill: ASGIApp, emulator: Emulator) -> None:
        self._bill = bill
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        call = self._record(request, body)

        async def send_and_end_flight(message: Message) -> None:
            # Leave before the last byte is sent, because a client that has read it may call again immediately.
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                call.flight.leave()
            await send(message)

        connection = Connection(scope, receive, send_and_end_flight)
        try:
            await self._deliver(connection, call, await self._respond(call))
        except asyncio.CancelledError:
            # The emulator stops while this call is delayed.
            await connection.abort()
        finally:
            call.flight.leave()

    def _record(self, request: Request, body: bytes) -> Call:
        emulator = self._emulator
        path = documented_path(request.scope["path"])
        fault = emulator.faults.take(request.method, path)
        received = ReceivedRequest(
            at=emulator.clock.stamp(),
            method=request.method,
            path=path,
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=read(body, request.headers.get("content-type", "")),
            fault=fault.kind if fault else None,
        )
        emulator.record.requests.append(received)
        caller = self._caller(received)
        return Call(request.scope, body, received, fault, caller, Flight(emulator.limits, caller))

    def _caller(self, received: ReceivedRequest) -> Caller | None:
        """The caller whose limits count the call: from the body of a login, otherwise from the session or the access token."""
        if is_login(received):
            body: dict[str, Any] = received.body if isinstance(received.body, dict) else {}
            named = (body.get("devKey"), body.get("organizationId"))
            return Caller(str(named[0]), str(named[1])) if all(named) else None
        emulator, headers = self._emulator, received.headers
        session = emulator.sessions.known.get(headers.get("sessionid", ""))
        if isinstance(session, UserSession):
            key = session.dev_key_for_limits(headers.get("devkey"))
            return Caller(key, session.organization_id) if key else None
        token = emulator.access_tokens.known.get(bearer(headers.get("authorization")) or "")
        if session is None and token is not None and emulator.settings.bearer_limits:
            return Caller(token.client.id, token.organization_id)
        return None

    async def _respond(self, call: Call) -> Response:
        emulator, fault = self._emulator, call.fault
        acts = fault is None or fault.acts
        refusal = self._refusal(call) if acts else None
        await asyncio.sleep(emulator.settings.latency + (fault.slow or 0 if fault else 0))
        if fault is not None and not acts:
            return fault.response(emulator.clock, emulator.settings)
        if refusal is not None:
            return Response.of_json(
                refusal.status(emulator.settings), refusal.envelope(emulator.clock, emulator.settings)
            )
        response = await call_app(self._bill, call.scope, call.body)
        session: Session | None = call.scope["state"].get("session")
        if session is not None and (response.status < 400 or emulator.settings.errors_reset_idle):
            emulator.sessions.touch(session)
        if fault is not None and fault.replaces_response:
            return fault.response(emulator.clock, emulator.settings)
        return response

    def _refusal(self, call: Call) -> RefusalError | None:
        """The refusal of a call that is over a limit. Such a call is no longer in flight, so it does not block other calls."""
        if call.caller is None:
            return None
        try:
            self._emulator.limits.check(call.caller, login=is_login(call.received))
        except RefusalError as refusal:
            call.flight.leave()
            return refusal
        return None

    @staticmethod
    async def _deliver(connection: Connection, call: Call, response: Response) -> None:
        fault = call.fault
        if fault is not None and fault.reset:
            return await connection.reset()
        call.received.status = response.status
        call.received.codes = codes_in(response.body)
        if fault is not None and fault.cut:
            return await connection.cut(response)
        if fault is not None and fault.drip:
            return await connection.drip(response, fault.drip)
        if fault is not None and fault.endless:
            return await connection.endless(response)
        return await connection.send(response)
