# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of simulated days, as SVG. It has only shapes and text, needs no script and no font, and is dark also on light pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from xml.sax.saxutils import escape

from tools.pictures.frame import COLOURS, framed

from .figures import FILE, HOURS, Days, Figures
from .kinds import KINDS, LOGINS_AN_HOUR

PICTURE = FILE.with_suffix(".svg")
BARS = {"job": COLOURS["red"], "controller": COLOURS["brown"], "redis": COLOURS["cyan"]}
_GRID, _INK, _PALE = "#30363d", COLOURS["default"], COLOURS["black"]
_WIDTH, _LEFT, _RIGHT = 760, 56, 20
_TOP, _PANEL, _GAP = 78, 110, 58
_COLUMN = (_WIDTH - _LEFT - _RIGHT) / HOURS
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', 'Liberation Sans', sans-serif"

_PANELS: tuple[tuple[str, Callable[[Figures], Sequence[float]], int], ...] = (
    ("Sign-ins that BILL received in each hour", lambda each: each.sign_ins, LOGINS_AN_HOUR),
    ("Jobs that reused a session, by the hour in which they started", lambda each: each.reused, 0),
    ("Jobs that failed, by the hour in which they started", lambda each: each.failed, 0),
    ("The longest time that a job waited for others, in seconds", lambda each: each.longest_wait, 0),
)


def drawn(days: Days) -> str:
    """The picture, with a title and a description for people who cannot see it."""
    plan = days.plan
    title = f"A day with {plan.jobs:,} jobs on {plan.controllers} controllers"
    height = _TOP + len(_PANELS) * (_PANEL + _GAP) - 8
    panels = (
        part
        for number, (heading, of, limit) in enumerate(_PANELS)
        for part in _panel(
            _TOP + number * (_PANEL + _GAP), heading, {kind: of(days.stores[kind]) for kind in KINDS}, limit
        )
    )
    shapes = (
        f'<g font-family="{_FONT}" font-size="13">',
        f'<text x="20" y="28" font-size="16" font-weight="bold">{escape(title)}</text>',
        *_legend(),
        *panels,
        "</g>",
    )
    return framed(title, _description(days), _WIDTH, height, (), shapes)


def _description(days: Days) -> str:
    parts = [
        f"With {name}, BILL received {sum(each.sign_ins)} sign-ins, and at most {max(each.sign_ins)} in an hour. "
        f"{sum(each.reused)} jobs reused a session, and {sum(each.failed)} jobs failed. The longest wait was {each.wait_longest:g} seconds."
        for name, each in ((KINDS[kind], days.stores[kind]) for kind in KINDS)
    ]
    return " ".join((f"BILL allows {LOGINS_AN_HOUR} sign-ins in an hour.", *parts))


def _legend() -> Iterator[str]:
    x = 20
    for kind, name in KINDS.items():
        yield f'<rect x="{x:g}" y="42" width="12" height="12" fill="{BARS[kind]}"/>'
        yield f'<text x="{x + 18:g}" y="53">{escape(name)}</text>'
        x += 242


def _panel(top: int, heading: str, values: dict[str, Sequence[float]], limit: int) -> Iterator[str]:
    highest = max(limit, *(max(each) for each in values.values()))
    step = _step(highest)
    steps = max(1, ceil(highest / step))
    bottom, scale = top + 22 + _PANEL, _PANEL / (steps * step)
    yield f'<text x="20" y="{top + 8}" font-weight="bold">{escape(heading)}</text>'
    for number in range(steps + 1):
        y = bottom - number * step * scale
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{_GRID}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" font-size="11" fill="{_PALE}">{number * step}</text>'
    for place, (kind, each) in enumerate(values.items()):
        width = (_COLUMN - 6) / len(values)
        for hour, value in enumerate(each):
            if value:
                x, size = _LEFT + hour * _COLUMN + 3 + place * width, value * scale
                yield (
                    f'<rect x="{x:.1f}" y="{bottom - size:.1f}" width="{width - 0.5:.1f}" height="{size:.1f}" fill="{BARS[kind]}"/>'
                )
    if limit:
        y = bottom - limit * scale
        yield (
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="{_INK}" stroke-dasharray="5 4"/>'
        )
        yield f'<text x="{_LEFT + 6}" y="{y - 6:.1f}">BILL allows {limit}</text>'
    for hour in range(0, HOURS + 1, 3):
        x = _LEFT + hour * _COLUMN
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" font-size="11" fill="{_PALE}">{hour:02}:00</text>'


def _step(highest: float) -> int:
    """The distance of two grid lines, so that there are three to five of them."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if highest <= 5 * step)
