# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of Ansible that is over sends nothing more."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.run import operation_of
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings, Limits
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody
from ansible_collections.bill.connect.plugins.plugin_utils._store.lock import lock_file
from tests.proxies import SocksProxy
from tests.unit.plugins.plugin_utils.fake_bill import OAUTH
from tests.unit.plugins.plugin_utils.fakes import (
    Clock,
    Reply,
    Run,
    RunIsOverError,
    ScriptedBill,
    breaks_off,
    refuses,
    responds,
    responds_and_stays,
)

Start = Callable[..., ScriptedBill]
VENDORS = HttpRequest("GET", "/v3/vendors")
PAYMENT = HttpRequest("POST", "/v3/payments", {}, JsonBody({"amount": 1}), is_repeatable=False)
WRITE = HttpRequest("POST", "/v3/vendors", {}, JsonBody({"name": "Late Paper Co."}), is_repeatable=False)


class SlotThatEnds:
    """Limits. The run ends while the request with this number waits for a slot."""

    def __init__(self, run: Run, number: int = 1) -> None:
        self._run = run
        self._number = number
        self.asked: list[str] = []

    @contextmanager
    def slot(self, target: str) -> Iterator[None]:
        self.asked.append(target)
        if len(self.asked) == self._number:
            self._run.end()
        yield


def exchange_with(bill: ScriptedBill, run: Run, limits: Limits | None = None) -> HttpExchange:
    return HttpExchange(BaseUrl.of_api(bill.url), HttpSettings(10), limits, run)


@pytest.mark.promise(16)
def test_exchange_of_a_run_that_is_over_does_not_wait_for_a_slot(scripted: Start, run: Run) -> None:
    bill, limits = scripted(responds(200, {})), SlotThatEnds(run)
    run.end()
    with pytest.raises(RunIsOverError):
        exchange_with(bill, run, limits).exchange(PAYMENT)
    assert (limits.asked, bill.callers) == ([], [])


@pytest.mark.promise(16)
def test_exchange_at_another_base_url_belongs_to_the_same_run(scripted: Start, run: Run) -> None:
    bill = scripted(responds(200, {}))
    run.end()
    with pytest.raises(RunIsOverError):
        exchange_with(bill, run).at(BaseUrl.of_api(bill.url)).exchange(PAYMENT)
    assert bill.callers == []


@pytest.mark.promise(16)
def test_exchange_whose_run_ends_during_the_wait_for_a_slot_sends_nothing(scripted: Start, run: Run) -> None:
    bill, limits = scripted(responds(200, {})), SlotThatEnds(run)
    with pytest.raises(RunIsOverError):
        exchange_with(bill, run, limits).exchange(PAYMENT)
    assert (limits.asked, bill.callers) == (["/v3/payments"], [])


@pytest.mark.promise(16)
def test_exchange_whose_run_ends_before_it_connects_sends_no_password_to_a_proxy(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = SocksProxy(user=("me", "right"))
    monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//me:right@"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    exchange = HttpExchange(
        BaseUrl.of_api("https://bill.example.com/connect"), HttpSettings(10), SlotThatEnds(run), run
    )
    with pytest.raises(RunIsOverError):
        exchange.exchange(PAYMENT)
    proxy.close()
    assert proxy.credentials == []


@pytest.mark.promise(16)
def test_exchange_whose_run_ends_while_it_connects_sends_nothing(
    scripted: Start, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill, resolve = scripted(responds(200, {})), socket.getaddrinfo

    def resolve_too_late(*arguments: Any, **keywords: Any) -> Any:
        run.end()
        return resolve(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_too_late)
    with pytest.raises(RunIsOverError):
        exchange_with(bill, run).exchange(PAYMENT)
    # The connection is closed.
    assert bill.left.acquire(timeout=10)
    assert (bill.callers, bill.received) == ([[]], [])


@pytest.mark.promise(16)
def test_exchange_whose_run_ends_between_two_requests_of_one_connection_sends_only_the_first(
    scripted: Start, run: Run
) -> None:
    bill = scripted(responds_and_stays(200, {}), stays=True)
    exchange = exchange_with(bill, run, SlotThatEnds(run, number=2))
    with exchange.keep_alive():
        exchange.exchange(VENDORS)
        with pytest.raises(RunIsOverError):
            exchange.exchange(VENDORS)
    assert bill.left.acquire(timeout=10)
    assert [len(requests) for requests in bill.callers] == [1]


@pytest.mark.promise(16)
def test_exchange_whose_run_ends_after_it_sent_the_request_still_reads_the_response(scripted: Start, run: Run) -> None:
    def ends_first(peer: socket.socket) -> None:
        run.end()
        responds(201, {"id": "1"})(peer)

    assert exchange_with(scripted(ends_first), run).exchange(PAYMENT).status == 201


@pytest.mark.promise(16)
def test_lock_whose_run_ends_during_the_wait_lets_nothing_be_written(tmp_path: Path, clock: Clock, run: Run) -> None:
    """Another program holds the lock, and releases it a moment after the run has ended."""
    path = tmp_path / "lock"
    other = path.open("w")
    fcntl.flock(other, fcntl.LOCK_EX)

    def end_and_release() -> None:
        run.end()
        other.close()

    clock.at_next_move = end_and_release
    with operation_of(run), pytest.raises(RunIsOverError), lock_file(str(path), 30, clock=clock):
        pytest.fail("a run that is over got the lock")


@pytest.mark.promise(16)
@pytest.mark.parametrize(
    ("request_of_the_task", "reply"),
    [
        (WRITE, refuses(429, "BDC_1322")),
        (VENDORS, refuses(503, "BDC_9999")),
        (VENDORS, breaks_off),
    ],
    ids=["write", "read", "broken connection"],
)
def test_client_whose_run_ends_before_the_next_attempt_sends_no_other(
    scripted: Start,
    open_on_the_wire: Callable[..., BillClient],
    clock: Clock,
    run: Run,
    request_of_the_task: HttpRequest,
    reply: Reply,
) -> None:
    bill = scripted(reply)
    clock.at_next_move = run.end
    with pytest.raises(RunIsOverError):
        open_on_the_wire(bill.url).request(request_of_the_task)
    assert len(bill.received) == 1


@pytest.mark.promise(16)
def test_client_whose_run_ends_while_its_session_expires_does_not_sign_in(
    scripted: Start, open_on_the_wire: Callable[..., BillClient], run: Run
) -> None:
    def expires(peer: socket.socket) -> None:
        run.end()
        refuses(401, "BDC_1109")(peer)

    bill = scripted(expires)
    with pytest.raises(RunIsOverError):
        open_on_the_wire(bill.url).request(WRITE)
    assert len(bill.received) == 1


@pytest.mark.promise(16)
def test_sign_in_whose_run_ends_before_the_next_attempt_is_not_repeated(
    scripted: Start, build: Callable[..., BillClient], clock: Clock, run: Run
) -> None:
    bill = scripted(refuses(503, "BDC_9999"))
    clock.at_next_move = run.end
    with pytest.raises(RunIsOverError):
        build(None, api_url=bill.url).sessions.ensure()
    assert len(bill.received) == 1


@pytest.mark.promise(16)
def test_sign_in_whose_run_ends_before_its_second_address_sends_nothing_there(
    scripted: Start, build: Callable[..., BillClient], run: Run
) -> None:
    def ends_first(peer: socket.socket) -> None:
        run.end()
        responds(404, {})(peer)

    bill = scripted(ends_first)
    with pytest.raises(RunIsOverError):
        build(None, api_url=bill.url, **OAUTH).sessions.ensure()
    assert len(bill.received) == 1
