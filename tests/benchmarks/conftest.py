# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks run in the same projects as the end-to-end tests, and make one report."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.figures import Figure
from tests.benchmarks.report import Platform, picture, row, table
from tests.integration.conftest import api_url, bill, collections, core, core_bin, project, vault
from tools.pictures.album import with_screens

__all__ = ["api_url", "bill", "collections", "core", "core_bin", "project", "vault"]

Often = Callable[[int], int]
Report = Callable[..., None]

_ABOUT = "import json, platform, ansible.release; print(json.dumps([ansible.release.__version__, platform.python_version()]))"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmark")
    group.addoption("--effort", type=float, default=1.0, help="how often to measure, compared with the default: 0.2, 3")
    group.addoption("--write-to", type=Path, help="the checkout in whose docs to write the table and the chart")


@pytest.fixture(scope="session")
def often(request: pytest.FixtureRequest) -> Often:
    """How often to measure, for the usual number. At least twice, so that there is a spread."""
    effort: float = request.config.getoption("effort")
    return lambda usual: max(2, round(usual * effort))


@pytest.fixture(scope="session")
def platform(core_bin: Path) -> Platform:
    about = subprocess.run([core_bin / "python", "-c", _ABOUT], capture_output=True, text=True, check=True).stdout
    core, python = json.loads(about)
    return Platform(core, python, os.cpu_count() or 1)


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest, platform: Platform) -> Iterator[list[Figure]]:
    """All figures of this run. At its end, they become a table and a chart."""
    found: list[Figure] = []
    start = time.monotonic()
    yield found
    text = table(found, platform)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n\n{text}Measured in {(time.monotonic() - start) / 60:.1f} minutes.")
    checkout: Path | None = request.config.getoption("write_to")
    # A part of the figures must not replace all of them, and a quick look must not replace a careful one.
    if checkout and not request.config.getoption("keyword") and request.config.getoption("effort") >= 1:
        write(checkout, text, picture(found, platform))


def write(checkout: Path, text: str, chart: str) -> None:
    """Write the table and the chart to the docs of a checkout, and the table to its guides."""
    pictures = checkout / "docs" / "pictures"
    (pictures / "speed.txt").write_text(text)
    (pictures / "speed.svg").write_text(chart)
    for guide in (checkout / "docs" / "docsite" / "rst").glob("*.rst"):
        guide.write_text(with_screens(guide.read_text(), pictures))


@pytest.fixture
def report(figures: list[Figure], capsys: Any) -> Report:
    """Add figures to the report, and show each one. Fails the test if a figure misses its target."""

    def add(*found: Figure) -> None:
        figures.extend(found)
        with capsys.disabled():
            for each in found:
                print(f"\n  {row(each)}", end="", flush=True)
        if missed := [row(each) for each in found if not each.is_met]:
            pytest.fail("\n".join(missed), pytrace=False)

    return add
