# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window of a terminal with lines of text, as SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .frame import ADVANCE, COLOURS, EDGE, FRAME, HEIGHT, INK, SIZE, framed
from .screen import Line, Look

# The height of the bar at the top of the window.
_BAR = 34


def drawn(title: str, description: str, lines: list[Line], columns: int) -> str:
    """A picture of a terminal with these lines."""
    dots = (f'<circle cx="{EDGE + 6 + 18 * each}" cy="17" r="5" fill="{FRAME}"/>' for each in range(3))
    texts = (_line(line, _BAR + number * HEIGHT + SIZE) for number, line in enumerate(lines) if line.text.strip())
    width = round(columns * ADVANCE) + 2 * EDGE
    return framed(title, description, width, _BAR + len(lines) * HEIGHT + EDGE, dots, texts)


def _line(line: Line, y: int) -> str:
    # Some programs drop blanks at the beginning of a text.
    indent = len(line.text) - len(line.text.lstrip())
    parts = "".join(_part(text, look) for text, look in line.cut(indent).runs())
    return f'<text x="{EDGE + indent * ADVANCE:.5g}" y="{y}">{parts}</text>'


def _part(text: str, look: Look) -> str:
    # Invisible text and text in the default colour need no colour.
    colour = f' fill="{COLOURS[look.colour]}"' if text.strip() and COLOURS[look.colour] != INK else ""
    weight = ' font-weight="bold"' if text.strip() and look.bold else ""
    return f"<tspan{colour}{weight}>{escape(text)}</tspan>" if colour or weight else escape(text)
