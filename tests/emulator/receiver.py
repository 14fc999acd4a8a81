# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver of webhooks for tests. It listens on loopback, and stores what it receives."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .certificates import Certificate


@dataclass(frozen=True)
class Received:
    path: str
    # The names in lower case.
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def metadata(self) -> dict[str, str]:
        metadata: dict[str, str] = self.content["metadata"]
        return metadata


class Receiver(ThreadingHTTPServer):
    """`url` is the address for a subscription."""

    daemon_threads = False

    def __init__(self, certificate: Certificate | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        # The statuses of the next responses. None: no response until the end of the test. Without one: 200.
        self.statuses: list[int | None] = []
        self.ending = threading.Event()
        # If a test sets it, requests get their responses only together.
        self.together: threading.Barrier | None = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.private_key)
            # The thread of the connection does the handshake, because a client may refuse it.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server_address[1]}/hooks?from=bill"

    @property
    def types(self) -> list[str]:
        """The types of the received events, in the order in which they came."""
        return [one.metadata["eventType"] for one in self.received]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate, or that waits no longer, is no error of the receiver."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self._chunks() if "Transfer-Encoding" in self.headers else self._read(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, headers, body))
        if self.server.together is not None:
            self.server.together.wait()
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status is None:
            self.server.ending.wait()
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _read(self, length: str, base: int = 10) -> bytes:
        return self.rfile.read(int(length, base))

    def _chunks(self) -> bytes:
        body = b""
        while chunk := self._read(self.rfile.readline().decode(), 16):
            body += chunk
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def receiving(certificate: Certificate | None = None) -> Iterator[Receiver]:
    """A receiver in a thread of this process, until the block ends."""
    receiver = Receiver(certificate)
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ending.set()
        if receiver.together is not None:
            receiver.together.abort()
        receiver.shutdown()
        thread.join()
        receiver.server_close()
