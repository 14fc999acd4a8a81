# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the core share."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest

from tests.unit.plugins.plugin_utils.conversation import Clock, Reply, ScriptedBill


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    """The warnings that a test has heard."""
    return []


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedBill]]:
    servers: list[ScriptedBill] = []

    def start(*replies: Reply, tls: ssl.SSLContext | None = None) -> ScriptedBill:
        servers.append(ScriptedBill(*replies, tls=tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
