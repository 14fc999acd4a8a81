# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A response of the emulator, and the ways to send it, complete or broken."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

DRIP_EVERY = 0.2
# More bytes than any client reads.
ENDLESS = 2**62
# SO_LINGER with zero seconds: a close discards unsent data, and the kernel sends RST.
LINGER_ZERO = struct.pack("ii", 1, 0)


class Protocol(H11Protocol):
    """HTTP/1.1 of uvicorn. It also gives access to its transport, because ASGI has no way to close a connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@dataclass(frozen=True)
class Response:
    status: int
    content_type: str
    body: bytes
    location: str | None = None
    retry_after: int | None = None

    @property
    def can_have_body(self) -> bool:
        return self.status != 204

    @classmethod
    def of_json(cls, status: int, content: Any) -> Response:
        return cls(status, "application/json", json.dumps(content).encode())

    def start(self, length: int) -> Message:
        headers = [(b"content-type", self.content_type.encode()), (b"content-length", str(length).encode())]
        if self.location is not None:
            headers.append((b"location", self.location.encode()))
        if self.retry_after is not None:
            headers.append((b"retry-after", str(self.retry_after).encode()))
        return {"type": "http.response.start", "status": self.status, "headers": headers}


async def call_app(app: ASGIApp, scope: Scope, body: bytes) -> Response:
    """Call the application. Returns its response, and sends nothing to the client."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    headers = dict(start["headers"])
    content = b"".join(part.get("body", b"") for part in parts)
    return Response(start["status"], headers[b"content-type"].decode(), content)


class Connection:
    """The connection of one request, until the response is complete."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._receive = receive
        self._send = send

    async def send(self, response: Response) -> None:
        await self._send(response.start(len(response.body)))
        await self._send({"type": "http.response.body", "body": response.body})

    async def drip(self, response: Response, seconds: float) -> None:
        if not response.can_have_body:
            return await self.send(response)
        # Blanks after JSON have no meaning, so they make a short response longer.
        drops = math.ceil(seconds / DRIP_EVERY)
        body = response.body.ljust(drops + 1)
        await self._send(response.start(len(body)))
        for drop in body[:drops]:
            await self._send({"type": "http.response.body", "body": bytes([drop]), "more_body": True})
            await asyncio.sleep(DRIP_EVERY)
            if self._transport.is_closing():
                return await self.abort()
        await self._send({"type": "http.response.body", "body": body[drops:]})

    async def endless(self, response: Response) -> None:
        """Send the response, and then blanks without end, until the client closes the connection."""
        if not response.can_have_body:
            return await self.send(response)
        await self._send(response.start(ENDLESS))
        part = response.body
        while not self._transport.is_closing():
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
            part = b" " * 2**20
        return await self.abort()

    async def cut(self, response: Response) -> None:
        """Announce the length of the complete response, send half of it, and close the connection.

        Without a body there is no half. Then the connection closes before the response.
        """
        if response.can_have_body:
            length = max(len(response.body), 2)
            await self._send(response.start(length))
            await self._send({"type": "http.response.body", "body": response.body[: length // 2], "more_body": True})
        self._transport.close()
        await self._wait_for_disconnect()

    async def reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        await self.abort()

    async def abort(self) -> None:
        self._transport.abort()
        await self._wait_for_disconnect()

    async def _wait_for_disconnect(self) -> None:
        # uvicorn reports a missing response as a bug, unless it sees that the connection closes.
        while (await self._receive())["type"] != "http.disconnect":
            pass
