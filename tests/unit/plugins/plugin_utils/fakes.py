# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both ends of an exchange: credentials, a session from them, a clock that a test moves, and a BILL with scripted responses."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from tests.listener import connections

OPTIONS = {
    "username": "ap@example.com",
    "password": "s3cret-findme-password",
    "organization_id": "00801EXAMPLEEXAMPLE1",
    "dev_key": "s3cret-findme-devkey",
}
# The same values as variables, and the labels of their questions in the form.
VARIABLES = {f"bill_{name}": value for name, value in OPTIONS.items()}
LABELS = {
    "username": "User Name",
    "password": "Password",
    "organization_id": "Organization ID",
    "dev_key": "Developer Key",
}

SESSION = Session(
    session_id="SESSION-findme",
    headers={"sessionId": "SESSION-findme", "devKey": OPTIONS["dev_key"]},
    organization_id=OPTIONS["organization_id"],
    user_id="00601EXAMPLEEXAMPLE1",
    trusted=False,
    idle_seconds=2100,
    made_at=1_800_000_000.0,
    answered_at=1_800_000_000.0,
)

Reply = Callable[[socket.socket], None]


class SilentReporter:
    """A reporter that stores nothing."""

    def warn(self, text: str) -> None:
        """Do nothing."""

    def log(self, text: str) -> None:
        """Do nothing."""

    def progress(self, text: str) -> None:
        """Do nothing."""


class ListReporter:
    """A reporter that stores its messages in ``warnings``, ``logged`` and ``progressed``."""

    def __init__(self, warnings: list[str] | None = None) -> None:
        self.warnings: list[str] = [] if warnings is None else warnings
        self.logged: list[str] = []
        self.progressed: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def log(self, text: str) -> None:
        self.logged.append(text)

    def progress(self, text: str) -> None:
        self.progressed.append(text)


class Clock:
    """A clock in seconds since the epoch. It moves only when a test moves it, and then runs ``at_next_move`` once."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.at_next_move: Callable[[], object] | None = None

    def __call__(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def jitter(self) -> float:
        return 1.0

    def advance(self, seconds: float) -> None:
        self.now += seconds
        happens, self.at_next_move = self.at_next_move, None
        if happens:
            happens()


class RunIsOverError(BaseException):
    """The end of a worker. In a test it must not end the process."""


class Run:
    """A run of Ansible, which is over when a test says so."""

    is_over = False

    def end_if_over(self) -> None:
        if self.is_over:
            raise RunIsOverError

    def end(self) -> None:
        self.is_over = True


def responds(status: int, answer: Any, **headers: str) -> Reply:
    """A reply with a whole response. Bytes are sent unchanged, and other values as JSON."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    all_headers = {"Content-Length": str(len(body)), "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in all_headers.items())]
    return lambda peer: peer.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def responds_and_stays(status: int, answer: Any, **headers: str) -> Reply:
    """A reply with a whole response that keeps the connection open for another request."""
    return responds(status, answer, Connection="keep-alive", **headers)


def refuses(status: int, code: str) -> Reply:
    """A reply with BILL's documented error envelope and one code."""
    return responds(status, [{"code": code, "severity": "ERROR", "message": "echo of s3cret-findme"}])


def breaks_off(peer: socket.socket) -> None:
    """A reply that is shorter than it declares."""
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"sessionId": "abc')


def resets(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickles(bytes_at_a_time: bytes, stop: threading.Event) -> Reply:
    """A reply that sends a little again and again and never ends."""

    def reply(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not stop.wait(0.02):
            peer.sendall(bytes_at_a_time)

    return reply


class ScriptedBill:
    """A server on loopback that records each request byte by byte and sends the replies in their order.

    The last reply also serves all further requests. With ``tls`` the server uses https. With ``stays`` it waits for more requests
    on each connection until the client closes it. ``callers`` are the connections, each with its requests. ``left`` is released
    at the end of each connection.
    """

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None, stays: bool = False, port: int = 0) -> None:
        self._replies = list(replies)
        self._tls = tls
        self._stays = stays
        self.received: list[str] = []
        self.callers: list[list[str]] = []
        self.left = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/connect"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        for peer in connections(self._listener):
            self.callers.append([])
            if self._stays:
                threading.Thread(target=self._talk, args=(peer, self.callers[-1]), daemon=True).start()
            else:
                self._talk(peer, self.callers[-1])

    def _talk(self, peer: socket.socket, caller: list[str]) -> None:
        with suppress(OSError), self._tls.wrap_socket(peer, server_side=True) if self._tls else peer as line:
            while request := _whole_request(line):
                self.received.append(request)
                caller.append(request)
                reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
                reply(line)
                if not self._stays:
                    break
        self.left.release()


def _whole_request(peer: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data and (part := peer.recv(65536)):
        data += part
        if data.startswith(b"\x16"):  # A TLS record, which has no blank line
            break
    head, _blank, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value) and (part := peer.recv(65536)):
                body += part
    return (head + b"\r\n\r\n" + body).decode("latin-1") if data else ""
