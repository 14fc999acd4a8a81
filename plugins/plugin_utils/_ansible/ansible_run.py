# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a worker of Ansible whose run is over.

Private to bill.connect. Ansible does not end its workers in every case. From ansible-core 2.19 on, a worker has its own POSIX session. So
neither the hangup of a closed terminal nor a signal to the process group of Ansible reaches it. Older workers outlive a main process that
is killed alone. Without this module such a worker would still wait for its slot, and then send a payment. Nobody would see its result.
"""

from __future__ import annotations

import _thread
import atexit
import multiprocessing
import multiprocessing.util
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible.executor.process import worker

# Seconds between two checks. A check takes about a microsecond.
_INTERVAL = 0.05


class AnsibleRun:
    """The run of Ansible that this process belongs to. In the main process of Ansible it is never over."""

    def end_if_over(self) -> None:
        main = getattr(worker.current_worker, "_parent_pid", None)
        # The kernel gives an orphan a new parent. So unlike a process id on its own, the chain of parents is always up to date. A worker is
        # a child of the main process; only a process that a plugin has forked in a worker is not.
        if main is None or os.getppid() == main or main in _ancestors():
            return
        loader: Any = getattr(multiprocessing.current_process(), "_loader", None)
        with suppress(Exception):
            # The worker may have decrypted files of the user for a while, for example for a template that calls a lookup.
            loader.cleanup_all_tmp_files()
        # An exception would be caught by rescue, ignore_errors or until. The kernel releases the locks of this process.
        os._exit(1)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """End this process within a moment if the run is over before the context ends, also during any wait inside it."""
        self.end_if_over()
        if worker.current_worker is None:
            yield
            return
        is_done = False

        def watch() -> None:
            time.sleep(_INTERVAL)
            while not is_done:
                self.end_if_over()
                time.sleep(_INTERVAL)

        try:
            # Without the thread, the checks before each request still prevent that anything is sent. Most tasks end at once. So they wait
            # neither for the start of the thread nor for its end, as they would with threading.Thread and threading.Event.
            with suppress(RuntimeError):
                _thread.start_new_thread(watch, ())
            yield
        finally:
            is_done = True


def _end_workers() -> None:
    """End the workers that are left when the main process of Ansible ends."""
    for each in multiprocessing.active_children():
        each.terminate()


# After Ctrl-C, ansible-core can miss a worker when it ends its workers (seen on a busy machine). Then its main process waits at its end until
# this worker has finished its task, and the worker would still send its request. multiprocessing has registered that wait before, so this
# function runs before it. It does not run in the workers.
atexit.register(_end_workers)


def _ancestors() -> Iterator[int]:
    """The process ids of the parent, of its parent, and so on, as far as the system shows them."""
    pid = os.getppid()
    while pid:
        yield pid
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The second field is the name of the program, which may contain blanks and parentheses.
                pid = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return
