# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of an exchange, which can be cut while another thread waits for them.

Private to bill.connect. The library requests has no way to give up an exchange: its timeout begins anew with every packet.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    # Said in words by the gateway, without which nothing comes here.
    if not TYPE_CHECKING:
        HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = object


class _FinalResponse(HTTPResponse):
    """The answer of a server, after any interim ones (1xx), such as 103 Early Hints.

    Python skips 100 only, and would take another one for the answer itself: a login would count as refused, a payment as uncertain.
    """

    def begin(self) -> None:
        super().begin()
        # 101 is none: it changes what the connection speaks.
        while 101 < self.status < 200:
            # Without headers Python reads the next one.
            vars(self).update(headers=None, msg=None)
            super().begin()


class AbortableAdapter(HTTPAdapter):
    """The way that requests takes for one exchange, or several one after the other; mounted in ``http``, a session of its own."""

    def __init__(self) -> None:
        self.http: requests.Session | None = None
        self._aborted = False
        self._sockets: list[socket.socket] = []
        super().__init__()

    @property
    def connected(self) -> bool:
        """Whether a connection ever stood; nothing is sent before. After ``abort`` a no is final."""
        return bool(self._sockets)

    def abort(self) -> None:
        """End whatever is in flight, and let nothing begin any more."""
        self._aborted = True
        for each in self._sockets:
            with suppress(OSError):
                # Of the plain socket, since the one of TLS would pull its state from under the other thread.
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def proxy_manager_for(self, *arguments: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **keywords)
        manager.pool_classes_by_scheme = self._pools()
        return manager

    def _pools(self) -> dict[str, Any]:
        return {"http": self._noting(HTTPConnectionPool), "https": self._noting(HTTPSConnectionPool)}

    def _noting(self, pool: Any) -> Any:
        """A kind of pool whose connections are noted here as soon as they stand."""
        adapter = self

        class Connection(pool.ConnectionCls):
            response_class = _FinalResponse

            def connect(self) -> None:
                super().connect()
                adapter._sockets.append(self.sock)
                if adapter._aborted:
                    # Too late: nothing may be sent any more.
                    self.close()
                    raise ConnectionAbortedError

        return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
