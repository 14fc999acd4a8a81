# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._client import factory
from ansible_collections.bill.connect.plugins.plugin_utils._http.retry_policy import RetryPolicy
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from tests.unit.plugins.plugin_utils.conversation import OPTIONS, SESSION, Clock, Reply, ScriptedBill
from tests.unit.plugins.plugin_utils.signing_in import API_URL, Bill, Open


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    """The warnings that a test has heard."""
    return []


def _exchange(gateway: HttpTransport, bill: Bill, _line: object, request: Any) -> tuple[int, bytes]:
    return bill.exchange(gateway.address.url, request)


@pytest.fixture
def bill(monkeypatch: pytest.MonkeyPatch) -> Bill:
    """The BILL that every gateway of this test talks to."""
    bill = Bill()
    # Without the thread of an exchange, and without its slot: those have tests of their own.
    monkeypatch.setattr(HttpTransport, "_within_timeout", lambda _gateway, work, _path: work(None))
    monkeypatch.setattr(HttpTransport, "_exchange", partialmethod(_exchange, bill))
    return bill


@pytest.fixture
def opens(clock: Clock, tmp_path: Path, said: list[str]) -> Open:
    """A new task each time: nothing is shared with the one before but the store and BILL."""

    def opens(**changes: Any) -> SessionManager:
        sign_in = factory.build_session_manager(
            {**{option.name: option.default for option in TABLE}, "api_url": API_URL, **OPTIONS, **changes},
            default_store=str(tmp_path / "bill"),
            store_for_the_run=str(tmp_path / "run"),
            warn=said.append,
            tell=lambda _text: None,
            tell_of_waits=lambda _text: None,
        )
        for each in (sign_in, sign_in.through):
            if each:
                each.clock = clock
                each.retry = RetryPolicy(each.retry.retries, sleep=clock.advance, chance=lambda: 1.0)
        return sign_in

    return opens


@pytest.fixture
def open_sign_in(bill: Bill, opens: Open) -> Open:
    """The same at the BILL of this test."""
    return opens


@pytest.fixture
def open_on_the_wire(opens: Open, clock: Clock) -> Callable[..., SessionManager]:
    """The same at whoever listens at an address, with a session that is kept already."""

    def open_on_the_wire(url: str, **changes: Any) -> SessionManager:
        sign_in = opens(api_url=url, **changes)
        sign_in.kept.save(replace(SESSION, made_at=clock(), answered_at=clock()))
        return sign_in

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
