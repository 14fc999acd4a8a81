# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which connections the receiver ends: old ones, and the oldest if there are too many."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.connections import (
    Connections,
)


class Connection:
    """A connection of aiohttp, and its transport."""

    def __init__(self) -> None:
        self.transport = self
        self.is_open = True

    def abort(self) -> None:
        self.is_open = False


class Server:
    def __init__(self) -> None:
        self.connections: list[Any] = []


def test_connections_that_are_old_or_too_many_end() -> None:
    now = 0.0
    connections, server = Connections(10, lambda: now), Server()

    async def look() -> None:
        watching = asyncio.ensure_future(connections.watch(cast(Any, server)))
        await asyncio.sleep(0)
        watching.cancel()
        server.connections = [each for each in server.connections if each.is_open]

    def opened(count: int) -> list[Connection]:
        new = [Connection() for _each in range(count)]
        server.connections += new
        return new

    first = opened(1)
    asyncio.run(look())
    now = 10.0
    second = opened(1)
    asyncio.run(look())
    assert [each.is_open for each in first + second] == [True, True]
    now = 10.1
    asyncio.run(look())
    assert [each.is_open for each in first + second] == [False, True]
    many = opened(300)
    asyncio.run(look())
    assert [each.is_open for each in second + many] == [False] * 45 + [True] * 256
