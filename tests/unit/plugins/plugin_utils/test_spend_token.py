# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API tokens of Spend & Expense: no sign-in, no change. One request validates the token."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from tests.unit.plugins.plugin_utils.fake_bill import SPEND, SPEND_TOKEN, Bill, Open, OpenClient, ScriptedResponse, no
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock, ListReporter

HEADERS = {"apiToken": SPEND_TOKEN["api_token"]}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_spend_token_is_validated_first_and_after_check_after(open_sessions: Open, bill: Bill, clock: Clock) -> None:
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
def test_spend_token_with_force_or_check_after_zero_is_validated_every_time(open_sessions: Open, bill: Bill) -> None:
    for _time in range(2):
        assert not open_sessions(**SPEND_TOKEN).ensure(force=True).changed
        assert not open_sessions(**SPEND_TOKEN, check_after=0).ensure().changed
    assert bill.received == [SPEND] * 4


def test_spend_token_validation_is_not_logged_as_a_login(open_sessions: Open, reporter: ListReporter) -> None:
    for options, signed_in in ((SPEND_TOKEN, 0), ({}, 1)):
        open_sessions(**options).ensure()
        assert len([text for text in reporter.logged if "signed in" in text]) == signed_in


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize("before", [False, True], ids=["at first", "later"])
@pytest.mark.parametrize(
    ("response", "named"),
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
def test_spend_token_refusal_is_cached(
    open_sessions: Open, bill: Bill, clock: Clock, before: bool, response: ScriptedResponse, named: str
) -> None:
    if before:
        open_sessions(**SPEND_TOKEN).ensure()
        clock.advance(60)
    asked = len(bill.received)
    bill.will_answer(response)
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
    assert len(bill.received) == asked + 1
    clock.advance(600)
    assert open_sessions(**SPEND_TOKEN).ensure().session
    assert len(bill.received) == asked + 2


@pytest.mark.promise(9)
@pytest.mark.parametrize("response", [no("BDC_1144"), no("BDC_1322"), (429, None), no("BDC_7777", 429)], ids=str)
def test_spend_token_rate_limit_is_retried_and_not_cached(
    open_sessions: Open, bill: Bill, clock: Clock, response: ScriptedResponse
) -> None:
    before = clock.now
    bill.will_answer(response, response)
    assert open_sessions(**SPEND_TOKEN).ensure().session
    assert bill.received == [SPEND] * 3
    assert clock.now == before + 2 * 61
    bill.will_answer(response)
    with pytest.raises(errors.RateLimitError, match="60 a minute"):
        open_sessions(**SPEND_TOKEN, retries=0).ensure(force=True)
    assert open_sessions(**SPEND_TOKEN, check_after=0).ensure().session


@pytest.mark.promise(9)
@pytest.mark.promise(11)
def test_spend_token_rate_limit_applies_to_any_spend_request(open_client: OpenClient, bill: Bill, clock: Clock) -> None:
    """In other APIs, BDC_1144 means the hourly limit."""
    client = open_client(**SPEND_TOKEN)
    client.sessions.ensure()
    before = clock.now
    bill.will_answer(no("BDC_1144"), (200, {}))
    done = client.request(HttpRequest("POST", "/v3/spend/budgets", is_repeatable=False))
    assert (done.response.status, done.signed_in) == (200, False)
    assert clock.now == before + 61


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [no("BDC_1101"), no("BDC_1102"), no("BDC_1109", 401), (401, None)], ids=str)
def test_spend_token_rejected_for_another_path_names_the_method_and_is_not_cached(
    open_client: OpenClient, bill: Bill, response: ScriptedResponse
) -> None:
    client = open_client(**SPEND_TOKEN)
    client.sessions.ensure()
    for _time in range(2):
        bill.will_answer(response)
        with pytest.raises(errors.ApiError, match="for paths below /v3/spend. For other paths, use") as failure:
            client.request(HttpRequest("GET", "/v3/vendors"))
        assert failure.value.options == ("auth_method",)
        assert not isinstance(failure.value, errors.AuthenticationError)
    assert bill.received == [SPEND, *["GET /v3/vendors"] * 2]
    assert not open_client(**SPEND_TOKEN).sessions.ensure().changed


@pytest.mark.promise(9)
def test_spend_token_with_another_response_is_an_error(open_sessions: Open, bill: Bill) -> None:
    # A proxy or a sign-in page may return status 200 with any content.
    no_yes: list[ScriptedResponse] = [(403, None), (200, None), (200, []), (200, "text")]
    kinds = [*((response, errors.InvalidResponseError) for response in no_yes), ((503, None), errors.ServerError)]
    for response, kind in kinds:
        bill.will_answer(response)
        with pytest.raises(kind):
            open_sessions(**SPEND_TOKEN, retries=0).ensure()


@pytest.mark.parametrize("response", [{}, {"id": 7}, {"id": "findme\n"}], ids=str)
def test_spend_token_with_an_unusable_user_is_valid(open_sessions: Open, bill: Bill, response: Any) -> None:
    bill.will_answer((200, response))
    session = open_sessions(**SPEND_TOKEN).ensure().session
    assert session
    assert session.user_id is None


@pytest.mark.promise(2)
@pytest.mark.promise(12)
def test_spend_token_end_deletes_it_and_says_that_it_stays_valid(
    open_sessions: Open, bill: Bill, warned: list[str]
) -> None:
    assert not open_sessions(**SPEND_TOKEN).end().changed
    assert warned == []
    open_sessions(**SPEND_TOKEN).ensure()
    assert not open_sessions(**SPEND_TOKEN).end(check_only=True).changed
    assert warned == []
    assert not open_sessions(**SPEND_TOKEN).end().changed
    assert warned == ["An API token has no sign-out. To end the token, revoke it in BILL Spend & Expense."]
    assert bill.received == [SPEND]
    # The entry was deleted, so the next task validates the token.
    open_sessions(**SPEND_TOKEN).ensure()
    assert bill.received == [SPEND] * 2


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", ["api_token", "api_url"])
def test_spend_token_with_another_token_or_api_url_is_validated(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    bill.will_answer((401, None))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(**{**SPEND_TOKEN, name: "http://127.0.0.1:9/other"}).ensure()
    assert len(bill.received) == 2


@pytest.mark.promise(1)
@pytest.mark.parametrize("name", OPTIONS)
def test_spend_token_is_used_although_an_unrelated_option_changed(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    open_sessions(**SPEND_TOKEN, **{name: None}).ensure()
    assert bill.received == [SPEND]
