# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine without some libraries, and without a DNS. Python imports this file at its start if PYTHONPATH names this folder.

MISSING_LIBRARIES names the libraries. Names that end in ``.invalid`` are unknown, without a question to the real DNS.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

# Python raises ImportError for a module that is None here.
_missing: dict[str, Any] = dict.fromkeys(os.environ.get("MISSING_LIBRARIES", "").split())
sys.modules.update(_missing)
_look_up = socket.getaddrinfo


def _getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
    if str(host).endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _look_up(host, *arguments, **keywords)


vars(socket).update(getaddrinfo=_getaddrinfo)
