# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of the benchmark: ratios of pairs, their median, spread and target. No test measures a time."""

from __future__ import annotations

import pytest

from tests.benchmarks.figures import Figure, Target, differences, ratios


def figure(*values: float, target: Target | None = None, unit: str = "") -> Figure:
    return Figure("bill_login", "debug", values, target, unit=unit)


def test_ratios_of_pairs_compare_values_of_the_same_round() -> None:
    # The machine was busy in the second round.
    assert ratios([3.0, 30.0, 3.0], [2.0, 20.0, 1.0]) == [1.5, 1.5, 3.0]


def test_differences_of_pairs_compare_values_of_the_same_round() -> None:
    assert differences([3.0, 30.0], [2.0, 20.0]) == [1.0, 10.0]


@pytest.mark.parametrize("compare", [ratios, differences])
def test_pairs_with_a_missing_value_are_refused(compare: object) -> None:
    assert callable(compare)
    with pytest.raises(ValueError, match="shorter"):
        compare([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("values", "middle", "spread"),
    [
        ([1.5], 1.5, (1.5, 1.5)),
        ([1.0, 2.0], 1.5, (1.25, 1.75)),
        ([5.0, 1.0, 3.0, 2.0, 4.0], 3.0, (2.0, 4.0)),
        # One slow round changes neither the median nor the spread.
        ([5.0, 1.0, 3.0, 2.0, 400.0], 3.0, (2.0, 5.0)),
    ],
)
def test_figure_of_several_values_has_their_median_and_middle_half(
    values: list[float], middle: float, spread: tuple[float, float]
) -> None:
    assert (figure(*values).middle, figure(*values).spread) == (middle, spread)


@pytest.mark.parametrize(
    ("target", "value", "is_met"),
    [
        (None, 99.0, True),
        (Target(1.3), 1.3, True),
        (Target(1.3), 1.31, False),
        (Target(18, is_least=True), 18.0, True),
        (Target(18, is_least=True), 17.9, False),
    ],
)
def test_figure_with_a_target_is_met_by_its_median(target: Target | None, value: float, is_met: bool) -> None:
    assert figure(0.1, value, 100.0, target=target).is_met is is_met


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(1.304, "", "1.30"), (9.996, "", "10.0"), (25.25, "", "25.2"), (59.6, "ms", "60 ms")]
)
def test_figure_value_as_text_has_three_digits_or_a_unit(value: float, unit: str, text: str) -> None:
    assert figure(1.0, unit=unit).text(value) == text


def test_target_as_text_says_its_direction() -> None:
    assert (str(Target(1.3)), str(Target(18, is_least=True))) == ("at most 1.3", "at least 18")
