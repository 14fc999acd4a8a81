# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A permanent refusal by BILL is cached for every task and run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.asker import Asker
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_parser import error_from_response
from tests.unit.plugins.plugin_utils.fake_bill import CHECK, LOGIN, LOGOUT, Bill, Open, no
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1101", "BDC_1144"])
@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_refusal_after_a_clock_change_is_not_extended(
    open_sessions: Open, bill: Bill, clock: Clock, code: str, hours: int
) -> None:
    for asked, jump in enumerate((0, hours), start=1):
        clock.advance(jump * 3600)
        bill.will_answer(no(code))
        with pytest.raises(errors.ApiError, match=code):
            open_sessions().ensure()
        bill.will_answer()
        with pytest.raises(errors.ApiError, match="did not send the request again"):
            open_sessions().ensure()
        assert bill.sign_ins == asked
    clock.advance(-hours * 3600)
    assert open_sessions().ensure().changed


def test_refusal_of_a_login_keeps_the_stored_session(open_sessions: Open, bill: Bill) -> None:
    stored = open_sessions().ensure().session
    bill.password = "changed elsewhere"
    with pytest.raises(errors.AuthenticationError):
        open_sessions().ensure(force=True)
    assert open_sessions().ensure().session == stored


@pytest.mark.promise(9)
def test_refusal_is_not_retried_and_a_transient_failure_is(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(errors.ServerError("ill"), errors.TransportError("gone"))
    assert open_sessions().ensure().changed
    assert bill.received == [LOGIN] * 3
    bill.will_answer(errors.AuthenticationError("no"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(username="other@example.com").ensure()
    assert bill.received == [LOGIN] * 4


# BDC_1101 is about the user in each organization.
CODES_OF_WRONG_VALUES = {**dict.fromkeys(OPTIONS, "BDC_1101"), "organization_id": "BDC_1123"}
REFUSALS = ("BDC_1101", "BDC_1102", "BDC_1103", "BDC_1107", "BDC_1110", "BDC_1123")


@pytest.mark.promise(4)
@pytest.mark.parametrize("store", [None, "none"])
@pytest.mark.parametrize("code", REFUSALS)
def test_refusal_of_a_credential_is_cached_for_ten_minutes(
    open_sessions: Open, bill: Bill, clock: Clock, code: str, store: str | None
) -> None:
    username = f"{code}-{store}"
    bill.will_answer(no(code))
    for advance in (0, 1, 597, 1):
        clock.advance(advance)
        with pytest.raises(errors.AuthenticationError, match=code):
            open_sessions(username=username, session_store=store).ensure()
    assert bill.received == [LOGIN]
    clock.advance(1)
    assert open_sessions(username=username, session_store=store).ensure().changed
    assert bill.received == [LOGIN] * 2


@pytest.mark.promise(4)
def test_refusal_message_names_start_end_and_reason(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    messages = []
    bill.will_answer(no("BDC_1102"))
    for _time in range(2):
        with pytest.raises(errors.AuthenticationError) as failure:
            open_sessions().ensure()
        messages.append(str(failure.value))
        assert (failure.value.code, failure.value.options) == ("BDC_1102", ("dev_key",))
        clock.advance(60)
    then = (
        " bill.connect does not send the same credentials again before 08:10:00 UTC, because repetition could lock the account. "
        "It sends corrected values at once. To send the same values now, use the task bill_login with force: true."
    )
    reported = str(error_from_response(400, [{"code": "BDC_1102"}], "the BILL at 127.0.0.1:9"))
    assert messages == [
        reported + then,
        reported + " BILL reported this at 08:00:00 UTC. bill.connect did not send the request again." + then,
    ]


@pytest.mark.promise(4)
@pytest.mark.parametrize("name", OPTIONS)
def test_refusal_of_a_wrong_value_does_not_affect_the_corrected_value(
    open_sessions: Open, bill: Bill, name: str
) -> None:
    bill.will_answer(no(CODES_OF_WRONG_VALUES[name]))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(**{name: "wrong"}).ensure()
    assert open_sessions().ensure().changed
    with pytest.raises(errors.AuthenticationError, match="did not send the request again"):
        open_sessions(**{name: "wrong"}).ensure()
    assert bill.received == [LOGIN] * 2


@pytest.mark.promise(4)
def test_refusal_with_force_is_ignored_and_deleted_after_a_success(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    bill.will_answer(no("BDC_1110"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions().ensure()
    assert open_sessions().ensure(force=True).changed
    bill.valid_sessions.clear()
    clock.advance(60)
    assert open_sessions().ensure().changed


@pytest.mark.promise(4)
def test_refusal_of_a_login_does_not_end_a_valid_session(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    bill.password = "changed elsewhere"
    with pytest.raises(errors.AuthenticationError):
        open_sessions().ensure(force=True)
    clock.advance(61)
    assert not open_sessions().ensure().changed
    assert bill.received == [LOGIN, LOGIN, CHECK]


@pytest.mark.promise(4)
@pytest.mark.parametrize("work", [SessionManager.ensure, SessionManager.end])
def test_refusal_of_a_developer_key_with_a_stored_session_is_cached(
    open_sessions: Open, bill: Bill, clock: Clock, work: Callable[[SessionManager], Any]
) -> None:
    open_sessions().ensure()
    clock.advance(60)
    bill.will_answer(no("BDC_1103"))
    for _time in range(3):
        with pytest.raises(errors.AuthenticationError, match="BDC_1103"):
            work(open_sessions())
        with pytest.raises(errors.AuthenticationError, match="did not send the request again"):
            open_sessions().ensure()
        with pytest.raises(errors.AuthenticationError, match="did not send the request again"):
            open_sessions().end()
    assert len(bill.received) == 2
    clock.advance(600)
    assert not open_sessions().ensure().changed


@pytest.mark.promise(9)
def test_refusal_for_the_hourly_limit_stops_logouts(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    bill.will_answer(no("BDC_1144"))
    for _time in range(2):
        with pytest.raises(errors.HourlyQuotaError):
            open_sessions().end()
    assert bill.received == [LOGIN, LOGOUT]
    clock.advance(3600)
    assert open_sessions().end().changed


@pytest.mark.promise(4)
def test_refusal_of_a_wrong_password_in_fifty_tasks_is_one_login(open_sessions: Open, bill: Bill) -> None:
    refused: list[str] = []
    begin = threading.Barrier(50)

    def task() -> None:
        sign_in = open_sessions(password="stale")
        begin.wait()
        try:
            sign_in.ensure()
        except errors.AuthenticationError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=task) for _time in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 50
    assert bill.received == [LOGIN]


@pytest.mark.promise(9)
@pytest.mark.parametrize("store", [None, "none"])
def test_refusal_for_the_hourly_limit_stops_all_users_of_the_developer_key(
    open_sessions: Open, bill: Bill, clock: Clock, store: str | None
) -> None:
    clock.advance(1500)
    key = f"key-{store}"
    bill.will_answer(no("BDC_1144"))
    for username in ("one", "two"):
        with pytest.raises(
            errors.HourlyQuotaError, match=r"bill.connect sends nothing with this developer key before 09:00:00 UTC"
        ):
            open_sessions(username=username, dev_key=key, session_store=store).ensure()
    assert bill.received == [LOGIN]
    assert open_sessions(username="one", dev_key="another", session_store=store).ensure().changed
    clock.advance(2099)
    with pytest.raises(
        errors.HourlyQuotaError, match="BILL reported this at 08:25:00 UTC. bill.connect did not send the request again"
    ):
        open_sessions(username="two", dev_key=key, session_store=store).ensure()
    clock.advance(1)
    assert open_sessions(username="two", dev_key=key, session_store=store).ensure().changed


@pytest.mark.promise(9)
def test_refusal_for_the_hourly_limit_stops_validations(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    clock.advance(61)
    bill.will_answer(no("BDC_1144"))
    for _time in range(2):
        with pytest.raises(errors.HourlyQuotaError):
            open_sessions().ensure()
    assert bill.received == [LOGIN, CHECK]
    assert not open_sessions(check_after=120).ensure().changed


@pytest.mark.promise(9)
def test_refusal_for_the_hourly_limit_is_deleted_after_a_login(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    bill.will_answer(no("BDC_1144"))
    with pytest.raises(errors.HourlyQuotaError):
        open_sessions().ensure()
    open_sessions().ensure(force=True)
    clock.advance(60)
    assert not open_sessions().ensure().changed
    assert bill.received == [LOGIN, LOGIN, CHECK]


def message_of(sessions: SessionManager) -> str:
    with pytest.raises(errors.ApiError) as failure:
        sessions.ensure()
    return str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize("store", [None, "none"])
@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("BDC_1101", "correct the values that the message there names"),
        ("BDC_1110", "do what the message there says"),
        ("BDC_1144", "wait until 09:00:00 UTC"),
    ],
)
def test_refusal_is_explained_once_in_a_run(
    open_sessions: Open, bill: Bill, store: str | None, code: str, what: str
) -> None:
    bill.will_answer(no(code))
    short = (
        f"BILL answered {code} for the host web1 in this run, so bill.connect did not send the request again: {what}."
    )
    for run in ("run 1", "run 2"):
        first, *others, again = [
            message_of(open_sessions(session_store=store, dev_key=f"{code}-{store}", asker=Asker(run, host, task)))
            for host, task in (("web1", "1"), ("web2", "1"), ("web3", "1"), ("web2", "2"), ("web1", "2"))
        ]
        assert others == [short] * 3
        for whole in (first, again):
            assert whole.startswith(f"BILL answered {code}: ")
            assert "before" in whole
    assert bill.received == [LOGIN]


@pytest.mark.promise(8)
def test_refusal_is_explained_once_in_a_loop_and_at_each_try(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    first, second_try, second = [
        message_of(open_sessions(asker=Asker("run", "web1", "task", item))) for item in ("a", "a", "b")
    ]
    assert "did not send the request again. bill.connect does not send" in second_try
    assert second == (
        "BILL answered BDC_1101 for an earlier item of this loop in this run, so bill.connect did not send the request again: correct "
        "the values that the message there names."
    )
    assert first.startswith("BILL answered BDC_1101: ")


@pytest.mark.promise(8)
def test_refusal_that_nobody_saw_is_explained_to_the_next_host(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    hidden, seen, short = [
        message_of(open_sessions(asker=asker)) for asker in (Asker(), Asker("run", "web2"), Asker("run", "web3"))
    ]
    assert hidden.startswith("BILL answered BDC_1101: ")
    assert seen.startswith("BILL answered BDC_1101: ")
    assert "for the host web2 in this run" in short
