# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An adapter for requests whose connections can be aborted while another thread waits for them.

Private to bill.connect. The library requests cannot abort an exchange, and its timeout starts again with every packet.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from .._core.run import Run
from .socks_connection import connect_through_socks

try:
    import requests
    from requests.adapters import HTTPAdapter
except Exception:
    # exchange.py reports the missing library before it uses this class.
    if not TYPE_CHECKING:
        HTTPAdapter = object


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

    ``http`` is the session of requests that uses this adapter. It is None before the first exchange. Nothing is sent after ``run`` is over.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.http: requests.Session | None = None
        self._aborted = False
        self._connected = False
        self._is_past_proxy = False
        self._sockets: list[socket.socket] = []
        super().__init__()

    @property
    def connected(self) -> bool:
        """Whether there has been a connection to the host. Nothing is sent before that. After ``abort``, the value False is final."""
        return self._connected

    @property
    def is_past_proxy(self) -> bool:
        """Whether the last connection has reached the host through the proxy. False if there is no proxy."""
        return self._is_past_proxy

    def abort(self) -> None:
        """Abort the exchange in flight, and prevent new connections."""
        self._aborted = True
        for each in self._sockets:
            with suppress(OSError):
                # The shutdown of the TLS socket would change its state while the other thread uses it. So use the method of socket.socket.
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords)
        self._extend(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **keywords)
        self._extend(manager)
        return manager

    def _extend(self, manager: Any) -> None:
        """Extend the pool classes that a manager uses. A manager for SOCKS proxies has pool classes of its own."""
        manager.pool_classes_by_scheme = {
            scheme: pool if issubclass(pool, _Abortable) else self._extended(pool)
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }

    def _extended(self, pool: Any) -> Any:
        """A pool class whose connections add their sockets to this adapter as soon as they are connected."""
        adapter = self

        class Connection(pool.ConnectionCls):
            response_class = _FinalResponse
            _copy: socket.socket | None = None

            def _new_conn(self) -> Any:
                adapter._is_past_proxy = False
                # The wait for a slot may have outlasted the run. A SOCKS proxy gets its password while it connects.
                adapter._run.end_if_over()
                if hasattr(self, "_socks_options"):
                    # This is the connection to the host. The handshake with the proxy can be aborted, too.
                    opened = connect_through_socks(self, self._watch)
                    adapter._is_past_proxy = True
                else:
                    # This is the connection to the host, or to its proxy.
                    opened = super()._new_conn()
                    self._watch(opened)
                return opened

            def _watch(self, opened: socket.socket) -> None:
                adapter._remove(self._copy)
                # A TLS socket takes the connection over from this socket. A copy can abort the connection during the handshake too.
                self._copy = adapter._add(socket.socket(fileno=os.dup(opened.fileno())))
                if adapter._aborted:
                    opened.close()
                    raise ConnectionAbortedError

            def _tunnel(self) -> None:
                super()._tunnel()
                adapter._is_past_proxy = True

            def connect(self) -> None:
                try:
                    super().connect()
                finally:
                    adapter._remove(self._copy)
                    self._copy = None
                adapter._add(self.sock)
                # This comes before the check, so that no request can be sent after an abort that found no connection.
                adapter._connected = True
                if adapter._aborted:
                    # The abort came while this connection was made. Nothing may be sent any more.
                    self.close()
                    raise ConnectionAbortedError
                # The connection may have taken long.
                adapter._run.end_if_over()

            def send(self, data: Any) -> None:
                # http.client sends each part of a request with this method, also over a connection that was kept open.
                adapter._run.end_if_over()
                super().send(data)

        return type(pool.__name__, (pool, _Abortable), {"ConnectionCls": Connection})

    def _add(self, opened: Any) -> socket.socket:
        # TLS inside the TLS of a proxy is not a socket, but an object of urllib3 around one.
        while not isinstance(opened, socket.socket):
            opened = opened.socket
        self._sockets.append(opened)
        if self._aborted:
            self.abort()
        return opened

    def _remove(self, copy: socket.socket | None) -> None:
        if copy:
            self._sockets.remove(copy)
            copy.close()


class _Abortable:
    """The mark of an extended pool class."""
