# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every unit test can use."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Nothing else puts `tests` within reach: pytest knows the folder of a test only, and ansible-test runs the tests as parts
# of ansible_collections.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# The same examples every time, so that only a change of the code can turn a test red; the sweeps look for new ones.
settings.register_profile(
    "the same every time",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    # How long it takes is a matter of the machine.
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_configure(config: pytest.Config) -> None:
    # ansible-test runs pytest with a configuration of its own, which does not know the project's marker.
    config.addinivalue_line("markers", "promise(number): which numbered promise of the design a test holds")
    settings.load_profile("the same every time")
    # hypothesis remembers what it worked out of Unicode and of our sources; not in the checkout.
    folder = tempfile.TemporaryDirectory(prefix="hypothesis-")
    config.add_cleanup(folder.cleanup)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder.name
