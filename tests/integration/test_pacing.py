# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At most sixty Spend & Expense calls a minute, from any number of hosts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.emulator.control_client import Control
from tests.integration.payer import SPEND_TOKEN, only
from tests.integration.project import Project

SPEND = "GET /v3/spend/users/current"
WAITING = "seconds for the next Spend & Expense call: BILL allows 60 a minute, and the calls before that are reserved."


def times(bill: Control) -> list[float]:
    """The times of the calls to BILL, the earliest first. BILL refused none of them."""
    received: list[dict[str, Any]] = [each for each in bill.received() if each["path"].startswith("/v3/spend/")]
    assert {each["status"] for each in received} == {200}
    return [datetime.fromisoformat(each["at"]).timestamp() for each in received]


@pytest.mark.promise(11)
@pytest.mark.slow
def test_rate_limit_twenty_hosts_send_at_most_sixty_calls_a_minute(payer: Project, bill: Control) -> None:
    """Each task validates the token. BILL's own limit is active and never reached."""
    only(payer, SPEND_TOKEN)
    payer.leap_over_waits()
    payer.hosts(*(f"host{number}" for number in range(20)))
    ask: dict[str, Any] = {"name": "Ask", "bill.connect.bill_session_info": {"sign_in": True}}
    for _time in range(2):
        # The second run follows at once, in the same minute.
        run = payer.play(ask, ask, arguments=("-v",))
        assert run.code == 0, run.output
    assert run.shows(WAITING)
    assert run.warnings == []
    at = times(bill)
    # One extra call is the sign-in, which validates the token.
    assert bill.get("counts") == {SPEND: 81}
    assert max(len([each for each in at if first <= each < first + 60]) for first in at) == 60
