# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file lock that the kernel frees when the process of its holder ends, even after a crash.

Private to bill.connect. The lock file has mode 0600, so that only its owner can open and lock it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.errors import LockTimeoutError
from .._core.run import current_run

_POLL_SECONDS = 0.02


@contextmanager
def lock_file(
    path: str,
    seconds: float,
    *,
    stays_with: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[None]:
    """Create a file and hold its lock. Afterwards the file is removed, unless the file ``stays_with`` exists.

    Raises LockTimeoutError if other tasks hold the lock for more than ``seconds``. Raises OSError if the file cannot be locked.
    """
    end = clock.monotonic() + seconds
    file = open_locked(path, end, clock)
    # If the previous holder has removed the file, the lock of that file does not exclude other tasks.
    while not is_at(path, file):
        os.close(file)
        file = open_locked(path, end, clock)
    try:
        yield
    finally:
        # This must be the last step, because another task can take the lock as soon as the file is removed.
        if stays_with is None or not os.path.lexists(stays_with):
            with suppress(OSError):
                os.unlink(path)
        os.close(file)


def open_locked(path: str, end: float, clock: Clock) -> int:
    """The descriptor of a locked file, open for reading and writing.

    ``end`` is a monotonic time of ``clock``. Raises LockTimeoutError if the lock is not free before ``end``. Raises OSError if the file cannot be
    opened or locked.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    try:
        while not _is_locked(file):
            if clock.monotonic() >= end:
                raise LockTimeoutError("Other tasks hold the lock.")
            clock.sleep(_POLL_SECONDS)
        # The wait may have outlasted the run. Then nothing may be written under the lock.
        current_run().end_if_over()
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


def is_at(path: str, file: int) -> bool:
    """Whether the file at the path is still the open file."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file))
    except OSError:
        return False
