# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker of Ansible ends together with Ansible's main process."""

from __future__ import annotations

import _thread
import multiprocessing
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible.executor.process import worker
from ansible.parsing.dataloader import DataLoader

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.ansible_run import AnsibleRun
from tests.unit.plugins.plugin_utils.process_helpers import environment_of_a_new_interpreter

FORK = multiprocessing.get_context("fork")
# The tests fork processes, as Ansible does.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


# Tells the main process that the worker has come so far, or waits until the main process has ended.
Begin = Callable[[], None]


def _wait(begin: Begin) -> None:
    with AnsibleRun().watched():
        begin()
        time.sleep(60)


def _begin_and_wait(begin: Begin) -> None:
    begin()
    with AnsibleRun().watched():
        time.sleep(60)


def _begin_and_wait_without_a_thread(begin: Begin) -> None:
    """The limit of threads is used up."""

    with mock.patch.object(_thread, "start_new_thread", side_effect=RuntimeError):
        _begin_and_wait(begin)


def _check_before_it_sends(begin: Begin) -> None:
    begin()
    AnsibleRun().end_if_over()
    time.sleep(60)


def _wait_in_a_fork(begin: Begin) -> None:
    """A plugin has forked the worker. So the main process is not the parent of the process that waits, but an ancestor."""
    if child := os.fork():
        os.waitpid(child, 0)
    else:
        _wait(begin)


def _work(task: Callable[[Begin], None], orphaned: int | None, started: int) -> None:
    """What a worker does."""
    # ansible-core does the same.
    worker.current_worker = multiprocessing.current_process()

    def begin() -> None:
        if orphaned is None:
            os.write(started, b"1")
        else:
            while os.getppid() == orphaned:
                time.sleep(0.01)

    task(begin)


def _main(task: Callable[[Begin], None], is_late: bool) -> None:
    """The main process of Ansible. It ends without a wait for its worker, as after a hangup."""
    began, started = os.pipe()
    FORK.Process(target=_work, args=(task, os.getpid() if is_late else None, started)).start()
    if not is_late:
        os.read(began, 1)
    os._exit(0)


def _leaves_a_worker(main: Callable[..., None], *arguments: Any) -> bool:
    """Whether a process that the main process has started still exists some seconds after its end."""
    end, held = os.pipe()
    first = FORK.Process(target=main, args=arguments)
    first.start()
    os.close(held)
    first.join()
    # Each process below the main process holds the other end of the pipe while it exists.
    gone = select.select([end], [], [], 10)[0]
    os.close(end)
    return not gone


@pytest.mark.promise(16)
@pytest.mark.parametrize(
    ("task", "is_late"),
    [
        (_wait, False),
        (_begin_and_wait, True),
        (_begin_and_wait_without_a_thread, True),
        (_check_before_it_sends, True),
        (_wait_in_a_fork, False),
    ],
    ids=["during a wait", "before a wait", "without a thread", "before a request", "in a fork"],
)
def test_worker_whose_run_is_over_ends(task: Callable[[Begin], None], is_late: bool) -> None:
    assert not _leaves_a_worker(_main, task, is_late)


def _exit_code(target: Callable[..., None], *arguments: Any) -> int | None:
    process = FORK.Process(target=target, args=arguments)
    process.start()
    process.join(10)
    return process.exitcode


def _check_as_worker() -> None:
    worker.current_worker = multiprocessing.current_process()
    with AnsibleRun().watched():
        time.sleep(0.2)


def _check_in_a_fork() -> None:
    worker.current_worker = multiprocessing.current_process()
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0
        return
    with AnsibleRun().watched():
        time.sleep(0.2)
    os._exit(0)


@pytest.mark.promise(16)
@pytest.mark.parametrize("check", [_check_as_worker, _check_in_a_fork])
def test_worker_whose_run_goes_on_does_not_end(check: Callable[[], None]) -> None:
    assert _exit_code(check) == 0


def _main_of_a_program(program: int, code: int) -> None:
    while os.getppid() == program:
        time.sleep(0.01)
    with AnsibleRun().watched():
        os.write(code, b"goes on")


def _start_main_and_end(code: int) -> None:
    FORK.Process(target=_main_of_a_program, args=(os.getpid(), code)).start()
    os._exit(0)


@pytest.mark.promise(16)
def test_main_process_that_a_program_started_outlives_the_program() -> None:
    """A program runs Ansible in a process of its own, and ends first. The run of Ansible is not over."""
    result, code = os.pipe()
    _exit_code(_start_main_and_end, code)
    os.close(code)
    assert os.read(result, 100) == b"goes on"
    os.close(result)


def _work_with_decrypted_file(main: int, path: Path) -> None:
    process: Any = multiprocessing.current_process()
    process._loader = DataLoader()
    process._loader._tempfiles.add(str(path))
    _work(_begin_and_wait, main, -1)


def _main_with_decrypted_file(path: Path) -> None:
    FORK.Process(target=_work_with_decrypted_file, args=(os.getpid(), path)).start()
    os._exit(0)


@pytest.mark.promise(5)
@pytest.mark.promise(16)
def test_worker_whose_run_is_over_removes_the_files_that_ansible_decrypted_for_it(tmp_path: Path) -> None:
    decrypted = tmp_path / "template"
    decrypted.write_text("s3cret-findme")
    assert not _leaves_a_worker(_main_with_decrypted_file, decrypted)
    assert not decrypted.exists()


# The main process of Ansible ends, and has left out one of its workers. Without the function that ends it, it would wait for the worker.
_MAIN = f"""
import multiprocessing, time
import {AnsibleRun.__module__}
multiprocessing.get_context("fork").Process(target=time.sleep, args=(120,)).start()
"""


@pytest.mark.promise(16)
def test_main_process_that_ends_ends_the_workers_that_are_left() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _MAIN]
    assert subprocess.run(command, env=environment_of_a_new_interpreter(), timeout=30, check=False).returncode == 0
