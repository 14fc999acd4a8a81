# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the store that contains sessions between tasks and runs.

Private to bill.connect.
"""

from __future__ import annotations

import os

from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.errors import LockTimeoutError, StoreError
from .._core.late_import import LateImport
from .._core.store_url import is_store_url
from .base import Store, Warn
from .fallback import FallbackStore
from .file import FileStore
from .memory import MemoryStore

__all__ = ["Store", "can_store", "open_run_store", "open_shared", "open_store"]

# Most runs have no store in Redis.
_REDIS = LateImport(f"{__name__.rpartition('.')[0]}.redis_factory")
if is_store_url(os.environ.get("BILL_SESSION_STORE", "")):
    # Ansible imports this module in its main process. So not even the first workers import the other one.
    _REDIS.module()

# The entry of a trial, and the seconds to wait for its lock.
_TRIAL, _TRIAL_SECONDS = "trial", 10.0


def open_store(
    session_store: str, *, default: str, run_directory: str, warn: Warn, clock: Clock = SYSTEM_CLOCK
) -> Store:
    """The store that the option ``session_store`` selects.

    - ``session_store`` is a directory, the URL of a Redis, or ``none``.
    - ``default`` is the default directory of bill.connect.
    - ``run_directory`` is a directory that exists until this run of Ansible ends.
    - ``clock`` is compared with the clock of a Redis.

    Raises OptionError for a URL that cannot be used, and BillError if the library redis is missing.
    """
    if session_store == "none":
        return MemoryStore()
    if is_store_url(session_store):
        store: Store = _REDIS.module().open_redis(session_store, run_directory=run_directory, warn=warn, clock=clock)
        return store
    local = FileStore(run_directory, is_default=True, warn=warn)
    primary = FileStore(session_store, is_default=session_store == default, warn=warn)
    return FallbackStore(primary, local, warn)


def open_run_store(directory: str, *, warn: Warn) -> Store:
    """A store in a directory that exists until this run of Ansible ends."""
    return FileStore(directory, is_default=True, warn=warn)


def can_store(directory: str) -> bool:
    """Whether a store can be in this directory. The first call tries every step of a task, and later calls read what it left."""
    store = FileStore(directory, is_default=True, warn=lambda _text: None)
    try:
        if store.get(_TRIAL) is not None:
            return True
        store.secret()
        with store.lock(_TRIAL, _TRIAL_SECONDS):
            store.put(_TRIAL, _TRIAL.encode())
        return store.get(_TRIAL) is not None
    except LockTimeoutError:
        # Another task is trying the directory.
        return True
    except StoreError:
        return False


def open_shared(store: Store, *, run_directory: str, warn: Warn) -> Store:
    """A store that processes share: the given store if possible, otherwise a store for the forks of this run."""
    return store if store.is_shared else FileStore(run_directory, is_default=True, warn=warn)
