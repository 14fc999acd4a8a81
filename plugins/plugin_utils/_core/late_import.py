# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports a module only when it is needed, and then not again in each process.

Private to bill.connect. Ansible forks a worker for each task of each host. If the main process has imported a module, the workers have it
at once. If a worker imports it, the next worker must import it again.
"""

from __future__ import annotations

import importlib
import mmap
import os
import sys
from contextlib import suppress
from typing import Any

# The import of one worker alone would only be repeated in the main process.
_ENOUGH_WORKERS = 2


class LateImport:
    """A module that most tasks do not need.

    After two workers have needed it, the main process imports it before it forks the next worker. So a play in which every host needs the
    module imports it a few times, and a play in which no task needs it never does.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._uses: mmap.mmap | None = None
        # Without the shared memory, each worker that needs the module imports it.
        with suppress(OSError, ValueError):
            # All forks of this process see the same bytes. Only a number is in them.
            self._uses = mmap.mmap(-1, mmap.PAGESIZE)
            os.register_at_fork(before=self._import_for_all)

    def module(self) -> Any:
        if self._uses and self._name not in sys.modules:
            # Two workers may count themselves at the same time, and one of them may be lost. Then one more worker imports the module.
            self._uses[0] = min(self._uses[0] + 1, _ENOUGH_WORKERS)
        return importlib.import_module(self._name)

    def _import_for_all(self) -> None:
        if self._uses and self._uses[0] >= _ENOUGH_WORKERS and self._name not in sys.modules:
            # An error here would be an error of Ansible. A task that needs the module reports it.
            with suppress(Exception):
                importlib.import_module(self._name)
