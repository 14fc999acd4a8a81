# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of Ansible that an operation belongs to. A run that is over sends nothing.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Run(Protocol):
    """A run of Ansible. It is over when the main process of Ansible has ended, in whichever way."""

    def end_if_over(self) -> None:
        """Return only if the run is not over. Otherwise this process ends here, so that nothing can catch it and continue."""


class UnwatchedRun:
    """A run that is never over, for code outside a worker of Ansible."""

    def end_if_over(self) -> None:
        pass


_CURRENT: ContextVar[Run] = ContextVar("bill_connect_run")


def current_run() -> Run:
    """The run of the operation that this thread carries out."""
    return _CURRENT.get(UnwatchedRun())


@contextmanager
def operation_of(run: Run) -> Iterator[None]:
    """Inside the context, ``current_run`` is this run. Locks use it, because all files of all stores are written under a lock."""
    before = _CURRENT.set(run)
    try:
        yield
    finally:
        _CURRENT.reset(before)
