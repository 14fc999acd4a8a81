# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renews a lock in Redis while its holder lives.

Private to bill.connect. Redis does not notice the end of a process. So a lock ends when its lease ends, and its holder renews the lease.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

# Seconds after which a lock is free if its holder has died or was stopped.
LEASE_SECONDS = 10.0
# Renewals in that time. So some of them may fail.
_RENEWALS = 4


class RenewedLock:
    """A context that renews a lock of the library redis, which is already held. Raises RuntimeError if there can be no more threads.

    ``lease`` is the time in seconds after which the lock is free if it is not renewed.

    If Redis has lost the lock (it was flushed, or a failover lost the last writes), the holder takes it again as soon as no other task has it.
    """

    def __init__(self, lock: Any, redis: Any, lease: float) -> None:
        self._lock = lock
        self._redis = redis
        self._lease = lease
        self._done = threading.Event()
        self._thread = threading.Thread(name="bill.connect lock", target=self._renew, daemon=True)
        self._thread.start()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        # A renewal under way would take the lock again after its release.
        self._thread.join()

    def _renew(self) -> None:
        while not self._done.wait(self._lease / _RENEWALS):
            # If Redis is away, it may be there again at the next renewal.
            with suppress(self._redis.RedisError, OSError, ValueError):
                try:
                    self._lock.extend(self._lease, replace_ttl=True)
                except self._redis.exceptions.LockError:
                    self._lock.acquire(blocking=False)
