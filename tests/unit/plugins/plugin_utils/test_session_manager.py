# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use, validate, or log in: the requests to BILL and the results."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import LateExchange
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.unit.plugins.plugin_utils.fake_bill import CHECK, LOGIN, Bill, Open, no
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_session_after_one_login_is_used_by_every_later_task(open_sessions: Open, bill: Bill) -> None:
    outcomes = [open_sessions().ensure() for _time in range(10)]
    assert [outcome.changed for outcome in outcomes] == [True] + [False] * 9
    assert len({outcome.session.session_id for outcome in outcomes if outcome.session}) == 1
    assert bill.received == [LOGIN]


def test_session_has_the_values_of_the_login_response(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    bill.answer = {"trusted": True}
    session = open_sessions().ensure().session
    assert session is not None
    assert session.headers == {"sessionId": "SESSION-1", "devKey": OPTIONS["dev_key"]}
    assert (session.organization_id, session.user_id, session.trusted) == (OPTIONS["organization_id"], "006", True)
    assert (session.made_at, session.answered_at, session.idle_seconds) == (clock.now, clock.now, 2100)


@pytest.mark.promise(1)
def test_session_after_check_after_seconds_is_validated(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    clock.advance(59)
    open_sessions().ensure()
    assert bill.received == [LOGIN]
    clock.advance(1)
    assert not open_sessions().ensure().changed
    assert bill.received == [LOGIN, CHECK]
    clock.advance(59)
    assert not open_sessions().ensure().changed
    assert len(bill.received) == 2


@pytest.mark.promise(15)
def test_session_without_a_due_validation_does_not_wait_for_the_lock(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    task = open_sessions()
    task.lock_timeout = 0
    with open_sessions().entry.lock(1):
        assert not task.ensure().changed
        with pytest.raises(errors.LockTimeoutError):
            task.ensure(force=True)
    assert bill.received == [LOGIN]


@pytest.mark.promise(1)
def test_session_with_check_after_zero_is_validated_every_time(open_sessions: Open, bill: Bill) -> None:
    for _time in range(3):
        open_sessions(check_after=0).ensure()
    assert bill.received == [LOGIN, CHECK, CHECK]


def test_session_validation_restarts_the_idle_time(open_sessions: Open, clock: Clock) -> None:
    first = open_sessions().ensure().session
    clock.advance(2000)
    later = open_sessions().ensure().session
    assert first
    assert later
    assert (later.session_id, later.made_at, later.answered_at) == (first.session_id, first.made_at, clock.now)


@pytest.mark.promise(2)
@pytest.mark.promise(9)
def test_session_that_expired_is_renewed_once(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    clock.advance(3600)
    bill.valid_sessions.clear()
    assert [open_sessions().ensure().changed for _time in range(3)] == [True, False, False]
    assert bill.received == [LOGIN, CHECK, LOGIN]


@pytest.mark.promise(9)
def test_session_that_expired_is_not_validated_again(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    bill.password = "changed elsewhere"
    for _time in range(2):
        with pytest.raises(errors.AuthenticationError):
            open_sessions(check_after=0).ensure()
    assert bill.received == [LOGIN, CHECK, LOGIN]


@pytest.mark.promise(1)
def test_session_that_other_programs_used_is_not_renewed(open_sessions: Open, bill: Bill, clock: Clock) -> None:
    open_sessions().ensure()
    clock.advance(24 * 3600)
    assert not open_sessions().ensure().changed
    assert bill.sign_ins == 1


@pytest.mark.promise(1)
@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_session_after_a_clock_change_is_validated_once(
    open_sessions: Open, bill: Bill, clock: Clock, hours: int
) -> None:
    first = open_sessions().ensure().session
    for jump in (hours, -hours):
        clock.advance(jump * 3600)
        for _time in range(2):
            outcome = open_sessions().ensure()
            assert (outcome.changed, outcome.session and outcome.session.session_id) == (
                False,
                first and first.session_id,
            )
    assert bill.received == [LOGIN, CHECK, CHECK]


@pytest.mark.promise(1)
def test_session_with_a_long_check_after_is_validated_after_its_idle_time(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions(check_after=9999).ensure()
    clock.advance(2099)
    assert not open_sessions(check_after=9999).ensure().changed
    assert bill.received == [LOGIN]
    clock.advance(1)
    bill.valid_sessions.clear()
    assert open_sessions(check_after=9999).ensure().changed


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(11)
@pytest.mark.parametrize("check_after", [60, 0])
def test_session_for_forty_concurrent_tasks_needs_one_login(open_sessions: Open, bill: Bill, check_after: int) -> None:
    changed: list[bool] = []
    begin = threading.Barrier(40)

    def task() -> None:
        sign_in = open_sessions(check_after=check_after)
        begin.wait()
        changed.append(sign_in.ensure().changed)

    threads = [threading.Thread(target=task) for _time in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(changed) == [False] * 39 + [True]
    assert bill.received == [LOGIN] + [CHECK] * (0 if check_after else 39)
    assert bill.peak <= 3


@pytest.mark.promise(11)
def test_slots_are_shared_by_developer_key_and_organization(build: Callable[..., BillClient], tmp_path: Path) -> None:
    shared = [{}, {"username": "other"}, {"password": "other"}, {"auth_method": "sync_token"}]
    others = [{"dev_key": "other"}, {"organization_id": "008OTHER"}, {"api_url": "http://127.0.0.1:9/other"}]
    slots = set()
    for changes in [*shared, *others]:
        transport = build(None, **changes).transport
        assert isinstance(transport, HttpTransport)
        assert isinstance(transport.exchange, LateExchange)
        with transport.exchange.opened.limits.slot("/v3/vendors"):
            slots |= {path.name for path in (tmp_path / "bill").glob("*.lock")}
    assert len(slots) == 1 + len(others), slots


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_session_with_a_wrong_value_is_not_used_and_a_login_is_sent(open_sessions: Open, bill: Bill, name: str) -> None:
    open_sessions().ensure()
    for wrong in (OPTIONS[name] + "x", OPTIONS[name].swapcase()):
        bill.will_answer(no("BDC_1123" if name == "organization_id" else "BDC_1101", 401))
        with pytest.raises(errors.AuthenticationError):
            open_sessions(**{name: wrong}).ensure()
    assert bill.received == [LOGIN] * 3
    assert not open_sessions().ensure().changed


@pytest.mark.promise(3)
def test_session_of_another_method_or_environment_is_not_used(open_sessions: Open, bill: Bill) -> None:
    for changes in (
        {},
        {"auth_method": "sync_token"},
        {"api_url": None},
        {"api_url": None, "environment": "production"},
    ):
        assert open_sessions(**changes).ensure().changed
        assert not open_sessions(**changes).ensure().changed
    assert bill.sign_ins == 4


def test_session_of_a_sync_token_has_an_idle_time_of_48_hours(open_sessions: Open) -> None:
    session = open_sessions(auth_method="sync_token").ensure().session
    assert session
    assert session.idle_seconds == 48 * 3600


def test_session_with_force_is_renewed_and_stored(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    forced = open_sessions().ensure(force=True)
    assert forced.changed
    assert open_sessions().ensure().session == forced.session
    assert bill.received == [LOGIN, LOGIN]
    assert len(bill.valid_sessions) == 2


@pytest.mark.promise(9)
def test_session_that_is_untrusted_does_not_cause_a_login(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.will_answer(no("BDC_1361", 403))
    with pytest.raises(errors.MfaRequiredError):
        open_sessions(check_after=0).ensure()
    assert bill.sign_ins == 1


@pytest.mark.promise(9)
def test_session_with_a_failed_validation_does_not_cause_a_login(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.will_answer(*[errors.ServerError("ill")] * 4)
    with pytest.raises(errors.ServerError):
        open_sessions(check_after=0).ensure()
    assert bill.sign_ins == 1
    assert not open_sessions(check_after=0).ensure().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize("response", [None, [], "text", {}, {"sessionId": None}, {"sessionId": ""}, {"sessionId": 7}])
def test_login_response_without_a_session_is_an_invalid_response(
    open_sessions: Open, bill: Bill, response: Any
) -> None:
    bill.will_answer((200, response))
    with pytest.raises(errors.InvalidResponseError, match="no usable sessionId"):
        open_sessions().ensure()


@pytest.mark.promise(5)
@pytest.mark.parametrize("session_id", ["SESSION\r\nX-Findme: 1", "SESSION-é", " \n", " x", "x ", "x" * 4097])
def test_login_response_with_an_invalid_session_id_does_not_repeat_it(
    open_sessions: Open, bill: Bill, session_id: str
) -> None:
    bill.answer = {"sessionId": session_id}
    with pytest.raises(errors.InvalidResponseError) as failure:
        open_sessions().ensure()
    assert session_id not in str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize("user", [7, True, ["006"], "", " ", "006\n", "\ud800", "006-é", "x" * 4097])
def test_login_response_with_an_invalid_user_id_has_no_user_id(open_sessions: Open, bill: Bill, user: Any) -> None:
    bill.answer = {"userId": user}
    session = open_sessions().ensure().session
    assert session
    assert session.user_id is None


@pytest.mark.promise(9)
def test_login_response_of_another_organization_is_an_invalid_response(open_sessions: Open, bill: Bill) -> None:
    bill.answer = {"organizationId": "00809SOMEBODYELSE0009"}
    with pytest.raises(errors.InvalidResponseError, match="another organization"):
        open_sessions().ensure()
    bill.answer = {}
    assert open_sessions().ensure().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("response", "message"),
    [
        (
            {"organizationId": "00809SOMEBODYELSE0009"},
            "the validation of the stored session names another organization",
        ),
        ({"organizationId": 8}, "the validation of the stored session names another organization"),
        (None, "the validation of the stored session is not a JSON object"),
        (["findme"], "the validation of the stored session is not a JSON object"),
    ],
)
def test_validation_with_an_invalid_response_fails_without_a_login(
    open_sessions: Open, bill: Bill, response: Any, message: str
) -> None:
    open_sessions().ensure()
    bill.will_answer((200, response))
    with pytest.raises(errors.InvalidResponseError, match=message):
        open_sessions(check_after=0).ensure()
    assert bill.sign_ins == 1


def test_validation_with_or_without_the_organization_succeeds(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    for response in (
        {},
        {"organizationId": None},
        {"organizationId": ""},
        {"organizationId": OPTIONS["organization_id"]},
    ):
        bill.answer_to_check = response
        assert not open_sessions(check_after=0).ensure().changed


@pytest.mark.parametrize("trusted", ["true", 1, {}, None, False])
def test_login_response_with_another_value_than_true_is_not_trusted(
    open_sessions: Open, bill: Bill, trusted: Any
) -> None:
    bill.answer = {"trusted": trusted}
    session = open_sessions().ensure().session
    assert session
    assert session.trusted is False


def test_login_response_without_undocumented_fields_is_accepted(open_sessions: Open, bill: Bill) -> None:
    bill.answer = {"organizationId": None, "userId": None, "trusted": None}
    session = open_sessions().ensure().session
    assert session
    assert (session.organization_id, session.user_id, session.trusted) == (OPTIONS["organization_id"], None, False)


@pytest.mark.promise(8)
@pytest.mark.parametrize("missing", [None, ""])
def test_login_with_missing_options_names_all_of_them(open_sessions: Open, bill: Bill, missing: str | None) -> None:
    with pytest.raises(errors.OptionError) as failure:
        open_sessions(password=missing, dev_key=missing)
    assert str(failure.value) == (
        "auth_method password requires password (your BILL password), dev_key (a developer key). Define bill_password, "
        "bill_dev_key, preferably in a vault file. The options or the environment variables (BILL_PASSWORD, BILL_DEV_KEY) work too."
    )
    assert bill.received == []


@pytest.mark.promise(7)
def test_session_without_validate_certs_warns(open_sessions: Open, warned: list[str]) -> None:
    open_sessions(validate_certs=False)
    [warning] = warned
    assert warning.startswith(
        "validate_certs is false: anybody between the controller and 127.0.0.1:9 can read the credentials."
    )


@pytest.mark.promise(15)
def test_lock_timeout_is_the_longest_duration_of_the_other_task(open_sessions: Open) -> None:
    # Three requests of four tries each: the user's first sign-in to another organization, a validation and a sign-in. Each try has 30
    # seconds for a slot and 30 for BILL, with waits of at most 30 between the tries, because Retry-After may require them.
    assert open_sessions().lock_timeout == 3 * (4 * (30 + 30) + 3 * 30)
