# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of stores that a simulation compares."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.redis_servers import KINDS as SERVERS
from tests.redis_servers import NO_REDIS_IS_INSTALLED, RedisServer

from .day import Plan, Stores, simulated
from .figures import Figures, figures
from .store import ControllerStores, JobStores, SharedStores

# Documented by BILL ("API rate limits"): for a developer key, in a clock hour.
LOGINS_AN_HOUR = 200
# The names in the picture and in the table.
KINDS = {
    "job": "an empty home for each job",
    "controller": "a directory on each controller",
    "redis": "one Redis for all",
}


def day(kind: str, plan: Plan, progress: Callable[[int], None] = lambda _jobs: None) -> Figures:
    """The figures of a day with a kind of store."""
    # A store in files writes every change. In memory that is fast.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder, _stores(kind) as stores:
        return figures(simulated(plan, stores, Path(folder), progress))


@contextmanager
def _stores(kind: str) -> Iterator[Stores]:
    if kind != "redis":
        yield JobStores() if kind == "job" else ControllerStores()
        return
    assert SERVERS, NO_REDIS_IS_INSTALLED
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(SERVERS[0], Path(folder))
        try:
            yield SharedStores(server.url)
        finally:
            server.close()
