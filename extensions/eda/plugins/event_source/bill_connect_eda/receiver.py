# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receives BILL's deliveries over HTTP. Private to bill.connect.

Documented by BILL (webhook rules): BILL expects the status 200, and sends a refused delivery again after 2, 4, 8 and 16 seconds. Then it
switches the subscription off. An earlier revision says that a delivery may take ten seconds. So the answer is 200 as soon as the event is
on the disk, and also for events that nobody wants.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack, closing
from typing import cast

from aiohttp import web

from .connections import Connections
from .errors import SourceError
from .inbox import Inbox, Outcome
from .notices import Notices, logger
from .options import ReceiverOptions
from .signature import HEADER, is_signed, signature_of

# aiohttp logs each malformed request with its bytes, so strangers could fill the log.
_silent = logging.getLogger("bill.connect.http")
_silent.setLevel(logging.CRITICAL)

# A body that turns out to be large waits for one of these slots, so memory is limited. BILL's events are small, so strangers cannot block
# them with large bodies. It is unknown whether BILL sends a length, so only what has arrived counts.
_LARGE_BODIES = 16
_SMALL_BODY = 64 * 1024


class Receiver:
    """The HTTP server of the source. ``context`` has its certificate. Without it the server speaks plain HTTP."""

    def __init__(self, options: ReceiverOptions, inbox: Inbox, context: ssl.SSLContext | None = None) -> None:
        self._options = options
        self._inbox = inbox
        self._context = context
        self._notices = Notices()
        self._large_bodies = asyncio.Semaphore(_LARGE_BODIES)
        # A request has its headers, its body and its response in this time.
        self._connections = Connections(2 * options.read_seconds)

    async def serve(self) -> None:
        """Serve until the task is cancelled. Raises SourceError if the port is taken."""
        options = self._options
        application = web.Application()
        application.router.add_post(options.path, self._deliver)
        runner = web.AppRunner(
            application,
            access_log=None,
            logger=_silent,
            # The signature is over the raw bytes. Also, a compressed body could be huge.
            auto_decompress=False,
            lingering_time=1.0,
            shutdown_timeout=2.0,
        )
        await runner.setup()
        try:
            # After its setup, the runner has a server.
            server = cast("web.Server", runner.server)
            with closing(await self._listen(server)) as listener:
                for socket in listener.sockets:
                    host, port = socket.getsockname()[:2]
                    scheme = "https" if self._context else "http"
                    logger.info("Listening for BILL: %s://%s:%d%s", scheme, _in_url(host), port, options.path)
                await self._connections.watch(server)
        finally:
            await runner.cleanup()

    async def _listen(self, server: web.Server) -> asyncio.Server:
        options = self._options
        try:
            # TCPSite of aiohttp does not limit the time of a TLS handshake.
            return await asyncio.get_running_loop().create_server(
                server,
                options.host,
                options.port,
                ssl=self._context,
                ssl_handshake_timeout=options.read_seconds if self._context else None,
            )
        except OSError as error:
            raise SourceError(
                f"The source cannot listen on {_in_url(options.host)}:{options.port}: {error.strerror or error}. Check host and port."
            ) from None

    async def _deliver(self, request: web.Request) -> web.Response:
        signature = signature_of(request.headers.getall(HEADER, []))
        if signature is None:
            return self._refuse_unsigned()
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        if not is_signed(body, signature, self._options.security_keys):
            return self._refuse_unsigned()
        try:
            outcome = await self._inbox.take(body)
        # A mistake of ours. BILL sends the event again. The text of an error could contain a part of the event.
        except Exception as error:
            logger.error("A delivery could not be taken: %s. Report this.", type(error).__name__)
            return _answer(503)
        return _answer(503 if outcome is Outcome.FULL else 200)

    def _refuse_unsigned(self) -> web.Response:
        self._notices.warn(
            "A delivery without a valid signature was refused. If BILL sent it, security_keys lacks the key of the subscription."
        )
        return _answer(401)

    async def _body(self, request: web.Request) -> bytes | web.Response:
        """The raw body, or the response if it is too large, too slow or cut."""
        if (request.content_length or 0) > self._options.max_body:
            return _answer(413)
        try:
            body = await asyncio.wait_for(self._read(request), self._options.read_seconds)
            return _answer(413) if body is None else body
        except asyncio.TimeoutError:
            return _answer(408)
        # A cut connection or a malformed body. aiohttp has several classes of errors for them, which differ between its versions.
        except Exception:
            return _answer(400)

    async def _read(self, request: web.Request) -> bytes | None:
        """The raw body. None if it is too large."""
        body = bytearray()
        async with AsyncExitStack() as slot:
            while part := await request.content.read(_SMALL_BODY):
                was_small = len(body) <= _SMALL_BODY
                body += part
                if len(body) > self._options.max_body:
                    return None
                if was_small and len(body) > _SMALL_BODY:
                    await slot.enter_async_context(self._large_bodies)
        return bytes(body)


def _answer(status: int) -> web.Response:
    """A response without any detail. It ends the connection: see connections.py."""
    response = web.Response(status=status)
    response.force_close()
    return response


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
