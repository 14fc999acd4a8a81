# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MFA trust: with an MFA ID at the sign-in or later, required or not, and the messages if it is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session, SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody
from tests.unit.plugins.plugin_utils.fake_bill import (
    AS_USER,
    CHECK,
    CHECK_PARTNER,
    LOGIN,
    METHODS,
    MFA_ID,
    OAUTH,
    PARTNER_LOGIN,
    PARTNER_USER,
    SPEND_TOKEN,
    STEP_UP,
    THE_PARTNER,
    Bill,
    Open,
    OpenClient,
    ScriptedResponse,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import Clock

BODY = {"rememberMeId": MFA_ID["remember_me_id"], "device": MFA_ID["device"]}
INVALID_MFA_ID = "BILL does not trust this session with the MFA ID in remember_me_id."


@pytest.fixture
def good_id(bill: Bill) -> None:
    """Make BILL accept the MFA ID of these tests."""
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}


def session_of(outcome: SessionResult) -> Session:
    assert outcome.session
    return outcome.session


# --- an MFA ID at the sign-in ---


@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize(
    ("method", "request_name"), [("password", LOGIN), ("console_token", LOGIN), ("a partner's user", AS_USER)]
)
def test_login_with_an_mfa_id_makes_a_trusted_session(
    open_sessions: Open, bill: Bill, method: str, request_name: str
) -> None:
    outcome = open_sessions(**METHODS[method], **MFA_ID).ensure()
    assert session_of(outcome).trusted is True
    assert BODY.items() <= bill.last(request_name).body.items()
    assert STEP_UP not in bill.received


@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize(
    ("method", "request_name"), [("sync_token", LOGIN), ("the partner", PARTNER_LOGIN), ("oauth", "POST /authx/token")]
)
def test_login_of_a_method_without_mfa_does_not_send_the_mfa_id(
    open_sessions: Open, bill: Bill, warned: list[str], method: str, request_name: str
) -> None:
    # There is also no warning about an MFA ID that ends soon.
    outcome = open_sessions(**METHODS[method], **MFA_ID, remember_me_id_expires_on="2027-01-15").ensure()
    assert not session_of(outcome).trusted
    assert bill.received == [request_name]
    assert MFA_ID["remember_me_id"] not in str(bill.requests)
    assert warned == []


@pytest.mark.parametrize("device", [None, ""])
def test_mfa_id_without_a_device_is_an_option_error_and_sends_nothing(
    open_sessions: Open, bill: Bill, device: str | None
) -> None:
    with pytest.raises(errors.OptionError, match="remember_me_id requires device"):
        open_sessions(**{**MFA_ID, "device": device})
    assert bill.received == []


def test_login_with_only_a_device_does_not_send_it(open_sessions: Open, bill: Bill) -> None:
    open_sessions(device="ci").ensure()
    assert not BODY.keys() & bill.last(LOGIN).body.keys()


@pytest.mark.promise(9)
def test_login_with_an_invalid_mfa_id_warns_and_does_not_send_it_again(
    open_sessions: Open, bill: Bill, warned: list[str]
) -> None:
    for _time in range(3):
        assert session_of(open_sessions(**MFA_ID).ensure()).trusted is False
    assert bill.received == [LOGIN]
    assert len(warned) == 3
    assert all(text.startswith(INVALID_MFA_ID) for text in warned)


@pytest.mark.promise(9)
@pytest.mark.parametrize("response", [no("BDC_1361", 403), no("BDC_7777")], ids=str)
@pytest.mark.parametrize(("method", "request_name"), [("password", LOGIN), ("a partner's user", AS_USER)])
def test_login_rejected_because_of_the_mfa_id_is_sent_without_it(
    open_sessions: Open, bill: Bill, warned: list[str], response: ScriptedResponse, method: str, request_name: str
) -> None:
    """BILL does not document which of the two errors it returns for an old MFA ID."""
    bill.will_answer(response, to=request_name)
    for changed in (True, False):
        outcome = open_sessions(**METHODS[method], **MFA_ID).ensure()
        assert (outcome.changed, session_of(outcome).trusted) == (changed, False)
    assert bill.received.count(request_name) == 2
    assert not BODY.keys() & bill.last(request_name).body.keys()
    assert [text.startswith(INVALID_MFA_ID) for text in warned] == [True] * 2


@pytest.mark.promise(9)
def test_login_rejected_also_without_the_mfa_id_is_an_error(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_7777"), no("BDC_7778"), to=LOGIN)
    with pytest.raises(errors.UnknownApiError, match="BDC_7778"):
        open_sessions(**MFA_ID).ensure()
    bill.will_answer(no("BDC_7777"), to=LOGIN)
    with pytest.raises(errors.UnknownApiError, match="BDC_7777"):
        open_sessions().ensure()
    assert bill.received == [LOGIN] * 3


# --- step-up: a stored session becomes trusted ---


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize("seconds", [0, 61, 3600], ids=["recent", "due for a check", "old"])
@pytest.mark.parametrize("check_after", [60, 0])
@pytest.mark.parametrize("require_trusted", [False, True])
def test_step_up_of_a_stored_session_makes_it_trusted_without_login(
    open_sessions: Open,
    bill: Bill,
    clock: Clock,
    warned: list[str],
    seconds: int,
    check_after: int,
    require_trusted: bool,
) -> None:
    first = session_of(open_sessions().ensure())
    clock.advance(seconds)
    outcome = open_sessions(**MFA_ID, check_after=check_after).ensure(require_trusted=require_trusted)
    session = session_of(outcome)
    assert (session.session_id, outcome.changed, session.trusted) == (first.session_id, False, True)
    assert session.answered_at == clock.now
    assert bill.received == [LOGIN, STEP_UP]
    assert (bill.last(STEP_UP).headers, bill.last(STEP_UP).body) == (first.headers, BODY)
    # The trusted session also serves tasks without an MFA ID.
    for changes in (MFA_ID, {}):
        assert session_of(open_sessions(**changes).ensure(require_trusted=True)) == session
    assert bill.received == [LOGIN, STEP_UP]
    assert warned == []


STALE = [(200, {"trusted": False}), (200, {}), (200, None), (200, ["odd"]), (200, {"trusted": "true"})]


@pytest.mark.promise(9)
@pytest.mark.parametrize("response", [*STALE, no("BDC_1361", 403), no("BDC_7777")], ids=str)
def test_step_up_with_an_invalid_mfa_id_warns_and_is_not_sent_again(
    open_sessions: Open, bill: Bill, warned: list[str], response: ScriptedResponse
) -> None:
    stored = session_of(open_sessions().ensure())
    bill.will_answer(response, to=STEP_UP)
    for _time in range(3):
        outcome = open_sessions(**MFA_ID).ensure()
        assert (session_of(outcome).session_id, session_of(outcome).trusted) == (stored.session_id, False)
        assert not outcome.changed
    assert bill.received == [LOGIN, STEP_UP]
    assert [text.startswith(INVALID_MFA_ID) for text in warned] == [True] * 3
    warned.clear()
    open_sessions().ensure()
    assert warned == []


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "change",
    [{"remember_me_id": "s3cret-findme-new"}, {"device": "another"}],
    ids=["another MFA ID", "another device"],
)
def test_step_up_with_another_mfa_id_or_device_is_sent_at_once(
    open_sessions: Open, bill: Bill, change: dict[str, str]
) -> None:
    open_sessions(**MFA_ID).ensure()
    now = {**MFA_ID, **change}
    bill.remembered = {(now["remember_me_id"], now["device"])}
    assert session_of(open_sessions(**now).ensure()).trusted is True
    assert bill.received == [LOGIN, STEP_UP]
    # Another use of the old MFA ID does not remove the trust.
    assert session_of(open_sessions(**MFA_ID).ensure()).trusted is True
    assert bill.received == [LOGIN, STEP_UP]


@pytest.mark.promise(9)
def test_login_with_force_sends_an_invalid_mfa_id_again(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**MFA_ID).ensure()
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    assert session_of(open_sessions(**MFA_ID).ensure(force=True)).trusted is True


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
def test_step_up_with_an_expired_session_renews_it_once(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    outcome = open_sessions(**MFA_ID).ensure(require_trusted=True)
    assert outcome.changed
    assert session_of(outcome).trusted is True
    assert bill.received == [LOGIN, STEP_UP, LOGIN]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize(
    "failure",
    [errors.InvalidResponseError("no BILL"), no("BDC_1570"), (400, [{"message": "device: findme"}])],
    ids=["no BILL", "the risk service", "a field"],
)
def test_step_up_that_fails_is_sent_again_by_the_next_task(
    open_sessions: Open, bill: Bill, failure: ScriptedResponse
) -> None:
    open_sessions().ensure()
    bill.will_answer(failure, to=STEP_UP)
    with pytest.raises(BillError):
        open_sessions(**MFA_ID).ensure()
    assert session_of(open_sessions(**MFA_ID).ensure()).trusted is True
    assert bill.received == [LOGIN, STEP_UP, STEP_UP]


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_step_up_refusal_is_cached(open_sessions: Open, bill: Bill, code: str) -> None:
    open_sessions().ensure()
    bill.will_answer(no(code), to=STEP_UP)
    for message in (code, "did not send the request again"):
        with pytest.raises(errors.ApiError, match=message):
            open_sessions(**MFA_ID).ensure()
    assert bill.received == [LOGIN, STEP_UP]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
def test_step_up_after_a_transient_failure_is_sent_again(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.will_answer(errors.ServerError("ill"), errors.TransportError("gone"), to=STEP_UP)
    assert session_of(open_sessions(**MFA_ID).ensure()).trusted is True
    assert bill.received == [LOGIN] + [STEP_UP] * 3


@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize("method", ["console_token", "a partner's user"])
def test_step_up_of_sessions_of_other_methods_makes_them_trusted(open_sessions: Open, bill: Bill, method: str) -> None:
    open_sessions(**METHODS[method]).ensure()
    assert session_of(open_sessions(**METHODS[method], **MFA_ID).ensure()).trusted is True
    assert bill.received[-1] == STEP_UP


# --- BILL's information about trust ---


def test_validation_with_mfa_status_complete_makes_the_session_trusted(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    for status in ("SETUP", "CHALLENGE", "complete", ["COMPLETE"]):
        bill.answer_to_check = {"mfaStatus": status}
        assert session_of(open_sessions(check_after=0).ensure()).trusted is False
    bill.answer_to_check = {"mfaStatus": "COMPLETE", "mfaBypass": False}
    assert session_of(open_sessions(check_after=0).ensure()).trusted is True
    # A field that BILL leaves out does not remove the trust.
    bill.answer_to_check = {}
    session = session_of(open_sessions(check_after=0).ensure())
    assert (session.trusted, session.mfa_status, session.mfa_bypass) == (True, None, None)


@pytest.mark.parametrize("bypass", [1, "true", None, [True]])
def test_validation_with_another_bypass_value_than_a_boolean_is_ignored(
    open_sessions: Open, bill: Bill, bypass: Any
) -> None:
    open_sessions().ensure()
    bill.answer_to_check = {"mfaBypass": bypass}
    assert session_of(open_sessions(check_after=0).ensure()).mfa_bypass is None


# --- require_trusted ---


@pytest.mark.promise(1)
@pytest.mark.promise(9)
@pytest.mark.parametrize("before", [True, False], ids=["stored", "new"])
@pytest.mark.parametrize(
    ("response", "passes"),
    [
        ({"mfaStatus": "COMPLETE", "mfaBypass": False}, True),
        ({"mfaStatus": "SETUP", "mfaBypass": True}, True),
        ({"mfaBypass": True}, True),
        ({"mfaStatus": "SETUP", "mfaBypass": False}, False),
        ({"mfaStatus": "CHALLENGE"}, False),
        ({"mfaBypass": False}, False),
    ],
    ids=str,
)
def test_require_trusted_validates_the_session_once_and_sends_no_login(
    open_sessions: Open, bill: Bill, before: bool, response: dict[str, Any], passes: bool
) -> None:
    if before:
        open_sessions().ensure()
    bill.answer_to_check = response
    for _time in range(3):
        if passes:
            assert session_of(open_sessions().ensure(require_trusted=True)).session_id == "SESSION-1"
        else:
            with pytest.raises(errors.MfaRequiredError, match="require_trusted is true") as failure:
                open_sessions().ensure(require_trusted=True)
            assert (failure.value.code, failure.value.options) == (None, ())
    assert bill.received == [LOGIN, CHECK]
    # The session is stored for tasks that need no trust.
    assert not open_sessions().ensure().changed
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(1)
def test_require_trusted_with_a_known_bypass_sends_no_validation(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    bill.answer_to_check = {"mfaBypass": True}
    open_sessions().ensure()
    clock.advance(60)
    open_sessions().ensure()
    assert bill.received == [LOGIN, CHECK]
    open_sessions().ensure(require_trusted=True)
    assert bill.received == [LOGIN, CHECK]
    clock.advance(60)
    open_sessions().ensure(require_trusted=True)
    assert bill.received == [LOGIN, CHECK, CHECK]


@pytest.mark.promise(1)
def test_require_trusted_without_mfa_fields_in_the_response_fails(open_sessions: Open, bill: Bill) -> None:
    for _time in range(3):
        with pytest.raises(errors.MfaRequiredError):
            open_sessions().ensure(require_trusted=True)
    assert bill.received == [LOGIN, CHECK]


def test_validation_of_a_method_without_mfa_never_makes_it_trusted(open_sessions: Open, bill: Bill) -> None:
    bill.answer_to_check = {"mfaStatus": "COMPLETE"}
    open_sessions(**METHODS["sync_token"]).ensure()
    assert session_of(open_sessions(**METHODS["sync_token"], check_after=0).ensure()).trusted is False


@pytest.mark.promise(9)
def test_step_up_with_two_invalid_mfa_ids_is_sent_once_for_each(open_sessions: Open, bill: Bill) -> None:
    for _time in range(3):
        for device in ("one", "two"):
            assert open_sessions(**{**MFA_ID, "device": device}).ensure()
    assert bill.received == [LOGIN, STEP_UP]


@pytest.mark.promise(9)
def test_require_trusted_after_a_trusted_login_sends_no_validation(open_sessions: Open, bill: Bill) -> None:
    bill.answer = {"trusted": True}
    assert open_sessions().ensure(require_trusted=True).changed
    assert bill.received == [LOGIN]


@pytest.mark.promise(9)
@pytest.mark.parametrize("before", [{}, MFA_ID, None], ids=["stored", "known to be invalid", "new"])
def test_require_trusted_with_an_invalid_mfa_id_fails_without_a_bypass(
    open_sessions: Open, bill: Bill, warned: list[str], before: dict[str, str] | None
) -> None:
    if before is not None:
        open_sessions(**before).ensure()
        warned.clear()
    bill.answer_to_check = {"mfaStatus": "CHALLENGE", "mfaBypass": False}
    for _time in range(2):
        with pytest.raises(errors.MfaRequiredError) as failure:
            open_sessions(**MFA_ID).ensure(require_trusted=True)
        assert str(failure.value).startswith(INVALID_MFA_ID)
        assert (failure.value.code, failure.value.options) == (None, ("remember_me_id", "device"))
    assert bill.received == [LOGIN, *([STEP_UP] if before == {} else []), CHECK]
    assert warned == []
    bill.answer_to_check = {"mfaStatus": "CHALLENGE", "mfaBypass": True}
    assert open_sessions(**MFA_ID, check_after=0).ensure(require_trusted=True)
    assert warned == []


@pytest.mark.promise(9)
@pytest.mark.parametrize("response", [{"mfaBypass": True}, {"mfaStatus": "COMPLETE"}], ids=str)
def test_require_trusted_after_a_failed_step_up_validates_the_session(
    open_sessions: Open, bill: Bill, warned: list[str], response: dict[str, Any]
) -> None:
    open_sessions().ensure()
    bill.answer_to_check = response
    assert open_sessions(**MFA_ID).ensure(require_trusted=True).session
    assert bill.received == [LOGIN, STEP_UP, CHECK]
    assert warned == []


@pytest.mark.promise(9)
def test_require_trusted_with_an_expired_session_renews_it_once(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    bill.answer_to_check = {"mfaBypass": True}
    assert open_sessions().ensure(require_trusted=True).changed
    assert bill.received == [LOGIN, CHECK, LOGIN, CHECK]


@pytest.mark.promise(1)
def test_require_trusted_with_a_failed_validation_keeps_the_session(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(*[errors.ServerError("ill")] * 4, to=CHECK)
    with pytest.raises(errors.ServerError):
        open_sessions().ensure(require_trusted=True)
    assert not open_sessions().ensure().changed
    assert bill.sign_ins == 1


@pytest.mark.promise(8)
@pytest.mark.parametrize("method", ["sync_token", "spend_token", "the partner"])
def test_require_trusted_for_a_method_without_mfa_is_an_option_error(
    open_sessions: Open, bill: Bill, method: str
) -> None:
    with pytest.raises(errors.OptionError, match="^Sessions of auth_method .* are never MFA-trusted") as failure:
        open_sessions(**METHODS[method]).ensure(require_trusted=True)
    assert failure.value.options == ("auth_method",)
    assert bill.received == []


def test_require_trusted_for_an_app_has_no_effect(open_sessions: Open, bill: Bill, warned: list[str]) -> None:
    for changed in (True, False):
        assert open_sessions(**OAUTH).ensure(require_trusted=True).changed is changed
    assert bill.received == ["POST /authx/token"]
    assert warned == []


def test_require_trusted_for_a_partner_user_validates_the_user_session(open_sessions: Open, bill: Bill) -> None:
    with pytest.raises(errors.MfaRequiredError):
        open_sessions(**PARTNER_USER).ensure(require_trusted=True)
    assert bill.received == [PARTNER_LOGIN, AS_USER, CHECK]
    assert THE_PARTNER["app_key"] not in bill.last(CHECK).headers.values()


# --- the end of an MFA ID ---


@pytest.mark.usefixtures("good_id")
@pytest.mark.parametrize(
    ("day", "days_left", "warning"),
    [
        (None, None, None),
        ("2027-01-23", 8, None),
        ("2027-01-22", 7, "days left: 7"),
        ("2027-01-15", 0, "days left: 0"),
        ("2027-01-14", -1, "days left: 0"),
    ],
)
def test_mfa_id_that_expires_within_a_week_warns(
    open_client: OpenClient,
    open_sessions: Open,
    warned: list[str],
    day: str | None,
    days_left: int | None,
    warning: str | None,
) -> None:
    for _time in range(2):
        sign_in = open_sessions(**MFA_ID, remember_me_id_expires_on=day)
        sign_in.ensure()
        assert sign_in.days_left == days_left
    # A task that uses the session also warns.
    open_client(**MFA_ID, remember_me_id_expires_on=day).request(READ)
    reported = (
        f"The MFA ID in remember_me_id expires on {day} ({warning}). Create a new one with the role bill.connect.trust."
    )
    assert warned == ([reported] * 3 if warning else [])


def test_mfa_id_expiry_without_an_mfa_id_is_ignored(open_sessions: Open, warned: list[str]) -> None:
    sign_in = open_sessions(device="ci", remember_me_id_expires_on="2027-01-15")
    sign_in.ensure()
    assert (sign_in.days_left, warned) == (None, [])


def test_mfa_id_that_is_invalid_does_not_warn_about_its_expiry(open_sessions: Open, warned: list[str]) -> None:
    open_sessions(**MFA_ID, remember_me_id_expires_on="2027-01-15").ensure()
    [warning] = warned
    assert warning.startswith(INVALID_MFA_ID)


def test_mfa_id_that_is_invalid_warns_at_the_login_only(
    open_client: OpenClient, open_sessions: Open, warned: list[str]
) -> None:
    # The first of these uses gets a new session.
    open_sessions(**MFA_ID).ensure()
    open_client(**MFA_ID).request(READ)
    assert len(warned) == 1


# --- wait for other tasks ---


@pytest.mark.promise(15)
@pytest.mark.parametrize(
    ("options", "requests", "of_another"),
    [({}, 2, 1), (MFA_ID, 5, 2), (PARTNER_USER, 5, 0), ({**PARTNER_USER, **MFA_ID}, 9, 0), (OAUTH, 2, 0)],
)
def test_lock_timeout_grows_with_the_number_of_requests(
    open_sessions: Open, options: dict[str, Any], requests: int, of_another: int
) -> None:
    """``of_another`` are the requests of the user's first sign-in to another organization."""
    sign_in = open_sessions(**options, timeout=30, retries=3)
    assert sign_in.method.max_requests() == requests
    assert sign_in.lock_timeout == (requests + of_another) * (4 * (30 + 30) + 3 * 30)


@pytest.mark.promise(15)
@pytest.mark.parametrize(("options", "login"), [({}, LOGIN), (PARTNER_USER, AS_USER)], ids=["password", "partner"])
def test_lock_timeout_covers_the_longest_way_to_a_session(
    open_sessions: Open, bill: Bill, options: dict[str, Any], login: str
) -> None:
    """BILL refuses the MFA ID twice, and has just ended the stored sessions."""
    open_sessions(**options).ensure()
    bill.requests.clear()
    bill.will_answer(no("BDC_9999"), to=STEP_UP)
    bill.will_answer(no("BDC_1109", 401), to=CHECK)
    bill.will_answer(no("BDC_1109", 401), to=CHECK_PARTNER)
    refusal = no("BDC_1361", 403)
    bill.will_answer(*([refusal, no("BDC_1109", 401)] if options else []), refusal, to=login)
    sign_in = open_sessions(**options, **MFA_ID)
    with pytest.raises(errors.MfaRequiredError):
        sign_in.ensure(require_trusted=True)
    assert len(bill.received) == sign_in.method.max_requests()


@pytest.mark.promise(15)
def test_lock_timeout_includes_the_wait_for_the_rate_limit(open_sessions: Open) -> None:
    # Two calls of four tries each. Each try waits ten minutes for its turn. Three waits are as long as BILL's limit requires.
    sign_in = open_sessions(**SPEND_TOKEN, timeout=30, retries=3)
    assert sign_in.lock_timeout == 2 * (4 * (600 + 30 + 30) + 3 * 61)


# --- during use ---

PAY = "POST /v3/payments"


READ = HttpRequest("GET", "/v3/vendors")
PAYMENT = HttpRequest("POST", "/v3/payments", body=JsonBody({}), is_repeatable=False)


def pay(client: BillClient, *, require_trusted: bool = False) -> Any:
    return client.request(PAYMENT, require_trusted=require_trusted).response.json


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
def test_session_after_an_mfa_refusal_is_stored_as_untrusted(
    open_client: OpenClient, open_sessions: Open, bill: Bill, warned: list[str]
) -> None:
    """It does not matter how the session became trusted. Its MFA ID is tried again, because it may be the cause of the trust."""
    open_sessions(**MFA_ID).ensure()
    bill.will_answer(no("BDC_1361", 403), to=PAY)
    with pytest.raises(errors.MfaRequiredError):
        pay(open_client(**MFA_ID), require_trusted=True)
    stored = open_sessions().entry.load()
    assert stored
    assert (stored.trusted, stored.mfa_asked, stored.refused_mfa_ids) == (False, False, [])
    assert bill.received == [LOGIN, PAY]
    # The next task makes the session trusted before it pays.
    pay(open_client(**MFA_ID))
    assert bill.received == [LOGIN, PAY, STEP_UP, PAY]
    assert warned == []


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
def test_session_after_an_mfa_refusal_is_validated_before_the_next_payment(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions(**MFA_ID).ensure()
    bill.will_answer(no("BDC_1361", 403), to=PAY)
    for _time in range(2):
        with pytest.raises(errors.MfaRequiredError):
            pay(open_client(), require_trusted=True)
    # BILL validates the session in between.
    assert bill.received == [LOGIN, PAY, CHECK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("changes", [MFA_ID, {}], ids=["with an MFA ID", "without"])
def test_session_after_an_mfa_refusal_loses_its_earlier_trust_results(
    open_client: OpenClient, open_sessions: Open, bill: Bill, changes: dict[str, str]
) -> None:
    """BILL refused an MFA ID for this session, and later still reported it as trusted."""
    open_sessions(**MFA_ID).ensure()
    bill.answer_to_check = {"mfaStatus": "COMPLETE"}
    open_sessions(check_after=0).ensure()
    bill.will_answer(no("BDC_1361", 403), to=PAY)
    with pytest.raises(errors.MfaRequiredError):
        pay(open_client(**changes), require_trusted=True)
    stored = open_sessions().entry.load()
    assert stored
    assert (stored.trusted, stored.mfa_asked, stored.refused_mfa_ids) == (False, False, [])
    bill.requests.clear()
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    pay(open_client(**changes), require_trusted=True)
    assert bill.received == [STEP_UP if changes else CHECK, PAY]


@pytest.mark.promise(9)
def test_session_that_was_never_trusted_is_unchanged_by_an_mfa_refusal(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    open_sessions(**MFA_ID).ensure()
    before = open_sessions().entry.load()
    bill.will_answer(*[no("BDC_1361", 403)] * 2, to=PAY)
    for _time in range(2):
        with pytest.raises(errors.MfaRequiredError):
            pay(open_client(**MFA_ID))
    assert open_sessions().entry.load() == before
    assert before
    assert len(before.refused_mfa_ids) == 1
    assert bill.received == [LOGIN, PAY, PAY]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("good_id")
def test_client_with_an_mfa_id_steps_up_a_stored_session_first(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    for require_trusted in (False, True):
        open_sessions().ensure(force=True)
        bill.requests.clear()
        for _time in range(2):
            pay(open_client(**MFA_ID), require_trusted=require_trusted)
        assert bill.received == [STEP_UP, PAY, PAY]


@pytest.mark.promise(9)
def test_client_with_an_mfa_bypass_uses_the_stored_session(open_client: OpenClient, bill: Bill, clock: Clock) -> None:
    bill.answer_to_check = {"mfaBypass": True}
    for _time in range(2):
        pay(open_client(), require_trusted=True)
        clock.advance(3600)
    assert bill.received == [LOGIN, CHECK, PAY, PAY]


@pytest.mark.promise(9)
def test_client_that_requires_trust_with_an_untrusted_session_sends_nothing(
    open_client: OpenClient, bill: Bill
) -> None:
    for _time in range(2):
        with pytest.raises(errors.MfaRequiredError, match="require_trusted is true"):
            pay(open_client(), require_trusted=True)
    assert bill.received == [LOGIN, CHECK]
    # A task that does not require trust may use the session.
    pay(open_client())
    assert bill.received == [LOGIN, CHECK, PAY]


@pytest.mark.promise(9)
@pytest.mark.parametrize("method", ["sync_token", "the partner"])
def test_client_that_requires_trust_for_a_method_without_mfa_sends_nothing(
    open_client: OpenClient, bill: Bill, method: str
) -> None:
    with pytest.raises(errors.OptionError, match="^Sessions of auth_method .* are never MFA-trusted"):
        pay(open_client(**METHODS[method]), require_trusted=True)
    assert bill.received == []
