# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sixty Spend & Expense calls a minute and no more, whoever makes them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client import factory
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._limits import rate_limiter as _pace
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._limits.rate_limiter import (
    MAX_CALLS,
    RateLimiter,
    Reservations,
)
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from tests.unit.plugins.plugin_utils.conversation import Clock
from tests.unit.plugins.plugin_utils.signing_in import OAUTH, SPEND_TOKEN, Open

# Python 3.12 and later warn of forks beside threads that earlier tests have left; these children take locks and nothing else.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FORK = multiprocessing.get_context("fork")
OpenPace = Callable[..., RateLimiter]


def kept_in(*directories: Path, token: str = "s3cret-findme-apitoken") -> EncryptedEntry[Reservations]:
    stores: list[Any] = [FileStore(str(directory), ours=True, warn=print) for directory in directories]
    return EncryptedEntry(Reservations, EntryIdentity.of({"api_token": token}), stores, lambda _text: None)


@pytest.fixture
def open_pace(tmp_path: Path, clock: Clock, said: list[str]) -> OpenPace:
    """The pace of a new task, whose waits only move the clock."""

    def open_pace(*directories: str, token: str = "s3cret-findme-apitoken") -> RateLimiter:
        kept = kept_in(*(tmp_path / name for name in directories or ("bill",)), token=token)
        return RateLimiter(lambda: kept, said.append, clock=clock, sleep=clock.advance)

    return open_pace


def noting(slept: list[float]) -> Callable[[float], None]:
    """A sleep that takes no time at all, and only so often that a wait without an end is seen for one."""

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert len(slept) < 100

    return sleep


def most_in_a_minute(times: list[float]) -> int:
    """How many there were between any two moments a minute apart."""
    return max(len([at for at in times if first <= at <= first + 60]) for first in times)


@pytest.mark.promise(11)
def test_sixty_go_at_once_and_the_next_sixty_one_by_one_when_a_minute_is_over(
    open_pace: OpenPace, clock: Clock
) -> None:
    began = clock.now
    gone: list[float] = []
    for number in range(2 * MAX_CALLS):
        # The first sixty take a while, too.
        clock.advance(0.5 if number < MAX_CALLS else 0)
        open_pace().wait()
        gone.append(clock.now)
    assert gone[:MAX_CALLS] == [began + 0.5 * number for number in range(1, MAX_CALLS + 1)]
    assert gone[MAX_CALLS:] == [at + 61 for at in gone[:MAX_CALLS]]
    assert most_in_a_minute(gone) == MAX_CALLS


@pytest.mark.promise(11)
@pytest.mark.parametrize("seconds", [3600, -3600], ids=["an hour later", "after the clock was set back"])
def test_nobody_waits_for_turns_that_nobody_can_have(open_pace: OpenPace, clock: Clock, seconds: int) -> None:
    for _time in range(MAX_CALLS):
        open_pace().wait()
    clock.now += seconds
    before = clock.now
    for _time in range(MAX_CALLS):
        open_pace().wait()
    assert clock.now == before
    open_pace().wait()
    assert clock.now == before + 61


@pytest.mark.promise(11)
def test_a_turn_is_taken_before_it_comes_so_the_next_one_stands_behind_it(open_pace: OpenPace, clock: Clock) -> None:
    """Those who wait do so beside one another: while the first of them sleeps, the others take the turns after it."""
    began = clock.now
    left: list[float] = []
    for _time in range(3 * MAX_CALLS):
        slept: list[float] = []
        pace = open_pace()
        pace._sleep = noting(slept)
        pace.wait()
        left.append(sum(slept))
    assert left == [0] * MAX_CALLS + [61] * MAX_CALLS + [122] * MAX_CALLS
    assert clock.now == began


@pytest.mark.promise(8)
@pytest.mark.promise(11)
@pytest.mark.promise(15)
def test_a_turn_more_than_ten_minutes_away_is_not_taken(open_pace: OpenPace, clock: Clock) -> None:
    def wait() -> None:
        pace = open_pace()
        pace._sleep = noting([])
        pace.wait()

    # Now, and after 61 seconds, nine times.
    for _time in range(10 * MAX_CALLS):
        wait()
    for _time in range(2):
        with pytest.raises(errors.LimiterTimeoutError) as failure:
            wait()
    assert str(failure.value) == (
        "BILL allows 60 Spend & Expense calls a minute, and those of the next 10 minutes are taken by other tasks or runs. Let "
        "fewer of them call BILL at the same time."
    )
    # Nothing was sent, so it is safe to try again.
    assert (failure.value.transient, failure.value.undone) == (True, True)
    clock.advance(10)
    wait()


@pytest.mark.promise(15)
def test_a_clock_that_is_set_back_during_a_wait_does_not_lengthen_it(open_pace: OpenPace, clock: Clock) -> None:
    for _time in range(MAX_CALLS):
        open_pace().wait()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        noting(slept)(seconds)
        clock.now -= 3600

    pace = open_pace()
    pace._sleep = sleep
    pace.wait()
    assert sum(slept) == 61


@pytest.mark.promise(11)
def test_whoever_was_held_up_during_a_wait_goes_when_the_turn_has_come(open_pace: OpenPace, clock: Clock) -> None:
    """As on a machine that slept: a turn that is used late is one too many for those after it."""
    before = clock.now
    for _time in range(MAX_CALLS):
        open_pace().wait()
    pace = open_pace()
    pace._sleep = lambda seconds: clock.advance(6 * seconds)
    pace.wait()
    # The second part of the wait was the last.
    assert clock.now == before + 60 + 6 * 1


@pytest.mark.promise(6)
def test_other_tokens_do_not_wait_and_the_turns_are_sealed(open_pace: OpenPace, clock: Clock, tmp_path: Path) -> None:
    before = clock.now
    for token in ("findme-1", "findme-2"):
        for _time in range(MAX_CALLS):
            open_pace(token=token).wait()
    assert clock.now == before
    files = list((tmp_path / "bill").glob("*.session"))
    assert len(files) == 2
    for path in files:
        assert b"findme" not in path.read_bytes()
        assert str(int(before)).encode() not in path.read_bytes()


def test_long_waits_are_told_and_told_again(open_pace: OpenPace, clock: Clock, said: list[str]) -> None:
    for _time in range(MAX_CALLS):
        open_pace().wait()
    clock.advance(60.5)
    open_pace().wait()
    assert said == []
    clock.now -= 26
    open_pace().wait()
    assert [text.split()[1] for text in said] == ["26", "16", "6"]
    assert said[0] == (
        "waiting 26 seconds for the next Spend & Expense call: BILL allows 60 a minute, and the next ones are taken."
    )


@pytest.mark.promise(13)
def test_without_a_store_that_can_be_used_the_next_one_counts_and_at_last_nobody(
    open_pace: OpenPace, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "file").touch()
    before = clock.now
    for _time in range(MAX_CALLS):
        open_pace("file", "run").wait()
    assert clock.now == before
    open_pace("file", "run").wait()
    assert clock.now == before + 61
    for _time in range(MAX_CALLS + 1):
        open_pace("file").wait()
    assert clock.now == before + 61


@pytest.mark.promise(13)
def test_damaged_turns_count_as_none(open_pace: OpenPace, tmp_path: Path, clock: Clock) -> None:
    for _time in range(MAX_CALLS):
        open_pace().wait()
    [path] = (tmp_path / "bill").glob("*.session")
    path.write_bytes(b"damaged")
    before = clock.now
    open_pace().wait()
    assert clock.now == before


@pytest.mark.promise(15)
def test_a_lock_that_nobody_gives_back_ends_in_an_error_that_may_be_tried_again(
    open_pace: OpenPace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pace, "_LOCK_TIMEOUT", 0)
    with (
        kept_in(tmp_path / "bill").lock(0),
        pytest.raises(errors.LimiterTimeoutError, match="Perhaps one of them was stopped"),
    ):
        open_pace().wait()


# --- several processes ---


def _go(directory: Path, begin: Barrier, number: int) -> None:
    """So many calls one after the other; a wait takes no time, but the file tells when the call would have been made."""
    now = 1_800_000_000.0
    gone: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    begin.wait()
    for _time in range(10):
        RateLimiter(lambda: kept_in(directory / "bill"), lambda _text: None, clock=lambda: now, sleep=sleep).wait()
        gone.append(now)
    (directory / f"{number}.gone").write_text(" ".join(map(str, gone)))


@pytest.mark.promise(11)
def test_thirty_processes_are_never_more_than_sixty_in_a_minute(tmp_path: Path) -> None:
    begin = FORK.Barrier(30)
    crowd = [FORK.Process(target=_go, args=(tmp_path, begin, number)) for number in range(30)]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(60)
    assert [process.exitcode for process in crowd] == [0] * 30
    gone = [float(at) for path in tmp_path.glob("*.gone") for at in path.read_text().split()]
    assert sorted(gone) == [1_800_000_000.0 + 61 * (number // MAX_CALLS) for number in range(300)]


# --- the sign-in ---


class Slots:
    """What a task waits for before a request, in its order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        taken = self.taken

        class Noting(RateLimiter):
            def wait(self) -> None:
                taken.append("turn")
                super().wait()

        real = ConcurrencyLimiter.slot

        def slot(gate: ConcurrencyLimiter) -> Any:
            taken.append("slot")
            return real(gate)

        monkeypatch.setattr(factory, "RateLimiter", Noting)
        monkeypatch.setattr(ConcurrencyLimiter, "slot", slot)


@pytest.mark.promise(11)
@pytest.mark.parametrize("options", [SPEND_TOKEN, OAUTH], ids=["spend_token", "oauth"])
@pytest.mark.parametrize(
    ("path", "waits_for"),
    [
        ("/v3/spend/users/current", ["turn", "slot"]),
        ("/v3/spend/budgets?max=100", ["turn", "slot"]),
        ("/v3/vendors", ["slot"]),
        ("/v3/spender", ["slot"]),
        ("", ["slot"]),
    ],
)
def test_calls_of_spend_and_expense_and_no_others_wait_for_their_turn_before_their_slot(
    open_sign_in: Open,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    path: str,
    waits_for: list[str],
) -> None:
    slots = Slots(monkeypatch)
    with open_sign_in(**options).gateway._slot(path):
        assert slots.taken == waits_for


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
def test_the_turns_are_those_of_the_token_whatever_the_store(
    open_sign_in: Open,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    clock: Clock,
    session_store: str | None,
    options: dict[str, Any],
    others: list[dict[str, Any]],
) -> None:
    def patient(turns: Any, tell: Any) -> RateLimiter:
        return RateLimiter(turns, tell, clock=clock, sleep=clock.advance)

    monkeypatch.setattr(factory, "RateLimiter", patient)
    before = clock.now

    def call(**changes: Any) -> None:
        with open_sign_in(**{**options, **changes}, session_store=session_store).gateway._slot("/v3/spend/budgets"):
            pass

    for changes in (*[{}] * MAX_CALLS, *others):
        call(**changes)
    assert clock.now == before
    # Neither the organization nor the user's own key makes another token of it.
    call(client_secret="other", organization_id="008OTHER")
    assert clock.now == before + 61
    # Where other forks find them, too.
    assert len([*(tmp_path / ("run" if session_store else "bill")).glob("*.session")]) == 1 + len(others)


@pytest.mark.promise(13)
def test_of_a_store_that_cannot_be_used_only_the_sign_in_tells(
    open_sign_in: Open, tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "file").touch()
    with open_sign_in(**SPEND_TOKEN, session_store=str(tmp_path / "file")).gateway._slot("/v3/spend/budgets"):
        assert [*(tmp_path / "run").glob("*.session")]
    assert said == []
