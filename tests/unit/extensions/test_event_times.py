# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as BILL writes them."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.events import (
    seconds_of,
    text_of,
)

NOON = 1_797_336_000.0


@pytest.mark.parametrize(
    "time",
    [
        "2026-12-15T12:00:00Z",
        "2026-12-15T12:00:00z",
        "2026-12-15T12:00:00",
        "2026-12-15T12:00:00.000+00:00",
        "2026-12-15T13:30:00.000+01:30",
        "2026-12-15T13:30:00.000+0130",
        "2026-12-15T04:00:00.000-08",
        "2026-12-15T12:00",
    ],
)
def test_time_of_bill_is_read(time: str) -> None:
    assert seconds_of(time) == NOON


@pytest.mark.parametrize("time", ["", "yesterday", "2026-12-15", "2026-13-15T12:00:00Z", "2026-12-15T12:00:00+99:00"])
def test_text_that_is_no_time_is_none(time: str) -> None:
    assert seconds_of(time) is None


def test_time_is_written_in_utc_with_milliseconds() -> None:
    assert text_of(NOON + 0.127) == "2026-12-15T12:00:00.127Z"
