# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of all unit tests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No other path leads to `tests`: pytest adds only the folder of a test, and ansible-test runs the tests as parts of
# ansible_collections.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# The examples are the same every time, so only a change of the code can fail a test. The sweeps look for new examples.
settings.register_profile(
    "the same every time",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    # The duration depends on the machine.
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure(config: pytest.Config) -> None:
    # ansible-test runs pytest with its own configuration, which does not have the project's markers.
    config.addinivalue_line("markers", "promise(number): which numbered promise of the design a test holds")
    config.addinivalue_line("markers", "slow: takes long, or has a quicker case beside it; `make test` does not run it")
    settings.load_profile("the same every time")
    # hypothesis stores data about Unicode and about our sources. The checkout must not contain them.
    folder = tempfile.TemporaryDirectory(prefix="hypothesis-")
    config.add_cleanup(folder.cleanup)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder.name


@pytest.fixture(scope="session", autouse=True)
def no_colour() -> Iterator[None]:
    """The programs that tests start write no colour codes. Some write them when a CI system or the user's shell asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        for name in ("FORCE_COLOR", "FORCE_COLOUR", "CLICOLOR_FORCE", "PY_COLORS", "ANSIBLE_FORCE_COLOR"):
            patch.delenv(name, raising=False)
        yield
