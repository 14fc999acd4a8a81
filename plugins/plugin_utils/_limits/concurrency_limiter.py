# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never more than three requests in flight, from whatever task, fork or run.

Private to bill.connect. Documented by BILL ("API rate limits"): three for a developer key and organization; a fourth is
refused (BDC_1322).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from .._core.clock import Clock
from .._core.errors import LimiterTimeoutError, LockTimeoutError, StoreError
from .._store.base import Store
from .._store.cipher import Cipher, EntryIdentity

SLOTS = 3


class ConcurrencyLimiter:
    """The three slots of one developer key and organization.

    A slot is a lock of the store, which is free again when its holder dies, however it dies. All tasks on the same store share the slots.
    ``identity`` names the slots. A request waits up to ``timeout`` seconds for one.
    """

    def __init__(self, identity: EntryIdentity, store: Store, timeout: float, clock: Clock) -> None:
        self._identity = identity
        self._store = store
        self._timeout = timeout
        self._clock = clock

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the slots; LimiterTimeoutError if none is free in time."""
        with ExitStack() as held:
            # The lock of the session has warned of an unusable store. Without any store, nobody is counted.
            with suppress(StoreError):
                self._wait(held)
            yield

    def _wait(self, held: ExitStack) -> None:
        end = self._clock.monotonic() + self._timeout
        # Encrypted like a session's, so that file names tell nothing.
        address = Cipher(self._identity, self._store.key()).address
        while True:
            for number in range(SLOTS):
                with suppress(LockTimeoutError):
                    held.enter_context(self._store.lock(f"{address}-{number}", 0))
                    return
            if self._clock.monotonic() >= end:
                raise LimiterTimeoutError(
                    f"{SLOTS} requests with this developer key and organization were in flight for {self._timeout:g} seconds, "
                    "and BILL takes no more at a time. Perhaps BILL is slow. Let fewer tasks call it at the same time, or allow "
                    "more time (option timeout).",
                    concerns=("timeout",),
                )
            self._clock.sleep(0.02)
