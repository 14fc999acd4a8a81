# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits the requests in flight to three, across all tasks, forks and runs that share a store.

Private to bill.connect. Documented by BILL ("API rate limits"): a developer key and organization may have three requests in flight. BILL
rejects a fourth one (BDC_1322).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from .._core.clock import Clock
from .._core.errors import LimiterTimeoutError, LockTimeoutError, StoreError
from .._store.base import Store
from .._store.cipher import Cipher, EntryIdentity

SLOTS = 3
# Seconds between two looks at the slots. The wait grows, because a hundred tasks can wait for a slot, and each look takes three locks. One
# of so many still looks soon after a slot becomes free.
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.2


class ConcurrencyLimiter:
    """The three slots of one developer key and organization.

    A slot is a lock in the store. The kernel frees the lock when the process of its holder ends. All tasks with the same store share the
    slots. ``identity`` identifies the slots. A request waits up to ``timeout`` seconds for a slot.
    """

    def __init__(self, identity: EntryIdentity, store: Store, timeout: float, clock: Clock) -> None:
        self._identity = identity
        self._store = store
        self._timeout = timeout
        self._clock = clock

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots. Raises LimiterTimeoutError if no slot is free in time."""
        with ExitStack() as held:
            # The lock of the session already warns about an unusable store. Without a store there is no limit.
            with suppress(StoreError):
                self._wait(held)
            yield

    def _wait(self, held: ExitStack) -> None:
        end, wait = self._clock.monotonic() + self._timeout, _FIRST_WAIT
        # The name of the lock is derived in the same way as the name of a session, so that file names reveal nothing.
        key = Cipher(self._identity, self._store.secret()).key
        while True:
            for number in range(SLOTS):
                with suppress(LockTimeoutError):
                    held.enter_context(self._store.lock(f"{key}-{number}", 0))
                    return
            left = end - self._clock.monotonic()
            if left <= 0:
                raise LimiterTimeoutError(
                    f"{SLOTS} requests with this developer key and organization were in flight for {self._timeout:g} seconds, "
                    "and BILL allows no more at the same time. Perhaps BILL is slow. Run fewer tasks that call BILL at the same time, or "
                    "allow more time (option timeout).",
                    options=("timeout",),
                )
            self._clock.sleep(min(wait * (0.5 + 0.5 * self._clock.jitter()), left))
            wait = min(1.5 * wait, _LONGEST_WAIT)
