# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An adapter for requests whose connections can be aborted while another thread waits for them.

Private to bill.connect. The library requests cannot abort an exchange, and its timeout starts again with every packet.
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
except Exception:
    # exchange.py reports the missing library before it uses this class.
    if not TYPE_CHECKING:
        HTTPAdapter = HTTPConnectionPool = HTTPSConnectionPool = object


class _FinalResponse(HTTPResponse):
    """The final response of a server, after all interim responses (1xx), such as 103 Early Hints.

    Python skips only status 100 and treats any other interim response as final. Then a login would count as rejected, and a payment as
    uncertain.
    """

    def begin(self) -> None:
        super().begin()
        # Status 101 is not interim: it changes the protocol of the connection.
        while 101 < self.status < 200:
            # Python reads the next response only if the headers are None.
            vars(self).update(headers=None, msg=None)
            super().begin()


class AbortableAdapter(HTTPAdapter):
    """The adapter of one exchange, or of several exchanges one after the other.

    ``http`` is the session of requests that uses this adapter. It is None before the first exchange.
    """

    def __init__(self) -> None:
        self.http: requests.Session | None = None
        self._aborted = False
        self._sockets: list[socket.socket] = []
        super().__init__()

    @property
    def connected(self) -> bool:
        """Whether there has been a connection. Nothing is sent before that. After ``abort``, the value False is final."""
        return bool(self._sockets)

    def abort(self) -> None:
        """Abort the exchange in flight, and prevent new connections."""
        self._aborted = True
        for each in self._sockets:
            with suppress(OSError):
                # The shutdown of the TLS socket would change its state while the other thread uses it. So use the method of socket.socket.
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
        """A pool class whose connections add their sockets to this adapter as soon as they are connected."""
        adapter = self

        class Connection(pool.ConnectionCls):
            response_class = _FinalResponse

            def connect(self) -> None:
                super().connect()
                adapter._sockets.append(self.sock)
                if adapter._aborted:
                    # The abort came while this connection was made. Nothing may be sent any more.
                    self.close()
                    raise ConnectionAbortedError

        return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
