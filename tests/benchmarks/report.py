# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the figures: a row for each as soon as it is measured, then the table and the chart for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Figure
from tools.pictures.chart import Bar, Panel, chart

TITLE = "How fast bill.connect is"
# The groups of figures, and what the chart says about each.
TASK, PLAY = "task", "play"
PANELS = {
    TASK: "Time of one task. 1 is a task of ansible.builtin.debug.",
    PLAY: "Time of a whole play, template or list. 1 is the same without bill.connect.",
}
_HEADS = ("measured", "compared with", "median", "half between", "target", "pairs")


@dataclass(frozen=True)
class Platform:
    """What the figures were measured on."""

    core: str
    python: str
    processors: int

    def __str__(self) -> str:
        return f"ansible-core {self.core}, Python {self.python}, {self.processors} processors"


def table(figures: Sequence[Figure], platform: Platform) -> str:
    """The figures as plain text, with a row for each."""
    rows = [_HEADS, *map(_cells, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (rows[0], tuple("-" * width for width in widths), *rows[1:])
    ]
    return "\n".join([*lines, "", str(platform), ""])


def row(figure: Figure) -> str:
    """One figure as a line."""
    name, base, middle, spread, target, pairs = _cells(figure)
    verdict = f"; target: {target}, {'met' if figure.is_met else 'MISSED'}" if figure.target else ""
    return f"{name} / {base}: {middle} (half of {pairs} pairs between {spread}{verdict})"


def picture(figures: Sequence[Figure], platform: Platform) -> str:
    """The figures that belong to a panel, as SVG."""
    panels = [
        Panel(title, tuple(_bar(each) for each in figures if each.group == group)) for group, title in PANELS.items()
    ]
    description = " ".join(
        f"{panel.title} " + " ".join(f"{mark.label}: {mark.text}." for mark in panel.bars) for panel in panels
    )
    notes = (
        "A bar is the median. The line in it shows where half of the values lie. A green mark is the target.",
        f"Measured by make benchmark with {platform}.",
    )
    return chart(TITLE, description, panels, notes)


def _cells(figure: Figure) -> tuple[str, ...]:
    low, high = figure.spread
    return (
        figure.name,
        figure.base,
        figure.text(figure.middle),
        f"{figure.text(low)} and {figure.text(high)}",
        f"{figure.target}{f' {figure.unit}' if figure.unit else ''}" if figure.target else "",
        str(len(figure.values)),
    )


def _bar(figure: Figure) -> Bar:
    low, high = figure.spread
    limit = figure.target.value if figure.target else None
    return Bar(figure.name, figure.middle, low, high, figure.text(figure.middle), limit)
