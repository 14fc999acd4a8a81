# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for each module of tests, reset before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator import server
from tests.emulator.control_client import Bill, Control


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with server.running() as url:
        yield url


@pytest.fixture
def control(api_url: str) -> Control:
    control = Control(api_url)
    control.post("reset")
    # The time is far from the turn of an hour, so the hourly counts of a test stay in one hour.
    control.post("clock", set="2026-03-02T10:10:00Z")
    return control


@pytest.fixture
def bill(api_url: str, control: Control) -> Bill:
    return Bill(api_url)
