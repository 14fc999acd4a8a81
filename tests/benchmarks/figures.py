# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Figures: ratios of values that were measured in turn, with their median and spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Target:
    """The largest or the smallest value that a figure should have."""

    value: float
    is_least: bool = False

    def __str__(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.value:g}"

    def is_met_by(self, value: float) -> bool:
        return value >= self.value if self.is_least else value <= self.value


@dataclass(frozen=True)
class Figure:
    """The median of several values, and their spread.

    - ``name`` is what was measured, and ``base`` is what it is compared with.
    - ``values`` has one value for each pair of measurements. ``unit`` is empty if the values are ratios.
    - ``group`` is the panel of the chart that shows the figure. Empty: only the table does.
    """

    name: str
    base: str
    values: Sequence[float] = field(repr=False)
    target: Target | None = None
    group: str = ""
    unit: str = ""

    @property
    def middle(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The limits between which the middle half of the values lies."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _middle, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def is_met(self) -> bool:
        """Whether the median meets the target. True without a target."""
        return self.target is None or self.target.is_met_by(self.middle)

    def text(self, value: float) -> str:
        """A value of this figure as text: a ratio with three digits, other values in whole units."""
        if self.unit:
            return f"{value:.0f} {self.unit}"
        return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def ratios(measured: Sequence[float], base: Sequence[float]) -> list[float]:
    """The ratio of each measured value to the base value that was measured in the same round."""
    return [each / other for each, other in zip(measured, base, strict=True)]


def differences(measured: Sequence[float], base: Sequence[float]) -> list[float]:
    """The difference between each measured value and the base value that was measured in the same round."""
    return [each - other for each, other in zip(measured, base, strict=True)]
