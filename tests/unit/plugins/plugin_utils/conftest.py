# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures that the tests of the core share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._core.asker import Asker
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import Exchange
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from tests.emulator import world
from tests.emulator.control_client import Control
from tests.emulator.server import running
from tests.redis_servers import RedisServer
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, Bill, BillExchange, Open, OpenClient
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, SESSION, Clock, ListReporter, Reply, Run, ScriptedBill
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks


@pytest.fixture(scope="session")
def redis_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RedisServer]]:
    """One server of each kind for all tests of this process. It starts when a test first needs it."""
    running: dict[str, RedisServer] = {}

    def start(kind: str) -> RedisServer:
        if kind not in running:
            running[kind] = RedisServer(kind, tmp_path_factory.mktemp(kind))
        return running[kind]

    yield start
    for server in running.values():
        server.close()


@pytest.fixture
def redis_server(redis_servers: Callable[[str], RedisServer]) -> Callable[[str], RedisServer]:
    """The server of a kind, without any entry."""

    def empty(kind: str) -> RedisServer:
        server = redis_servers(kind)
        with server.client() as client:
            client.flushall()
        return server

    return empty


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run() -> Run:
    """The run of Ansible of every client of this test."""
    return Run()


@pytest.fixture
def warned() -> list[str]:
    """The warnings of a test."""
    return []


@pytest.fixture
def reporter(warned: list[str]) -> ListReporter:
    return ListReporter(warned)


@pytest.fixture
def bill() -> Bill:
    """The BILL that every client of this test talks to."""
    return Bill()


@pytest.fixture
def build(clock: Clock, run: Run, tmp_path: Path, reporter: ListReporter) -> Callable[..., BillClient]:
    """The client of a new task. It shares only the store and BILL with the task before."""

    def build(exchange: Exchange | None, *, asker: Asker | None = None, **changes: Any) -> BillClient:
        options = {**{option.name: option.default for option in TABLE}, "api_url": API_URL, **OPTIONS, **changes}
        return build_client(
            options,
            Surroundings(
                str(tmp_path / "bill"),
                str(tmp_path / "run"),
                reporter,
                run=run,
                asker=asker or Asker(),
                clock=clock,
                exchange=exchange,
            ),
        )

    return build


@pytest.fixture
def open_client(bill: Bill, build: Callable[..., BillClient]) -> OpenClient:
    """A client of the BILL of this test."""
    exchange = BillExchange(bill, BaseUrl.of_api(API_URL))
    return lambda **changes: build(exchange, **changes)


@pytest.fixture
def signed_in(open_client: OpenClient, bill: Bill) -> OpenClient:
    """Each task of the test finds a stored session."""
    open_client().sessions.ensure()
    bill.requests.clear()
    return open_client


@pytest.fixture
def open_sessions(open_client: OpenClient) -> Open:
    """The session manager of such a client."""
    return lambda **changes: open_client(**changes).sessions


@pytest.fixture
def open_on_the_wire(build: Callable[..., BillClient], clock: Clock) -> Callable[..., BillClient]:
    """A client of a server at an address. It already has a stored session."""

    def open_on_the_wire(url: str, **changes: Any) -> BillClient:
        client = build(None, api_url=url, **changes)
        client.sessions.entry.save(replace(SESSION, made_at=clock(), answered_at=clock()))
        return client

    return open_on_the_wire


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedBill]]:
    servers: list[ScriptedBill] = []

    def start(*replies: Reply, **how: Any) -> ScriptedBill:
        servers.append(ScriptedBill(*replies, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def open_tasks(build: Callable[..., BillClient], emulator_url: str) -> Callable[[Resource], ResourceTasks]:
    control = Control(emulator_url)
    control.post("reset")
    # Some fields require an MFA-trusted session.
    control.post("settings", mfa_bypass=[world.DEV_KEY])
    return lambda resource: ResourceTasks(resource, build, emulator_url)
