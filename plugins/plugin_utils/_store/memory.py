# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores entries only in the memory of this process, for ``session_store: none``.

Private to bill.connect.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from .base import SECRET_BYTES

# The lookups of one task share a process. Therefore a loop of lookups logs in only once.
_ENTRIES: dict[str, bytes] = {}
# One lock for all entries. It is reentrant, because one thread may hold the locks of several entries.
_LOCK = threading.RLock()


@cache
def _secret_of_process() -> bytes:
    return os.urandom(SECRET_BYTES)


class MemoryStore:
    is_shared = False

    def clock_offset(self) -> float:
        return 0.0

    def existing_secret(self) -> bytes | None:
        return self.secret()

    def secret(self, proposal: bytes | None = None) -> bytes:
        return _secret_of_process()

    def get(self, key: str) -> bytes | None:
        return _ENTRIES.get(key)

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        _ENTRIES[key] = encrypted

    def delete(self, key: str) -> None:
        _ENTRIES.pop(key, None)

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        with _LOCK:
            yield
