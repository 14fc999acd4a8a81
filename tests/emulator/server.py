# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listens on loopback, and only there: in this process for the command line, or in a thread for a test."""

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
    """A socket that takes connections from now on; 0 means any free port."""
    # By name, since asyncio sends small parts at once for TCP alone, and a socket made for "any" protocol is none: every
    # answer on a connection that is kept would wait 40 ms for the client's acknowledgement.
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
        # A slow call must not keep the emulator from ending.
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    # To cut off what is still slow at the end is meant, and no error to report.
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    # Now, so that an unreadable certificate is told before the address is.
    config.load()
    return uvicorn.Server(config)


def _is_news(line: logging.LogRecord) -> bool:
    return "timeout graceful shutdown exceeded" not in line.msg


@contextmanager
def running(certificate: Path | None = None, private_key: Path | None = None) -> Iterator[str]:
    """An emulator in a thread of this process, for as long as the block lasts; gives the API base."""
    server = make(certificate, private_key)
    listener = listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield api_url(listener, "https" if certificate else "http")
    finally:
        server.should_exit = True
        thread.join()
