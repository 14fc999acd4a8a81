# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived keys that the workers of one run of Ansible share in memory.

Private to bill.connect. The derivation of a key is expensive on purpose, and Ansible forks a worker for each task of each host. So the
first worker derives the key, and the others find it. The memory belongs to the main process and its forks. It is never written to a file,
also not to a core dump, and ends with the run. It contains no password, and nobody can find a key in it without the whole credential.
"""

from __future__ import annotations

import hashlib
import mmap
from contextlib import suppress

# The sizes in bytes. A place holds the name, the key and a checksum.
_NAME, _KEY, _CHECKSUM = 32, 48, 16
_PLACE = _NAME + _KEY + _CHECKSUM
_PLACES = mmap.PAGESIZE // _PLACE


class DerivedKeys:
    """Keys of 48 bytes by their names, which are hashes of 32 bytes. A new key can replace another one."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        # Without shared memory, each process derives its keys.
        with suppress(OSError, ValueError):
            self._memory = mmap.mmap(-1, mmap.PAGESIZE)
            # Only Linux has this.
            with suppress(OSError, AttributeError):
                self._memory.madvise(mmap.MADV_DONTDUMP)

    def get(self, name: bytes) -> bytes | None:
        if self._memory is None:
            return None
        start = _start(name)
        place = self._memory[start : start + _PLACE]
        key = place[_NAME : _NAME + _KEY]
        # Another process may be writing the place now. Then the checksum is wrong.
        return key if place == name + key + _checksum(name, key) else None

    def put(self, name: bytes, key: bytes) -> bytes:
        """Keep a key for the other processes, and return it."""
        if self._memory is not None:
            start = _start(name)
            self._memory[start : start + _PLACE] = name + key + _checksum(name, key)
        return key


def _start(name: bytes) -> int:
    return int.from_bytes(name[:4], "big") % _PLACES * _PLACE


def _checksum(name: bytes, key: bytes) -> bytes:
    return hashlib.sha256(name + key).digest()[:_CHECKSUM]
