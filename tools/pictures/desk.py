# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A terminal for the pictures, in an empty folder with an empty HOME. The emulator takes the place of BILL's sandbox."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.emulator import server
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Control
from tests.integration.leaks import MARKS, Leaks
from tests.integration.terminal import Terminal, open_terminal

from .screen import Line, Look, lines_of

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = 80

_SANDBOX = "gateway.stage.bill.com"
# The pictures show these values in place of values that differ from run to run.
_HOME, _CODE, _TODAY, _IN_30_DAYS, _TIME = "/home/ap", "012345", "2026-11-22", "2026-12-22", "09:30:00"
_BLACK = "\N{FULL BLOCK}" * 12
_SECRET = re.compile(r"[\w-]*(?:{})[\w-]*".format("|".join(MARKS)))
_TIME_OF_DAY = re.compile(r"\b\d\d:\d\d:\d\d\b")
# The name of a backup has no colons.
_TIME_IN_NAME = re.compile(r"_\d\d-\d\d-\d\d\.bak\b")
_BACKUP = re.compile(r"(?<=\.yml\.)\d+(?=\.\d{4}-)")
_PROMPT = Line.plain("$ ", Look("black", bold=True))

# What the person types at a question. A code is known only after BILL has sent it.
Typed = str | Callable[[Control], str]


@dataclass(frozen=True)
class Command:
    """A command line, its questions, and the text that the person types at each.

    ``since`` is the beginning of the first line that the picture shows.
    """

    line: str
    answers: tuple[tuple[str, Typed], ...] = ()
    since: str = ""


# A step of the person, or a step at BILL.
Step = Command | Callable[[Control], None]


@dataclass
class PictureTerminal:
    folder: Path
    home: Path
    bill: Control
    environ: dict[str, str]
    shown: list[Line] = field(default_factory=list)
    _codes: set[str] = field(default_factory=set)
    _begun: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def do(self, step: Step) -> None:
        if isinstance(step, Command):
            self._type(step)
        else:
            step(self.bill)

    def _type(self, command: Command) -> None:
        """Type a command, and answer all its questions."""
        program, *arguments = shlex.split(command.line)
        path = shutil.which(program, path=self.environ["PATH"])
        assert path, f"there is no {program}"
        with open_terminal([path, *arguments], self.folder, self.environ, columns=COLUMNS) as terminal:
            for question, typed in command.answers:
                terminal.answers(question, typed if isinstance(typed, str) else self._code(terminal, question, typed))
            run = terminal.ends()
        assert run.code == 0, run.output
        lines = lines_of(run.output)
        begin = next(number for number, line in enumerate(lines) if line.text.startswith(command.since))
        # The tasks above show the same facts as the numbers of the recap.
        end = next((number for number, line in enumerate(lines) if line.text.startswith("PLAY RECAP")), len(lines))
        while end > begin and not lines[end - 1].text:
            end -= 1
        left_out = [Line.plain(text) for text in ("...", "")] if begin else []
        between = [Line.plain("")] if self.shown else []
        self.shown += [*between, _PROMPT + Line.plain(command.line), *left_out, *lines[begin:end]]

    def screen(self) -> list[Line]:
        """All lines that were shown, the same in every run."""
        lines: list[Line] = []
        for shown in self.shown:
            line = shown
            for pattern, example in self._examples():
                line = line.replaced(pattern, example)
            lines += line.broken(COLUMNS)
        left = Leaks(*MARKS).in_text("\n".join(line.text for line in lines))
        assert not left, f"secrets in a picture: {left}"
        return lines

    def _code(self, terminal: Terminal, question: str, read: Callable[[Control], str]) -> str:
        # BILL has sent the code by the time that the question appears.
        terminal.asks(question)
        self._codes.add(code := read(self.bill))
        return code

    def _examples(self) -> Iterator[tuple[re.Pattern[str], str]]:
        yield re.compile(re.escape(str(self.home))), _HOME
        yield _SECRET, _BLACK
        for code in self._codes:
            yield re.compile(rf"\b{code}\b"), _CODE
        yield _BACKUP, "4711"
        # The run's first and last day differ if midnight was between them.
        for moment in (self._begun, datetime.now(timezone.utc)):
            for days, example in ((0, _TODAY), (30, _IN_30_DAYS)):
                yield re.compile((moment + timedelta(days=days)).date().isoformat()), example
        yield _TIME_OF_DAY, _TIME
        yield _TIME_IN_NAME, f"_{_TIME.replace(':', '-')}.bak"


@contextmanager
def picture_terminal(core_bin: Path) -> Iterator[PictureTerminal]:
    with TemporaryDirectory() as top:
        authority = Authority(Path(top, "authority"))
        certificate = authority.for_host(_SANDBOX)
        home = Path(top, "home")
        (folder := home / "books").mkdir(parents=True)
        (collection := Path(top, "ansible_collections", "bill")).mkdir(parents=True)
        (collection / "connect").symlink_to(ROOT)
        with server.running(certificate.certificate, certificate.private_key) as url:
            yield PictureTerminal(
                folder=folder,
                home=home,
                bill=Control(url, verify=authority.file),
                environ={
                    "HOME": str(home),
                    "PATH": f"{core_bin}:{os.defpath}",
                    "LANG": "C.UTF-8",
                    "TERM": "xterm",
                    "PAGER": "cat",
                    "TZ": "UTC",
                    "ANSIBLE_COLLECTIONS_PATH": top,
                    "PYTHONPATH": str(Path(__file__).with_name("sandbox")),
                    "PICTURES_SANDBOX": _SANDBOX,
                    "PICTURES_SANDBOX_PORT": str(urlsplit(url).port),
                    "BILL_CA_PATH": str(authority.file),
                },
            )
