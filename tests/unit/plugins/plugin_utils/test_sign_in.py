# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reuse, check, or sign in: what BILL hears, and what comes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils import _errors as errors
from ansible_collections.bill.connect.plugins.plugin_utils import _sign_in
from ansible_collections.bill.connect.plugins.plugin_utils._gateway import Answer
from ansible_collections.bill.connect.plugins.plugin_utils._retry import Retry
from ansible_collections.bill.connect.plugins.plugin_utils._sign_in import SignIn
from tests.unit.plugins.plugin_utils.conversation import OPTIONS, Clock

Open = Callable[..., SignIn]


class Bill:
    """What BILL is from the core's side: it answers requests, and keeps count of them."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.alive: set[str] = set()
        self.password = OPTIONS["password"]
        self.answer: dict[str, Any] = {}
        self.answer_to_check: dict[str, Any] = {}
        self.failures: list[errors.BillError] = []
        self.in_flight = 0
        self.peak = 0

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None) -> Answer:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return self._answer(f"{method} {path}", headers or {}, body)
        finally:
            self.in_flight -= 1

    def _answer(self, request: str, headers: dict[str, str], body: Any) -> Answer:
        self.heard.append(request)
        if self.failures:
            raise self.failures.pop(0)
        if request == "POST /v3/login":
            if body["password"] != self.password:
                raise errors.from_answer(401, [{"code": "BDC_1101"}], "BILL")
            session_id = f"SESSION-{len(self.heard)}"
            self.alive.add(session_id)
            answer = {
                "sessionId": session_id,
                "organizationId": body["organizationId"],
                "userId": "006",
                "trusted": False,
            }
            return Answer(200, {**answer, **self.answer})
        if headers["sessionId"] not in self.alive:
            raise errors.from_answer(401, [{"code": "BDC_1109"}], "BILL")
        if request == "POST /v3/logout":
            self.alive.remove(headers["sessionId"])
        return Answer(200, self.answer_to_check)

    @property
    def sign_ins(self) -> int:
        return self.heard.count("POST /v3/login")


@pytest.fixture
def bill() -> Bill:
    return Bill()


@pytest.fixture
def open_sign_in(bill: Bill, clock: Clock, tmp_path: Path, said: list[str]) -> Open:
    """A new task each time: nothing is shared with the one before but the store and BILL."""

    def open_sign_in(**changes: Any) -> SignIn:
        options = {
            "auth_method": "password",
            "environment": "sandbox",
            "api_url": "http://127.0.0.1:9/connect",
            "session_store": None,
            "check_after": 60,
            "timeout": 30,
            "retries": 3,
            "validate_certs": True,
            "ca_path": None,
            **OPTIONS,
            **changes,
        }
        sign_in = _sign_in.open_sign_in(
            options,
            default_store=str(tmp_path / "bill"),
            store_for_the_run=str(tmp_path / "run"),
            warn=said.append,
            tell=lambda _text: None,
            tell_of_waits=lambda _text: None,
        )
        sign_in.clock = clock
        sign_in.retry = Retry(sign_in.retry.retries, sleep=clock.advance, chance=lambda: 1.0)
        monkeyed: Any = sign_in.gateway
        monkeyed.ask = bill.ask
        return sign_in

    return open_sign_in


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_one_sign_in_serves_every_later_task(open_sign_in: Open, bill: Bill) -> None:
    outcomes = [open_sign_in().present() for _time in range(10)]
    assert [outcome.changed for outcome in outcomes] == [True] + [False] * 9
    assert len({outcome.session.session_id for outcome in outcomes if outcome.session}) == 1
    assert bill.heard == ["POST /v3/login"]


def test_the_session_is_what_bill_said(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    bill.answer = {"trusted": True}
    session = open_sign_in().present().session
    assert session is not None
    assert session.headers == {"sessionId": "SESSION-1", "devKey": OPTIONS["dev_key"]}
    assert (session.organization_id, session.user_id, session.trusted) == (OPTIONS["organization_id"], "006", True)
    assert (session.made_at, session.answered_at, session.idle_seconds) == (clock.now, clock.now, 2100)


@pytest.mark.promise(1)
def test_a_session_is_trusted_for_check_after_seconds_and_then_checked(
    open_sign_in: Open, bill: Bill, clock: Clock
) -> None:
    open_sign_in().present()
    clock.advance(59)
    open_sign_in().present()
    assert bill.heard == ["POST /v3/login"]
    clock.advance(1)
    assert not open_sign_in().present().changed
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session"]
    clock.advance(59)
    assert not open_sign_in().present().changed
    assert len(bill.heard) == 2


@pytest.mark.promise(1)
def test_check_after_zero_asks_every_time(open_sign_in: Open, bill: Bill) -> None:
    for _time in range(3):
        open_sign_in(check_after=0).present()
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session", "GET /v3/login/session"]


def test_a_check_begins_the_idle_life_anew(open_sign_in: Open, clock: Clock) -> None:
    first = open_sign_in().present().session
    clock.advance(2000)
    later = open_sign_in().present().session
    assert first
    assert later
    assert (later.session_id, later.made_at, later.answered_at) == (first.session_id, first.made_at, clock.now)


@pytest.mark.promise(2)
@pytest.mark.promise(9)
def test_a_session_that_ended_is_replaced_once(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in().present()
    clock.advance(3600)
    bill.alive.clear()
    assert [open_sign_in().present().changed for _time in range(3)] == [True, False, False]
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session", "POST /v3/login"]


@pytest.mark.promise(9)
def test_a_session_that_ended_is_not_asked_about_again(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.alive.clear()
    bill.password = "changed elsewhere"
    for _time in range(2):
        with pytest.raises(errors.CredentialRefused):
            open_sign_in(check_after=0).present()
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session", "POST /v3/login"]


@pytest.mark.promise(1)
def test_a_session_that_others_kept_alive_is_not_replaced(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in().present()
    clock.advance(24 * 3600)
    assert not open_sign_in().present().changed
    assert bill.sign_ins == 1


@pytest.mark.promise(1)
@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_clock_that_jumps_means_asking_bill_once(open_sign_in: Open, bill: Bill, clock: Clock, hours: int) -> None:
    first = open_sign_in().present().session
    for jump in (hours, -hours):
        clock.advance(jump * 3600)
        for _time in range(2):
            outcome = open_sign_in().present()
            assert (outcome.changed, outcome.session and outcome.session.session_id) == (
                False,
                first and first.session_id,
            )
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session", "GET /v3/login/session"]


@pytest.mark.promise(4)
@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1101", "BDC_1144"])
@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_clock_that_jumps_does_not_make_a_refusal_last(
    open_sign_in: Open, bill: Bill, clock: Clock, code: str, hours: int
) -> None:
    for asked, jump in enumerate((0, hours), start=1):
        clock.advance(jump * 3600)
        says_no(bill, code)
        with pytest.raises(errors.Rejected, match=code):
            open_sign_in().present()
        bill.failures = []
        with pytest.raises(errors.Rejected, match="was not asked again"):
            open_sign_in().present()
        assert bill.sign_ins == asked
    clock.advance(-hours * 3600)
    assert open_sign_in().present().changed


@pytest.mark.promise(1)
def test_no_check_after_makes_a_session_live_longer_than_its_idle_life(
    open_sign_in: Open, bill: Bill, clock: Clock
) -> None:
    open_sign_in(check_after=9999).present()
    clock.advance(2099)
    assert not open_sign_in(check_after=9999).present().changed
    assert bill.heard == ["POST /v3/login"]
    clock.advance(1)
    bill.alive.clear()
    assert open_sign_in(check_after=9999).present().changed


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(11)
@pytest.mark.parametrize("check_after", [60, 0])
def test_forty_tasks_at_once_make_one_sign_in(open_sign_in: Open, bill: Bill, check_after: int) -> None:
    changed: list[bool] = []
    begin = threading.Barrier(40)

    def task() -> None:
        sign_in = open_sign_in(check_after=check_after)
        begin.wait()
        changed.append(sign_in.present().changed)

    threads = [threading.Thread(target=task) for _time in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(changed) == [False] * 39 + [True]
    assert bill.heard == ["POST /v3/login"] + ["GET /v3/login/session"] * (0 if check_after else 39)
    assert bill.peak <= 3


@pytest.mark.promise(11)
def test_the_slots_in_flight_are_those_of_the_developer_key_and_organization(
    open_sign_in: Open, tmp_path: Path
) -> None:
    shared = [{}, {"username": "other"}, {"password": "other"}, {"auth_method": "sync_token"}]
    others = [{"dev_key": "other"}, {"organization_id": "008OTHER"}, {"api_url": "http://127.0.0.1:9/other"}]
    for changes in [*shared, *others]:
        with open_sign_in(**changes).gateway._slot():
            pass
    slots = [path.name for path in (tmp_path / "bill").iterdir()]
    assert len(slots) == 1 + len(others), slots


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_value_is_always_asked_at_bill(open_sign_in: Open, bill: Bill, name: str) -> None:
    open_sign_in().present()
    for wrong in (OPTIONS[name] + "x", OPTIONS[name].swapcase()):
        bill.failures = [errors.from_answer(401, [{"code": "BDC_1101"}], "BILL")]
        with pytest.raises(errors.CredentialRefused):
            open_sign_in(**{name: wrong}).present()
    assert bill.heard == ["POST /v3/login"] * 3
    assert not open_sign_in().present().changed


@pytest.mark.promise(3)
def test_methods_and_environments_do_not_mix(open_sign_in: Open, bill: Bill) -> None:
    for changes in (
        {},
        {"auth_method": "sync_token"},
        {"api_url": None},
        {"api_url": None, "environment": "production"},
    ):
        assert open_sign_in(**changes).present().changed
        assert not open_sign_in(**changes).present().changed
    assert bill.sign_ins == 4


def test_a_sync_token_has_48_hours(open_sign_in: Open) -> None:
    session = open_sign_in(auth_method="sync_token").present().session
    assert session
    assert session.idle_seconds == 48 * 3600


def test_force_signs_in_anew_and_the_new_session_serves_from_then_on(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    forced = open_sign_in().present(force=True)
    assert forced.changed
    assert open_sign_in().present().session == forced.session
    assert bill.heard == ["POST /v3/login", "POST /v3/login"]
    assert len(bill.alive) == 2


def test_a_refused_sign_in_leaves_the_kept_session_alone(open_sign_in: Open, bill: Bill) -> None:
    kept = open_sign_in().present().session
    bill.password = "changed elsewhere"
    with pytest.raises(errors.CredentialRefused):
        open_sign_in().present(force=True)
    assert open_sign_in().present().session == kept


@pytest.mark.promise(9)
def test_faults_are_tried_again_and_a_refusal_is_not(open_sign_in: Open, bill: Bill) -> None:
    bill.failures = [errors.ServerFault("ill"), errors.ConnectionFailed("gone")]
    assert open_sign_in().present().changed
    assert bill.heard == ["POST /v3/login"] * 3
    bill.failures = [errors.CredentialRefused("no")]
    with pytest.raises(errors.CredentialRefused):
        open_sign_in(username="other@example.com").present()
    assert bill.heard == ["POST /v3/login"] * 4


REFUSALS = ("BDC_1101", "BDC_1102", "BDC_1103", "BDC_1107", "BDC_1110", "BDC_1123")


def says_no(bill: Bill, code: str) -> None:
    bill.failures = [errors.from_answer(400, [{"code": code}], "BILL")]


@pytest.mark.promise(4)
@pytest.mark.parametrize("store", [None, "none"])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_credential_is_asked_once_in_ten_minutes(
    open_sign_in: Open, bill: Bill, clock: Clock, code: str, store: str | None
) -> None:
    username = f"{code}-{store}"
    says_no(bill, code)
    for advance in (0, 1, 597, 1):
        clock.advance(advance)
        with pytest.raises(errors.CredentialRefused, match=code):
            open_sign_in(username=username, session_store=store).present()
    assert bill.heard == ["POST /v3/login"]
    clock.advance(1)
    assert open_sign_in(username=username, session_store=store).present().changed
    assert bill.heard == ["POST /v3/login"] * 2


@pytest.mark.promise(4)
def test_the_message_says_since_when_until_when_and_why(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    messages = []
    says_no(bill, "BDC_1102")
    for _time in range(2):
        with pytest.raises(errors.CredentialRefused) as failure:
            open_sign_in().present()
        messages.append(str(failure.value))
        assert (failure.value.code, failure.value.concerns) == ("BDC_1102", ("dev_key",))
        clock.advance(60)
    then = (
        " The same credentials are not sent again before 08:10:00 UTC, so that nothing gets locked by repetition; corrected "
        "ones are tried at once, and so are these by the task bill_login with force: true."
    )
    told = str(errors.from_answer(400, [{"code": "BDC_1102"}], "BILL"))
    assert messages == [told + then, told + " BILL said so at 08:00:00 UTC and was not asked again." + then]


@pytest.mark.promise(4)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_corrected_value_is_tried_at_once(open_sign_in: Open, bill: Bill, name: str) -> None:
    says_no(bill, "BDC_1101")
    with pytest.raises(errors.CredentialRefused):
        open_sign_in(**{name: "wrong"}).present()
    assert open_sign_in().present().changed
    with pytest.raises(errors.CredentialRefused, match="was not asked again"):
        open_sign_in(**{name: "wrong"}).present()
    assert bill.heard == ["POST /v3/login"] * 2


@pytest.mark.promise(4)
def test_force_asks_at_once_and_a_success_ends_the_refusal(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    says_no(bill, "BDC_1110")
    with pytest.raises(errors.CredentialRefused):
        open_sign_in().present()
    assert open_sign_in().present(force=True).changed
    bill.alive.clear()
    clock.advance(60)
    assert open_sign_in().present().changed


@pytest.mark.promise(4)
def test_a_refusal_does_not_end_a_session_that_works(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in().present()
    bill.password = "changed elsewhere"
    with pytest.raises(errors.CredentialRefused):
        open_sign_in().present(force=True)
    clock.advance(61)
    assert not open_sign_in().present().changed
    assert bill.heard == ["POST /v3/login", "POST /v3/login", "GET /v3/login/session"]


@pytest.mark.promise(4)
@pytest.mark.parametrize("work", [SignIn.present, SignIn.absent])
def test_a_developer_key_that_was_refused_with_the_kept_session_is_not_sent_again_either(
    open_sign_in: Open, bill: Bill, clock: Clock, work: Callable[[SignIn], Any]
) -> None:
    open_sign_in().present()
    clock.advance(60)
    says_no(bill, "BDC_1103")
    for _time in range(3):
        with pytest.raises(errors.CredentialRefused, match="BDC_1103"):
            work(open_sign_in())
        with pytest.raises(errors.CredentialRefused, match="was not asked again"):
            open_sign_in().present()
        with pytest.raises(errors.CredentialRefused, match="was not asked again"):
            open_sign_in().absent()
    assert len(bill.heard) == 2
    clock.advance(600)
    assert not open_sign_in().present().changed


@pytest.mark.promise(9)
def test_a_spent_hour_stops_sign_outs_too(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    open_sign_in().present()
    says_no(bill, "BDC_1144")
    for _time in range(2):
        with pytest.raises(errors.HourSpent):
            open_sign_in().absent()
    assert bill.heard == ["POST /v3/login", "POST /v3/logout"]
    clock.advance(3600)
    assert open_sign_in().absent().changed


@pytest.mark.promise(4)
def test_fifty_tasks_with_a_wrong_password_are_one_refused_sign_in(open_sign_in: Open, bill: Bill) -> None:
    refused: list[str] = []
    begin = threading.Barrier(50)

    def task() -> None:
        sign_in = open_sign_in(password="stale")
        begin.wait()
        try:
            sign_in.present()
        except errors.CredentialRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=task) for _time in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 50
    assert bill.heard == ["POST /v3/login"]


@pytest.mark.promise(9)
@pytest.mark.parametrize("store", [None, "none"])
def test_a_spent_hour_stops_every_user_of_the_developer_key_until_the_next(
    open_sign_in: Open, bill: Bill, clock: Clock, store: str | None
) -> None:
    clock.advance(1500)
    key = f"key-{store}"
    says_no(bill, "BDC_1144")
    for username in ("one", "two"):
        with pytest.raises(
            errors.HourSpent, match=r"No sign-in, check or sign-out is sent with this developer key before 09:00:00 UTC"
        ):
            open_sign_in(username=username, dev_key=key, session_store=store).present()
    assert bill.heard == ["POST /v3/login"]
    assert open_sign_in(username="one", dev_key="another", session_store=store).present().changed
    clock.advance(2099)
    with pytest.raises(errors.HourSpent, match="BILL said so at 08:25:00 UTC and was not asked again"):
        open_sign_in(username="two", dev_key=key, session_store=store).present()
    clock.advance(1)
    assert open_sign_in(username="two", dev_key=key, session_store=store).present().changed


@pytest.mark.promise(9)
def test_a_spent_hour_stops_checks_too_but_not_a_session_that_needs_none(
    open_sign_in: Open, bill: Bill, clock: Clock
) -> None:
    open_sign_in().present()
    clock.advance(61)
    says_no(bill, "BDC_1144")
    for _time in range(2):
        with pytest.raises(errors.HourSpent):
            open_sign_in().present()
    assert bill.heard == ["POST /v3/login", "GET /v3/login/session"]
    assert not open_sign_in(check_after=120).present().changed


@pytest.mark.promise(9)
def test_an_untrusted_session_is_no_reason_to_sign_in(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.failures = [errors.from_answer(403, [{"code": "BDC_1361"}], "BILL")]
    with pytest.raises(errors.SessionUntrusted):
        open_sign_in(check_after=0).present()
    assert bill.sign_ins == 1


@pytest.mark.promise(9)
def test_a_check_that_fails_costs_no_sign_in(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.failures = [errors.ServerFault("ill") for _time in range(4)]
    with pytest.raises(errors.ServerFault):
        open_sign_in(check_after=0).present()
    assert bill.sign_ins == 1
    assert not open_sign_in(check_after=0).present().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize("answer", [None, [], "text", {}, {"sessionId": None}, {"sessionId": ""}, {"sessionId": 7}])
def test_an_answer_without_a_session_is_told(
    open_sign_in: Open, bill: Bill, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(bill, "_answer", lambda *_request: Answer(200, answer))
    with pytest.raises(errors.UnexpectedAnswer, match="no usable sessionId"):
        open_sign_in().present()


@pytest.mark.promise(5)
@pytest.mark.parametrize("session_id", ["SESSION\r\nX-Findme: 1", "SESSION-é", " \n", " x", "x ", "x" * 4097])
def test_a_session_that_fits_no_header_is_refused_unseen(open_sign_in: Open, bill: Bill, session_id: str) -> None:
    bill.answer = {"sessionId": session_id}
    with pytest.raises(errors.UnexpectedAnswer) as failure:
        open_sign_in().present()
    assert session_id not in str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize("user", [7, True, ["006"], "", " ", "006\n", "\ud800", "006-é", "x" * 4097])
def test_a_user_id_that_is_none_is_left_out(open_sign_in: Open, bill: Bill, user: Any) -> None:
    bill.answer = {"userId": user}
    session = open_sign_in().present().session
    assert session
    assert session.user_id is None


@pytest.mark.promise(9)
def test_a_session_of_another_organization_is_not_used(open_sign_in: Open, bill: Bill) -> None:
    bill.answer = {"organizationId": "00809SOMEBODYELSE0009"}
    with pytest.raises(errors.UnexpectedAnswer, match="another organization"):
        open_sign_in().present()
    bill.answer = {}
    assert open_sign_in().present().changed


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"organizationId": "00809SOMEBODYELSE0009"}, "the check of the kept session is for another organization"),
        ({"organizationId": 8}, "the check of the kept session is for another organization"),
        (None, "the check of the kept session is no JSON object"),
        (["findme"], "the check of the kept session is no JSON object"),
    ],
)
def test_an_odd_answer_to_the_check_is_told_and_costs_no_sign_in(
    open_sign_in: Open, bill: Bill, monkeypatch: pytest.MonkeyPatch, answer: Any, says: str
) -> None:
    open_sign_in().present()
    monkeypatch.setattr(bill, "_answer", lambda *_request: Answer(200, answer))
    with pytest.raises(errors.UnexpectedAnswer, match=says):
        open_sign_in(check_after=0).present()
    assert bill.sign_ins == 1


def test_a_check_that_names_the_organization_or_does_not_is_fine(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    for answer in (
        {},
        {"organizationId": None},
        {"organizationId": ""},
        {"organizationId": OPTIONS["organization_id"]},
    ):
        bill.answer_to_check = answer
        assert not open_sign_in(check_after=0).present().changed


@pytest.mark.parametrize("trusted", ["true", 1, {}, None, False])
def test_only_true_means_trusted(open_sign_in: Open, bill: Bill, trusted: Any) -> None:
    bill.answer = {"trusted": trusted}
    session = open_sign_in().present().session
    assert session
    assert session.trusted is False


def test_what_bill_does_not_document_may_be_missing(open_sign_in: Open, bill: Bill) -> None:
    bill.answer = {"organizationId": None, "userId": None, "trusted": None}
    session = open_sign_in().present().session
    assert session
    assert (session.organization_id, session.user_id, session.trusted) == (OPTIONS["organization_id"], None, False)


@pytest.mark.promise(2)
def test_absent_ends_the_session_at_bill_and_forgets_it(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    gone = open_sign_in().absent()
    assert (gone.session, gone.changed) == (None, True)
    assert bill.alive == set()
    assert not open_sign_in().absent().changed
    assert bill.heard == ["POST /v3/login", "POST /v3/logout"]
    assert open_sign_in().present().changed


@pytest.mark.promise(2)
def test_tasks_that_sign_out_at_once_end_one_session(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    changed: list[bool] = []
    threads = [threading.Thread(target=lambda: changed.append(open_sign_in().absent().changed)) for _time in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(changed) == [False] * 9 + [True]
    assert bill.heard == ["POST /v3/login", "POST /v3/logout"]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_force_forgets_a_session_that_bill_refuses_to_end(open_sign_in: Open, bill: Bill, code: str) -> None:
    open_sign_in().present()
    says_no(bill, code)
    with pytest.raises(errors.Rejected, match=code):
        open_sign_in().absent()
    says_no(bill, code)
    assert not open_sign_in().absent(force=True).changed
    assert bill.heard == ["POST /v3/login", "POST /v3/logout", "POST /v3/logout"]
    assert not open_sign_in().absent(only_look=True).changed


@pytest.mark.promise(9)
def test_a_spent_hour_is_forgotten_when_bill_signs_in_again(open_sign_in: Open, bill: Bill, clock: Clock) -> None:
    says_no(bill, "BDC_1144")
    with pytest.raises(errors.HourSpent):
        open_sign_in().present()
    open_sign_in().present(force=True)
    clock.advance(60)
    assert not open_sign_in().present().changed
    assert bill.heard == ["POST /v3/login", "POST /v3/login", "GET /v3/login/session"]


@pytest.mark.promise(2)
def test_absent_after_bill_ended_the_session_changes_nothing_at_bill(open_sign_in: Open, bill: Bill) -> None:
    open_sign_in().present()
    bill.alive.clear()
    assert not open_sign_in().absent().changed
    assert open_sign_in().present().changed


@pytest.mark.promise(1)
def test_a_sign_out_whose_answer_was_lost_leaves_no_session_that_is_used_unasked(
    open_sign_in: Open, bill: Bill
) -> None:
    open_sign_in().present()
    bill.alive.clear()
    bill.failures = [errors.ConnectionFailed("gone") for _time in range(4)]
    with pytest.raises(errors.ConnectionFailed):
        open_sign_in().absent()
    assert open_sign_in().present().changed
    assert bill.heard[-2:] == ["GET /v3/login/session", "POST /v3/login"]


@pytest.mark.promise(12)
def test_check_mode_does_not_sign_out(open_sign_in: Open, bill: Bill) -> None:
    assert not open_sign_in().absent(only_look=True).changed
    open_sign_in().present()
    assert open_sign_in().absent(only_look=True).changed
    assert bill.heard == ["POST /v3/login"]
    assert not open_sign_in().present().changed


@pytest.mark.promise(8)
@pytest.mark.parametrize("missing", [None, ""])
def test_every_missing_option_is_named_at_once(open_sign_in: Open, bill: Bill, missing: str | None) -> None:
    with pytest.raises(errors.OptionError) as failure:
        open_sign_in(password=missing, dev_key=missing)
    assert str(failure.value) == (
        "auth_method password needs password (your BILL password), dev_key (a developer key). Define bill_password, "
        "bill_dev_key, best in a vault file; the options and the environment names (BILL_PASSWORD, BILL_DEV_KEY) work too."
    )
    assert bill.heard == []


@pytest.mark.promise(7)
def test_unchecked_certificates_draw_a_warning(open_sign_in: Open, said: list[str]) -> None:
    open_sign_in(validate_certs=False)
    [warning] = said
    assert warning.startswith("validate_certs is false: anybody between here and 127.0.0.1:9 can read the credentials.")


@pytest.mark.promise(15)
def test_the_wait_for_others_is_as_long_as_their_work_can_be(open_sign_in: Open) -> None:
    # Two requests of four tries each, each with 30 seconds for a place and 30 for BILL; and the waits between them.
    assert open_sign_in().longest_wait == 2 * (4 * (30 + 30) + 1 + 2 + 4)
