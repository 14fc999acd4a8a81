# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures: as SVG and plain text in docs/pictures, and as text in the guides.

The guides have the text because the tools that show an RST file do not copy other files with it. In a guide, a
comment ``.. screen: name`` marks the block of text after it. ``make pictures`` writes that block. For a chart, it is a table, which
``make benchmark`` writes.
"""

from __future__ import annotations

import re
from pathlib import Path

from .desk import COLUMNS, ROOT, picture_terminal
from .scenarios import SCENARIOS
from .svg import drawn

FOLDER = ROOT / "docs" / "pictures"
GUIDES = ROOT / "docs" / "docsite" / "rst"
# The charts. `make benchmark` draws them.
CHARTS = ("speed",)

_SCREEN = re.compile(r"(?<=^\.\. screen: )(?P<name>\w+)\n\n\.\. code-block:: text\n\n(?:   .*\n|\n)*", re.MULTILINE)


def made(name: str, core_bin: Path) -> dict[Path, str]:
    """The files of one picture, with the content of each."""
    scenario = SCENARIOS[name]
    with picture_terminal(core_bin) as terminal:
        for step in scenario.before:
            terminal.do(step)
        terminal.shown.clear()
        for command in scenario.commands:
            terminal.do(command)
        lines = terminal.screen()
    return {
        FOLDER / f"{name}.svg": drawn(scenario.title, scenario.description, lines, COLUMNS),
        FOLDER / f"{name}.txt": "".join(f"{line.text}\n" for line in lines),
    }


def with_screens(guide: str, folder: Path = FOLDER) -> str:
    """The text of a guide with the present screens and tables of a folder."""
    return _SCREEN.sub(lambda match: _block(match["name"], folder), guide)


def _block(name: str, folder: Path) -> str:
    lines = (folder / f"{name}.txt").read_text().splitlines()
    text = "".join(f"   {line}\n" if line else "\n" for line in lines)
    return f"{name}\n\n.. code-block:: text\n\n{text}\n"
