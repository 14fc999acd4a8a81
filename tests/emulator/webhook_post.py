# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one request to a receiver of webhooks on this machine.

It runs in the event loop of the emulator and can be cancelled at any moment, so a silent receiver does not delay the end of the emulator.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import h11

PART = 2**16


@dataclass(frozen=True)
class Result:
    # None: there was no response.
    status: int | None
    problem: str = ""


def is_on_loopback(url: str) -> bool:
    """Whether the receiver is on this machine. The emulator sends nothing to any other one."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def post(url: str, headers: dict[str, str], body: bytes, timeout: float, authority: str) -> Result:
    """The status of the response. A redirect is not followed. `authority` is the file of the authority of https receivers, or empty."""
    try:
        return Result(await asyncio.wait_for(_exchange(url, headers, body, authority), timeout))
    except asyncio.TimeoutError:
        return Result(None, f"no response in {timeout:g} s")
    except (OSError, ValueError, h11.ProtocolError) as error:
        return Result(None, f"{type(error).__name__}: {error}")


async def _exchange(url: str, headers: dict[str, str], body: bytes, authority: str) -> int:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_https = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        "127.0.0.1" if host == "localhost" else host,
        parts.port or (443 if is_https else 80),
        ssl=_tls(authority) if is_https else None,
        server_hostname=host if is_https else None,
    )
    try:
        connection = h11.Connection(h11.CLIENT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            "Host": parts.netloc.rpartition("@")[2],
            # h11 sends the body in chunks if the headers say so.
            **({} if "Transfer-Encoding" in headers else {"Content-Length": str(len(body))}),
            **headers,
            "Connection": "close",
        }
        for message in (
            h11.Request(method="POST", target=target, headers=list(sent.items())),
            h11.Data(body),
            h11.EndOfMessage(),
        ):
            writer.write(connection.send(message) or b"")
        await writer.drain()
        return await _status(connection, reader)
    finally:
        # Not close(), which waits for the other side if the connection is encrypted.
        writer.transport.abort()


async def _status(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    """The status, after the complete response."""
    status = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(PART))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
            return status


def _tls(authority: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
