# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never more than three requests in flight, from whatever task, fork or run.

Private to bill.connect. Documented by BILL ("API rate limits"): three for a developer key and organization; a fourth is
refused (BDC_1322).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from .._core.errors import LimiterTimeoutError, LockTimeoutError, StoreError
from .._store.factory import Store

SLOTS = 3


class ConcurrencyLimiter:
    """The three slots of one developer key and organization.

    A slot is a lock of the store, which is free again when its holder dies, however it dies. Whoever uses the same store
    shares the slots. ``stores`` are tried in their order; ``address`` gives the name of the slots in one of them, and is asked only
    when a request is made; ``seconds`` is how long to wait for a slot.
    """

    def __init__(
        self,
        address: Callable[[Store], str],
        stores: Sequence[Store],
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address
        self._stores = stores
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots; NoSlot if none gets free in time."""
        with ExitStack() as held:
            for store in self._stores:
                # A store that cannot be used has been told of by the lock of the sign-in; without any, nobody is counted.
                with suppress(StoreError):
                    self._wait(store, held)
                    break
            yield

    def _wait(self, store: Store, held: ExitStack) -> None:
        end = self._clock() + self._seconds
        address = self._address(store)
        while True:
            for number in range(SLOTS):
                with suppress(LockTimeoutError):
                    held.enter_context(store.lock(f"{address}-{number}", 0))
                    return
            if self._clock() >= end:
                raise LimiterTimeoutError(
                    f"{SLOTS} requests with this developer key and organization were in flight for {self._seconds:g} seconds, "
                    "and BILL takes no more at a time. Perhaps BILL is slow. Let fewer tasks call it at the same time, or allow "
                    "more time (option timeout).",
                    concerns=("timeout",),
                )
            self._sleep(0.02)
