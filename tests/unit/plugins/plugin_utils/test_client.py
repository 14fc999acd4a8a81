# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests with a session: what is sent, what happens after the session has expired, and what is never sent twice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from tests.unit.plugins.plugin_utils.fake_bill import (
    CHECK,
    LOGIN,
    LOGOUT,
    OAUTH,
    SPEND,
    SPEND_TOKEN,
    TOKEN,
    Bill,
    Open,
    OpenClient,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import SESSION, Clock

WORK = "GET /v3/vendors"


READ = HttpRequest("GET", "/v3/vendors")


def use(client: BillClient, *, acts: bool = False) -> tuple[Any, bool]:
    """Send the request. Returns the response, and whether the client had to make a session."""
    done = client.request(replace(READ, is_repeatable=not acts))
    return done.response.json, done.signed_in


@pytest.fixture(autouse=True)
def vendors(bill: Bill) -> None:
    bill.answer_to_check = {"results": ["a vendor"]}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_client_with_a_stored_session_sends_the_request_without_validation(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    assert use(open_client()) == ({"results": ["a vendor"]}, True)
    for seconds in (0, 100, 100_000):
        clock.advance(seconds)
        assert use(open_client(check_after=0)) == ({"results": ["a vendor"]}, False)
    assert bill.received == [LOGIN] + [WORK] * 4


@pytest.mark.promise(1)
def test_client_after_a_response_restarts_the_idle_time(
    open_client: OpenClient, open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions().ensure()
    clock.advance(1000)
    bill.before_answering(WORK, partial(clock.advance, 5))
    use(open_client())
    session = open_sessions().ensure().session
    assert session
    assert (session.made_at, session.answered_at) == (clock.now - 1005, clock.now)
    assert bill.received == [LOGIN, WORK]


def test_client_returns_the_response_when_the_store_is_locked(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    with open_sessions().entry.lock(0):
        assert use(open_client()) == ({"results": ["a vendor"]}, False)
    assert bill.received == [LOGIN, WORK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("acts", [False, True])
def test_client_with_an_expired_session_renews_it_and_sends_the_request_again(
    open_client: OpenClient, open_sessions: Open, bill: Bill, acts: bool
) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    assert use(open_client(), acts=acts) == ({"results": ["a vendor"]}, True)
    assert bill.received == [LOGIN, WORK, CHECK, LOGIN, WORK]
    assert not open_sessions().ensure().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize("stored", [True, False])
def test_client_with_a_valid_session_that_a_request_rejects_keeps_the_session(
    open_client: OpenClient, open_sessions: Open, bill: Bill, stored: bool
) -> None:
    if stored:
        open_sessions().ensure()
    bill.will_answer(*[no("BDC_1109", 401)] * 3, to=WORK)
    for _time in range(3):
        with pytest.raises(errors.ApiError, match="BDC_1109 although the session is valid") as failure:
            use(open_client())
        assert failure.value.__class__ is errors.ApiError
    # A session that was just made needs no validation.
    assert bill.received == [LOGIN, WORK, *([CHECK] if stored else []), *[WORK, CHECK] * 2]


@pytest.mark.promise(9)
def test_client_with_sessions_that_expire_at_once_renews_once(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    bill.before_answering(WORK, lambda: None)
    bill.before_answering(WORK, bill.valid_sessions.clear)
    with pytest.raises(errors.ApiError):
        use(open_client())
    assert bill.received == [LOGIN, WORK, CHECK, LOGIN, WORK]


@pytest.mark.promise(9)
def test_client_with_a_new_token_that_a_request_rejects_keeps_the_token(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions(**OAUTH).ensure()
    bill.will_answer(no("BDC_1109", 401), to=WORK)
    with pytest.raises(errors.ApiError, match="BDC_1109 although the session is valid") as failure:
        use(open_client(**OAUTH))
    assert failure.value.options == ("auth_method",)
    assert bill.received == [TOKEN, WORK]


@pytest.mark.promise(9)
def test_client_with_a_token_rejected_without_a_code_names_the_status(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer((401, None), to=WORK)
    with pytest.raises(errors.ApiError, match="BILL answered HTTP status 401 although the session is valid") as failure:
        use(open_client(**OAUTH))
    assert (failure.value.code, failure.value.status) == (None, 401)


@pytest.mark.promise(9)
def test_client_with_a_token_rejected_after_a_clock_change_renews_the_token(
    open_client: OpenClient, open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    """The clock may also be set back during the request."""
    for seconds in (60, -1):
        open_sessions(**OAUTH).ensure(force=True)
        bill.requests.clear()
        bill.before_answering(WORK, partial(clock.advance, seconds))
        bill.will_answer(no("BDC_1109", 401), (200, {}), to=WORK)
        assert use(open_client(**OAUTH)) == ({}, True)
        assert bill.received == [WORK, TOKEN, WORK]


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_client_with_a_session_renewed_by_another_task_uses_that_session(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    bill.before_answering(WORK, lambda: open_sessions().ensure(force=True))
    assert use(open_client()) == ({"results": ["a vendor"]}, False)
    assert bill.received == [LOGIN, WORK, LOGIN, CHECK, WORK]
    assert bill.last(WORK).headers["sessionId"] == "SESSION-3"


@pytest.mark.promise(1)
def test_client_response_to_an_old_session_leaves_the_new_session_unchanged(
    open_client: OpenClient, open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions().ensure()

    def meanwhile() -> None:
        open_sessions().ensure(force=True)
        clock.advance(30)

    bill.before_answering(WORK, meanwhile)
    use(open_client())
    session = open_sessions().ensure().session
    assert session
    assert (session.session_id, session.answered_at) == ("SESSION-3", clock.now - 30)


def test_client_response_keeps_trust_that_another_task_stored(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()

    def meanwhile() -> None:
        sign_in = open_sessions()
        session = sign_in.entry.load()
        assert session
        sign_in.stored.update(session, trusted=True)

    bill.before_answering(WORK, meanwhile)
    use(open_client())
    session = open_sessions().ensure().session
    assert session
    assert session.trusted is True


@pytest.mark.promise(2)
def test_client_response_does_not_restore_a_session_that_another_task_ended(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    bill.before_answering(WORK, lambda: open_sessions().end())
    bill.will_answer((200, {}), to=WORK)
    use(open_client())
    assert open_sessions().entry.load() is None
    assert bill.received == [LOGIN, WORK, LOGOUT]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "failure", [errors.ServerError("ill", status=500), errors.RequestTimeoutError("late"), errors.TransportError("")]
)
def test_client_after_an_uncertain_failure_does_not_send_a_write_again(
    open_client: OpenClient, bill: Bill, failure: errors.BillError
) -> None:
    bill.will_answer(failure, to=WORK)
    with pytest.raises(errors.UncertainWriteError) as raised:
        use(open_client(), acts=True)
    assert raised.value.origin is failure
    assert bill.received == [LOGIN, WORK]
    bill.will_answer(failure, to=WORK)
    assert use(open_client())[0]
    assert bill.received == [LOGIN, WORK, WORK, WORK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("failure", [errors.LimiterTimeoutError("none free"), no("BDC_1322")], ids=str)
def test_client_after_a_failure_without_effect_sends_a_write_again(
    open_client: OpenClient, bill: Bill, failure: Any
) -> None:
    bill.will_answer(failure, failure, to=WORK)
    assert use(open_client(), acts=True)[0]
    assert bill.received == [LOGIN] + [WORK] * 3


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_client_with_a_cached_refusal_sends_no_further_request(
    open_client: OpenClient, open_sessions: Open, bill: Bill, code: str
) -> None:
    open_sessions().ensure()
    bill.will_answer(no(code), to=WORK)
    for message in (code, "did not send the request again"):
        with pytest.raises(errors.ApiError, match=message):
            use(open_client())
    with pytest.raises(errors.ApiError, match="did not send the request again"):
        open_client().request_with(SESSION, READ)
    if code == "BDC_1103":
        # The validity of BILL's last response does not matter, even with a long check_after.
        with pytest.raises(errors.ApiError, match="did not send the request again"):
            open_sessions(check_after=3600).ensure()
    with pytest.raises(errors.ApiError, match="did not send the request again"):
        open_sessions(check_after=0).ensure()
    assert bill.received == [LOGIN, WORK]


@pytest.mark.promise(4)
def test_client_after_a_rejected_login_still_uses_the_stored_session(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    bill.will_answer(no("BDC_1101"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions().ensure(force=True)
    assert use(open_client()) == ({"results": ["a vendor"]}, False)
    session = open_sessions().entry.load()
    assert session
    assert open_client().request_with(session, READ).status == 200


@pytest.mark.promise(4)
def test_client_with_rejected_credentials_sends_them_once(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    for message in ("BDC_1101", "did not send the request again"):
        with pytest.raises(errors.AuthenticationError, match=message):
            use(open_client())
    assert bill.received == [LOGIN]


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (OAUTH, "the request requires MFA trust, and this app does not have it. Use an app with full access."),
        ({"auth_method": "sync_token"}, "the session of a sync token is never trusted. Use auth_method password"),
        ({}, "this session is not trusted. Signing in again does not help. To make the session trusted, pass"),
    ],
    ids=["oauth", "sync_token", "password"],
)
def test_client_whose_request_requires_trust_names_a_remedy_that_works(
    open_client: OpenClient, bill: Bill, options: dict[str, Any], message: str
) -> None:
    client = open_client(**options)
    client.sessions.ensure()
    bill.will_answer(no("BDC_1361", 403))
    with pytest.raises(errors.MfaRequiredError) as failure:
        use(client, acts=True)
    assert message in str(failure.value)


@pytest.mark.promise(9)
def test_client_with_an_untrusted_session_reports_mfa_and_keeps_the_session(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    bill.will_answer(no("BDC_1361", 403), to=WORK)
    with pytest.raises(errors.MfaRequiredError):
        use(open_client())
    assert not open_sessions().ensure().changed


@pytest.mark.promise(1)
def test_client_with_a_token_near_its_end_renews_it_before_the_request(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    bill.will_answer((200, {}), (200, {}), to=WORK)
    assert use(open_client(**OAUTH))[1]
    clock.advance(3480)
    assert use(open_client(**OAUTH))[1]
    assert bill.received == [TOKEN, WORK] * 2


@pytest.mark.promise(9)
def test_request_with_a_session_is_retried_only_if_bill_has_not_processed_it(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions().ensure()
    client = open_client()
    session = client.sessions.entry.load()
    assert session
    write = replace(READ, is_repeatable=False)
    for warned, asked in (
        ([errors.RequestTimeoutError("late")], 1),
        ([errors.LimiterTimeoutError(""), no("BDC_1322")], 3),
    ):
        before = len(bill.received)
        bill.will_answer(*warned, to=WORK)
        try:
            client.request_with(session, write)
        except errors.UncertainWriteError:
            assert asked == 1
        assert len(bill.received) - before == asked
    bill.valid_sessions.clear()
    with pytest.raises(errors.SessionExpiredError):
        client.request_with(session, write)
    assert bill.sign_ins == 1


# --- describe() ---


def test_describe_after_a_recent_response_validates_and_stores_the_session(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    assert open_sessions().describe() is None
    open_sessions().ensure()
    clock.advance(1)
    bill.answer_to_check = {"userId": "006NEW", "mfaStatus": "SETUP", "mfaBypass": False}
    reported = open_sessions().describe()
    assert reported
    assert (reported.user_id, reported.mfa_status, reported.mfa_bypass, reported.trusted) == (
        "006NEW",
        "SETUP",
        False,
        False,
    )
    assert reported.answered_at == clock.now
    assert open_sessions().entry.load() == reported
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(9)
def test_describe_with_an_expired_session_deletes_it_and_makes_none(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    assert open_sessions().describe() is None
    assert open_sessions().describe() is None
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_describe_after_a_refusal_caches_it_and_sends_no_request(open_sessions: Open, bill: Bill, code: str) -> None:
    open_sessions().ensure()
    bill.will_answer(no(code), to=CHECK)
    for message in (code, "did not send the request again"):
        with pytest.raises(errors.ApiError, match=message):
            open_sessions().describe()
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(4)
@pytest.mark.parametrize("options", [{}, SPEND_TOKEN], ids=["session", "API token"])
def test_describe_with_a_rejected_credential_makes_ensure_fail(
    open_sessions: Open, bill: Bill, options: dict[str, Any]
) -> None:
    open_sessions(**options).ensure()
    bill.will_answer(no("BDC_1102"))
    for sign_in in (open_sessions(**options).describe, open_sessions(**options, check_after=3600).ensure):
        with pytest.raises(errors.AuthenticationError):
            sign_in()
    assert len(bill.received) == 2


def test_describe_with_an_api_token_validates_the_token(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    clock.advance(1)
    reported = open_sessions(**SPEND_TOKEN).describe()
    assert reported
    assert reported.answered_at == clock.now
    assert bill.received == [SPEND, SPEND]


# --- update() ---


def test_update_with_an_old_session_leaves_the_new_session_unchanged(open_sessions: Open, bill: Bill) -> None:
    first = open_sessions().ensure().session
    assert first
    open_sessions().stored.update(first, trusted=True, user_id="006NEW")
    stored = open_sessions().entry.load()
    assert stored
    assert (stored.session_id, stored.trusted, stored.user_id) == (first.session_id, True, "006NEW")
    second = open_sessions().ensure(force=True).session
    open_sessions().stored.update(first, trusted=True)
    assert open_sessions().entry.load() == second
    open_sessions().end()
    open_sessions().stored.update(first, trusted=True)
    assert open_sessions().entry.load() is None
