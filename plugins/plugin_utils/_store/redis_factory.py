# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens a store in Redis.

Private to bill.connect. factory.py imports this module only if session_store is a URL.
"""

from __future__ import annotations

from .._core.clock import Clock
from .._core.store_url import StoreUrl
from .base import Warn
from .file import FileStore
from .redis import RedisStore
from .remote import RemoteStore


def open_redis(session_store: str, *, run_directory: str, warn: Warn, clock: Clock) -> RemoteStore:
    """The store that a URL names. Raises OptionError if the URL cannot be used, and BillError if the library redis is missing."""
    url = StoreUrl.of(session_store)
    # A run can use several stores. Only one of them may fail, and each has its own secret.
    copy = FileStore(f"{run_directory}-{url.digest}", is_default=True, warn=warn)
    return RemoteStore(RedisStore(url, clock=clock), copy, warn, clock)
