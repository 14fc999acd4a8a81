# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends connections that last too long. Private to bill.connect.

aiohttp has no limit for the time until a request is complete. Without a limit, strangers could hold all connections. The receiver answers one
request on a connection, so no connection needs more than a few seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

_SECONDS_BETWEEN = 1.0
# BILL needs one or a few.
_MOST_CONNECTIONS = 256


class Connections:
    """Knows how old each connection of a server is."""

    def __init__(self, most_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_seconds = most_seconds
        self._clock = clock
        # A dict has the order of its entries, so the oldest connections come first.
        self._since: dict[web.RequestHandler, float] = {}

    async def watch(self, server: web.Server) -> None:
        """End the old connections of a server every second, for ever."""
        while True:
            self._end_old(server.connections)
            await asyncio.sleep(_SECONDS_BETWEEN)

    def _end_old(self, connections: list[web.RequestHandler]) -> None:
        now = self._clock()
        self._since = {each: self._since.get(each, now) for each in connections}
        too_many = len(connections) - _MOST_CONNECTIONS
        for number, (connection, since) in enumerate(self._since.items()):
            is_old = number < too_many or now - since > self._most_seconds
            if is_old and connection.transport is not None:
                connection.transport.abort()
