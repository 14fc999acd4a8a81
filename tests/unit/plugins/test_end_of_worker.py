# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker of Ansible that asks a person ends together with Ansible's main process."""

from __future__ import annotations

import multiprocessing
import os
import select
import time

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import terminal

FORK = multiprocessing.get_context("fork")


def _worker(first_process_ends_before: bool) -> None:
    first_process = multiprocessing.parent_process()
    assert first_process
    # os.getppid() is no reference, because the first process may already have ended.
    while first_process_ends_before and os.getppid() == first_process.pid:
        time.sleep(0.01)
    terminal.end_with_ansible()
    time.sleep(60)


def _first_process(ends_before: bool) -> None:
    FORK.Process(target=_worker, args=(ends_before,)).start()
    if not ends_before:
        time.sleep(0.5)
    # A hangup also ends the process without a wait for the worker.
    os._exit(0)


@pytest.mark.promise(15)
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("before", [False, True])
def test_worker_that_asks_a_person_ends_when_ansible_ends(before: bool) -> None:
    end, worker = os.pipe()
    first = FORK.Process(target=_first_process, args=(before,))
    first.start()
    os.close(worker)
    first.join()
    # The worker holds the other end of the pipe while it lives.
    gone = select.select([end], [], [], 10)[0]
    os.close(end)
    assert gone
