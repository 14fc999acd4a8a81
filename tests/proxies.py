# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies on loopback that really forward: an HTTP proxy (also with TLS), and a SOCKS proxy. Both record who connects where."""

from __future__ import annotations

import base64
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from tests.listener import connections


class ForwardingProxy:
    """A proxy on loopback.

    - ``names`` maps a host to the address that the proxy connects to instead. Other hosts are looked up as usual.
    - ``user`` is the user name and password that the proxy requires.
    - ``stalls`` is true for a proxy that accepts connections and never answers.
    - ``asked`` are the hosts and ports that clients wanted, and ``credentials`` what they sent to get there.
    - ``left`` is released at the end of each connection.
    """

    scheme = ""

    def __init__(
        self,
        *,
        names: Mapping[str, str] | None = None,
        user: tuple[str, str] | None = None,
        refusal: int | None = None,
        stalls: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._names = names or {}
        self.user = user
        self._refusal = refusal
        self._stalls = stalls
        self._tls = tls
        self.asked: list[tuple[str, int]] = []
        self.credentials: list[str] = []
        self.left = threading.Semaphore(0)
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{self.scheme}{'s' if tls else ''}://{self.address}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._listener.close()

    def _serve(self) -> None:
        for peer in connections(self._listener):
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with suppress(OSError), self._tls.wrap_socket(peer, server_side=True) if self._tls else peer as line:
            if self._stalls:
                # The proxy reads until the client gives up.
                while line.recv(65536):
                    pass
            elif (target := self.target(line)) and (far := self._connected(line, target)):
                with far:
                    _forward(line, far)
        self.left.release()

    def _connected(self, line: socket.socket, target: tuple[str, int]) -> socket.socket | None:
        self.asked.append(target)
        if self._refusal is None:
            with suppress(OSError):
                far = socket.create_connection((self._names.get(target[0], target[0]), target[1]), timeout=10)
                self.accept(line)
                return far
        self.refuse(line)
        return None

    def target(self, line: socket.socket) -> tuple[str, int] | None:
        """The host and port that a client wants. None if it must not connect."""
        raise NotImplementedError

    def accept(self, line: socket.socket) -> None:
        raise NotImplementedError

    def refuse(self, line: socket.socket) -> None:
        raise NotImplementedError


class HttpProxy(ForwardingProxy):
    """An HTTP proxy with CONNECT and Basic authentication. ``refusal`` is the HTTP status with which it refuses every connection."""

    scheme = "http"

    def target(self, line: socket.socket) -> tuple[str, int] | None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (part := line.recv(65536)):
                return None
            head += part
            if head.startswith(b"\x16"):
                # The client begins with TLS.
                _answer(line, 400)
                return None
        first, *headers = head.decode("latin-1").split("\r\n")
        sent = [each.split(" ")[-1] for each in headers if each.lower().startswith("proxy-authorization:")]
        self.credentials += [base64.b64decode(each).decode() for each in sent]
        if self.user and self.credentials[-1:] != [":".join(self.user)]:
            _answer(line, 407)
            return None
        host, _colon, port = first.split(" ")[1].rpartition(":")
        return host, int(port)

    def accept(self, line: socket.socket) -> None:
        _answer(line, 200)

    def refuse(self, line: socket.socket) -> None:
        _answer(line, self._refusal or 502)


class SocksProxy(ForwardingProxy):
    """A SOCKS5 proxy. ``refusal`` is the reply with which it refuses every connection."""

    scheme = "socks5h"

    def target(self, line: socket.socket) -> tuple[str, int] | None:
        _version, count = _read(line, 2)
        methods = _read(line, count)
        method = 2 if self.user else 0
        if method not in methods:
            line.sendall(b"\x05\xff")
            return None
        line.sendall(bytes([5, method]))
        if self.user:
            _version, size = _read(line, 2)
            user = _read(line, size).decode()
            password = _read(line, _read(line, 1)[0]).decode()
            self.credentials.append(f"{user}:{password}")
            is_right = (user, password) == self.user
            line.sendall(b"\x01\x00" if is_right else b"\x01\x01")
            if not is_right:
                return None
        *_head, kind = _read(line, 4)
        host = socket.inet_ntoa(_read(line, 4)) if kind == 1 else _read(line, _read(line, 1)[0]).decode()
        return host, struct.unpack("!H", _read(line, 2))[0]

    def accept(self, line: socket.socket) -> None:
        line.sendall(b"\x05\x00\x00\x01" + bytes(6))

    def refuse(self, line: socket.socket) -> None:
        line.sendall(bytes([5, self._refusal or 5, 0, 1]) + bytes(6))


class DrippingSocksProxy(SocksProxy):
    """A SOCKS5 proxy that never ends its reply, and sends a byte of it often enough for every timeout of a single read."""

    def accept(self, line: socket.socket) -> None:
        # A name of 255 bytes follows.
        line.sendall(b"\x05\x00\x00\x03\xff")
        with suppress(OSError):
            while True:
                time.sleep(0.05)
                line.sendall(b"x")


def _answer(line: socket.socket, status: int) -> None:
    line.sendall(f"HTTP/1.1 {status} x\r\n\r\n".encode())


def _read(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (part := line.recv(size - len(data))):
            raise ConnectionResetError
        data += part
    return data


def _forward(near: socket.socket, far: socket.socket) -> None:
    """Forward in both directions until one side closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _events in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                source: socket.socket = key.fileobj
                if not (data := source.recv(65536)):
                    return
                key.data.sendall(data)
                # TLS may hold more bytes than one read returns, and the selector does not see them.
                while isinstance(source, ssl.SSLSocket) and source.pending():
                    key.data.sendall(source.recv(65536))
