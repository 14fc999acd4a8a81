# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partners: their own session, the sessions that they make for users with it, and what happens if one of them ends."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.fake_bill import (
    AS_USER,
    CHECK,
    CHECK_PARTNER,
    LOGOUT,
    PARTNER_LOGIN,
    PARTNER_USER,
    THE_PARTNER,
    Bill,
    Open,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock

SECOND = {**PARTNER_USER, "user_id": "00601EXAMPLEEXAMPLE2"}
PARTNER_HEADERS = {"sessionId": "PARTNER-1", "appKey": PARTNER_USER["app_key"]}


@pytest.mark.promise(2)
def test_partner_user_session_is_made_with_the_partner_session(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    outcome = open_sessions(**PARTNER_USER).ensure()
    assert outcome.changed
    assert bill.received == [PARTNER_LOGIN, AS_USER]
    login, as_user = bill.requests
    assert (login.headers, login.body) == (
        {},
        {"appKey": PARTNER_USER["app_key"], "username": OPTIONS["username"], "password": OPTIONS["password"]},
    )
    assert (as_user.headers, as_user.body) == (
        PARTNER_HEADERS,
        {"userId": PARTNER_USER["user_id"], "organizationId": OPTIONS["organization_id"]},
    )
    session = outcome.session
    assert session
    assert session.headers == {"sessionId": "SESSION-2", "devKey": OPTIONS["dev_key"]}
    assert (session.session_id, session.organization_id, session.user_id) == (
        "SESSION-2",
        OPTIONS["organization_id"],
        "006",
    )
    assert (session.idle_seconds, session.made_at, session.answered_at) == (2100, clock.now, clock.now)


def test_partner_user_session_without_a_user_in_the_response_has_the_given_user(
    open_sessions: Open, bill: Bill
) -> None:
    bill.answer = {"userId": None}
    session = open_sessions(**PARTNER_USER).ensure().session
    assert session
    assert session.user_id == PARTNER_USER["user_id"]


@pytest.mark.promise(2)
def test_partner_without_a_user_has_the_session_of_the_partner(open_sessions: Open, bill: Bill) -> None:
    outcome = open_sessions(**THE_PARTNER).ensure()
    assert outcome.changed
    session = outcome.session
    assert session
    assert session.headers == PARTNER_HEADERS
    assert (session.session_id, session.organization_id, session.user_id, session.trusted) == (
        "PARTNER-1",
        None,
        None,
        None,
    )
    assert session.idle_seconds == 2100
    assert bill.received == [PARTNER_LOGIN]


@pytest.mark.promise(1)
def test_partner_session_is_validated_with_a_partner_request(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions(**THE_PARTNER).ensure()
    clock.advance(60)
    assert not open_sessions(**THE_PARTNER).ensure().changed
    assert bill.received == [PARTNER_LOGIN, CHECK_PARTNER]
    assert bill.last(CHECK_PARTNER).headers == PARTNER_HEADERS
    clock.advance(60)
    bill.valid_sessions.clear()
    assert open_sessions(**THE_PARTNER).ensure().changed
    assert bill.received == [PARTNER_LOGIN, CHECK_PARTNER, CHECK_PARTNER, PARTNER_LOGIN]


@pytest.mark.promise(1)
def test_partner_session_is_used_for_all_users(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    for user in (PARTNER_USER, SECOND, {**PARTNER_USER, "organization_id": "00801EXAMPLEEXAMPLE2"}):
        assert open_sessions(**user).ensure().changed
        assert not open_sessions(**user).ensure().changed
        clock.advance(1000)
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER, AS_USER]
    assert not open_sessions(**THE_PARTNER, check_after=1001).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER, AS_USER]


@pytest.mark.promise(1)
def test_partner_user_with_a_stored_session_does_not_need_the_partner_session(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions(**PARTNER_USER).ensure()
    bill.valid_sessions.remove("PARTNER-1")
    clock.advance(60)
    assert not open_sessions(**PARTNER_USER).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, CHECK]


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_partner_session_that_expired_is_renewed_once_for_a_user(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions(**PARTNER_USER).ensure()
    bill.valid_sessions.remove("PARTNER-1")
    clock.advance(1_000_000)
    assert open_sessions(**SECOND).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER, CHECK_PARTNER, PARTNER_LOGIN, AS_USER]
    assert bill.requests[2].headers == PARTNER_HEADERS
    assert bill.last(AS_USER).headers["sessionId"] == "PARTNER-5"
    # The new session replaces the old one in the store.
    session = open_sessions(**THE_PARTNER).ensure().session
    assert session
    assert session.session_id == "PARTNER-5"
    assert len(bill.received) == 6


@pytest.mark.promise(8)
def test_partner_refusal_of_a_key_names_the_app_key(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1102"), to=AS_USER)
    bill.will_answer(no("BDC_1103"), to=CHECK_PARTNER)
    for options, message in ((PARTNER_USER, "the app key is not valid"), (THE_PARTNER, "the app key is inactive")):
        with pytest.raises(errors.AuthenticationError, match=message) as failure:
            open_sessions(**options, check_after=0).ensure()
        assert failure.value.options == ("app_key",)


@pytest.mark.promise(9)
@pytest.mark.parametrize("stored", [True, False])
def test_partner_with_a_valid_session_that_bill_rejects_sends_no_login(
    open_sessions: Open, bill: Bill, stored: bool
) -> None:
    if stored:
        open_sessions(**THE_PARTNER).ensure()
    bill.will_answer(*[no("BDC_1109", 401)] * 2, to=AS_USER)
    for _time in range(2):
        with pytest.raises(errors.ApiError, match="BDC_1109 although the session is valid"):
            open_sessions(**PARTNER_USER).ensure()
    assert bill.received == [PARTNER_LOGIN, AS_USER, *([CHECK_PARTNER] if stored else []), AS_USER, CHECK_PARTNER]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1123", "BDC_1144"])
def test_partner_user_refusal_does_not_affect_the_partner_or_other_users(
    open_sessions: Open, bill: Bill, code: str
) -> None:
    bill.will_answer(no(code), to=AS_USER)
    for message in (code, "did not send the request again"):
        with pytest.raises(errors.ApiError, match=message):
            open_sessions(**PARTNER_USER).ensure()
    assert bill.received == [PARTNER_LOGIN, AS_USER]
    # The hourly limit belongs to the developer key.
    assert open_sessions(**SECOND, **({"dev_key": "another"} if code == "BDC_1144" else {})).ensure().changed
    assert not open_sessions(**THE_PARTNER).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER]


@pytest.mark.promise(9)
def test_partner_user_that_does_not_exist_names_user_and_organization(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1111"), to=AS_USER)
    with pytest.raises(errors.ApiError, match="there is no such active user in this organization") as failure:
        open_sessions(**PARTNER_USER).ensure()
    assert failure.value.options == ("user_id", "organization_id")


@pytest.mark.promise(4)
@pytest.mark.parametrize(
    ("code", "message", "concerns"),
    [
        (
            "BDC_1101",
            "the user name, the password or the token is wrong",
            ("username", "password", "console_api_token"),
        ),
        ("BDC_1102", "the app key is not valid", ("app_key",)),
        ("BDC_1103", "the app key is inactive", ("app_key",)),
        ("BDC_1144", "the requests of this clock hour are used up", ()),
    ],
)
def test_partner_refusal_is_cached_for_all_its_users(
    open_sessions: Open, bill: Bill, clock: Clock, code: str, message: str, concerns: tuple[str, ...]
) -> None:
    bill.will_answer(no(code), to=PARTNER_LOGIN)
    messages = []
    for user in (PARTNER_USER, PARTNER_USER, SECOND, THE_PARTNER):
        with pytest.raises(errors.ApiError, match=message) as failure:
            open_sessions(**user).ensure()
        assert (failure.value.code, failure.value.options) == (code, concerns)
        messages.append(str(failure.value))
    assert bill.received == [PARTNER_LOGIN]
    assert [text.count("did not send the request again") for text in messages] == [0, 1, 1, 1]
    assert [
        text.count("sends nothing with") + text.count("does not send the same credentials again") for text in messages
    ] == [1] * 4
    clock.advance(3600)
    assert open_sessions(**PARTNER_USER).ensure().changed


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1101", "BDC_1144"])
def test_partner_login_with_force_ignores_a_cached_refusal(open_sessions: Open, bill: Bill, code: str) -> None:
    """The message of the refusal names this remedy."""
    bill.will_answer(no(code), to=PARTNER_LOGIN)
    with pytest.raises(errors.ApiError, match="bill_login with force: true"):
        open_sessions(**PARTNER_USER).ensure()
    assert open_sessions(**PARTNER_USER).ensure(force=True).changed
    # The cached refusal is removed.
    assert open_sessions(**SECOND).ensure().changed
    assert bill.received == [PARTNER_LOGIN, PARTNER_LOGIN, AS_USER, AS_USER]


@pytest.mark.promise(4)
def test_partner_session_expired_with_force_ignores_a_cached_refusal(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**PARTNER_USER).ensure()
    bill.will_answer(no("BDC_1144"), to=PARTNER_LOGIN)
    with pytest.raises(errors.HourlyQuotaError):
        open_sessions(**THE_PARTNER).ensure(force=True)
    bill.valid_sessions.clear()
    bill.requests.clear()
    assert open_sessions(**PARTNER_USER).ensure(force=True).changed
    assert bill.received == [AS_USER, CHECK_PARTNER, PARTNER_LOGIN, AS_USER]


def test_partner_user_session_with_force_uses_the_stored_partner_session(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**PARTNER_USER).ensure()
    assert open_sessions(**PARTNER_USER).ensure(force=True).changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER]


@pytest.mark.promise(4)
def test_partner_app_key_rejected_at_validation_is_not_sent_again(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions(**THE_PARTNER).ensure()
    clock.advance(60)
    bill.will_answer(no("BDC_1103"), to=CHECK_PARTNER)
    with pytest.raises(errors.AuthenticationError):
        open_sessions(**THE_PARTNER).ensure()
    for user in (PARTNER_USER, THE_PARTNER):
        with pytest.raises(errors.AuthenticationError, match="did not send the request again"):
            open_sessions(**user).ensure()
    assert bill.received == [PARTNER_LOGIN, CHECK_PARTNER]


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", ["app_key", "username", "password"])
def test_partner_session_of_another_partner_is_not_used(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**PARTNER_USER).ensure()
    assert open_sessions(**{**PARTNER_USER, name: "wrong"}).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER] * 2


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", ["user_id", "organization_id", "dev_key"])
def test_partner_user_session_of_another_user_is_not_used(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions(**PARTNER_USER).ensure()
    assert open_sessions(**{**PARTNER_USER, name: "008OTHER"}).ensure().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, AS_USER]


def test_partner_session_does_not_depend_on_the_mfa_id(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**THE_PARTNER, remember_me_id="findme", device="ci").ensure()
    assert not open_sessions(**THE_PARTNER).ensure().changed


@pytest.mark.promise(2)
def test_partner_end_ends_the_user_session_and_the_partner_session(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**PARTNER_USER).ensure()
    assert open_sessions(**PARTNER_USER).end(check_only=True).changed
    assert bill.received == [PARTNER_LOGIN, AS_USER]
    assert open_sessions(**PARTNER_USER).end().changed
    assert bill.received == [PARTNER_LOGIN, AS_USER, LOGOUT, LOGOUT]
    assert [each.headers["sessionId"] for each in bill.requests[2:]] == ["SESSION-2", "PARTNER-1"]
    assert bill.valid_sessions == set()
    assert not open_sessions(**PARTNER_USER).end().changed
    assert len(bill.received) == 4


@pytest.mark.promise(2)
@pytest.mark.parametrize("ended", ["SESSION-2", "PARTNER-1"])
def test_partner_end_of_one_of_two_sessions_is_changed(open_sessions: Open, bill: Bill, ended: str) -> None:
    open_sessions(**PARTNER_USER).ensure()
    bill.valid_sessions.remove(ended)
    assert open_sessions(**PARTNER_USER).end().changed
    assert not open_sessions(**PARTNER_USER).end(check_only=True).changed


@pytest.mark.promise(12)
def test_partner_end_without_a_user_session_ends_the_partner_session(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**THE_PARTNER).ensure()
    assert open_sessions(**PARTNER_USER).end(check_only=True).changed
    assert open_sessions(**PARTNER_USER).end().changed
    assert bill.received == [PARTNER_LOGIN, LOGOUT]


def test_partner_end_with_force_deletes_sessions_that_bill_refuses_to_end(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**PARTNER_USER).ensure()
    bill.will_answer(*[no("BDC_1103")] * 2, to=LOGOUT)
    assert not open_sessions(**PARTNER_USER).end(force=True).changed
    assert not open_sessions(**PARTNER_USER).end(check_only=True).changed


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_partner_login_of_twenty_concurrent_users_is_sent_once(open_sessions: Open, bill: Bill) -> None:
    changed: list[bool] = []
    begin = threading.Barrier(20)

    def task(number: int) -> None:
        sign_in: SessionManager = open_sessions(**{**PARTNER_USER, "user_id": f"006{number // 2:02}"})
        begin.wait()
        changed.append(sign_in.ensure().changed)

    threads = [threading.Thread(target=task, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(changed) == [False] * 10 + [True] * 10
    assert sorted(bill.received) == [PARTNER_LOGIN] + [AS_USER] * 10


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("changes", "message", "concerns"),
    [
        ({"user_id": None}, "auth_method partner requires user_id", ("user_id", "organization_id")),
        ({"app_key": None}, "auth_method partner requires app_key", ("app_key",)),
        ({"dev_key": None}, "auth_method partner requires dev_key", ("dev_key",)),
        ({"organization_id": None}, "auth_method partner requires organization_id", ("organization_id",)),
        (
            {"organization_id": None, "user_id": None, "app_key": None, "password": None},
            "auth_method partner requires app_key (the partner's app key), password (its password)",
            ("app_key", "password"),
        ),
    ],
    ids=str,
)
def test_partner_with_missing_options_names_them(
    open_sessions: Open, bill: Bill, changes: dict[str, Any], message: str, concerns: tuple[str, ...]
) -> None:
    with pytest.raises(errors.OptionError) as failure:
        open_sessions(**{**PARTNER_USER, **changes})
    assert str(failure.value).startswith(message)
    assert failure.value.options == concerns
    assert bill.received == []
