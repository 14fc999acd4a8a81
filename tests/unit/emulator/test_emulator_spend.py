# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spend & Expense: an API token with each call, sixty of them a minute."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.talk import Bill, Control, codes

TOKEN = {"apiToken": world.SPEND_TOKEN.value}
OTHER = {"apiToken": world.SECOND_SPEND_TOKEN.value}
CURRENT = "/v3/spend/users/current"


def test_a_token_tells_whose_it_is(bill: Bill) -> None:
    for headers, token in ((TOKEN, world.SPEND_TOKEN), (OTHER, world.SECOND_SPEND_TOKEN)):
        answer = bill.get(CURRENT, headers)
        assert answer.status_code == 200
        assert answer.json() == {"id": token.user_id, "name": token.user_name, "email": token.email}


@pytest.mark.parametrize("headers", [{}, {"apiToken": "wrong"}, {"apiToken": world.USER.password}, "a session"])
def test_nothing_else_is_taken_for_a_token(bill: Bill, control: Control, headers: dict[str, str] | str) -> None:
    given = bill.session() if isinstance(headers, str) else headers
    answer = bill.get(CURRENT, given)
    assert (answer.status_code, codes(answer)) == (401, ["BDC_1109"])
    control.post("settings", codes={"spend_token": "BDC_1101"}, status_of={"BDC_1101": 403})
    answer = bill.get(CURRENT, given)
    assert (answer.status_code, codes(answer)) == (403, ["BDC_1101"])


def test_a_token_is_no_session(bill: Bill) -> None:
    assert codes(bill.get("/v3/vendors", {**TOKEN, "devKey": world.DEV_KEY})) == ["BDC_1109"]


def test_the_61st_call_of_a_token_waits_for_the_next_minute(bill: Bill, control: Control) -> None:
    assert control.get("settings")["spend_calls_per_minute"] == 60
    control.post("clock", set="2026-03-02T10:10:05Z")
    control.post("settings", spend_calls_per_minute=3)
    assert [bill.get(CURRENT, TOKEN).status_code for _time in range(3)] == [200] * 3
    refused = bill.get(CURRENT, TOKEN)
    assert (refused.status_code, codes(refused)) == (422, ["BDC_1144"])
    assert bill.get(CURRENT, OTHER).status_code == 200
    control.post("settings", codes={"spend_limit": "BDC_1322"}, status_of={"BDC_1322": 429})
    refused = bill.get(CURRENT, TOKEN)
    assert (refused.status_code, codes(refused)) == (429, ["BDC_1322"])
    control.post("clock", set="2026-03-02T10:11:00Z")
    assert bill.get(CURRENT, TOKEN).status_code == 200


def test_a_changed_token_is_the_only_one_that_works(bill: Bill, control: Control) -> None:
    control.post(f"users/{world.SPEND_TOKEN.name}/password", password="New-findme")
    assert bill.get(CURRENT, TOKEN).status_code == 401
    assert bill.get(CURRENT, {"apiToken": "New-findme"}).status_code == 200
    assert control.get("world")["spend_tokens"][0]["value"] == "New-findme"
