# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens of apps: requested as RFC 6749 defines it, renewed before they expire, never validated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import LateExchange
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.unit.plugins.plugin_utils.fake_bill import (
    CHECK,
    OAUTH,
    TOKEN,
    TOKEN_AT_ROOT,
    Bill,
    Open,
    ScriptedResponse,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock, Run

FORM = {
    "grant_type": "client_credentials",
    "client_id": OAUTH["client_id"],
    "client_secret": OAUTH["client_secret"],
}
TOKEN_URL = "http://127.0.0.1:9/connect/elsewhere"
ELSEWHERE = "POST /elsewhere"


@pytest.mark.promise(2)
def test_oauth_token_is_requested_with_a_form_and_sent_as_bearer(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    outcome = open_sessions(**OAUTH).ensure()
    assert outcome.changed
    [asked] = bill.requests
    assert (asked.name, asked.headers, asked.body, asked.form) == (TOKEN, {}, None, FORM)
    session = outcome.session
    assert session
    assert session.headers == {"Authorization": "Bearer TOKEN-1"}
    assert (session.session_id, session.organization_id, session.user_id, session.trusted) == (None, None, None, None)
    assert (session.made_at, session.ends_at, session.expires_at) == (
        clock.now,
        clock.now + 3600,
        "2027-01-15T09:00:00Z",
    )


@pytest.mark.promise(1)
@pytest.mark.parametrize("check_after", [0, 60])
@pytest.mark.parametrize(
    ("scenario", "served"), [(3600, 3480), (600, 480), (599, 479.2), (60, 48), (1, 0.8), ("3600", 3480), (90.5, 72.4)]
)
def test_oauth_token_near_its_end_is_renewed_without_validation(
    open_sessions: Open, bill: Bill, clock: Clock, scenario: Any, served: float, check_after: int
) -> None:
    bill.answer = {"expires_in": scenario}
    first = open_sessions(**OAUTH, check_after=check_after).ensure()
    clock.advance(served - 0.01)
    later = open_sessions(**OAUTH, check_after=check_after).ensure()
    assert (later.session, later.changed) == (first.session, False)
    assert bill.received == [TOKEN]
    clock.advance(0.02)
    assert open_sessions(**OAUTH, check_after=check_after).ensure().changed
    assert bill.received == [TOKEN] * 2


@pytest.mark.promise(1)
def test_oauth_token_that_expires_at_once_is_renewed_by_the_next_task(open_sessions: Open, bill: Bill) -> None:
    bill.answer = {"expires_in": 0}
    assert [open_sessions(**OAUTH).ensure().changed for _time in range(2)] == [True, True]


@pytest.mark.promise(1)
def test_oauth_token_after_the_clock_was_set_back_is_renewed(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions(**OAUTH).ensure()
    clock.advance(-6)
    assert open_sessions(**OAUTH).ensure().changed
    assert not open_sessions(**OAUTH).ensure().changed
    assert bill.received == [TOKEN] * 2


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    "scenario",
    [None, -1, True, [], "soon", "", "-1", "1e3", "²", 1e9, 10**30, "9" * 5000, float("nan"), float("inf")],
    ids=lambda scenario: str(scenario)[:10],
)
def test_oauth_token_without_a_valid_lifetime_is_renewed_after_check_after(
    open_sessions: Open, bill: Bill, clock: Clock, scenario: Any
) -> None:
    bill.answer = {"expires_in": scenario}
    session = open_sessions(**OAUTH).ensure().session
    assert session
    assert (session.ends_at, session.expires_at) == (None, None)
    clock.advance(59)
    assert not open_sessions(**OAUTH).ensure().changed
    clock.advance(1)
    assert open_sessions(**OAUTH).ensure().changed
    assert bill.received == [TOKEN] * 2
    assert open_sessions(**OAUTH, check_after=0).ensure().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("code", "kind"), [("BDC_1144", errors.HourlyQuotaError), ("BDC_1107", errors.AuthenticationError)]
)
def test_oauth_refusal_with_a_known_code_has_its_class_with_any_status(
    open_sessions: Open, bill: Bill, code: str, kind: type[errors.BillError]
) -> None:
    bill.will_answer(no(code, 401), to=TOKEN)
    with pytest.raises(kind, match=f"BILL answered {code}"):
        open_sessions(**OAUTH).ensure()


# --- the address ---

NOTHING_THERE = [
    (401, None),
    (404, None),
    (405, None),
    (404, b"<html>"),
    no("BDC_1121", 404),
    no("BDC_1121"),
    (404, {"error": "x"}),
]


@pytest.mark.promise(9)
@pytest.mark.parametrize("nothing", NOTHING_THERE, ids=str)
def test_oauth_token_not_found_at_the_first_url_is_requested_at_the_second(
    open_sessions: Open, bill: Bill, nothing: ScriptedResponse
) -> None:
    bill.will_answer(nothing, to=TOKEN)
    assert open_sessions(**OAUTH).ensure().changed
    assert bill.received == [TOKEN, TOKEN_AT_ROOT]
    assert [each.form for each in bill.requests] == [FORM, FORM]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "response",
    [no("BDC_1101"), (401, {"error": "invalid_client"}), (200, b"<html>"), (302, None), (403, None)],
    ids=str,
)
def test_oauth_refusal_at_the_first_url_sends_no_secret_to_the_second(
    open_sessions: Open, bill: Bill, response: ScriptedResponse
) -> None:
    bill.will_answer(response, to=TOKEN)
    with pytest.raises(errors.BillError):
        open_sessions(**OAUTH).ensure()
    assert bill.received == [TOKEN]


@pytest.mark.promise(8)
def test_oauth_token_not_found_at_either_url_names_both(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer((404, None), (405, None))
    with pytest.raises(errors.InvalidResponseError) as failure:
        open_sessions(**OAUTH).ensure()
    assert str(failure.value) == (
        "BILL issues no access tokens at http://127.0.0.1:9/connect/authx/token or http://127.0.0.1:9/authx/token. "
        "Set token_url to the right address."
    )
    assert failure.value.options == ("api_url",)


def test_oauth_token_with_two_equal_urls_is_requested_once(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer((404, None))
    with pytest.raises(errors.InvalidResponseError, match="at http://127.0.0.1:9/authx/token. Set token_url"):
        open_sessions(**OAUTH, api_url="http://127.0.0.1:9").ensure()
    assert bill.received == [TOKEN_AT_ROOT]


@pytest.mark.promise(7)
def test_oauth_token_with_a_token_url_is_requested_only_there(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer((404, None), (200, {"access_token": "t"}), to=ELSEWHERE)
    with pytest.raises(errors.InvalidResponseError, match="HTTP status 404") as failure:
        open_sessions(**OAUTH, token_url=TOKEN_URL).ensure()
    assert failure.value.options == ("token_url",)
    assert "Check token_url" in str(failure.value)
    assert open_sessions(**OAUTH, token_url=TOKEN_URL).ensure().changed
    assert bill.received == [ELSEWHERE] * 2


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("token_url", "message"),
    [
        ("http://bill.example.com/token", "token_url would send the credentials to bill.example.com unencrypted"),
        ("https://me:findme@bill.example.com/token", "token_url must not contain a user name or password"),
        ("https://gateway.bill.com/authx/token", "token_url names gateway.bill.com, which is not a host"),
        ("bill.example.com", "token_url must begin with https://"),
    ],
)
def test_oauth_token_url_that_is_unsafe_is_an_option_error(
    open_sessions: Open, bill: Bill, token_url: str, message: str
) -> None:
    with pytest.raises(errors.OptionError) as failure:
        open_sessions(**OAUTH, token_url=token_url).ensure()
    assert str(failure.value).startswith(message)
    assert "findme" not in str(failure.value)
    assert failure.value.options == ("token_url",)
    assert bill.received == []


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", ["client_id", "client_secret", "token_url"])
def test_oauth_token_of_another_app_is_not_used(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**OAUTH).ensure()
    bill.will_answer((200, {"access_token": "t"}))
    assert open_sessions(**{**OAUTH, name: TOKEN_URL}).ensure().changed
    assert len(bill.received) == 2


@pytest.mark.promise(1)
@pytest.mark.parametrize("name", OPTIONS)
def test_oauth_token_is_used_although_an_unrelated_option_changed(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**OAUTH).ensure()
    assert not open_sessions(**OAUTH, **{name: None}).ensure().changed
    assert bill.received == [TOKEN]


# --- refusals ---

WRONG = "the client id or the client secret is wrong"


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("response", "code"),
    [
        ((401, {"error": "invalid_client", "error_description": "findme"}), "invalid_client"),
        ((400, {"error": "invalid_client"}), "invalid_client"),
        (no("BDC_1101", 401), "BDC_1101"),
        (no("BDC_1102"), "BDC_1102"),
        (no("BDC_1109", 401), "BDC_1109"),
        ((401, None), None),
        ((401, b"<html>findme</html>"), None),
        ((401, {"error": "findme"}), None),
        (no("BDC_7777", 401), None),
    ],
    ids=str,
)
def test_oauth_refusal_of_the_client_is_cached(
    open_sessions: Open, bill: Bill, clock: Clock, response: ScriptedResponse, code: str | None
) -> None:
    # An error without a code may come from a server in front of BILL. It only shows that the first address has no token endpoint.
    plain = code is None and "BDC_7777" not in str(response)
    bill.will_answer(*[response] * (1 + plain))
    for again in (0, 1):
        with pytest.raises(errors.AuthenticationError, match=WRONG) as failure:
            open_sessions(**OAUTH).ensure()
        assert (failure.value.code, failure.value.options) == (code, ("client_id", "client_secret"))
        assert str(failure.value).startswith(f"BILL answered {code or 'HTTP status 401'}: ")
        assert "belong to the BILL at 127.0.0.1:9." in str(failure.value)
        assert str(failure.value).count("did not send the request again") == again
        assert "findme" not in str(failure.value)
    assert bill.received == ([TOKEN, TOKEN_AT_ROOT] if plain else [TOKEN])
    clock.advance(600)
    assert open_sessions(**OAUTH).ensure().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("response", "kind", "concerns"),
    [
        ((400, {"error": "unauthorized_client"}), errors.ApiError, ("client_id",)),
        ((400, {"error": "invalid_request"}), errors.ApiError, ("token_url",)),
        ((400, {"error": "invalid_grant"}), errors.ApiError, ("token_url",)),
        ((400, {"error": "unsupported_grant_type"}), errors.ApiError, ("token_url",)),
        ((400, {"error": "invalid_scope"}), errors.ApiError, ("token_url",)),
        ((400, {"error": "findme"}), errors.InvalidResponseError, ("api_url",)),
        ((400, {"error": ["invalid_client"]}), errors.InvalidResponseError, ("api_url",)),
        (no("BDC_1001"), errors.ServerError, ()),
        (no("BDC_1144"), errors.HourlyQuotaError, ()),
    ],
    ids=str,
)
def test_oauth_refusal_of_another_kind_names_its_options(
    open_sessions: Open, bill: Bill, response: ScriptedResponse, kind: type[errors.BillError], concerns: tuple[str, ...]
) -> None:
    bill.will_answer(response)
    with pytest.raises(errors.BillError) as failure:
        open_sessions(**OAUTH, retries=0).ensure()
    assert failure.value.__class__ is kind
    assert failure.value.options == concerns
    assert "findme" not in str(failure.value)
    assert bill.received == [TOKEN]


@pytest.mark.promise(9)
def test_login_after_a_server_error_repeats_only_the_request_that_failed(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer((404, None), (503, None))
    assert open_sessions(**OAUTH).ensure().changed
    assert bill.received == [TOKEN, TOKEN_AT_ROOT, TOKEN_AT_ROOT]


@pytest.mark.promise(8)
@pytest.mark.parametrize(("token_url", "option"), [(None, "api_url"), (TOKEN_URL, "token_url")])
@pytest.mark.parametrize(
    "response", [None, [], "text", {}, {"access_token": 7}, {"access_token": "t\r\nX: y"}], ids=str
)
def test_oauth_response_without_a_token_is_an_invalid_response(
    open_sessions: Open, bill: Bill, response: Any, token_url: str | None, option: str
) -> None:
    bill.will_answer((200, response))
    with pytest.raises(errors.InvalidResponseError, match="no usable access_token") as failure:
        open_sessions(**OAUTH, token_url=token_url).ensure()
    assert failure.value.options == (option,)
    assert f"Check {option}" in str(failure.value)


# --- expiry ---


@pytest.mark.promise(2)
@pytest.mark.promise(12)
def test_oauth_token_end_deletes_it_and_names_its_expiry(open_sessions: Open, bill: Bill, warned: list[str]) -> None:
    open_sessions(**OAUTH).ensure()
    assert not open_sessions(**OAUTH).end(check_only=True).changed
    assert warned == []
    for force in (False, True):
        outcome = open_sessions(**OAUTH).end(force=force)
        assert (outcome.session, outcome.changed) == (None, False)
    assert warned == [
        "BILL documents no sign-out for access tokens. bill.connect deleted the stored token, but the token is valid until 2027-01-15T09:00:00Z."
    ]
    assert bill.received == [TOKEN]
    assert open_sessions(**OAUTH).ensure().changed


def test_oauth_token_end_without_a_lifetime_says_that_bill_ends_it(
    open_sessions: Open, bill: Bill, warned: list[str]
) -> None:
    bill.answer = {"expires_in": None}
    open_sessions(**OAUTH).ensure()
    open_sessions(**OAUTH).end()
    assert warned == [
        "BILL documents no sign-out for access tokens. bill.connect deleted the stored token, but the token is valid until BILL ends it."
    ]


# --- BILL's information about the session ---


def test_oauth_token_describe_returns_the_response_of_bill(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    session = open_sessions(**OAUTH).ensure().session
    assert session
    about = {"organizationId": "008X", "userId": "006X", "mfaStatus": "COMPLETE", "mfaBypass": True}
    bill.will_answer((200, about), to=CHECK)
    clock.advance(60)
    reported = open_sessions(**OAUTH).describe()
    assert reported
    assert bill.last(CHECK).headers == session.headers
    assert (reported.organization_id, reported.user_id, reported.mfa_status, reported.mfa_bypass) == (
        "008X",
        "006X",
        "COMPLETE",
        True,
    )
    assert (reported.trusted, reported.ends_at, reported.answered_at) == (None, session.ends_at, session.answered_at)


@pytest.mark.parametrize(
    "response",
    [no("BDC_1109", 401), no("BDC_1101"), no("BDC_1121", 404), (404, None), (200, b"<html>"), (200, None), (200, [])],
    ids=str,
)
def test_oauth_token_describe_without_a_usable_response_keeps_the_token(
    open_sessions: Open, bill: Bill, response: ScriptedResponse
) -> None:
    session = open_sessions(**OAUTH).ensure().session
    bill.will_answer(response, to=CHECK)
    assert open_sessions(**OAUTH).describe() == session
    assert not open_sessions(**OAUTH).ensure().changed


def test_oauth_token_describe_near_its_end_sends_no_request(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions(**OAUTH).ensure()
    clock.advance(3480)
    assert open_sessions(**OAUTH).describe() is None
    assert bill.received == [TOKEN]


@pytest.mark.promise(16)
def test_exchange_with_token_url_belongs_to_the_same_run(build: Callable[..., BillClient], run: Run) -> None:
    transport = build(None, **OAUTH).transport
    assert isinstance(transport, HttpTransport)
    tokens = transport.at(BaseUrl.of_option("https://tokens.example.com/authx/token", "token_url")).exchange
    assert isinstance(tokens, LateExchange)
    assert tokens.opened.run is run
