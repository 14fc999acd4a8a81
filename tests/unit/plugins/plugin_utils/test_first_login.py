# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user with many organizations: a wrong password is sent once, and the right one opens all sessions at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.first_login import FirstLogin, FirstLoginEnd
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.asker import Asker
from tests.unit.plugins.plugin_utils.fake_bill import CHECK, LOGIN, METHODS, Bill, Open, no
from tests.unit.plugins.plugin_utils.fakes import Clock

CLIENTS = [f"00801CLIENT{number:02}" for number in range(40)]
# The methods that send a secret of a user for one organization.
WITH_A_USER = ("password", "sync_token", "console_token")


def outcomes_of(tasks: list[Callable[[], object]]) -> list[object]:
    """What the tasks returned or raised. All of them begin at the same time."""
    begin = threading.Barrier(len(tasks))
    outcomes: list[object] = []

    def run(task: Callable[[], object]) -> None:
        begin.wait(30)
        try:
            outcomes.append(task())
        except errors.BillError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1101", "BDC_1110"])
@pytest.mark.parametrize("method", WITH_A_USER)
def test_refusal_of_a_user_in_forty_organizations_is_one_login(
    open_sessions: Open, bill: Bill, method: str, code: str
) -> None:
    bill.will_answer(*[no(code)] * len(CLIENTS))
    outcomes = outcomes_of([open_sessions(**METHODS[method], organization_id=each).ensure for each in CLIENTS])
    assert [getattr(each, "code", None) for each in outcomes] == [code] * len(CLIENTS)
    assert {type(each) for each in outcomes} == {errors.AuthenticationError}
    assert bill.received == [LOGIN]


@pytest.mark.promise(9)
def test_quota_that_is_used_up_in_forty_organizations_is_one_login(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(*[no("BDC_1144")] * len(CLIENTS))
    outcomes = outcomes_of([open_sessions(organization_id=each).ensure for each in CLIENTS])
    assert {type(each) for each in outcomes} == {errors.HourlyQuotaError}
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
@pytest.mark.parametrize("store", [None, "none"])
def test_refusal_of_a_user_is_cached_for_ten_minutes_in_each_organization(
    open_sessions: Open, bill: Bill, clock: Clock, store: str | None
) -> None:
    more = {"username": f"user of {store}", "session_store": store}
    bill.will_answer(no("BDC_1101"))
    for advance, client in ((0, CLIENTS[0]), (1, CLIENTS[1]), (598, CLIENTS[2])):
        clock.advance(advance)
        with pytest.raises(errors.AuthenticationError, match="BDC_1101"):
            open_sessions(**more, organization_id=client).ensure()
    assert bill.received == [LOGIN]
    clock.advance(1)
    assert open_sessions(**more, organization_id=CLIENTS[1]).ensure().changed


@pytest.mark.promise(4)
def test_refusal_of_a_user_explains_itself_in_another_organization(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    askers = Asker("run 1", "web1"), Asker("run 1", "web2"), Asker("run 2", "web2")
    said = []
    for asker, client in zip(askers, CLIENTS[:3], strict=True):
        with pytest.raises(errors.AuthenticationError) as failure:
            open_sessions(asker=asker, organization_id=client).ensure()
        said.append(str(failure.value))
    assert said[0].startswith("BILL answered BDC_1101: the user name, the password or the token is wrong.")
    assert said[1].startswith("BILL answered BDC_1101 for the host web1 in this run, so bill.connect did not send")
    assert "BILL reported this at 08:00:00 UTC. bill.connect did not send the request again." in said[2]
    assert failure.value.options == ("username", "password", "console_api_token")
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1102", "BDC_1103", "BDC_1107", "BDC_1111", "BDC_1123"])
def test_refusal_of_something_else_does_not_stop_the_other_organizations(
    open_sessions: Open, bill: Bill, code: str
) -> None:
    bill.will_answer(no(code))
    with pytest.raises(errors.ApiError, match=code):
        open_sessions(organization_id=CLIENTS[0]).ensure()
    assert open_sessions(organization_id=CLIENTS[1]).ensure().changed


@pytest.mark.promise(4)
@pytest.mark.parametrize("name", ["username", "password", "dev_key"])
def test_corrected_user_is_tried_at_once_in_another_organization(open_sessions: Open, bill: Bill, name: str) -> None:
    bill.will_answer(no("BDC_1101"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(organization_id=CLIENTS[0], **{name: "wrong"}).ensure()
    assert open_sessions(organization_id=CLIENTS[1]).ensure().changed


@pytest.mark.promise(4)
def test_token_is_not_sent_again_with_the_developer_key_of_another_client(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    for client in CLIENTS[:3]:
        with pytest.raises(errors.AuthenticationError, match="BDC_1101"):
            open_sessions(
                **METHODS["console_token"], organization_id=client, dev_key=f"the developer key of {client}"
            ).ensure()
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
def test_refusal_of_a_user_keeps_the_sessions_of_the_other_organizations(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions(organization_id=CLIENTS[0]).ensure()
    bill.will_answer(no("BDC_1101"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(organization_id=CLIENTS[1]).ensure()
    clock.advance(60)
    assert not open_sessions(organization_id=CLIENTS[0]).ensure().changed
    assert bill.received == [LOGIN, LOGIN, CHECK]


@pytest.mark.promise(4)
def test_refusal_of_a_session_says_nothing_about_the_other_organizations(
    open_sessions: Open, bill: Bill, clock: Clock
) -> None:
    open_sessions(organization_id=CLIENTS[0]).ensure()
    clock.advance(60)
    bill.will_answer(no("BDC_1101"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(organization_id=CLIENTS[0]).ensure()
    assert open_sessions(organization_id=CLIENTS[1]).ensure().changed


@pytest.mark.promise(4)
def test_login_with_force_is_sent_and_its_success_deletes_the_refusal_of_the_user(
    open_sessions: Open, bill: Bill
) -> None:
    bill.will_answer(no("BDC_1101"), no("BDC_1101"))
    for force in (False, True):
        with pytest.raises(errors.AuthenticationError):
            open_sessions(organization_id=CLIENTS[0]).ensure(force=force)
    assert open_sessions(organization_id=CLIENTS[1]).ensure(force=True).changed
    assert open_sessions(organization_id=CLIENTS[2]).ensure().changed
    assert bill.received == [LOGIN] * 4


@pytest.mark.promise(4)
@pytest.mark.promise(15)
def test_logins_follow_the_first_one_at_the_same_time(
    open_sessions: Open, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BILL answers the first login alone. It answers the others only when all of them are there."""
    together = threading.Barrier(4)
    usual, seen, lock = bill.usual_response, [0], threading.Lock()

    def answer(name: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        with lock:
            seen[0] += 1
            is_first = seen[0] == 1
        if is_first:
            assert bill.in_flight == 1
        else:
            together.wait(30)
        return usual(name, headers, body)

    monkeypatch.setattr(bill, "usual_response", answer)
    outcomes = outcomes_of([open_sessions(organization_id=each).ensure for each in CLIENTS[:5]])
    assert [getattr(each, "changed", each) for each in outcomes] == [True] * 5
    assert bill.received == [LOGIN] * 5


@pytest.mark.promise(15)
def test_login_that_waited_for_the_first_one_frees_the_lock_before_it_is_sent(clock: Clock) -> None:
    events: list[str] = []

    class Entry:
        """The first login ends while this task waits for the lock."""

        def load(self) -> FirstLoginEnd | None:
            return FirstLoginEnd(clock.time()) if events else None

        @contextmanager
        def lock(self, _timeout: float) -> Iterator[None]:
            events.append("locked")
            yield
            events.append("free")

    entry: Any = Entry()
    with FirstLogin(entry, entry, clock, timeout=1).alone():
        events.append("logs in")
    assert events == ["locked", "free", "logs in"]


def outcome_while_another_logs_in(open_sessions: Open, bill: Bill, **other: Any) -> object:
    """What a task that does not wait returns or raises while BILL processes the login of the same user to another organization."""
    outcomes: list[object] = []

    def happens() -> None:
        try:
            outcomes.append(open_sessions(**{"organization_id": CLIENTS[1], **other}, retries=0, timeout=0).ensure())
        except errors.BillError as error:
            outcomes.append(error)

    bill.before_answering(LOGIN, happens)
    open_sessions(organization_id=CLIENTS[0]).ensure()
    return outcomes[0]


@pytest.mark.promise(4)
def test_second_login_waits_for_the_first_one(open_sessions: Open, bill: Bill) -> None:
    outcome = outcome_while_another_logs_in(open_sessions, bill)
    assert isinstance(outcome, errors.LockTimeoutError)
    assert "with the same credentials have been signing in" in str(outcome)
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
@pytest.mark.parametrize(("seconds", "waits"), [(0, False), (59, False), (60, True), (-3600, True), (3600, True)])
def test_logins_follow_for_a_minute_then_one_goes_alone_again(
    open_sessions: Open, bill: Bill, clock: Clock, seconds: float, waits: bool
) -> None:
    open_sessions(organization_id=CLIENTS[2]).ensure()
    clock.advance(seconds)
    outcome = outcome_while_another_logs_in(open_sessions, bill)
    assert isinstance(outcome, errors.LockTimeoutError) == waits, outcome
    assert bill.received == [LOGIN] * (2 if waits else 3)


@pytest.mark.promise(15)
def test_bill_out_of_reach_lets_each_organization_try_for_itself(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(*[errors.TransportError("gone")] * len(CLIENTS))
    outcomes = outcomes_of([open_sessions(organization_id=each, retries=0).ensure for each in CLIENTS])
    assert {type(each) for each in outcomes} == {errors.TransportError}
    assert bill.received == [LOGIN] * len(CLIENTS)
    # From now on they do not wait for each other.
    assert isinstance(outcome_while_another_logs_in(open_sessions, bill), SessionResult)


@pytest.mark.promise(4)
def test_login_after_the_refusal_of_one_organization_goes_alone(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1123"))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(organization_id=CLIENTS[2]).ensure()
    assert isinstance(outcome_while_another_logs_in(open_sessions, bill), errors.LockTimeoutError)


@pytest.mark.promise(15)
@pytest.mark.parametrize(
    "other", [{"username": "another"}, {"dev_key": "another"}, {"auth_method": "sync_token"}, METHODS["oauth"]]
)
def test_login_of_another_user_does_not_wait(open_sessions: Open, bill: Bill, other: dict[str, Any]) -> None:
    assert isinstance(outcome_while_another_logs_in(open_sessions, bill, **other), SessionResult)


@pytest.mark.promise(15)
def test_login_with_force_does_not_wait(open_sessions: Open, bill: Bill) -> None:
    other = open_sessions(organization_id=CLIENTS[1], retries=0, timeout=0)
    bill.before_answering(LOGIN, lambda: other.ensure(force=True))
    open_sessions(organization_id=CLIENTS[0]).ensure()
    assert bill.received == [LOGIN] * 2


@pytest.mark.promise(5)
@pytest.mark.parametrize("method", sorted(METHODS))
def test_user_of_a_method_has_a_random_value(open_sessions: Open, method: str) -> None:
    """Without it, a copy of the store would let somebody test guesses of the password."""
    user = open_sessions(**METHODS[method]).method.user
    assert bool(user) == (method in WITH_A_USER)
    assert "organization_id" not in user
    assert not user or user.keys() & {"dev_key", "console_api_token"}
