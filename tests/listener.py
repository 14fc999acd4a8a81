# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections to a server of a test."""

from __future__ import annotations

import socket
from collections.abc import Iterator


def connections(listener: socket.socket) -> Iterator[socket.socket]:
    """Each connection to the listener, until the listener is closed."""
    while True:
        try:
            peer, _address = listener.accept()
        except OSError:
            return
        yield peer
