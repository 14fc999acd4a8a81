# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observes what exists only while a program runs: its processes, and its temporary files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# Workers and modules exist for some tens of milliseconds.
_EVERY = 0.004


@dataclass
class Watcher:
    """Everything seen of a process, its child processes, and the files in some folders while it ran.

    ``seen`` has the bytes by their place. ``workers`` are the processes that were forked and did not become another
    program. Ansible runs tasks in them.
    """

    folders: tuple[str, ...]
    seen: dict[str, set[bytes]] = field(default_factory=dict)
    workers: set[int] = field(default_factory=set)
    _programs: dict[int, bytes] = field(default_factory=dict)
    _files: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    @contextmanager
    def watch(self, pid: int) -> Iterator[None]:
        end = threading.Event()
        thread = threading.Thread(target=self._look_until, args=(pid, end), daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def _look_until(self, pid: int, end: threading.Event) -> None:
        while not end.wait(_EVERY):
            self._look_at_process(pid)
            for each in below(pid):
                self._look_at_process(each)
                if self._programs.get(each) == self._programs.get(pid):
                    self.workers.add(each)
            for folder in self.folders:
                self._look_at_files(folder)

    def _look_at_process(self, pid: int) -> None:
        # The process may have ended in the meantime.
        with suppress(OSError):
            # A fork inherits the command line and the environment. They stay the same until it becomes another program.
            if self._programs.get(pid) != (command_line := _read(f"/proc/{pid}/cmdline")):
                self.seen.setdefault("cmdline", set()).add(command_line)
                self.seen.setdefault("environ", set()).add(_read(f"/proc/{pid}/environ"))
                self._programs[pid] = command_line

    def _look_at_files(self, folder: str) -> None:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._look_at_files(entry.path)
                    continue
                with suppress(OSError):
                    about = entry.stat()
                    version = (about.st_ino, about.st_size, about.st_mtime_ns)
                    if entry.is_file() and self._files.get(entry.path) != version:
                        self.seen.setdefault(entry.path, set()).add(_read(entry.path))
                        self._files[entry.path] = version


def below(pid: int) -> Iterator[int]:
    """The child processes of a process, and their child processes."""
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in _read(f"/proc/{pid}/task/{thread}/children").split():
                yield int(child)
                yield from below(int(child))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
