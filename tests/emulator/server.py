# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server. It listens only on loopback: in the main thread for the command line, or in another thread for a test."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from . import app
from .wire import Protocol

LOOPBACK = "127.0.0.1"


def listen(port: int = 0) -> socket.socket:
    """A socket that accepts connections from now on. 0 means any free port."""
    # The protocol is named because asyncio sends small parts immediately only if the socket names TCP. Otherwise every
    # response on a reused connection waits 40 ms for the client's acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(128)
    return listener


def api_url(listener: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://{LOOPBACK}:{listener.getsockname()[1]}/connect"


def make(certificate: Path | None = None, private_key: Path | None = None) -> uvicorn.Server:
    config = uvicorn.Config(
        app.build(),
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        # A slow call must not delay the end of the emulator.
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    # The emulator aborts slow calls at its end on purpose. That is no error.
    logging.getLogger("uvicorn.error").addFilter(_is_error)
    # Load now, so that an unreadable certificate is reported before the address is printed.
    config.load()
    return uvicorn.Server(config)


def _is_error(record: logging.LogRecord) -> bool:
    return "timeout graceful shutdown exceeded" not in record.msg


@contextmanager
def running(certificate: Path | None = None, private_key: Path | None = None) -> Iterator[str]:
    """An emulator in a thread of this process, until the block ends. Yields the API base."""
    server = make(certificate, private_key)
    listener = listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield api_url(listener, "https" if certificate else "http")
    finally:
        server.should_exit = True
        thread.join()
