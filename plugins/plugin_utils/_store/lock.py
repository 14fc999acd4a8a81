# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock that the kernel frees when its holder dies, however it dies.

Private to bill.connect. The lock is a file of mode 0600, which only its owner can open, and so only its owner can lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .._core.errors import LockTimeoutError

_EVERY = 0.02


@contextmanager
def lock_file(
    path: str,
    seconds: float,
    *,
    stays: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock of a file, which is made for it. It is removed afterwards, unless it ``stays``.

    Raises LockTimeoutError if others hold it for more than ``seconds``, and OSError if it cannot be had at all.
    """
    end = clock() + seconds
    file = open_locked(path, end, clock, sleep)
    # Who held the lock before has removed its file, so the lock of that file excludes nobody any more.
    while not _is_at(path, file):
        os.close(file)
        file = open_locked(path, end, clock, sleep)
    try:
        yield
    finally:
        # Last of all, since from here on another task can hold the lock.
        if not stays():
            with suppress(OSError):
                os.unlink(path)
        os.close(file)


def open_locked(path: str, end: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> int:
    """A file that is open for reading and writing, and locked; LockTimeoutError if that cannot be before ``end``, OSError if not at all."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        while not _is_locked(file):
            if clock() >= end:
                raise LockTimeoutError("Others hold the lock.")
            sleep(_EVERY)
    except BaseException:
        os.close(file)
        raise
    return file


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: str, file: int) -> bool:
    """Whether an open file is still the one at its path."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file))
    except OSError:
        return False
