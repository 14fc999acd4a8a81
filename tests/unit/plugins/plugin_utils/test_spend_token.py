# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API tokens of Spend & Expense: no sign-in, no change. One request validates the token."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from tests.unit.plugins.plugin_utils.conversation import OPTIONS, Clock, ListReporter
from tests.unit.plugins.plugin_utils.signing_in import SPEND, SPEND_TOKEN, Bill, Open, OpenClient, Said, no

HEADERS = {"apiToken": SPEND_TOKEN["api_token"]}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_a_token_is_asked_about_at_first_and_after_check_after_seconds(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    for seconds, asked in ((0, 1), (59, 1), (1, 2), (59, 2), (100_000, 3)):
        clock.advance(seconds)
        outcome = open_sessions(**SPEND_TOKEN).ensure()
        assert not outcome.changed
        assert outcome.session
        assert outcome.session.headers == HEADERS
        assert (outcome.session.session_id, outcome.session.user_id) == (None, "u1")
        assert (outcome.session.expires_at, outcome.session.trusted) == (None, None)
        assert [(each.name, each.headers) for each in bill.requests] == [(SPEND, HEADERS)] * asked


@pytest.mark.promise(2)
def test_force_and_check_after_zero_ask_every_time_and_change_nothing(open_sessions: Open, bill: Bill) -> None:
    for _time in range(2):
        assert not open_sessions(**SPEND_TOKEN).ensure(force=True).changed
        assert not open_sessions(**SPEND_TOKEN, check_after=0).ensure().changed
    assert bill.heard == [SPEND] * 4


def test_nobody_is_told_of_a_sign_in_where_there_is_none(open_sessions: Open, reporter: ListReporter) -> None:
    for options, signed_in in ((SPEND_TOKEN, 0), ({}, 1)):
        open_sessions(**options).ensure()
        assert len([text for text in reporter.logged if "signed in" in text]) == signed_in


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize("before", [False, True], ids=["at first", "later"])
@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (no("BDC_1101"), "BDC_1101"),
        (no("BDC_1102"), "BDC_1102"),
        (no("BDC_1109", 401), "BDC_1109"),
        ((401, None), "HTTP status 401"),
        ((401, {"message": "findme"}), "HTTP status 401"),
        (no("BDC_7777", 401), "HTTP status 401"),
    ],
    ids=str,
)
def test_a_token_that_is_refused_is_told_and_asked_about_once(
    open_sessions: Open, bill: Bill, clock: Clock, before: bool, answer: Said, named: str
) -> None:
    if before:
        open_sessions(**SPEND_TOKEN).ensure()
        clock.advance(60)
    asked = len(bill.heard)
    bill.will_say(answer)
    for again in (0, 1):
        with pytest.raises(errors.AuthenticationError) as failure:
            open_sessions(**SPEND_TOKEN).ensure()
        assert str(failure.value).startswith(
            f"BILL answered {named}: the API token is wrong, or was revoked. Compare it"
        )
        assert "this token belongs to the BILL at 127.0.0.1:9." in str(failure.value)
        assert failure.value.options == ("api_token",)
        assert str(failure.value).count("did not send the request again") == again
        assert "findme" not in str(failure.value)
    assert len(bill.heard) == asked + 1
    clock.advance(600)
    assert open_sessions(**SPEND_TOKEN).ensure().session
    assert len(bill.heard) == asked + 2


@pytest.mark.promise(9)
@pytest.mark.parametrize("answer", [no("BDC_1144"), no("BDC_1322"), (429, None), no("BDC_7777", 429)], ids=str)
def test_a_call_too_many_in_a_minute_is_tried_again_when_that_is_over_and_nothing_is_remembered(
    open_sessions: Open, bill: Bill, clock: Clock, answer: Said
) -> None:
    before = clock.now
    bill.will_say(answer, answer)
    assert open_sessions(**SPEND_TOKEN).ensure().session
    assert bill.heard == [SPEND] * 3
    assert clock.now == before + 2 * 61
    bill.will_say(answer)
    with pytest.raises(errors.RateLimitError, match="60 a minute"):
        open_sessions(**SPEND_TOKEN, retries=0).ensure(force=True)
    assert open_sessions(**SPEND_TOKEN, check_after=0).ensure().session


@pytest.mark.promise(9)
@pytest.mark.promise(11)
def test_a_call_too_many_is_one_of_the_minute_whatever_is_asked(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    """In other APIs, BDC_1144 means the hourly limit."""
    client = open_client(**SPEND_TOKEN)
    client.sessions.ensure()
    before = clock.now
    bill.will_say(no("BDC_1144"), (200, {}))
    done = client.request(HttpRequest("POST", "/v3/spend/budgets", is_repeatable=False))
    assert (done.response.status, done.signed_in) == (200, False)
    assert clock.now == before + 61


@pytest.mark.promise(9)
def test_any_other_answer_is_told_for_what_it_is(open_sessions: Open, bill: Bill) -> None:
    # A proxy or a sign-in page may return status 200 with any content.
    no_yes: list[Said] = [(403, None), (200, None), (200, []), (200, "text")]
    kinds = [*((answer, errors.InvalidResponseError) for answer in no_yes), ((503, None), errors.ServerError)]
    for answer, kind in kinds:
        bill.will_say(answer)
        with pytest.raises(kind):
            open_sessions(**SPEND_TOKEN, retries=0).ensure()


@pytest.mark.parametrize("answer", [{}, {"id": 7}, {"id": "findme\n"}], ids=str)
def test_a_token_is_good_whatever_bill_tells_of_its_user(open_sessions: Open, bill: Bill, answer: Any) -> None:
    bill.will_say((200, answer))
    session = open_sessions(**SPEND_TOKEN).ensure().session
    assert session
    assert session.user_id is None


@pytest.mark.promise(2)
@pytest.mark.promise(12)
def test_absent_forgets_the_token_and_says_that_it_stays_good(open_sessions: Open, bill: Bill, said: list[str]) -> None:
    assert not open_sessions(**SPEND_TOKEN).end().changed
    assert said == []
    open_sessions(**SPEND_TOKEN).ensure()
    assert not open_sessions(**SPEND_TOKEN).end(check_only=True).changed
    assert said == []
    assert not open_sessions(**SPEND_TOKEN).end().changed
    assert said == ["An API token has no sign-out. To end the token, revoke it in BILL Spend & Expense."]
    assert bill.heard == [SPEND]
    # The entry was deleted, so the next task validates the token.
    open_sessions(**SPEND_TOKEN).ensure()
    assert bill.heard == [SPEND] * 2


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", ["api_token", "api_url"])
def test_another_token_or_place_is_asked_about_for_itself(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    bill.will_say((401, None))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(**{**SPEND_TOKEN, name: "http://127.0.0.1:9/other"}).ensure()
    assert len(bill.heard) == 2


@pytest.mark.promise(1)
@pytest.mark.parametrize("name", OPTIONS)
def test_what_a_token_does_not_need_makes_no_other_token(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    open_sessions(**SPEND_TOKEN, **{name: None}).ensure()
    assert bill.heard == [SPEND]
