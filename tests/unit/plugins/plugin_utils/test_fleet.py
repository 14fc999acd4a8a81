# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several controllers with one Redis or Valkey: each has its own HOME and its own clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from ansible_collections.bill.connect.plugins.plugin_utils._limits.rate_limiter import MAX_CALLS
from ansible_collections.bill.connect.plugins.plugin_utils._limits.request_limits import RequestLimits
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from tests.redis_servers import EACH_KIND, RedisServer
from tests.unit.plugins.plugin_utils.fake_bill import (
    API_URL,
    CHECK,
    LOGIN,
    LOGOUT,
    SPEND_TOKEN,
    Bill,
    BillExchange,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock, ListReporter

HOUR = 3600.0


class Controller:
    """A machine that runs Ansible. Each client is a new task of its only run."""

    def __init__(self, folder: Path, url: str, bill: Bill, ahead: float = 0) -> None:
        self.folder = folder
        self.url = url
        self.warned: list[str] = []
        self.clock = Clock()
        self.clock.now = time.time() + ahead
        self._bill = bill

    def client(self, **changes: Any) -> BillClient:
        defaults = {option.name: option.default for option in TABLE}
        return build_client(
            {**defaults, "api_url": API_URL, **OPTIONS, "session_store": self.url, **changes},
            Surroundings(
                str(self.folder / "bill"),
                str(self.folder / "run"),
                ListReporter(self.warned),
                clock=self.clock,
                exchange=BillExchange(self._bill, BaseUrl.of_api(API_URL)),
            ),
        )

    def ensure(self, **changes: Any) -> bool:
        """Whether a task had to sign in."""
        return self.client(**changes).sessions.ensure().changed


@pytest.fixture(params=EACH_KIND)
def server(request: pytest.FixtureRequest, redis_server: Callable[[str], RedisServer]) -> RedisServer:
    return redis_server(request.param)


OpenController = Callable[..., Controller]


@pytest.fixture
def open_controller(tmp_path: Path, server: RedisServer, bill: Bill) -> OpenController:
    """A new controller with an empty HOME."""

    def open_controller(url: str = "", ahead: float = 0) -> Controller:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return Controller(folder, url or server.url, bill, ahead)

    return open_controller


# --- What is shared ---


@pytest.mark.promise(1)
def test_fleet_signs_in_once_and_signs_out_once(open_controller: OpenController, bill: Bill) -> None:
    assert [open_controller().ensure() for _number in range(3)] == [True, False, False]
    assert open_controller().client().request(HttpRequest("GET", "/v3/vendors")).response.status == 200
    assert open_controller().client().sessions.end().changed
    assert open_controller().client().sessions.describe() is None
    assert [each for each in bill.received if each in (LOGIN, LOGOUT)] == [LOGIN, LOGOUT]


@pytest.mark.promise(4)
@pytest.mark.parametrize("ahead", [-2 * HOUR, -30, 0, 30, 2 * HOUR])
def test_fleet_with_wrong_clocks_sends_a_wrong_password_once_in_ten_minutes(
    open_controller: OpenController, bill: Bill, ahead: float
) -> None:
    bill.will_answer(no("BDC_1101"))
    first, second = open_controller(), open_controller(ahead=ahead)
    for controller in (first, second, first, second):
        with pytest.raises(errors.AuthenticationError, match="BDC_1101"):
            controller.ensure(password="wrong")
    assert bill.received == [LOGIN]
    # The right password is sent at once.
    assert second.ensure()


@pytest.mark.promise(4)
@pytest.mark.promise(9)
def test_fleet_with_wrong_clocks_stops_when_the_quota_of_the_hour_is_used_up(
    open_controller: OpenController, bill: Bill
) -> None:
    bill.will_answer(no("BDC_1144", 429))
    for username, ahead in (("one@example.com", 0), ("two@example.com", 90), ("three@example.com", -90)):
        with pytest.raises(errors.HourlyQuotaError):
            open_controller(ahead=ahead).ensure(username=username)
    assert bill.received == [LOGIN]


@pytest.mark.promise(1)
@pytest.mark.parametrize("ahead", [-2 * HOUR, 2 * HOUR])
def test_fleet_with_wrong_clocks_uses_the_session_without_validation(
    open_controller: OpenController, bill: Bill, ahead: float
) -> None:
    assert open_controller(ahead=ahead).ensure()
    assert not open_controller().ensure()
    assert bill.received == [LOGIN]
    controller = open_controller()
    controller.clock.now += 61
    # The clock of the task moves, but its difference to the clock of the server is measured again. So only the server decides.
    assert not controller.ensure()
    assert bill.received == [LOGIN]


def limits_of(client: BillClient) -> RequestLimits:
    limits = vars(client.transport)["exchange"].opened.limits
    assert isinstance(limits, RequestLimits)
    return limits


def on_the_wire(controller: Controller, **changes: Any) -> RequestLimits:
    defaults = {option.name: option.default for option in TABLE}
    options = {**defaults, "api_url": API_URL, **OPTIONS, "session_store": controller.url, **changes}
    around = Surroundings(
        str(controller.folder / "bill"),
        str(controller.folder / "run"),
        ListReporter(controller.warned),
        clock=controller.clock,
    )
    return limits_of(build_client(options, around))


@pytest.mark.promise(11)
def test_fleet_has_three_requests_in_flight(open_controller: OpenController, server: RedisServer) -> None:
    with ExitStack() as held:
        for _number in range(3):
            held.enter_context(on_the_wire(open_controller()).slot("/v3/vendors"))
        fourth = open_controller()
        with pytest.raises(errors.LimiterTimeoutError), on_the_wire(fourth, timeout=1).slot("/v3/vendors"):
            pass
        with on_the_wire(open_controller(), dev_key="another").slot("/v3/vendors"):
            pass
    with on_the_wire(fourth, timeout=1).slot("/v3/vendors"):
        pass


@pytest.mark.promise(9)
@pytest.mark.promise(11)
@pytest.mark.parametrize("ahead", [-45, 45])
def test_fleet_with_wrong_clocks_sends_sixty_spend_calls_a_minute(
    open_controller: OpenController, ahead: float
) -> None:
    first, second = open_controller(), open_controller(ahead=ahead)
    for _number in range(MAX_CALLS):
        with on_the_wire(first, **SPEND_TOKEN).slot("/v3/spend/budgets"):
            pass
    before = second.clock.now
    with on_the_wire(second, **SPEND_TOKEN).slot("/v3/spend/budgets"):
        pass
    assert 50 < second.clock.now - before <= 61


@pytest.mark.promise(3)
def test_fleet_with_another_prefix_or_database_shares_nothing(
    open_controller: OpenController, server: RedisServer
) -> None:
    assert open_controller().ensure()
    assert open_controller(server.url + "?prefix=other:").ensure()
    assert open_controller(server.url + "/2").ensure()


# --- What Redis learns ---


@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_fleet_writes_nothing_readable_to_redis(
    open_controller: OpenController, server: RedisServer, bill: Bill
) -> None:
    session = open_controller().client().sessions.ensure().session
    assert session
    bill.will_answer(no("BDC_1101"))
    with suppress(errors.AuthenticationError):
        open_controller().ensure(password="wrong-findme")
    with on_the_wire(open_controller(), **SPEND_TOKEN).slot("/v3/spend/budgets"):
        pass
    data = server.data()
    # The secret, the session, the refusal, and the calls of the minute.
    assert len(data) == 4
    assert all(name == "bill.connect:secret" or (len(name.removeprefix("bill.connect:")) == 32) for name in data)
    secrets = [*session.secrets, *OPTIONS.values(), "wrong-findme", SPEND_TOKEN["api_token"], "BDC_1101"]
    everything = b"\n".join(name.encode() + value for name, value in data.items())
    assert [each for each in secrets if each.encode() in everything] == []


@pytest.mark.promise(6)
def test_fleet_entry_that_was_changed_in_redis_is_ignored(
    open_controller: OpenController, server: RedisServer, bill: Bill
) -> None:
    open_controller().ensure()
    with server.client() as client:
        for name, value in server.data().items():
            if not name.endswith("secret"):
                client.set(name, value[:-1] + b"?")
    controller = open_controller()
    assert controller.ensure()
    assert set(controller.warned) == {
        "A stored session is incomplete, was changed, or comes from another version of bill.connect. bill.connect ignores it, and replaces "
        "it by a new one."
    }


# --- Faults in the middle ---


@pytest.fixture(params=EACH_KIND)
def own_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    server = RedisServer(request.param, tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(13)
def test_fleet_whose_redis_ends_continues_with_what_each_run_knows(
    tmp_path: Path, own_server: RedisServer, bill: Bill
) -> None:
    controllers = [Controller(tmp_path / str(number), own_server.url, bill) for number in range(2)]
    assert [each.ensure() for each in controllers] == [True, False]
    bill.will_answer(no("BDC_1101"))
    for each in controllers:
        with pytest.raises(errors.AuthenticationError):
            each.ensure(password="wrong")
    own_server.kill()
    for each in controllers:
        assert [each.ensure(), each.ensure()] == [False, False]
        with pytest.raises(errors.AuthenticationError, match="did not send the request again"):
            each.ensure(password="wrong")
    assert bill.received == [LOGIN, LOGIN]
    assert [each.warned for each in controllers] == [
        [
            f"The session store in Redis at {own_server.place} cannot be used: connection refused. Until this run ends, bill.connect "
            "stores the session on this machine only. Other runs and controllers do not find it, and do not share the limits of BILL with "
            "this run."
        ]
    ] * 2
    # Another run finds Redis again.
    own_server.start()
    assert Controller(tmp_path / "later", own_server.url, bill).ensure()


@pytest.mark.promise(1)
@pytest.mark.promise(13)
def test_fleet_whose_redis_gets_another_password_goes_on_as_the_guide_says(
    tmp_path: Path, own_server: RedisServer, bill: Bill
) -> None:
    def urls(password: str) -> str:
        return f"redis://bill:{password}@{own_server.place}/2"

    rights = ("~bill.connect:*", "+select", "+time", "+get", "+getrange", "+set", "+del", "+pttl", "+pexpire")
    with own_server.client() as admin:
        admin.execute_command(
            *("ACL", "SETUSER", "bill", "on", ">findme-old", "-@all", *rights, "+evalsha", "+script|load")
        )
        old = Controller(tmp_path / "old", urls("findme-old"), bill)
        assert old.ensure()
        # Both passwords are valid, and the controllers use one session.
        admin.execute_command("ACL", "SETUSER", "bill", ">findme-new")
        new = Controller(tmp_path / "new", urls("findme-new"), bill)
        assert [new.ensure(), old.ensure()] == [False, False]
        # The old password ends too early: a run that still uses it goes on with what it knows.
        admin.execute_command("ACL", "SETUSER", "bill", "<findme-old")
        admin.execute_command("CLIENT", "KILL", "USER", "bill")
        assert [old.ensure(), new.ensure(), old.ensure()] == [False, False, False]
        # A session that the other controllers end does not end in that run, but it ends nothing either.
        new.client().sessions.end()
        assert [new.ensure(), old.ensure()] == [True, False]
    assert bill.received.count(LOGIN) == 2
    assert new.warned == []
    assert len(old.warned) == 1
    assert "it rejected the user name or the password" in old.warned[0]
    assert "findme" not in old.warned[0]


@pytest.mark.promise(3)
@pytest.mark.promise(13)
def test_fleet_with_two_stores_in_a_run_loses_only_the_one_that_fails(
    open_controller: OpenController, server: RedisServer, own_server: RedisServer, bill: Bill
) -> None:
    controller = open_controller()
    both = server.url, own_server.url
    assert [controller.ensure(session_store=url) for url in (*both, *both)] == [True, True, False, False]
    own_server.kill()
    assert not controller.ensure(session_store=own_server.url)
    assert len(controller.warned) == 1
    # The other store is still shared with other controllers.
    controller.client().sessions.end()
    assert [open_controller().ensure(), controller.ensure()] == [True, False]


@pytest.mark.promise(1)
def test_fleet_whose_redis_was_flushed_signs_in_once(
    open_controller: OpenController, server: RedisServer, bill: Bill
) -> None:
    first = open_controller()
    first.ensure()
    with server.client() as client:
        client.flushall()
    assert [open_controller().ensure(), first.ensure(), open_controller().ensure()] == [True, False, False]
    assert first.warned == []


@pytest.mark.promise(13)
def test_fleet_whose_redis_ends_during_a_sign_in_keeps_the_session(
    tmp_path: Path, own_server: RedisServer, bill: Bill
) -> None:
    controller = Controller(tmp_path, own_server.url, bill)
    bill.before_answering(LOGIN, own_server.kill)
    assert [controller.ensure(), controller.ensure()] == [True, False]
    assert bill.received == [LOGIN]
    assert len(controller.warned) == 1


@pytest.mark.promise(10)
@pytest.mark.promise(13)
def test_fleet_whose_redis_ends_during_a_write_sends_it_once(
    tmp_path: Path, own_server: RedisServer, bill: Bill
) -> None:
    controller = Controller(tmp_path, own_server.url, bill)
    controller.ensure()
    write = HttpRequest("POST", "/v3/payments", is_repeatable=False)
    bill.before_answering("POST /v3/payments", own_server.kill)
    assert controller.client().request(write).response.status == 200
    assert [each for each in bill.received if each != CHECK] == [LOGIN, "POST /v3/payments"]


@pytest.mark.promise(13)
def test_fleet_whose_failover_lost_the_last_write_signs_in_again(
    open_controller: OpenController, server: RedisServer, bill: Bill
) -> None:
    """The new primary has the secret, but not the session that the old one had confirmed."""
    open_controller().ensure()
    with server.client() as client:
        client.delete(*(name for name in server.data() if not name.endswith("secret")))
    assert [open_controller().ensure(), open_controller().ensure()] == [True, False]
