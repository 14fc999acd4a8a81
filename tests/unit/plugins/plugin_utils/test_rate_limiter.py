# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At most sixty Spend & Expense calls a minute, from any task or process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import LateExchange
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import SLOTS, ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._limits.rate_limiter import (
    MAX_CALLS,
    RateLimiter,
    Reservations,
)
from ansible_collections.bill.connect.plugins.plugin_utils._limits.request_limits import RequestLimits
from ansible_collections.bill.connect.plugins.plugin_utils._store.base import Store
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from ansible_collections.bill.connect.plugins.plugin_utils._store.fallback import FallbackStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from tests.unit.plugins.plugin_utils.fake_bill import OAUTH, SPEND_TOKEN
from tests.unit.plugins.plugin_utils.fakes import Clock, ListReporter

# Python 3.12 and later warn about a fork if earlier tests have left threads. These children only take locks.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FORK = multiprocessing.get_context("fork")
TOKEN = "s3cret-findme-apitoken"
OpenLimiter = Callable[..., RateLimiter]
Build = Callable[..., BillClient]


def reservations_in(*stores: Store, token: str = TOKEN) -> EncryptedEntry[Reservations]:
    store = stores[0] if len(stores) == 1 else FallbackStore(stores[0], stores[1], lambda _text: None)
    return EncryptedEntry(Reservations, EntryIdentity.of({"api_token": token}), store, lambda _text: None)


def store_in(directory: Path) -> FileStore:
    return FileStore(str(directory), is_default=True, warn=print)


@pytest.fixture
def open_limiter(tmp_path: Path, clock: Clock, reporter: ListReporter) -> OpenLimiter:
    """The limiter of a new task. Its waits only move the clock, by default that of the test."""

    def open_limiter(*directories: str, token: str = TOKEN, clock: Clock = clock) -> RateLimiter:
        stores = (store_in(tmp_path / name) for name in directories or ("bill",))
        return RateLimiter(reservations_in(*stores, token=token), clock, reporter)

    return open_limiter


class NotingClock(Clock):
    """The clock of one task among others. It records its waits in ``slept``, and they take no time."""

    def __init__(self, now: float) -> None:
        super().__init__()
        self.now = now
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        # The check finds a wait that does not end.
        assert len(self.slept) < 100


class SetBackClock(NotingClock):
    """A clock that is set back during each wait."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.now -= 3600


class SuspendedClock(Clock):
    """The clock of a machine that is suspended during each wait. The wait then takes six times as long."""

    def sleep(self, seconds: float) -> None:
        self.advance(6 * seconds)


def most_in_a_minute(times: list[float]) -> int:
    """The highest number of calls within any minute."""
    return max(len([at for at in times if first <= at <= first + 60]) for first in times)


@pytest.mark.promise(11)
def test_rate_limiter_after_sixty_calls_delays_each_call_by_a_minute(open_limiter: OpenLimiter, clock: Clock) -> None:
    began = clock.now
    gone: list[float] = []
    for number in range(2 * MAX_CALLS):
        # The first sixty also take some time.
        clock.advance(0.5 if number < MAX_CALLS else 0)
        open_limiter().wait()
        gone.append(clock.now)
    assert gone[:MAX_CALLS] == [began + 0.5 * number for number in range(1, MAX_CALLS + 1)]
    assert gone[MAX_CALLS:] == [at + 61 for at in gone[:MAX_CALLS]]
    assert most_in_a_minute(gone) == MAX_CALLS


@pytest.mark.promise(11)
@pytest.mark.parametrize("seconds", [3600, -3600], ids=["an hour later", "after the clock was set back"])
def test_rate_limiter_after_a_clock_change_ignores_old_reservations(
    open_limiter: OpenLimiter, clock: Clock, seconds: int
) -> None:
    for _time in range(MAX_CALLS):
        open_limiter().wait()
    clock.now += seconds
    before = clock.now
    for _time in range(MAX_CALLS):
        open_limiter().wait()
    assert clock.now == before
    open_limiter().wait()
    assert clock.now == before + 61


@pytest.mark.promise(11)
def test_rate_limiter_reserves_a_call_before_it_waits(open_limiter: OpenLimiter, clock: Clock) -> None:
    """Tasks wait at the same time: while the first one sleeps, the others reserve the turns after it."""
    waits: list[float] = []
    for _time in range(3 * MAX_CALLS):
        own_clock = NotingClock(clock.now)
        open_limiter(clock=own_clock).wait()
        waits.append(sum(own_clock.slept))
    assert waits == [0] * MAX_CALLS + [61] * MAX_CALLS + [122] * MAX_CALLS


@pytest.mark.promise(8)
@pytest.mark.promise(11)
@pytest.mark.promise(15)
def test_rate_limiter_with_a_wait_of_ten_minutes_raises_a_limiter_timeout(
    open_limiter: OpenLimiter, clock: Clock
) -> None:
    def wait() -> None:
        open_limiter(clock=NotingClock(clock.now)).wait()

    # Sixty calls now, and sixty after each 61 seconds, nine times.
    for _time in range(10 * MAX_CALLS):
        wait()
    for _time in range(2):
        with pytest.raises(errors.LimiterTimeoutError) as failure:
            wait()
    assert str(failure.value) == (
        "BILL allows 60 Spend & Expense calls a minute, and other tasks or runs have reserved those of the next 10 minutes. Run fewer of them at the same time."
    )
    # Nothing was sent, so another try is safe.
    assert (failure.value.is_transient, failure.value.not_processed) == (True, True)
    clock.advance(10)
    wait()


@pytest.mark.promise(15)
def test_rate_limiter_wait_is_not_longer_if_the_clock_is_set_back(open_limiter: OpenLimiter, clock: Clock) -> None:
    for _time in range(MAX_CALLS):
        open_limiter().wait()
    set_back = SetBackClock(clock.now)
    open_limiter(clock=set_back).wait()
    assert sum(set_back.slept) == 61


@pytest.mark.promise(11)
def test_rate_limiter_wait_after_a_suspension_ends_at_the_reserved_time(open_limiter: OpenLimiter) -> None:
    """A suspended machine is an example. A late call would be one too many for the turns after it."""
    suspended = SuspendedClock()
    before = suspended.now
    for _time in range(MAX_CALLS):
        open_limiter(clock=suspended).wait()
    open_limiter(clock=suspended).wait()
    # The second part of the wait was the last.
    assert suspended.now == before + 60 + 6 * 1


@pytest.mark.promise(6)
def test_rate_limiter_of_another_token_does_not_wait_and_files_are_encrypted(
    open_limiter: OpenLimiter, clock: Clock, tmp_path: Path
) -> None:
    before = clock.now
    for token in ("findme-1", "findme-2"):
        for _time in range(MAX_CALLS):
            open_limiter(token=token).wait()
    assert clock.now == before
    files = list((tmp_path / "bill").glob("*.session"))
    assert len(files) == 2
    for path in files:
        assert b"findme" not in path.read_bytes()
        assert str(int(before)).encode() not in path.read_bytes()


def test_rate_limiter_with_a_long_wait_reports_it_every_ten_seconds(
    open_limiter: OpenLimiter, clock: Clock, reporter: ListReporter
) -> None:
    for _time in range(MAX_CALLS):
        open_limiter().wait()
    clock.advance(60.5)
    open_limiter().wait()
    assert reporter.progressed == []
    clock.now -= 26
    open_limiter().wait()
    assert [text.split()[1] for text in reporter.progressed] == ["26", "16", "6"]
    assert reporter.progressed[0] == (
        "waiting 26 seconds for the next Spend & Expense call: BILL allows 60 a minute, and the calls before that are reserved."
    )
    assert (reporter.warnings, reporter.logged) == ([], [])


@pytest.mark.promise(13)
def test_rate_limiter_with_an_unusable_store_uses_the_next_or_never_waits(
    open_limiter: OpenLimiter, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "file").touch()
    before = clock.now
    for _time in range(MAX_CALLS):
        open_limiter("file", "run").wait()
    assert clock.now == before
    open_limiter("file", "run").wait()
    assert clock.now == before + 61
    for _time in range(MAX_CALLS + 1):
        open_limiter("file").wait()
    assert clock.now == before + 61


@pytest.mark.promise(13)
def test_rate_limiter_with_damaged_reservations_counts_none(
    open_limiter: OpenLimiter, tmp_path: Path, clock: Clock
) -> None:
    for _time in range(MAX_CALLS):
        open_limiter().wait()
    [path] = (tmp_path / "bill").glob("*.session")
    path.write_bytes(b"damaged")
    before = clock.now
    open_limiter().wait()
    assert clock.now == before


class ImpatientStore(FileStore):
    """A store that does not wait for a lock. It records the requested waits in ``waits``."""

    def __init__(self, directory: Path) -> None:
        super().__init__(str(directory), is_default=True, warn=print)
        self.waits: list[float] = []

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        self.waits.append(seconds)
        with super().lock(key, 0):
            yield


@pytest.mark.promise(15)
def test_rate_limiter_with_a_lock_that_is_not_released_raises_a_limiter_timeout(
    tmp_path: Path, clock: Clock, reporter: ListReporter
) -> None:
    store = ImpatientStore(tmp_path / "bill")
    limiter = RateLimiter(reservations_in(store), clock, reporter)
    with reservations_in(store_in(tmp_path / "bill")).lock(0), pytest.raises(errors.LimiterTimeoutError) as failure:
        limiter.wait()
    assert str(failure.value) == (
        "Other tasks or runs have been reserving Spend & Expense calls for 30 seconds. Usually this takes a moment. "
        "Perhaps one of them was stopped."
    )
    # Nothing was sent, so another try is safe.
    assert (failure.value.is_transient, failure.value.not_processed) == (True, True)
    assert store.waits == [30]


# --- several processes ---


def _call(directory: Path, begin: Barrier, number: int) -> None:
    """Make this many calls one after the other. A wait takes no time, and the file records when each call would be made."""
    clock = Clock()
    called_at: list[float] = []
    begin.wait()
    for _time in range(10):
        RateLimiter(reservations_in(store_in(directory / "bill")), clock, ListReporter()).wait()
        called_at.append(clock.now)
    (directory / f"{number}.called").write_text(" ".join(map(str, called_at)))


@pytest.mark.promise(11)
def test_rate_limiter_for_thirty_processes_permits_sixty_calls_a_minute(tmp_path: Path) -> None:
    begin = FORK.Barrier(30)
    run_at_once = [FORK.Process(target=_call, args=(tmp_path, begin, number)) for number in range(30)]
    for process in run_at_once:
        process.start()
    for process in run_at_once:
        process.join(60)
    assert [process.exitcode for process in run_at_once] == [0] * 30
    called_at = [float(at) for path in tmp_path.glob("*.called") for at in path.read_text().split()]
    assert sorted(called_at) == [1_800_000_000.0 + 61 * (number // MAX_CALLS) for number in range(300)]


# --- the limits of a client ---


def limits_of(client: BillClient) -> RequestLimits:
    assert isinstance(client.transport, HttpTransport)
    assert isinstance(client.transport.exchange, LateExchange)
    limits = client.transport.exchange.opened.limits
    assert isinstance(limits, RequestLimits)
    return limits


class NotingRateLimiter(RateLimiter):
    """Records each wait for a turn, and passes it on to another limiter."""

    def __init__(self, limiter: RateLimiter, noted: list[str]) -> None:
        self._limiter = limiter
        self._noted = noted

    def wait(self) -> None:
        self._limiter.wait()
        self._noted.append("turn")


class NotingConcurrencyLimiter(ConcurrencyLimiter):
    """Records each slot, and passes it on to another limiter."""

    def __init__(self, limiter: ConcurrencyLimiter, noted: list[str]) -> None:
        self._limiter = limiter
        self._noted = noted

    @contextmanager
    def slot(self) -> Iterator[None]:
        with self._limiter.slot():
            self._noted.append("slot")
            yield
        self._noted.append("free")


@pytest.mark.promise(11)
@pytest.mark.parametrize("options", [SPEND_TOKEN, OAUTH], ids=["spend_token", "oauth"])
@pytest.mark.parametrize(
    ("target", "waits_for"),
    [
        ("/v3/spend/users/current", ["turn", "slot"]),
        ("/v3/spend/budgets?max=100", ["turn", "slot"]),
        ("/v3/vendors", ["slot"]),
        ("/v3/spender", ["slot"]),
        ("", ["slot"]),
    ],
)
def test_request_limits_wait_for_the_rate_limit_only_for_spend_and_expense(
    build: Build, options: dict[str, Any], target: str, waits_for: list[str]
) -> None:
    limits = limits_of(build(None, **options))
    noted: list[str] = []
    noting = RequestLimits(NotingConcurrencyLimiter(limits.concurrency, noted), NotingRateLimiter(limits.rate, noted))
    with noting.slot(target):
        assert noted == waits_for
    assert noted == [*waits_for, "free"]


@pytest.mark.promise(11)
def test_request_limits_with_all_slots_taken_raise_a_limiter_timeout(build: Build, clock: Clock) -> None:
    before = clock.now
    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(limits_of(build(None, **SPEND_TOKEN)).slot("/v3/spend/budgets"))
        with (
            pytest.raises(errors.LimiterTimeoutError),
            limits_of(build(None, **SPEND_TOKEN, timeout=7)).slot("/v3/bills"),
        ):
            pass
    assert 7 <= clock.now - before < 8


@pytest.mark.promise(11)
@pytest.mark.parametrize("session_store", [None, "none"])
@pytest.mark.parametrize(
    ("options", "others"),
    [
        (SPEND_TOKEN, [{"api_token": "other"}, {"api_url": "http://127.0.0.1:9/other"}]),
        (OAUTH, [{"client_id": "other"}]),
    ],
    ids=["spend_token", "oauth"],
)
def test_request_limits_with_any_store_count_the_calls_of_a_token(
    build: Build,
    tmp_path: Path,
    clock: Clock,
    session_store: str | None,
    options: dict[str, Any],
    others: list[dict[str, Any]],
) -> None:
    before = clock.now

    def call(**changes: Any) -> None:
        client = build(None, **{**options, **changes}, session_store=session_store)
        with limits_of(client).slot("/v3/spend/budgets"):
            pass

    for changes in (*[{}] * MAX_CALLS, *others):
        call(**changes)
    assert clock.now == before
    # Another organization or another key of the user does not change the token.
    call(client_secret="other", organization_id="008OTHER")
    assert clock.now == before + 61
    # The entries are in the store, where other forks find them, too.
    assert len([*(tmp_path / ("run" if session_store else "bill")).glob("*.session")]) == 1 + len(others)


@pytest.mark.promise(13)
def test_request_limits_with_an_unusable_store_use_that_of_the_run_and_warn_once(
    build: Build, tmp_path: Path, reporter: ListReporter
) -> None:
    """Everything that a task stores uses one store, so the task warns once."""
    (tmp_path / "file").touch()
    client = build(None, **SPEND_TOKEN, session_store=str(tmp_path / "file"))
    with client.sessions.entry.lock(1), limits_of(client).slot("/v3/spend/budgets"):
        assert [*(tmp_path / "run").glob("*.session")]
    assert len(reporter.warnings) == 1
    assert "cannot be used" in reporter.warnings[0]
    assert (reporter.logged, reporter.progressed) == ([], [])
