# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL is asked again where that is safe, and never for longer than it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._http.retry_policy import RetryPolicy


def failing(times: int, error: errors.BillError) -> Callable[[], str]:
    left = [error] * times

    def ask() -> str:
        if left:
            raise left.pop()
        return "answer"

    return ask


@pytest.mark.promise(9)
def test_waits_grow_and_each_is_told() -> None:
    slept: list[float] = []
    told: list[str] = []
    retry = RetryPolicy(3, told.append, sleep=slept.append, chance=lambda: 1.0)
    assert retry.run(failing(3, errors.ServerError("BILL is ill."))) == "answer"
    assert slept == [1, 2, 4]
    assert told[0] == "BILL is ill. Trying again in 1.0 seconds (1 of 3)."


@pytest.mark.promise(9)
def test_chance_shortens_each_wait_by_half_at_most() -> None:
    slept: list[float] = []
    RetryPolicy(3, sleep=slept.append, chance=lambda: 0.0).run(failing(3, errors.ServerError("")))
    assert slept == [0.5, 1, 2]


@pytest.mark.promise(9)
def test_when_the_minute_is_spent_each_wait_is_as_long_as_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    told: list[str] = []
    RetryPolicy(3, told.append, sleep=slept.append, chance=lambda: 1.0).run(failing(3, errors.RateLimitError("No.")))
    assert slept == [61, 61, 61]
    assert told[0] == "No. Trying again in 61.0 seconds (1 of 3)."
    # It is the least: an error that lasts is waited for longer and longer all the same.
    monkeypatch.setattr(errors.RateLimitError, "wait", 3.0)
    RetryPolicy(3, sleep=slept.append, chance=lambda: 1.0).run(failing(3, errors.RateLimitError("No.")))
    assert slept[3:] == [3, 3, 4]


@pytest.mark.promise(9)
def test_after_the_last_try_the_failure_is_told() -> None:
    slept: list[float] = []
    with pytest.raises(errors.TransportError, match="no way"):
        RetryPolicy(2, sleep=slept.append).run(failing(3, errors.TransportError("no way")))
    assert len(slept) == 2


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "kind",
    [
        errors.AuthenticationError,
        errors.HourlyQuotaError,
        errors.MfaRequiredError,
        errors.SessionExpiredError,
        errors.TlsError,
        errors.InvalidResponseError,
        errors.OptionError,
        errors.UncertainWriteError,
    ],
)
def test_a_refusal_is_asked_once(kind: type[errors.BillError]) -> None:
    slept: list[float] = []
    with pytest.raises(kind):
        RetryPolicy(3, sleep=slept.append).run(failing(1, kind("no")))
    assert slept == []


@pytest.mark.promise(15)
@pytest.mark.parametrize(("retries", "longest"), [(0, 30), (1, 61), (3, 127), (6, 7 * 30 + 61), (7, 8 * 30 + 91)])
def test_the_longest_time_is_what_the_documentation_says(retries: int, longest: float) -> None:
    slept: list[float] = []
    assert RetryPolicy(retries).longest(30) == longest
    with pytest.raises(errors.RequestTimeoutError):
        RetryPolicy(retries, sleep=slept.append, chance=lambda: 1.0).run(failing(99, errors.RequestTimeoutError("")))
    assert sum(slept) + (retries + 1) * 30 == longest


@pytest.mark.promise(15)
@pytest.mark.parametrize(("retries", "longest"), [(0, 30), (1, 30 + 91), (3, 30 + 3 * 91), (7, 30 + 7 * 91)])
def test_the_longest_time_is_longer_where_an_error_says_how_long_to_wait(retries: int, longest: float) -> None:
    slept: list[float] = []
    assert RetryPolicy(retries).longest(30, errors.RateLimitError.wait) == longest
    with pytest.raises(errors.RateLimitError):
        RetryPolicy(retries, sleep=slept.append, chance=lambda: 1.0).run(failing(99, errors.RateLimitError("")))
    assert sum(slept) + (retries + 1) * 30 == longest


def undone(error: errors.BillError) -> errors.BillError:
    error.undone = True
    return error


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("error", "tried"),
    [
        (errors.LimiterTimeoutError("none free"), 4),
        (errors.ConcurrencyLimitError("a fourth"), 4),
        (errors.RateLimitError("a sixty-first"), 4),
        (undone(errors.TransportError("nobody there")), 4),
        (undone(errors.RequestTimeoutError("no name in time")), 4),
        (undone(errors.TlsError("expired")), 1),
        (errors.UncertainWriteError("done, perhaps"), 1),
        (errors.ServerError("ill"), 1),
        (errors.RequestTimeoutError("late"), 1),
        (errors.TransportError("gone"), 1),
        (errors.HourlyQuotaError("spent"), 1),
    ],
    ids=str,
)
def test_what_acts_is_asked_again_only_if_bill_has_certainly_not_done_it(error: errors.BillError, tried: int) -> None:
    asked: list[None] = []

    def ask() -> None:
        asked.append(None)
        raise error

    with pytest.raises(error.__class__):
        RetryPolicy(3, sleep=lambda _seconds: None).run(ask, acts=True)
    assert len(asked) == tried
