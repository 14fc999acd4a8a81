# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every picture, as SVG, with its font and colours.

A picture has only shapes and text, so a reader can select it, and it needs no script and no font. It is also dark on light pages, as a
terminal is.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
# In the usual fonts of this kind, no character is wider than 0.602 of the font size.
SIZE, ADVANCE, HEIGHT, EDGE = 14, 8.43, 19, 16
PAPER, FRAME, INK = "#161b22", "#444c56", "#d7dde4"
# The names are those of pyte. Each colour is readable on the background.
COLOURS = {
    "default": INK,
    "white": "#ffffff",
    "black": "#949da8",
    "red": "#ff7b72",
    "green": "#6bc46d",
    "brown": "#e0b050",
    "blue": "#6cb6ff",
    "magenta": "#dcbdfb",
    "cyan": "#56d4dd",
}


def framed(title: str, description: str, width: int, height: int, shapes: Iterable[str], texts: Iterable[str]) -> str:
    """A picture in a frame, with a title and a description for people who cannot see it."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{PAPER}" stroke="{FRAME}"/>',
            *shapes,
            f'<g font-family={quoteattr(FONT)} font-size="{SIZE}" fill="{INK}" xml:space="preserve">',
            *texts,
            "</g>",
            "</svg>",
            "",
        )
    )
