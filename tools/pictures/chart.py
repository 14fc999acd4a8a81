# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chart with horizontal bars, as SVG. It has the colours and the font of the pictures of terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .frame import ADVANCE, COLOURS, EDGE, FRAME, HEIGHT, SIZE, framed

# The length of the longest bar, the space around a value, the height of a row and of a bar.
_BARS, _GAP, _ROW, _THICK = 400, 8, 26, 12


@dataclass(frozen=True)
class Bar:
    """A bar from 0 to ``value``. ``low`` and ``high`` are its spread, ``text`` is the value to show, and ``limit`` is its target."""

    label: str
    value: float
    low: float
    high: float
    text: str
    limit: float | None = None


@dataclass(frozen=True)
class Panel:
    """Bars on a common scale. The value 1 has a line."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class _Scale:
    """The places of values. ``left`` is the place of 0."""

    left: float
    largest: float

    def at(self, value: float) -> float:
        return self.left + _BARS * value / self.largest


def chart(title: str, description: str, panels: Sequence[Panel], notes: Sequence[str]) -> str:
    """A picture of the panels, one below the other, and the notes below them."""
    bars = [mark for panel in panels for mark in panel.bars]
    left = EDGE + _width(mark.label for mark in bars) + _GAP
    rows = left + _BARS + _GAP + _width(mark.text for mark in bars)
    width = round(max(rows, EDGE + _width([title, *(panel.title for panel in panels), *notes])) + EDGE)
    grey = f' fill="{COLOURS["black"]}"'
    shapes: list[str] = []
    texts = [_text(EDGE, EDGE + SIZE, title, ' font-weight="bold"')]
    y = EDGE + 2 * HEIGHT
    for panel in panels:
        scale = _Scale(left, max([1.0, *(_end(mark) for mark in panel.bars)]))
        texts.append(_text(EDGE, y + SIZE, panel.title))
        y += HEIGHT + _GAP
        bottom = y + len(panel.bars) * _ROW
        for middle, mark in zip(range(y + _ROW // 2, bottom, _ROW), panel.bars, strict=True):
            shapes += _shapes(mark, scale, middle)
            texts.append(_text(EDGE, middle + 5, mark.label))
            colour = COLOURS["brown" if mark.limit is not None and mark.value > mark.limit else "white"]
            texts.append(_text(scale.at(_end(mark)) + _GAP, middle + 5, mark.text, f' fill="{colour}"'))
        one = scale.at(1)
        shapes.append(_rect(one - 0.5, y, 1, bottom - y, COLOURS["black"]))
        texts.append(_text(one - ADVANCE / 2, bottom + SIZE, "1", grey))
        y = bottom + 2 * HEIGHT
    texts += [_text(EDGE, y + SIZE + number * HEIGHT, note, grey) for number, note in enumerate(notes)]
    return framed(title, description, width, y + len(notes) * HEIGHT + EDGE, shapes, texts)


def _shapes(mark: Bar, scale: _Scale, middle: int) -> Iterable[str]:
    yield _rect(scale.left, middle - _THICK / 2, scale.at(mark.value) - scale.left, _THICK, COLOURS["blue"])
    # The spread lies over the bar. Its frame makes it visible there too.
    low, length = scale.at(mark.low), scale.at(mark.high) - scale.at(mark.low)
    yield _rect(low - 1, middle - 2, length + 2, 4, FRAME)
    yield _rect(low, middle - 1, length, 2, COLOURS["white"])
    if mark.limit is not None:
        yield _rect(scale.at(mark.limit) - 1, middle - _THICK / 2 - 4, 2, _THICK + 8, COLOURS["green"])


def _end(mark: Bar) -> float:
    """The largest value that a bar shows."""
    return max(mark.value, mark.high, mark.limit or 0)


def _width(texts: Iterable[str]) -> float:
    return max((ADVANCE * len(text) for text in texts), default=0)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.5g}" y="{y:.5g}" width="{width:.4g}" height="{height:.4g}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, look: str = "") -> str:
    return f'<text x="{x:.5g}" y="{y:.5g}"{look}>{escape(text)}</text>'
