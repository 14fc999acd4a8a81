# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL's MFA challenge: one code for one challenge, and a trusted session afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth import stored_session
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.mfa import challenge, validate
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.fake_bill import (
    AS_USER,
    CHALLENGE,
    CHECK,
    LOGIN,
    METHODS,
    MFA_ID,
    PARTNER_LOGIN,
    PARTNER_USER,
    STEP_UP,
    VALIDATE,
    Bill,
    OpenClient,
    ScriptedResponse,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import Clock

CODE = "012345"


def answered(client: BillClient, **how: Any) -> Any:
    return validate(client, "CHALLENGE-2", CODE, **how)


# --- request a code ---


def test_challenge_is_requested_with_the_stored_session(open_client: OpenClient, bill: Bill, clock: Clock) -> None:
    assert challenge(open_client()) == "CHALLENGE-2"
    assert bill.received == [LOGIN, CHALLENGE]
    asked = bill.last(CHALLENGE)
    assert asked.headers["sessionId"] == "SESSION-1"
    # The body is an empty object. BILL has returned 400 for a request without one.
    assert asked.body == {}
    clock.advance(100_000)
    assert challenge(open_client()) == "CHALLENGE-3"
    assert bill.received == [LOGIN, CHALLENGE, CHALLENGE]


@pytest.mark.promise(9)
def test_challenge_with_an_expired_session_renews_it_once(open_client: OpenClient, bill: Bill) -> None:
    open_client().sessions.ensure()
    bill.valid_sessions.clear()
    assert challenge(open_client()) == "CHALLENGE-5"
    assert bill.received == [LOGIN, CHALLENGE, CHECK, LOGIN, CHALLENGE]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "failure",
    [errors.RequestTimeoutError("Late."), errors.TransportError("Gone."), (503, None), no("BDC_1001")],
    ids=str,
)
def test_challenge_after_an_uncertain_failure_is_not_requested_again(
    open_client: OpenClient, bill: Bill, failure: ScriptedResponse
) -> None:
    bill.will_answer(failure, to=CHALLENGE)
    with pytest.raises((errors.TransportError, errors.ServerError)) as failed:
        challenge(open_client())
    assert str(failed.value).endswith(
        ". BILL may have sent a code anyway, but that code cannot be used. Ask for a new code."
    )
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert bill.received == [LOGIN, CHALLENGE]


@pytest.mark.promise(9)
def test_challenge_after_a_failure_without_effect_is_requested_again(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1322"), errors.LimiterTimeoutError("none free"), to=CHALLENGE)
    assert challenge(open_client()) == "CHALLENGE-4"


@pytest.mark.promise(8)
def test_challenge_after_too_many_codes_names_the_wait(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1322"), to=CHALLENGE)
    with pytest.raises(
        errors.ConcurrencyLimitError, match="too many codes were requested within a minute .* Wait a minute."
    ):
        challenge(open_client(retries=0))


@pytest.mark.promise(8)
@pytest.mark.parametrize("code", ["BDC_1354", "BDC_1570"])
def test_challenge_that_bill_refuses_is_an_error_and_sends_nothing_else(
    open_client: OpenClient, bill: Bill, code: str
) -> None:
    for _time in range(2):
        bill.will_answer(no(code), to=CHALLENGE)
        with pytest.raises(errors.ApiError, match=code):
            challenge(open_client())
    assert bill.received == [LOGIN, CHALLENGE, CHALLENGE]


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [None, [], {}, {"challengeId": None}, {"challengeId": "findme\n"}], ids=str)
def test_challenge_response_without_an_id_is_an_invalid_response(
    open_client: OpenClient, bill: Bill, response: Any
) -> None:
    bill.will_answer((200, response), to=CHALLENGE)
    with pytest.raises(
        errors.InvalidResponseError, match="the request for a code has no usable challengeId"
    ) as failure:
        challenge(open_client())
    assert "findme" not in str(failure.value)


# --- validate the code ---


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_mfa_code_that_is_right_makes_the_stored_session_trusted(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    challenge(open_client())
    clock.advance(50)
    done = answered(open_client())
    assert (done.remember_me_id, done.expires_on) == (None, None)
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE]
    asked = bill.last(VALIDATE)
    assert asked.headers["sessionId"] == "SESSION-1"
    assert asked.body == {"challengeId": "CHALLENGE-2", "token": CODE}
    clock.advance(59)
    outcome = open_client().sessions.ensure(require_trusted=True)
    assert not outcome.changed
    assert outcome.session
    assert outcome.session.trusted is True
    assert len(bill.received) == 3


@pytest.mark.promise(5)
@pytest.mark.parametrize("machine_name", [None, "", "controller"])
def test_mfa_code_with_remember_me_sends_the_device_and_returns_the_mfa_id(
    open_client: OpenClient, bill: Bill, clock: Clock, machine_name: str | None
) -> None:
    challenge(open_client())
    done = answered(open_client(), remember_me=True, device="ci", machine_name=machine_name)
    assert (done.remember_me_id, str(done.expires_on)) == ("s3cret-findme-new", "2027-02-14")
    assert "findme" not in repr(done)
    assert bill.last(VALIDATE).body == {
        "challengeId": "CHALLENGE-2",
        "token": CODE,
        "rememberMe": True,
        "device": "ci",
        **({"machineName": machine_name} if machine_name else {}),
    }


def test_mfa_code_without_remember_me_does_not_send_the_device(open_client: OpenClient, bill: Bill) -> None:
    challenge(open_client())
    answered(open_client(), device="ci", machine_name="controller")
    assert bill.last(VALIDATE).body == {"challengeId": "CHALLENGE-2", "token": CODE}


@pytest.mark.promise(8)
@pytest.mark.parametrize("device", [None, ""])
def test_mfa_code_with_remember_me_without_a_device_is_an_option_error(
    open_client: OpenClient, bill: Bill, device: str | None
) -> None:
    challenge(open_client())
    with pytest.raises(errors.OptionError, match="remember_me requires device"):
        answered(open_client(), remember_me=True, device=device)
    assert VALIDATE not in bill.received


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [None, [], {}, {"rememberMeId": 7}, {"rememberMeId": "findme\n"}], ids=str)
def test_mfa_code_with_an_unusable_response_still_stores_the_trust(
    open_client: OpenClient, bill: Bill, response: Any
) -> None:
    challenge(open_client())
    bill.will_answer((200, response), to=VALIDATE)
    with pytest.raises(
        errors.InvalidResponseError, match="the MFA code (has no usable rememberMeId|is not a JSON object)"
    ):
        answered(open_client(), remember_me=True, device="ci")
    session = open_client().sessions.ensure(require_trusted=True).session
    assert session
    assert session.trusted is True


@pytest.mark.promise(15)
def test_mfa_code_when_the_session_is_locked_returns_the_mfa_id_and_warns(
    open_client: OpenClient, bill: Bill, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_session, "_LOCK_TIMEOUT", 0)
    challenge(open_client())
    with open_client().sessions.entry.lock(0):
        assert answered(open_client(), remember_me=True, device="ci").remember_me_id == "s3cret-findme-new"
    [warning] = warned
    assert warning.startswith(
        "The session is MFA-trusted now. bill.connect could not store this, because other tasks hold the lock"
    )
    bill.answer_to_check = {"mfaStatus": "COMPLETE"}
    assert open_client(check_after=0).sessions.ensure(require_trusted=True)


def test_mfa_code_after_a_rejected_mfa_id_clears_the_rejection(
    open_client: OpenClient, bill: Bill, warned: list[str]
) -> None:
    open_client(**MFA_ID).sessions.ensure()
    challenge(open_client(**MFA_ID))
    answered(open_client(**MFA_ID))
    warned.clear()
    session = open_client(**MFA_ID).sessions.ensure(require_trusted=True).session
    assert session
    assert (session.trusted, session.refused_mfa_ids) == (True, [])
    assert warned == []
    assert STEP_UP not in bill.received


@pytest.mark.promise(9)
def test_mfa_code_without_a_stored_session_is_an_error(open_client: OpenClient, bill: Bill) -> None:
    with pytest.raises(errors.BillError, match="There is no stored session that requested the code"):
        answered(open_client())
    assert bill.received == []


@pytest.mark.promise(9)
def test_mfa_code_with_an_expired_session_is_not_sent_with_another(open_client: OpenClient, bill: Bill) -> None:
    challenge(open_client())
    bill.valid_sessions.clear()
    with pytest.raises(errors.ApiError, match="The session that requested the code has expired") as failure:
        answered(open_client())
    assert failure.value.__class__ is errors.ApiError
    assert failure.value.code is None
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (errors.RequestTimeoutError("Late."), "Late. BILL may have accepted the code anyway. Ask for a new code."),
        (errors.TransportError("Gone."), "Gone. BILL may have accepted the code anyway."),
        ((503, None), "BILL may have accepted the code anyway. Ask for a new code."),
        (no("BDC_1358"), "somebody entered too many wrong MFA codes"),
        (no("BDC_1374"), "the MFA code has expired"),
        (no("BDC_7777"), "BILL answered BDC_7777 (HTTP status 400): it did not accept the code. Check the six digits"),
        ((400, [{"message": "token: findme"}]), "it does not accept token"),
        ((400, [{"message": "challengeId: findme"}]), "it does not accept challenge_id"),
        (
            no("BDC_1361"),
            "a session of this kind cannot pass MFA. Use the session of a user with a phone for MFA (auth_method password).",
        ),
    ],
    ids=str,
)
def test_mfa_code_that_bill_rejects_is_not_sent_again(
    open_client: OpenClient, bill: Bill, failure: ScriptedResponse, message: str
) -> None:
    challenge(open_client())
    bill.will_answer(failure, to=VALIDATE)
    with pytest.raises(errors.BillError) as failed:
        answered(open_client())
    assert message in str(failed.value)
    assert "findme" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE]
    session = open_client().sessions.ensure().session
    assert session
    assert session.trusted is False


@pytest.mark.promise(9)
def test_mfa_code_after_a_failure_without_effect_is_sent_again(open_client: OpenClient, bill: Bill) -> None:
    challenge(open_client())
    bill.will_answer(no("BDC_1322"), errors.LimiterTimeoutError("none free"), to=VALIDATE)
    answered(open_client())
    assert bill.received == [LOGIN, CHALLENGE] + [VALIDATE] * 3


@pytest.mark.promise(1)
def test_mfa_code_does_not_make_a_session_renewed_meanwhile_trusted(open_client: OpenClient, bill: Bill) -> None:
    challenge(open_client())
    bill.before_answering(VALIDATE, lambda: open_client().sessions.ensure(force=True))
    answered(open_client())
    session = open_client().sessions.ensure().session
    assert session
    assert (session.session_id, session.trusted) == ("SESSION-4", False)


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize(("code", "work"), [("BDC_1103", challenge), ("BDC_1103", answered), ("BDC_1144", answered)])
def test_mfa_request_after_a_cached_refusal_is_not_sent(
    open_client: OpenClient, bill: Bill, code: str, work: Any
) -> None:
    open_client().sessions.ensure()
    bill.will_answer(no(code))
    for message in (code, "did not send the request again"):
        with pytest.raises(errors.ApiError, match=message):
            work(open_client())
    assert len(bill.received) == 2


@pytest.mark.promise(9)
def test_challenge_sixth_in_a_minute_does_not_block_the_developer_key(open_client: OpenClient, bill: Bill) -> None:
    open_client().sessions.ensure()
    hour = (422, [{"code": "BDC_1144", "message": "Max number of allowed requests per hour reached: 20000."}])
    bill.will_answer(*[hour] * 9, to=CHALLENGE)
    with pytest.raises(errors.ConcurrencyLimitError, match="too many codes were requested within a minute"):
        challenge(open_client())
    bill.will_answer()
    assert open_client().sessions.ensure(force=True).changed


# --- methods and sessions that can use MFA ---


@pytest.mark.parametrize("method", ["password", "console_token", "a partner's user"])
def test_mfa_for_a_method_with_mfa_makes_its_session_trusted(open_client: OpenClient, bill: Bill, method: str) -> None:
    challenge(open_client(**METHODS[method]))
    answered(open_client(**METHODS[method]))
    assert open_client(**METHODS[method]).sessions.ensure(require_trusted=True).session


def test_challenge_for_a_partner_user_is_requested_with_the_user_session(open_client: OpenClient, bill: Bill) -> None:
    challenge(open_client(**PARTNER_USER))
    assert bill.received == [PARTNER_LOGIN, AS_USER, CHALLENGE]
    assert bill.last(CHALLENGE).headers["sessionId"] == "SESSION-2"


@pytest.mark.promise(8)
@pytest.mark.parametrize("work", [challenge, answered])
@pytest.mark.parametrize(
    ("options", "concerns"),
    [
        *((METHODS[method], "auth_method") for method in ("sync_token", "the partner", "oauth", "spend_token")),
        ({"session_store": "none"}, "session_store"),
    ],
    ids=str,
)
def test_mfa_for_a_method_without_mfa_is_an_option_error_and_sends_nothing(
    open_client: OpenClient, bill: Bill, work: Any, options: dict[str, Any], concerns: str
) -> None:
    with pytest.raises(errors.OptionError) as failure:
        work(open_client(**options))
    assert failure.value.options == (concerns,)
    assert bill.received == []
