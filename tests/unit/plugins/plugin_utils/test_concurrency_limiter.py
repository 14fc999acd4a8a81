# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At most three requests in flight, from any task or process."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from itertools import cycle
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.clock import SystemClock
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import SLOTS, ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.fallback import FallbackStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from tests.unit.plugins.plugin_utils.fakes import Clock, ScriptedBill, responds, trickles

# Python 3.12 and later warn about a fork if earlier tests have left threads. These children only take locks.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FORK = multiprocessing.get_context("fork")
Open = Callable[..., ConcurrencyLimiter]
Start = Callable[..., ScriptedBill]
REQUEST = HttpRequest("GET", "/")


def identity_of(dev_key: str) -> EntryIdentity:
    return EntryIdentity.of({"dev_key": dev_key})


def limiter_in(directory: Path, timeout: float = 30) -> ConcurrencyLimiter:
    """The limiter of a new task. It really waits."""
    store = FileStore(str(directory), is_default=True, warn=print)
    return ConcurrencyLimiter(identity_of("findme"), store, timeout, SystemClock())


class SlotLimits:
    """The limits of an exchange with slots only. ``open_limiter`` returns the limiter for each request."""

    def __init__(self, open_limiter: Callable[[], ConcurrencyLimiter]) -> None:
        self._open_limiter = open_limiter

    def slot(self, _target: str) -> AbstractContextManager[None]:
        return self._open_limiter().slot()


def open_transport(url: str, timeout: float, open_limiter: Callable[[], ConcurrencyLimiter]) -> HttpTransport:
    return HttpTransport(HttpExchange(BaseUrl.of_api(url), HttpSettings(timeout), SlotLimits(open_limiter)))


@pytest.fixture
def open_limiter(tmp_path: Path, clock: Clock, warned: list[str]) -> Open:
    """The limiter of a new task. Its waits only move the clock."""

    def open_limiter(*directories: str, dev_key: str = "findme") -> ConcurrencyLimiter:
        stores = [
            FileStore(str(tmp_path / name), is_default=True, warn=warned.append) for name in directories or ("bill",)
        ]
        store = stores[0] if len(stores) == 1 else FallbackStore(stores[0], stores[1], warned.append)
        return ConcurrencyLimiter(identity_of(dev_key), store, 30, clock)

    return open_limiter


@pytest.mark.promise(11)
def test_fourth_slot_waits_until_one_of_three_is_released(open_limiter: Open, clock: Clock) -> None:
    with ExitStack() as two, ExitStack() as third:
        for held in (two, two, third):
            held.enter_context(open_limiter().slot())
        clock.at_next_move = third.close
        with open_limiter().slot():
            assert clock.at_next_move is None
            with pytest.raises(errors.LimiterTimeoutError), open_limiter().slot():
                pass


@pytest.mark.promise(8)
@pytest.mark.promise(15)
def test_slot_not_free_in_time_raises_a_limiter_timeout(open_limiter: Open, clock: Clock) -> None:
    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(open_limiter().slot())
        before = clock.now
        with pytest.raises(errors.LimiterTimeoutError) as failure, open_limiter().slot():
            pass
    assert clock.now - before == pytest.approx(30)
    assert str(failure.value) == (
        "3 requests with this developer key and organization were in flight for 30 seconds, and BILL allows no more at the same time. "
        "Perhaps BILL is slow. Run fewer tasks that call BILL at the same time, or allow more time (option timeout)."
    )
    # Nothing was sent, so another try is safe.
    assert (failure.value.is_transient, failure.value.not_processed) == (True, True)


class TimedClock(Clock):
    """A clock that records the waits. ``jitter`` returns the numbers of ``random`` in turn."""

    def __init__(self, *random: float) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._random = cycle(random)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        super().sleep(seconds)

    def jitter(self) -> float:
        return next(self._random)


def test_slot_that_is_not_free_is_looked_at_less_and_less_often(tmp_path: Path) -> None:
    clock = TimedClock(0.0, 1.0)
    store = FileStore(str(tmp_path / "bill"), is_default=True, warn=print)

    def slot() -> AbstractContextManager[None]:
        return ConcurrencyLimiter(identity_of("findme"), store, 30, clock).slot()

    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(slot())
        with pytest.raises(errors.LimiterTimeoutError), slot():
            pass
    # The first look comes soon. Two tasks that begin at the same moment do not look at the same moments.
    assert clock.waits[:4] == pytest.approx([0.01, 0.03, 0.0225, 0.0675])
    assert set(clock.waits[8:-1]) == {0.1, 0.2}
    assert sum(clock.waits) == pytest.approx(30)


def test_slot_that_becomes_free_is_taken_within_a_fifth_of_a_second(tmp_path: Path) -> None:
    clock = TimedClock(1.0)
    store = FileStore(str(tmp_path / "bill"), is_default=True, warn=print)
    limiter = ConcurrencyLimiter(identity_of("findme"), store, 30, clock)
    with ExitStack() as two, ExitStack() as third:
        for held in (two, two, third):
            held.enter_context(limiter.slot())
        began = clock.now

        def release_after_ten_seconds() -> None:
            if clock.now - began < 10:
                clock.at_next_move = release_after_ten_seconds
            else:
                third.close()

        clock.at_next_move = release_after_ten_seconds
        with limiter.slot():
            assert 10 <= clock.now - began < 10.21


def test_slots_of_another_identity_do_not_wait(open_limiter: Open, clock: Clock) -> None:
    before = clock.now
    with ExitStack() as held:
        for dev_key in ("findme", "findme-other"):
            for _time in range(SLOTS):
                held.enter_context(open_limiter(dev_key=dev_key).slot())
    assert clock.now == before


@pytest.mark.promise(6)
def test_slot_file_names_do_not_show_the_identity(open_limiter: Open, tmp_path: Path) -> None:
    with open_limiter().slot(), open_limiter().slot():
        names = sorted(path.name for path in (tmp_path / "bill").glob("*.lock"))
    store = FileStore(str(tmp_path / "bill"), is_default=True, warn=print)
    address = Cipher(identity_of("findme"), store.secret()).key
    assert names == [f"{address}-0.lock", f"{address}-1.lock"]


@pytest.mark.promise(13)
def test_slots_with_an_unusable_store_use_the_next_store_or_no_limit(
    open_limiter: Open, tmp_path: Path, warned: list[str]
) -> None:
    (tmp_path / "file").touch()
    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(open_limiter("file", "run").slot())
        with pytest.raises(errors.LimiterTimeoutError), open_limiter("file", "run").slot():
            pass
        for _time in range(SLOTS + 1):
            held.enter_context(open_limiter("file").slot())
    with open_limiter("good", "spare").slot():
        assert not (tmp_path / "spare").exists()
    # Each task warns once. In a real task, the lock of the session shares the store, and its warning is the only one.
    assert all("cannot be used" in text for text in warned)


def _take_slots(directory: Path, begin: Barrier, inside: Synchronized[int], peak: Synchronized[int]) -> None:
    begin.wait()
    for _time in range(5):
        with limiter_in(directory).slot():
            with inside.get_lock():
                inside.value += 1
                peak.value = max(peak.value, inside.value)
            time.sleep(0.005)
            with inside.get_lock():
                inside.value -= 1


@pytest.mark.promise(11)
def test_slots_of_thirty_processes_are_never_more_than_three(tmp_path: Path) -> None:
    begin, inside, peak = FORK.Barrier(30), FORK.Value("i", 0), FORK.Value("i", 0)
    run_at_once = [
        FORK.Process(target=_take_slots, args=(tmp_path / "bill", begin, inside, peak)) for _time in range(30)
    ]
    for process in run_at_once:
        process.start()
    for process in run_at_once:
        process.join(60)
    assert [process.exitcode for process in run_at_once] == [0] * 30
    assert peak.value == SLOTS


def _hold_slot(directory: Path, holding: Event) -> None:
    with limiter_in(directory).slot():
        holding.set()
        time.sleep(600)


@pytest.mark.promise(11)
def test_slot_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    holders = []
    for _time in range(SLOTS):
        holding = FORK.Event()
        holders.append(FORK.Process(target=_hold_slot, args=(tmp_path / "bill", holding), daemon=True))
        holders[-1].start()
        assert holding.wait(10)
    with pytest.raises(errors.LimiterTimeoutError), limiter_in(tmp_path / "bill", 0).slot():
        pass
    holders[1].kill()
    holders[1].join()
    with limiter_in(tmp_path / "bill", 0).slot():
        pass
    for process in holders:
        process.kill()


# --- exchanges ---


@pytest.mark.promise(11)
@pytest.mark.promise(15)
def test_exchange_that_timed_out_is_aborted_and_releases_its_slot(scripted: Start, tmp_path: Path) -> None:
    end = threading.Event()
    bill = scripted(trickles(b" ", end))
    transport = open_transport(bill.url, 1, lambda: limiter_in(tmp_path / "bill", 5))
    for number in range(SLOTS + 1):
        with pytest.raises(errors.RequestTimeoutError):
            transport.send(REQUEST)
        # This BILL serves one connection at a time. It gets the next request because the last connection was aborted.
        assert len(bill.received) == number + 1
    end.set()


@pytest.mark.promise(11)
def test_exchange_ended_by_a_signal_releases_its_slot(scripted: Start, tmp_path: Path) -> None:
    """Ansible's own task timeout also comes with a signal."""

    def end(*_signal: object) -> None:
        raise InterruptedError

    stop = threading.Event()
    limiter = limiter_in(tmp_path / "bill", 0)
    before = signal.signal(signal.SIGALRM, end)
    try:
        with ExitStack() as held:
            for _time in range(SLOTS - 1):
                held.enter_context(limiter.slot())
            transport = open_transport(scripted(trickles(b" ", stop)).url, 60, lambda: limiter)
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(InterruptedError):
                transport.send(REQUEST)
            with limiter_in(tmp_path / "bill", 10).slot():
                pass
    finally:
        signal.signal(signal.SIGALRM, before)
        stop.set()


@pytest.mark.promise(11)
def test_exchange_with_a_slow_name_lookup_holds_its_slot_until_its_end(
    scripted: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up of a name cannot be aborted. After it returns, the exchange sends nothing."""
    bill, found = scripted(responds(200, {})), threading.Event()
    resolve = socket.getaddrinfo

    def resolve_slowly(*arguments: Any, **keywords: Any) -> Any:
        found.wait(30)
        return resolve(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    limiter = limiter_in(tmp_path / "bill", 0)
    with ExitStack() as held:
        for _time in range(SLOTS - 1):
            held.enter_context(limiter.slot())
        with pytest.raises(errors.RequestTimeoutError):
            open_transport(bill.url, 0.2, lambda: limiter).send(REQUEST)
        with pytest.raises(errors.LimiterTimeoutError), limiter.slot():
            pass
        found.set()
        with limiter_in(tmp_path / "bill", 10).slot():
            pass
    assert "".join(bill.received).strip() == ""


@pytest.mark.promise(15)
def test_exchange_timeout_does_not_cover_the_wait_for_a_slot(scripted: Start, open_limiter: Open, clock: Clock) -> None:
    bill, limiter, held = scripted(responds(200, {})), open_limiter(), ExitStack()
    for _time in range(SLOTS):
        held.enter_context(limiter.slot())
    before = clock.now

    def released() -> None:
        clock.advance(20)
        held.close()

    clock.at_next_move = released
    open_transport(bill.url, 10, lambda: limiter).send(REQUEST)
    assert clock.now - before > 20
    assert len(bill.received) == 1


@pytest.mark.promise(11)
def test_exchange_after_any_response_releases_its_slot(scripted: Start, tmp_path: Path) -> None:
    bill = scripted(lambda peer: None, responds(500, b""), responds(200, b"not JSON"), responds(200, {}))
    transport = open_transport(bill.url, 10, lambda: limiter_in(tmp_path / "bill", 0))
    for _time in range(3):
        with pytest.raises(errors.BillError):
            transport.send(REQUEST)
    for _time in range(SLOTS + 1):
        transport.send(REQUEST)
