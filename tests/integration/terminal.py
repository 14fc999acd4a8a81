# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook in a terminal, and the person who uses it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from tests.integration.project import Project, Run
from tests.integration.watcher import below

# A whole play may take this long, in seconds.
_SECONDS = 90
CTRL_C = "\x03"
KEYS = (CTRL_C,)
# The program gets its own terminal, as after a login. Only then does Ansible ask questions. A shell that runs the tests in the
# background ignores Ctrl-C, and nohup ignores the hangup of a closed terminal. A program inherits both, so the code resets them.
_AS_A_LOGIN = (
    "import os, signal, sys; os.login_tty(0); "
    "[signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)]; "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """What the person sees and does."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self._process = process
        self._screen = screen
        self._shown = b""
        # Everything before this position was on the screen when the person last typed.
        self._seen = 0
        self._asked_since = time.monotonic()
        self._end = time.monotonic() + _SECONDS

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="backslashreplace")

    def asks(self, prompt: str) -> None:
        """Wait for a prompt after the last typed text, until the program reads the answer.

        Ansible discards everything that a person typed before that.
        """
        while not (prompt in self._shown[self._seen :].decode(errors="backslashreplace") and self._reads()):
            assert self._looks(), f"the play has ended without: {prompt}\n{self.shown}"

    def until(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened elsewhere, while the terminal shows no question."""
        while not happened():
            assert self._looks(), f"the play has ended before\n{self.shown}"

    def answers(self, question: str, text: str, *, first: str = "") -> str:
        """Answer the next question with a text and Enter, or with a key after ``first``. Returns the question as it was asked.

        Fails if the next question is another one.
        """
        while not _begins_in(asked := self._question(), question):
            assert self._looks(), f"the play has ended without: {question}\n{self.shown}"
            self._refuses(asked, question)
        self.types(first + text if text in KEYS else text + "\r")
        return " ".join(asked)

    def types(self, text: str) -> None:
        self._seen = len(self._shown)
        self._asked_since = time.monotonic()
        os.write(self._screen, text.encode())

    def ends(self) -> Run:
        """Wait for the end of the play. Returns its output and exit code."""
        while self._looks():
            self._refuses(self._question(), "the end")
        return Run(self._process.wait(_SECONDS), self.shown)

    def close(self) -> set[int]:
        """Close the terminal. Returns the workers of the play that still exist after ten seconds."""
        workers = {
            int(pid) for pid in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        }
        assert workers, "nobody has been working"
        os.kill(self._process.pid, signal.SIGHUP)
        self._process.wait(_SECONDS)
        end = time.monotonic() + 10
        while (left := {pid for pid in workers if Path(f"/proc/{pid}/stat").exists()}) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    @property
    def is_restored(self) -> bool:
        """Whether the terminal has its usual state: it shows typed text, reads lines, and Ctrl-C ends programs."""
        usual = termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN
        input_, output, _control, local = termios.tcgetattr(self._screen)[:4]
        return bool(local & usual == usual and output & termios.OPOST and input_ & termios.ICRNL)

    def _question(self) -> list[str]:
        """The lines of the question that waits for an answer, after the last blank line. Empty if they do not end in a colon."""
        reads = self._reads()
        asked = (
            self._shown[self._seen :].decode(errors="backslashreplace").replace("\r", "").strip().rpartition("\n\n")[2]
        )
        return asked.splitlines() if reads and asked.endswith(":") else []

    def _refuses(self, asked: list[str], wanted: str) -> None:
        """Fail if another question stays on the screen. For a moment, output that is not complete yet may look like a question."""
        if not asked:
            self._asked_since = time.monotonic()
        assert time.monotonic() < self._asked_since + 2, f"not {wanted}, but {asked}\n{self.shown}"

    def _reads(self) -> bool:
        # Ansible reads a vault password as a whole hidden line. It sets this mode before it shows the question.
        flags_of_line = termios.tcgetattr(self._screen)[3]
        if flags_of_line & termios.ICANON and not flags_of_line & termios.ECHO:
            return True
        # While Ansible waits for a key, its standard input does not block.
        with suppress(FileNotFoundError), open(f"/proc/{self._process.pid}/fdinfo/0") as file:
            flags = next(line for line in file if line.startswith("flags:"))
            return bool(int(flags.split()[1], 8) & os.O_NONBLOCK)
        return False

    def _looks(self) -> bool:
        """Read the screen for a moment. Returns whether more output may come."""
        assert time.monotonic() < self._end, f"the play has not ended after {_SECONDS} seconds:\n{self.shown}"
        if not select.select([self._screen], [], [], 0.02)[0]:
            return True
        try:
            more = os.read(self._screen, 65536)
        except OSError:
            # A terminal ends this way after the last program has closed it.
            return False
        self._shown += more
        return bool(more)


def _begins_in(lines: list[str], text: str) -> bool:
    return any(line.startswith(text) for line in lines)


@contextmanager
def at_a_terminal(project: Project, *tasks: dict[str, Any], arguments: tuple[str, ...] = ()) -> Iterator[Terminal]:
    """Run one play of these tasks on all hosts, with a person who answers."""
    project.write_plays({"tasks": list(tasks)})
    with run_at_a_terminal(project, "ansible-playbook", "site.yml", *arguments) as terminal:
        yield terminal


@contextmanager
def run_at_a_terminal(project: Project, program: str, *arguments: str, with_vault: bool = True) -> Iterator[Terminal]:
    """Run a program of Ansible in a terminal."""
    command = [str(project.core_bin / program), *arguments]
    environ = {**project.environment(with_vault), "TERM": "dumb"}
    with open_terminal(command, project.folder, environ, watch=project.watch) as terminal:
        yield terminal


@contextmanager
def open_terminal(
    command: list[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    columns: int | None = None,
    watch: Callable[[int], AbstractContextManager[None]] = lambda _pid: nullcontext(),
) -> Iterator[Terminal]:
    """Run any program, by its path, in a terminal of this many columns."""
    screen, line = os.openpty()
    if columns:
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _AS_A_LOGIN, *command],
        cwd=folder,
        env=environ,
        stdin=line,
        stdout=line,
        stderr=line,
    )
    os.close(line)
    try:
        with watch(process.pid):
            yield Terminal(process, screen)
    finally:
        if process.poll() is None:
            # Ansible's workers are in sessions of their own, and would wait for ever for an answer that nobody types.
            for each in [*below(process.pid), process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
        process.wait()
        os.close(screen)
