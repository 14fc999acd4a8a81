# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the benchmark: the line of a figure, the table and the chart."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.report import PLAY, TASK, Platform, picture, row, table
from tools.pictures.chart import Bar, Panel, chart
from tools.pictures.frame import COLOURS

SVG = "{http://www.w3.org/2000/svg}"
PLATFORM = Platform("2.19.3", "3.11.7", 2)
WARM = Figure("bill_login", "debug", [1.2, 1.4, 1.6], Target(1.3), TASK)
COLD = Figure("bill_login <cold>", "debug", [2.0, 2.0, 2.0], None, TASK)
HOSTS = Figure("500 hosts", "debug", [1.1, 1.1, 1.1], Target(1.2), PLAY)
FIRST = Figure("first bill_login", "debug", [40.0, 50.0, 60.0], Target(60), unit="ms")


def shown(picture: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def rectangles(picture: str, colour: str) -> list[tuple[float, float]]:
    """The left edge and the width of each rectangle of this colour."""
    found = re.findall(rf'<rect x="(.*?)" y=".*?" width="(.*?)" height=".*?" fill="{COLOURS[colour]}"/>', picture)
    return [(float(x), float(width)) for x, width in found]


def test_row_of_a_figure_says_whether_it_meets_its_target() -> None:
    assert row(WARM) == (
        "bill_login / debug: 1.40 (half of 3 pairs between 1.30 and 1.50; target: at most 1.3, MISSED)"
    )
    assert row(FIRST) == (
        "first bill_login / debug: 50 ms (half of 3 pairs between 45 ms and 55 ms; target: at most 60 ms, met)"
    )
    assert row(COLD) == "bill_login <cold> / debug: 2.00 (half of 3 pairs between 2.00 and 2.00)"


def test_table_of_figures_has_a_row_for_each_and_names_the_platform() -> None:
    assert (
        table([WARM, FIRST], PLATFORM)
        == """\
measured          compared with  median  half between     target         pairs
----------------  -------------  ------  ---------------  -------------  -----
bill_login        debug          1.40    1.30 and 1.50    at most 1.3    3
first bill_login  debug          50 ms   45 ms and 55 ms  at most 60 ms  3

ansible-core 2.19.3, Python 3.11.7, 2 processors
"""
    )


def test_picture_of_figures_shows_those_of_panels_and_describes_them() -> None:
    drawn = picture([WARM, COLD, HOSTS, FIRST], PLATFORM)
    texts = shown(drawn)
    assert [text for text in texts if text in {"bill_login", "bill_login <cold>", "500 hosts"}] == [
        "bill_login",
        "bill_login <cold>",
        "500 hosts",
    ]
    assert {"1.40", "2.00", "1.10"} <= set(texts)
    assert not any("first" in text for text in texts)
    assert any("make benchmark" in text and "ansible-core 2.19.3" in text for text in texts)
    root = ElementTree.fromstring(drawn)
    description = root.findtext(f"{SVG}desc")
    assert description
    assert "bill_login: 1.40." in description
    assert "500 hosts: 1.10." in description


@pytest.mark.parametrize("figures", [[], [WARM], [HOSTS]], ids=["none", "one task", "one play"])
def test_picture_of_some_figures_is_complete(figures: list[Figure]) -> None:
    assert shown(picture(figures, PLATFORM))[0] == "How fast bill.connect is"


def test_chart_of_bars_draws_them_to_scale() -> None:
    bars = (Bar("one", 1.0, 1.0, 1.0, "1.00"), Bar("two", 2.0, 1.5, 4.0, "2.00", limit=3.0))
    drawn = chart("A title", "A description", [Panel("Some bars", bars)], ["A note"])
    (left, one), (also_left, two) = rectangles(drawn, "blue")
    assert left == also_left
    assert two == pytest.approx(2 * one)
    # The spread of the second bar lies between 1.5 and 4, its target at 3, and the line of the scale at 1.
    _none, (low, width) = rectangles(drawn, "white")
    assert low - left == pytest.approx(1.5 * one)
    assert width == pytest.approx(2.5 * one)
    ((target, _width),) = rectangles(drawn, "green")
    assert target + 1 - left == pytest.approx(3 * one)
    ((line, _width),) = rectangles(drawn, "black")
    assert line + 0.5 - left == pytest.approx(one)
    assert shown(drawn) == ["A title", "Some bars", "one", "1.00", "two", "2.00", "1", "A note"]


def test_chart_of_bars_keeps_everything_inside_its_frame() -> None:
    widest = Bar("a label that is longer than every other label", 25.0, 20.0, 30.0, "25.0", limit=10.0)
    drawn = chart("A title", "A description", [Panel("Some bars", [widest])], ["A note. " * 20])
    width = float(ElementTree.fromstring(drawn).get("width", ""))
    (left, _length), *_others = rectangles(drawn, "blue")
    texts = re.findall(r'<text x="(.*?)" y=".*?".*?>(.*?)</text>', drawn)
    assert all(float(x) + 8.43 * len(text) <= width for x, text in texts)
    assert all(float(x) + 8.43 * len(text) <= left for x, text in texts if text == widest.label)
