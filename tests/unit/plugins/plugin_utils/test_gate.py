# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three requests in flight and no more, whoever makes them."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import SLOTS, ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from tests.unit.plugins.plugin_utils.conversation import Clock, ScriptedBill, says, trickles

# Python 3.12 and later warn of forks beside threads that earlier tests have left; these children take locks and nothing else.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FORK = multiprocessing.get_context("fork")
Open = Callable[..., ConcurrencyLimiter]


def gate_in(directory: Path, seconds: float = 30) -> ConcurrencyLimiter:
    return ConcurrencyLimiter(lambda _store: "0123", [FileStore(str(directory), ours=True, warn=print)], seconds)


@pytest.fixture
def open_gate(tmp_path: Path, clock: Clock, said: list[str]) -> Open:
    """The gate of a new task, whose waits only move the clock."""

    def open_gate(*directories: str, address: str = "0123") -> ConcurrencyLimiter:
        stores = [FileStore(str(tmp_path / name), ours=True, warn=said.append) for name in directories or ("bill",)]
        return ConcurrencyLimiter(lambda _store: address, stores, 30, clock=clock, sleep=clock.advance)

    return open_gate


@pytest.mark.promise(11)
def test_the_fourth_waits_until_one_of_the_three_has_ended(open_gate: Open, clock: Clock) -> None:
    with ExitStack() as two, ExitStack() as third:
        for held in (two, two, third):
            held.enter_context(open_gate().slot())
        clock.at_next_move = third.close
        with open_gate().slot():
            assert clock.at_next_move is None
            with pytest.raises(errors.LimiterTimeoutError), open_gate().slot():
                pass


@pytest.mark.promise(8)
@pytest.mark.promise(15)
def test_who_gets_no_slot_in_time_is_told(open_gate: Open, clock: Clock) -> None:
    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(open_gate().slot())
        before = clock.now
        with pytest.raises(errors.LimiterTimeoutError) as failure, open_gate().slot():
            pass
    assert 30 <= clock.now - before < 31
    assert str(failure.value) == (
        "3 requests with this developer key and organization were in flight for 30 seconds, and BILL takes no more at a time. "
        "Perhaps BILL is slow. Let fewer tasks call it at the same time, or allow more time (option timeout)."
    )
    # Nothing was sent, so it is safe to try again.
    assert failure.value.transient


def test_other_keys_and_organizations_do_not_wait(open_gate: Open, clock: Clock) -> None:
    before = clock.now
    with ExitStack() as held:
        for address in ("0123", "4567"):
            for _time in range(SLOTS):
                held.enter_context(open_gate(address=address).slot())
    assert clock.now == before


@pytest.mark.promise(13)
def test_without_a_store_that_can_be_used_the_next_one_counts_and_at_last_nobody(
    open_gate: Open, tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "file").touch()
    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(open_gate("file", "run").slot())
        with pytest.raises(errors.LimiterTimeoutError), open_gate("file", "run").slot():
            pass
        for _time in range(SLOTS + 1):
            held.enter_context(open_gate("file").slot())
    with open_gate("good", "spare").slot():
        assert not (tmp_path / "spare").exists()
    # The lock of the sign-in has told of it already.
    assert said == []


def _come_and_go(directory: Path, begin: Barrier, inside: Synchronized[int], peak: Synchronized[int]) -> None:
    begin.wait()
    for _time in range(5):
        with gate_in(directory).slot():
            with inside.get_lock():
                inside.value += 1
                peak.value = max(peak.value, inside.value)
            time.sleep(0.005)
            with inside.get_lock():
                inside.value -= 1


@pytest.mark.promise(11)
def test_thirty_processes_are_never_more_than_three(tmp_path: Path) -> None:
    begin, inside, peak = FORK.Barrier(30), FORK.Value("i", 0), FORK.Value("i", 0)
    crowd = [FORK.Process(target=_come_and_go, args=(tmp_path / "bill", begin, inside, peak)) for _time in range(30)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(60)
    assert [process.exitcode for process in crowd] == [0] * 30
    assert peak.value == SLOTS


def _hold(directory: Path, holding: Event) -> None:
    with gate_in(directory).slot():
        holding.set()
        time.sleep(600)


@pytest.mark.promise(11)
def test_the_slot_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    holders = []
    for _time in range(SLOTS):
        holding = FORK.Event()
        holders.append(FORK.Process(target=_hold, args=(tmp_path / "bill", holding), daemon=True))
        holders[-1].start()
        assert holding.wait(10)
    with pytest.raises(errors.LimiterTimeoutError), gate_in(tmp_path / "bill", 0).slot():
        pass
    holders[1].kill()
    holders[1].join()
    with gate_in(tmp_path / "bill", 0).slot():
        pass
    for process in holders:
        process.kill()


@pytest.mark.promise(11)
@pytest.mark.promise(15)
def test_an_exchange_whose_time_is_up_is_cut_and_gives_its_slot_back(
    scripted: Callable[..., ScriptedBill], tmp_path: Path
) -> None:
    end = threading.Event()
    bill = scripted(trickles(b" ", end))
    gateway = HttpTransport(
        BaseUrl.of_api(bill.url), timeout=1, slot=lambda _path: gate_in(tmp_path / "bill", 5).slot()
    )
    for number in range(SLOTS + 1):
        with pytest.raises(errors.RequestTimeoutError):
            gateway.ask("GET", "/")
        # This BILL has one ear: it hears the next one because the line of the last one was cut.
        assert len(bill.heard) == number + 1
    end.set()


@pytest.mark.promise(11)
def test_an_exchange_whose_task_is_ended_gives_its_slot_back(
    scripted: Callable[..., ScriptedBill], tmp_path: Path
) -> None:
    """As when the task runs into a timeout of Ansible's own, which comes with a signal."""

    def end(*_signal: object) -> None:
        raise InterruptedError

    stop = threading.Event()
    gate = gate_in(tmp_path / "bill", 0)
    before = signal.signal(signal.SIGALRM, end)
    try:
        with ExitStack() as held:
            for _time in range(SLOTS - 1):
                held.enter_context(gate.slot())
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(InterruptedError):
                HttpTransport(
                    BaseUrl.of_api(scripted(trickles(b" ", stop)).url), timeout=60, slot=lambda _path: gate.slot()
                ).ask("GET", "/")
            with gate_in(tmp_path / "bill", 10).slot():
                pass
    finally:
        signal.signal(signal.SIGALRM, before)
        stop.set()


@pytest.mark.promise(11)
def test_a_slot_is_held_until_the_exchange_has_really_ended(
    scripted: Callable[..., ScriptedBill], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No one can cut the look-up of a name; but when it comes back, nothing is sent any more."""
    bill, found = scripted(says(200, {})), threading.Event()
    look_up = socket.getaddrinfo

    def slow(*arguments: Any, **keywords: Any) -> Any:
        found.wait(30)
        return look_up(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    gate = gate_in(tmp_path / "bill", 0)
    with ExitStack() as held:
        for _time in range(SLOTS - 1):
            held.enter_context(gate.slot())
        with pytest.raises(errors.RequestTimeoutError):
            HttpTransport(BaseUrl.of_api(bill.url), timeout=0.2, slot=lambda _path: gate.slot()).ask("GET", "/")
        with pytest.raises(errors.LimiterTimeoutError), gate.slot():
            pass
        found.set()
        with gate_in(tmp_path / "bill", 10).slot():
            pass
    assert "".join(bill.heard).strip() == ""


@pytest.mark.promise(15)
def test_the_wait_for_a_slot_is_not_part_of_the_timeout(
    scripted: Callable[..., ScriptedBill], open_gate: Open, clock: Clock
) -> None:
    bill, gate, held = scripted(says(200, {})), open_gate(), ExitStack()
    for _time in range(SLOTS):
        held.enter_context(gate.slot())
    before = clock.now

    def waited() -> None:
        clock.advance(20)
        held.close()

    clock.at_next_move = waited
    HttpTransport(BaseUrl.of_api(bill.url), timeout=10, slot=lambda _path: gate.slot()).ask("GET", "/")
    assert clock.now - before > 20
    assert len(bill.heard) == 1


@pytest.mark.promise(11)
def test_whatever_the_answer_the_slot_is_free_again(scripted: Callable[..., ScriptedBill], tmp_path: Path) -> None:
    bill = scripted(lambda peer: None, says(500, b""), says(200, b"not JSON"), says(200, {}))
    gateway = HttpTransport(
        BaseUrl.of_api(bill.url), timeout=10, slot=lambda _path: gate_in(tmp_path / "bill", 0).slot()
    )
    for _time in range(3):
        with pytest.raises(errors.BillError):
            gateway.ask("GET", "/")
    for _time in range(SLOTS + 1):
        gateway.ask("GET", "/")
