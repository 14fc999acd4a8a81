# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work with a session: what is asked with it, what becomes of one that has ended, and what is never asked twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.conversation import SESSION, Clock
from tests.unit.plugins.plugin_utils.signing_in import (
    CHECK,
    LOGIN,
    LOGOUT,
    OAUTH,
    SPEND,
    SPEND_TOKEN,
    TOKEN,
    Bill,
    Open,
    no,
)

WORK = "GET /v3/vendors"


def working(sign_in: SessionManager) -> Callable[[Session], Any]:
    return lambda session: sign_in.gateway.ask("GET", "/v3/vendors", headers=session.headers).json


def use(sign_in: SessionManager, *, acts: bool = False) -> tuple[Any, bool]:
    return sign_in.use(working(sign_in), acts=acts)


@pytest.fixture(autouse=True)
def vendors(bill: Bill) -> None:
    bill.answer_to_check = {"results": ["a vendor"]}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_the_kept_session_is_used_without_a_check_before(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    assert use(open_sign_in()) == ({"results": ["a vendor"]}, True)
    for seconds in (0, 100, 100_000):
        clock.advance(seconds)
        assert use(open_sign_in(check_after=0)) == ({"results": ["a vendor"]}, False)
    assert bill.heard == [LOGIN] + [WORK] * 4


@pytest.mark.promise(1)
def test_an_answer_begins_the_idle_life_anew(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in().present()
    clock.advance(1000)
    sign_in = open_sign_in()

    def ask(session: Session) -> None:
        clock.advance(5)
        working(sign_in)(session)

    sign_in.use(ask)
    session = open_sign_in().present().session
    assert session
    assert (session.made_at, session.answered_at) == (clock.now - 1005, clock.now)
    assert bill.heard == [LOGIN, WORK]


def test_an_answer_is_not_lost_for_a_note_of_it(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    with open_sign_in().kept.lock(0):
        assert use(open_sign_in()) == ({"results": ["a vendor"]}, False)
    assert bill.heard == [LOGIN, WORK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("acts", [False, True])
def test_a_session_that_has_ended_is_replaced_and_the_question_asked_again(
    open_sign_in: Open, bill: Bill, acts: bool
) -> None:
    open_sign_in().present()
    bill.alive.clear()
    assert use(open_sign_in(), acts=acts) == ({"results": ["a vendor"]}, True)
    assert bill.heard == [LOGIN, WORK, CHECK, LOGIN, WORK]
    assert not open_sign_in().present().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize("kept", [True, False])
def test_a_session_that_is_alive_is_not_replaced_because_it_is_no_good_for_the_work(
    open_sign_in: Open, bill: Bill, kept: bool
) -> None:
    if kept:
        open_sign_in().present()
    bill.will_say(*[no("BDC_1109", 401)] * 3, to=WORK)
    for _time in range(3):
        with pytest.raises(errors.ApiError, match="BDC_1109 although the session is alive") as failure:
            use(open_sign_in())
        assert failure.value.__class__ is errors.ApiError
    # One that was made for the work is alive without a question.
    assert bill.heard == [LOGIN, WORK, *([CHECK] if kept else []), *[WORK, CHECK] * 2]


@pytest.mark.promise(9)
def test_a_session_that_ends_again_and_again_is_replaced_once(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.alive.clear()
    bill.before_answering(WORK, lambda: None)
    bill.before_answering(WORK, bill.alive.clear)
    with pytest.raises(errors.ApiError):
        use(open_sign_in())
    assert bill.heard == [LOGIN, WORK, CHECK, LOGIN, WORK]


@pytest.mark.promise(9)
def test_a_token_of_which_bill_cannot_be_asked_is_not_replaced_before_its_end(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in(**OAUTH).present()
    bill.will_say(no("BDC_1109", 401), to=WORK)
    with pytest.raises(errors.ApiError, match="BDC_1109 although the session is alive") as failure:
        use(open_sign_in(**OAUTH))
    assert failure.value.concerns == ("auth_method",)
    assert bill.heard == [TOKEN, WORK]


@pytest.mark.promise(9)
def test_a_token_that_was_refused_without_a_code_is_told_by_its_status(open_sign_in: Open, bill: Bill) -> None:
    sign_in = open_sign_in(**OAUTH)
    bill.will_say((401, None), to=WORK)
    with pytest.raises(errors.ApiError, match="BILL answered HTTP status 401 although the session is alive") as failure:
        sign_in.use(lambda session: sign_in.credential.ask(sign_in.gateway, session, "GET", "/v3/vendors"))
    assert (failure.value.code, failure.value.status) == (None, 401)


@pytest.mark.promise(9)
def test_a_token_that_is_refused_after_a_minute_is_replaced_whatever_the_clock_says(
    open_sign_in: Open, bill: Bill, clock: Clock
) -> None:
    """Also where the clock was set back while it was asked with."""
    for seconds in (60, -1):
        open_sign_in(**OAUTH).present(force=True)
        bill.requests.clear()
        bill.before_answering(WORK, partial(clock.advance, seconds))
        bill.will_say(no("BDC_1109", 401), (200, {}), to=WORK)
        assert use(open_sign_in(**OAUTH)) == ({}, True)
        assert bill.heard == [WORK, TOKEN, WORK]


@pytest.mark.promise(9)
def test_what_is_lent_a_session_sees_to_its_own_failures(open_sign_in: Open, bill: Bill) -> None:
    """It is not asked again, except with another session."""
    sign_in = open_sign_in()
    sign_in.present()
    bill.will_say((503, None), no("BDC_1322"), to=WORK)
    for kind in (errors.ServerError, errors.ConcurrencyLimitError):
        with pytest.raises(kind):
            sign_in.lend(working(sign_in))
    assert bill.heard == [LOGIN, WORK, WORK]
    bill.alive.clear()
    assert sign_in.lend(working(sign_in)) == ({"results": ["a vendor"]}, True)
    assert bill.heard == [LOGIN, WORK, WORK, WORK, CHECK, LOGIN, WORK]


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_a_session_that_another_task_has_replaced_meanwhile_is_not_replaced_again(
    open_sign_in: Open, bill: Bill
) -> None:
    open_sign_in().present()
    bill.alive.clear()
    bill.before_answering(WORK, lambda: open_sign_in().present(force=True))
    assert use(open_sign_in()) == ({"results": ["a vendor"]}, False)
    assert bill.heard == [LOGIN, WORK, LOGIN, CHECK, WORK]
    assert bill.last(WORK).headers["sessionId"] == "SESSION-3"


@pytest.mark.promise(1)
def test_an_answer_with_an_older_session_says_nothing_of_the_one_in_its_place(
    open_sign_in: Open, bill: Bill, clock: Clock
) -> None:
    open_sign_in().present()

    def meanwhile() -> None:
        open_sign_in().present(force=True)
        clock.advance(30)

    bill.before_answering(WORK, meanwhile)
    use(open_sign_in())
    session = open_sign_in().present().session
    assert session
    assert (session.session_id, session.answered_at) == ("SESSION-3", clock.now - 30)


def test_trust_that_another_task_gave_meanwhile_stays(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()

    def meanwhile() -> None:
        sign_in = open_sign_in()
        session = sign_in.kept.load()
        assert session
        sign_in.update(session, trusted=True)

    bill.before_answering(WORK, meanwhile)
    use(open_sign_in())
    session = open_sign_in().present().session
    assert session
    assert session.trusted is True


@pytest.mark.promise(2)
def test_a_session_that_another_task_has_ended_meanwhile_does_not_come_back(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.before_answering(WORK, lambda: open_sign_in().absent())
    bill.will_say((200, {}), to=WORK)
    use(open_sign_in())
    assert open_sign_in().kept.load() is None
    assert bill.heard == [LOGIN, WORK, LOGOUT]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "failure", [errors.ServerError("ill"), errors.RequestTimeoutError("late"), errors.TransportError("")]
)
def test_what_acts_is_not_asked_again_when_bill_may_have_done_it(
    open_sign_in: Open, bill: Bill, failure: errors.BillError
) -> None:
    bill.will_say(failure, to=WORK)
    with pytest.raises(failure.__class__):
        use(open_sign_in(), acts=True)
    assert bill.heard == [LOGIN, WORK]
    bill.will_say(failure, to=WORK)
    assert use(open_sign_in())[0]
    assert bill.heard == [LOGIN, WORK, WORK, WORK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("failure", [errors.LimiterTimeoutError("none free"), no("BDC_1322")], ids=str)
def test_what_acts_is_asked_again_when_bill_has_certainly_done_nothing(
    open_sign_in: Open, bill: Bill, failure: Any
) -> None:
    bill.will_say(failure, failure, to=WORK)
    assert use(open_sign_in(), acts=True)[0]
    assert bill.heard == [LOGIN] + [WORK] * 3


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_a_refusal_of_what_is_asked_is_remembered_and_heeded(open_sign_in: Open, bill: Bill, code: str) -> None:
    open_sign_in().present()
    bill.will_say(no(code), to=WORK)
    for says in (code, "was not asked again"):
        with pytest.raises(errors.ApiError, match=says):
            use(open_sign_in())
    with pytest.raises(errors.ApiError, match="was not asked again"):
        open_sign_in().ask_once(SESSION, lambda: pytest.fail("asked all the same"))
    if code == "BDC_1103":
        # However recently BILL answered before.
        with pytest.raises(errors.ApiError, match="was not asked again"):
            open_sign_in(check_after=3600).present()
    with pytest.raises(errors.ApiError, match="was not asked again"):
        open_sign_in(check_after=0).present()
    assert bill.heard == [LOGIN, WORK]


@pytest.mark.promise(4)
def test_a_refused_sign_in_does_not_keep_a_kept_session_from_its_work(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.will_say(no("BDC_1101"))
    with pytest.raises(errors.AuthenticationError):
        open_sign_in().present(force=True)
    assert use(open_sign_in()) == ({"results": ["a vendor"]}, False)
    assert open_sign_in().ask_once(SESSION, lambda: "done") == "done"


@pytest.mark.promise(4)
def test_a_refused_credential_is_not_sent_for_any_work(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say(no("BDC_1101"))
    for says in ("BDC_1101", "was not asked again"):
        with pytest.raises(errors.AuthenticationError, match=says):
            use(open_sign_in())
    assert bill.heard == [LOGIN]


@pytest.mark.promise(9)
def test_an_untrusted_session_is_told_and_kept(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say(no("BDC_1361", 403), to=WORK)
    with pytest.raises(errors.MfaRequiredError):
        use(open_sign_in())
    assert not open_sign_in().present().changed


@pytest.mark.promise(1)
def test_a_token_that_is_due_is_replaced_before_its_use(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    bill.will_say((200, {}), (200, {}), to=WORK)
    assert use(open_sign_in(**OAUTH))[1]
    clock.advance(3480)
    assert use(open_sign_in(**OAUTH))[1]
    assert bill.heard == [TOKEN, WORK] * 2


@pytest.mark.promise(9)
def test_ask_once_asks_once_unless_bill_has_certainly_done_nothing(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    sign_in = open_sign_in()
    session = sign_in.kept.load()
    assert session
    for said, asked in (
        ([errors.RequestTimeoutError("late")], 1),
        ([errors.LimiterTimeoutError(""), no("BDC_1322")], 3),
    ):
        before = len(bill.heard)
        bill.will_say(*said, to=WORK)
        try:
            sign_in.ask_once(session, lambda: working(sign_in)(session))
        except errors.RequestTimeoutError:
            assert asked == 1
        assert len(bill.heard) - before == asked
    bill.alive.clear()
    with pytest.raises(errors.SessionExpiredError):
        sign_in.ask_once(session, lambda: working(sign_in)(session))
    assert bill.sign_ins == 1


# --- inquire() ---


def test_an_inquiry_asks_bill_however_recent_its_last_answer_is(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    assert open_sign_in().inquire() is None
    open_sign_in().present()
    clock.advance(1)
    bill.answer_to_check = {"userId": "006NEW", "mfaStatus": "SETUP", "mfaBypass": False}
    told = open_sign_in().inquire()
    assert told
    assert (told.user_id, told.mfa_status, told.mfa_bypass, told.trusted) == ("006NEW", "SETUP", False, False)
    assert told.answered_at == clock.now
    assert open_sign_in().kept.load() == told
    assert bill.heard == [LOGIN, CHECK]


@pytest.mark.promise(9)
def test_an_inquiry_forgets_a_session_that_has_ended_and_makes_none(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.alive.clear()
    assert open_sign_in().inquire() is None
    assert open_sign_in().inquire() is None
    assert bill.heard == [LOGIN, CHECK]


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_an_inquiry_remembers_and_heeds_refusals(open_sign_in: Open, bill: Bill, code: str) -> None:
    open_sign_in().present()
    bill.will_say(no(code), to=CHECK)
    for says in (code, "was not asked again"):
        with pytest.raises(errors.ApiError, match=says):
            open_sign_in().inquire()
    assert bill.heard == [LOGIN, CHECK]


@pytest.mark.promise(4)
@pytest.mark.parametrize("options", [{}, SPEND_TOKEN], ids=["session", "API token"])
def test_what_an_inquiry_finds_refused_is_not_used_unasked(
    open_sign_in: Open, bill: Bill, options: dict[str, Any]
) -> None:
    open_sign_in(**options).present()
    bill.will_say(no("BDC_1102"))
    for sign_in in (open_sign_in(**options).inquire, open_sign_in(**options, check_after=3600).present):
        with pytest.raises(errors.AuthenticationError):
            sign_in()
    assert len(bill.heard) == 2


def test_an_inquiry_about_an_api_token_asks_whether_it_is_good(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in(**SPEND_TOKEN).present()
    clock.advance(1)
    told = open_sign_in(**SPEND_TOKEN).inquire()
    assert told
    assert told.answered_at == clock.now
    assert bill.heard == [SPEND, SPEND]


# --- update() ---


def test_an_update_changes_the_kept_session_and_no_other(open_sign_in: Open, bill: Bill) -> None:
    first = open_sign_in().present().session
    assert first
    open_sign_in().update(first, trusted=True, user_id="006NEW")
    kept = open_sign_in().kept.load()
    assert kept
    assert (kept.session_id, kept.trusted, kept.user_id) == (first.session_id, True, "006NEW")
    second = open_sign_in().present(force=True).session
    open_sign_in().update(first, trusted=True)
    assert open_sign_in().kept.load() == second
    open_sign_in().absent()
    open_sign_in().update(first, trusted=True)
    assert open_sign_in().kept.load() is None
