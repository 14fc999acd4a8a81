# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window with lines of text, as SVG. It has only shapes and text, so a reader can select it, and it needs no script and no font.

It is also dark on light pages, as a terminal is.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from .screen import Line, Look

_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
# In the usual fonts of this kind, no character is wider than 0.602 of the font size.
_SIZE, _ADVANCE, _HEIGHT, _EDGE, _BAR = 14, 8.43, 19, 16, 34
PAPER, _FRAME, _INK = "#161b22", "#444c56", "#d7dde4"
# The names are those of pyte. Each colour is readable on the background.
COLOURS = {
    "default": _INK,
    "white": "#ffffff",
    "black": "#949da8",
    "red": "#ff7b72",
    "green": "#6bc46d",
    "brown": "#e0b050",
    "blue": "#6cb6ff",
    "magenta": "#dcbdfb",
    "cyan": "#56d4dd",
}


def drawn(title: str, description: str, lines: list[Line], columns: int) -> str:
    """A picture of the lines, with a title and a description for people who cannot see it."""
    width = round(columns * _ADVANCE) + 2 * _EDGE
    height = _BAR + len(lines) * _HEIGHT + _EDGE
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{PAPER}" stroke="{_FRAME}"/>',
            *(f'<circle cx="{_EDGE + 6 + 18 * each}" cy="17" r="5" fill="{_FRAME}"/>' for each in range(3)),
            f'<g font-family={quoteattr(_FONT)} font-size="{_SIZE}" fill="{_INK}" xml:space="preserve">',
            *(_line(line, _BAR + number * _HEIGHT + _SIZE) for number, line in enumerate(lines) if line.text.strip()),
            "</g>",
            "</svg>",
            "",
        )
    )


def _line(line: Line, y: int) -> str:
    # Some programs drop blanks at the beginning of a text.
    indent = len(line.text) - len(line.text.lstrip())
    parts = "".join(_part(text, look) for text, look in line.cut(indent).runs())
    return f'<text x="{_EDGE + indent * _ADVANCE:.5g}" y="{y}">{parts}</text>'


def _part(text: str, look: Look) -> str:
    # Invisible text and text in the default colour need no colour.
    colour = f' fill="{COLOURS[look.colour]}"' if text.strip() and COLOURS[look.colour] != _INK else ""
    weight = ' font-weight="bold"' if text.strip() and look.bold else ""
    return f"<tspan{colour}{weight}>{escape(text)}</tspan>" if colour or weight else escape(text)
