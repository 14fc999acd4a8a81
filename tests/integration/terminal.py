# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that runs at a terminal, and the person in front of it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.integration.project import Project, Run

# So long may a whole play take.
_SECONDS = 90
# Makes the terminal the program's own, as a login does; only then does Ansible ask anybody anything.
_AS_A_LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """What the person sees and does."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self._process = process
        self._screen = screen
        self._shown = b""
        self._end = time.monotonic() + _SECONDS

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="backslashreplace")

    def asks(self, prompt: str) -> None:
        """Wait until a prompt is there, and until its answer is read: Ansible throws away what was typed before."""
        while not (prompt in self.shown and self._reads()):
            assert self._looks(), f"the play has ended without: {prompt}\n{self.shown}"

    def types(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def ends(self) -> Run:
        """Wait for the end of the play; what was to be seen of it."""
        while self._looks():
            pass
        return Run(self._process.wait(_SECONDS), self.shown)

    def _reads(self) -> bool:
        # While it waits for a key, Ansible has standard input not block.
        with open(f"/proc/{self._process.pid}/fdinfo/0") as file:
            flags = next(line for line in file if line.startswith("flags:"))
        return bool(int(flags.split()[1], 8) & os.O_NONBLOCK)

    def _looks(self) -> bool:
        """Look on for a moment; whether there may be more to come."""
        assert time.monotonic() < self._end, f"the play has not ended after {_SECONDS} seconds:\n{self.shown}"
        if not select.select([self._screen], [], [], 0.02)[0]:
            return True
        try:
            more = os.read(self._screen, 65536)
        except OSError:
            # So a terminal ends that no program has open any more.
            return False
        self._shown += more
        return bool(more)


@contextmanager
def at_a_terminal(project: Project, *tasks: dict[str, Any], arguments: tuple[str, ...] = ()) -> Iterator[Terminal]:
    """Run one play of these tasks on all hosts, with somebody to ask."""
    project.write_plays({"tasks": list(tasks)})
    with run_at_a_terminal(project, "ansible-playbook", "site.yml", *arguments) as terminal:
        yield terminal


@contextmanager
def run_at_a_terminal(project: Project, program: str, *arguments: str, with_vault: bool = True) -> Iterator[Terminal]:
    """The same for a program of Ansible."""
    screen, line = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _AS_A_LOGIN, str(project.core_bin / program), *arguments],
        cwd=project.folder,
        env={**project.environment(with_vault), "TERM": "dumb"},
        stdin=line,
        stdout=line,
        stderr=line,
    )
    os.close(line)
    try:
        with project.watch(process.pid):
            yield Terminal(process, screen)
    finally:
        if process.poll() is None:
            # It is the first of a session of its own, which goes with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
        process.wait()
        os.close(screen)
