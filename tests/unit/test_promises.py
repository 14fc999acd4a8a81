# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every promise of the collection has tests with its number, both unit tests and end-to-end tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

MADE = {*range(1, 19), 20, 21}


@pytest.mark.parametrize("layer", [("unit/plugins", "unit/extensions"), ("integration", "eda")])
def test_promise_has_tests_at_each_layer(layer: tuple[str, ...]) -> None:
    held = {
        int(number)
        for folder in layer
        for path in (TESTS / folder).rglob("test_*.py")
        for number in re.findall(r"^@pytest\.mark\.promise\((\d+)\)$", path.read_text(), re.MULTILINE)
    }
    assert held == MADE
