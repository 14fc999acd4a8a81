# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The screen of a terminal as lines of coloured text, with examples in place of values that differ from run to run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import pyte

# The screen is wide enough that no line breaks before its values are replaced, and high enough for all lines.
_COLUMNS, _LINES = 2000, 500
# Ansible begins a terminal command and then starts another one. pyte would show the rest of the first.
_BROKEN_OFF = re.compile(r"\x1b\[(?=\r?\x1b)")


@dataclass(frozen=True)
class Look:
    """The look of a character. The colour is one of the eight of a terminal, or the default."""

    colour: str = "default"
    bold: bool = False


@dataclass(frozen=True)
class Line:
    """A text, and the look of each of its characters."""

    text: str
    looks: tuple[Look, ...]

    @classmethod
    def plain(cls, text: str, look: Look = Look()) -> Line:
        return cls(text, (look,) * len(text))

    def __add__(self, other: Line) -> Line:
        return Line(self.text + other.text, self.looks + other.looks)

    def runs(self) -> list[tuple[str, Look]]:
        """The parts of equal look."""
        parts = groupby(zip(self.text, self.looks, strict=True), key=lambda each: each[1])
        return [("".join(character for character, _look in part), look) for look, part in parts]

    def replaced(self, pattern: re.Pattern[str], by: str | Callable[[re.Match[str]], str]) -> Line:
        """The line with another text for each match of the pattern. The new text has the look of the first replaced character."""
        made, end = Line("", ()), 0
        for match in pattern.finditer(self.text):
            text = by if isinstance(by, str) else by(match)
            made += self.cut(end, match.start()) + Line.plain(text, self.looks[match.start()])
            end = match.end()
        return made + self.cut(end)

    def broken(self, columns: int) -> list[Line]:
        """The lines after a terminal with so many columns breaks this one. Blanks at an end are removed, because they are invisible."""
        parts = (self.cut(at, at + columns) for at in range(0, len(self.text) or 1, columns))
        return [part.cut(0, len(part.text.rstrip())) for part in parts]

    def cut(self, begin: int, end: int | None = None) -> Line:
        return Line(self.text[begin:end], self.looks[begin:end])


def lines_of(shown: str) -> list[Line]:
    """The lines that a terminal shows in the end, after it gets this output."""
    screen = pyte.Screen(_COLUMNS, _LINES)
    pyte.Stream(screen).feed(_BROKEN_OFF.sub("", shown))
    lines = []
    for row in range(screen.cursor.y + 1):
        cells = [screen.buffer[row][column] for column in range(_COLUMNS)]
        text = "".join(cell.data for cell in cells).rstrip()
        lines.append(Line(text, tuple(Look(cell.fg, cell.bold) for cell in cells[: len(text)])))
    assert screen.cursor.y < _LINES - 1, "the screen is too small"
    return lines[:-1] if not lines[-1].text else lines
