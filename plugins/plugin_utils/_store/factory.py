# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where sessions stay between tasks and runs: files, or nothing.

Private to bill.connect.
"""

from __future__ import annotations

from .._core.errors import OptionError
from .base import Store, Warn
from .fallback import FallbackStore
from .file import FileStore
from .memory import MemoryStore

__all__ = ["Store", "open_run_store", "open_shared", "open_store"]


def open_store(session_store: str, *, default: str, for_the_run: str, warn: Warn) -> Store:
    """The store that ``session_store`` asks for.

    ``session_store`` is a directory or ``none``; ``default`` is the directory that bill.connect itself would choose,
    ``for_the_run`` one that lives as long as this run of Ansible. Raises OptionError for an unknown kind of store.
    """
    if session_store == "none":
        return MemoryStore()
    if "://" in session_store:
        raise OptionError(
            "session_store takes a directory or none; this version of bill.connect has no store behind a URL.",
            concerns=("session_store",),
        )
    primary = FileStore(session_store, ours=session_store == default, warn=warn)
    return FallbackStore(primary, FileStore(for_the_run, ours=True, warn=warn), warn)


def open_run_store(directory: str, *, warn: Warn) -> Store:
    """The store that lives as long as this run of Ansible, in a directory of its own."""
    return FileStore(directory, ours=True, warn=warn)


def open_shared(store: Store, *, for_the_run: str, warn: Warn) -> Store:
    """The store itself if processes share it, or else one that the forks of this run share."""
    return store if store.shared else FileStore(for_the_run, ours=True, warn=warn)
