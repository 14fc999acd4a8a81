# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends requests for BILL's sandbox to the emulator. Python imports this file at its start if PYTHONPATH names this folder.

Requests, responses and output are then the same as with BILL, even its address.
"""

from __future__ import annotations

import os
import socket
from typing import Any

_usual = socket.getaddrinfo


def _getaddrinfo(host: Any, port: Any, *arguments: Any, **keywords: Any) -> Any:
    if host == os.environ["PICTURES_SANDBOX"]:
        return _usual("127.0.0.1", os.environ["PICTURES_SANDBOX_PORT"], *arguments, **keywords)
    return _usual(host, port, *arguments, **keywords)


vars(socket).update(getaddrinfo=_getaddrinfo)
