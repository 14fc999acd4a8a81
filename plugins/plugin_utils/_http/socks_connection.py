# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connects to a host through a SOCKS proxy, with a socket that the caller knows before the handshake.

Private to bill.connect. ``socks.create_connection``, which urllib3 uses, returns its socket only after the handshake. Until then nothing
could abort it, and a proxy that sends one byte from time to time would hold its request for ever: each byte starts the timeout again.
"""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable
from typing import Any


def connect_through_socks(connection: Any, watch: Callable[[socket.socket], None]) -> Any:
    """The socket of a new connection to the host of a SOCKS connection of urllib3.

    ``watch`` gets each socket before it connects. Raises the exceptions of urllib3, as its own method does.
    """
    socks = importlib.import_module("socks")
    exceptions = importlib.import_module("urllib3.exceptions")
    try:
        return _connected(socks, connection, watch)
    except OSError as error:
        # PySocks keeps the error of the socket here.
        cause = getattr(error, "socket_err", None) or error
        if isinstance(cause, TimeoutError):
            raise exceptions.ConnectTimeoutError(connection, f"Connection to {connection.host} timed out.") from error
        raise exceptions.NewConnectionError(connection, f"Failed to establish a new connection: {cause}") from error


def _connected(socks: Any, connection: Any, watch: Callable[[socket.socket], None]) -> Any:
    options = connection._socks_options
    host, port = options["proxy_host"].strip("[]"), options["proxy_port"]
    failure = OSError("The proxy has no address.")
    # A proxy may have several addresses.
    for family, kind, protocol, _name, _address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        opened = socks.socksocket(family, kind, protocol)
        try:
            for each in connection.socket_options or ():
                opened.setsockopt(*each)
            if isinstance(connection.timeout, (int, float)):
                opened.settimeout(connection.timeout)
            opened.set_proxy(
                options["socks_version"], host, port, options["rdns"], options["username"], options["password"]
            )
            watch(opened)
            opened.connect((connection.host.strip("[]"), connection.port))
        except OSError as error:
            opened.close()
            failure = error
        else:
            return opened
    raise failure
