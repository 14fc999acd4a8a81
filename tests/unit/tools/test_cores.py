# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which core of the table runs which tests."""

from __future__ import annotations

import pytest

from tools import cores


@pytest.fixture
def pythons(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The versions of Python on this machine."""
    here: set[str] = set()
    monkeypatch.setattr(cores, "find_python", lambda versions: next((each for each in versions if each in here), None))
    return here


def test_oldest_and_newest_core_divide_the_tests(pythons: set[str]) -> None:
    pythons |= {"3.11", "3.14"}
    assert cores.parts(cores.chosen(("oldest", "newest"))) == {cores.CORES[0]: "1/2", cores.CORES[-1]: "2/2"}


def test_core_without_a_python_has_no_part_of_the_tests(pythons: set[str]) -> None:
    pythons |= {"3.11"}
    chosen = cores.chosen(("oldest", "newest"))
    assert [core.line for core in chosen] == ["2.16", "2.19", "2.20", "2.21", "2.22"]
    assert {core.line: part for core, part in cores.parts(chosen).items()} == {"2.16": "1/2", "2.19": "2/2"}
    assert cores.parts(cores.chosen(("2.22",))) == {}
