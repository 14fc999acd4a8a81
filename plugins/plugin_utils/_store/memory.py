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

from .base import KEY_BYTES

# The lookups of one task share a process. Therefore a loop of lookups logs in only once.
_KEPT: dict[str, bytes] = {}
_KEY = os.urandom(KEY_BYTES)
# One lock for all entries. It is reentrant, because one thread may hold the locks of several entries.
_LOCK = threading.RLock()


class MemoryStore:
    shared = False

    def existing_key(self) -> bytes | None:
        return _KEY

    def key(self) -> bytes:
        return _KEY

    def read(self, address: str) -> bytes | None:
        return _KEPT.get(address)

    def write(self, address: str, sealed: bytes, *, seconds: float | None = None) -> None:
        _KEPT[address] = sealed

    def erase(self, address: str) -> None:
        _KEPT.pop(address, None)

    @contextmanager
    def lock(self, address: str, seconds: float) -> Iterator[None]:
        with _LOCK:
            yield
