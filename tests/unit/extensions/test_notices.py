# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Warnings that strangers can cause do not fill the log."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.notices import Notices


def test_notices_of_a_kind_are_written_once_a_minute_with_the_number_of_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    notices = Notices(lambda: now)
    for second in (0, 1, 59.9, 60, 119, 130, 200):
        now = second
        notices.warn("Forged.")
    notices.warn("Foreign.")
    assert [record.getMessage() for record in caplog.records] == [
        "Forged.",
        "Forged. (2 more since the last warning)",
        "Forged. (1 more since the last warning)",
        "Forged.",
        "Foreign.",
    ]
