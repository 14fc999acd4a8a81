# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request is sent again if that is safe, and never for longer than BILL or the documentation says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.retry_policy import RetryPolicy
from ansible_collections.bill.connect.plugins.plugin_utils._http.retrying_transport import RetryingTransport
from tests.unit.plugins.plugin_utils.fake_bill import API_URL
from tests.unit.plugins.plugin_utils.fakes import Clock, ListReporter

READ = HttpRequest("GET", "/v3/vendors")
WRITE = HttpRequest("POST", "/v3/payments", is_repeatable=False)
SUCCESS = Response(200, {})
HERE = BaseUrl.of_api(API_URL)
ELSEWHERE = BaseUrl.of_option("https://bill.example.com/token", "token_url")


class FailingTransport:
    """A transport that raises its errors one by one, and succeeds after the last. It records each request with its time."""

    def __init__(self, clock: Clock, failures: Sequence[errors.BillError] = (), base_url: BaseUrl = HERE) -> None:
        self.base_url = base_url
        self.environment_label = f"the BILL at {base_url.host}"
        self.sent: list[HttpRequest] = []
        self.sent_at: list[float] = []
        self.is_kept_alive = False
        self._clock = clock
        self._failures = list(failures)

    def at(self, base_url: BaseUrl) -> FailingTransport:
        return FailingTransport(self._clock, self._failures, base_url)

    @contextmanager
    def keep_alive(self) -> Iterator[None]:
        self.is_kept_alive = True
        yield
        self.is_kept_alive = False

    def send(self, request: HttpRequest) -> Response:
        self.sent.append(request)
        self.sent_at.append(self._clock.now)
        if self._failures:
            raise self._failures.pop(0)
        return SUCCESS

    @property
    def waits(self) -> list[float]:
        """The seconds between each request and the next, and between the last one and now."""
        return [then - at for at, then in zip(self.sent_at, [*self.sent_at[1:], self._clock.now], strict=True)]


class ShortestJitterClock(Clock):
    def jitter(self) -> float:
        return 0.0


@pytest.mark.promise(9)
def test_retry_waits_grow_and_each_is_reported(clock: Clock, reporter: ListReporter) -> None:
    transport = FailingTransport(clock, [errors.ServerError("BILL is ill.")] * 3)
    assert RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(READ) is SUCCESS
    assert transport.waits == [1, 2, 4, 0]
    assert transport.sent == [READ] * 4
    assert reporter.progressed == [
        "BILL is ill. Trying again in 1.0 seconds (1 of 3).",
        "BILL is ill. Trying again in 2.0 seconds (2 of 3).",
        "BILL is ill. Trying again in 4.0 seconds (3 of 3).",
    ]


@pytest.mark.promise(9)
def test_retry_jitter_shortens_each_wait_by_half_at_most(reporter: ListReporter) -> None:
    clock = ShortestJitterClock()
    transport = FailingTransport(clock, [errors.ServerError("")] * 3)
    RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(READ)
    assert transport.waits == [0.5, 1, 2, 0]


class ShortQuotaError(errors.RateLimitError):
    min_wait = 3.0


@pytest.mark.promise(9)
def test_retry_after_the_rate_limit_waits_a_minute_each_time(clock: Clock, reporter: ListReporter) -> None:
    transport = FailingTransport(clock, [errors.RateLimitError("No.")] * 3)
    RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(READ)
    assert transport.waits == [61, 61, 61, 0]
    assert reporter.progressed[0] == "No. Trying again in 61.0 seconds (1 of 3)."


@pytest.mark.promise(9)
def test_retry_wait_is_at_least_the_minimum_of_the_error(clock: Clock, reporter: ListReporter) -> None:
    # The waits still grow if an error continues.
    transport = FailingTransport(clock, [ShortQuotaError("No.")] * 3)
    RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(READ)
    assert transport.waits == [3, 3, 4, 0]


@pytest.mark.promise(9)
def test_retry_after_the_last_attempt_raises_the_error(clock: Clock, reporter: ListReporter) -> None:
    transport = FailingTransport(clock, [errors.TransportError("no way")] * 3)
    with pytest.raises(errors.TransportError, match="no way"):
        RetryingTransport(transport, RetryPolicy(2, clock, reporter)).send(READ)
    assert transport.waits == [1, 2, 0]
    assert len(reporter.progressed) == 2


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
def test_retry_after_a_permanent_error_sends_nothing_again(
    clock: Clock, reporter: ListReporter, kind: type[errors.BillError]
) -> None:
    transport = FailingTransport(clock, [kind("no")])
    with pytest.raises(kind):
        RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(READ)
    assert transport.waits == [0]
    assert reporter.progressed == []


@pytest.mark.promise(15)
@pytest.mark.parametrize(("retries", "seconds"), [(0, 30), (1, 61), (3, 127), (6, 7 * 30 + 61), (7, 8 * 30 + 91)])
def test_retry_max_duration_has_the_documented_value(
    clock: Clock, reporter: ListReporter, retries: int, seconds: float
) -> None:
    retry = RetryPolicy(retries, clock, reporter)
    assert retry.max_duration(30) == seconds
    transport = FailingTransport(clock, [errors.RequestTimeoutError("")] * 99)
    with pytest.raises(errors.RequestTimeoutError):
        RetryingTransport(transport, retry).send(READ)
    assert sum(transport.waits) + (retries + 1) * 30 == seconds


@pytest.mark.promise(15)
@pytest.mark.parametrize(("retries", "seconds"), [(0, 30), (1, 30 + 91), (3, 30 + 3 * 91), (7, 30 + 7 * 91)])
def test_retry_max_duration_includes_the_minimum_wait_of_an_error(
    clock: Clock, reporter: ListReporter, retries: int, seconds: float
) -> None:
    retry = RetryPolicy(retries, clock, reporter)
    assert retry.max_duration(30, errors.RateLimitError.min_wait) == seconds
    transport = FailingTransport(clock, [errors.RateLimitError("")] * 99)
    with pytest.raises(errors.RateLimitError):
        RetryingTransport(transport, retry).send(READ)
    assert sum(transport.waits) + (retries + 1) * 30 == seconds


def not_processed(error: errors.BillError) -> errors.BillError:
    error.not_processed = True
    return error


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (errors.LimiterTimeoutError("none free"), 4),
        (errors.ConcurrencyLimitError("a fourth"), 4),
        (errors.RateLimitError("a sixty-first"), 4),
        (not_processed(errors.TransportError("nobody there")), 4),
        (not_processed(errors.RequestTimeoutError("no name in time")), 4),
        (not_processed(errors.TlsError("expired")), 1),
        (errors.UncertainWriteError("done, perhaps"), 1),
        (errors.ServerError("ill"), 1),
        (errors.RequestTimeoutError("late"), 1),
        (errors.TransportError("gone"), 1),
        (errors.HourlyQuotaError("spent"), 1),
    ],
    ids=str,
)
def test_retry_of_a_write_requires_that_bill_has_not_processed_it(
    clock: Clock, reporter: ListReporter, error: errors.BillError, attempts: int
) -> None:
    transport = FailingTransport(clock, [error] * 99)
    with pytest.raises(error.__class__):
        RetryingTransport(transport, RetryPolicy(3, clock, reporter)).send(WRITE)
    assert transport.sent == [WRITE] * attempts


def test_retrying_transport_is_a_transport_at_the_same_base_url(clock: Clock, reporter: ListReporter) -> None:
    transport = FailingTransport(clock)
    retrying = RetryingTransport(transport, RetryPolicy(3, clock, reporter))
    assert (retrying.base_url, retrying.environment_label) == (transport.base_url, transport.environment_label)
    with retrying.keep_alive():
        assert transport.is_kept_alive
    assert not transport.is_kept_alive


def test_retrying_transport_at_another_base_url_retries_as_well(clock: Clock, reporter: ListReporter) -> None:
    transport = FailingTransport(clock, [errors.ServerError("BILL is ill.")])
    retrying = RetryingTransport(transport, RetryPolicy(3, clock, reporter)).at(ELSEWHERE)
    assert retrying.base_url == ELSEWHERE
    assert retrying.send(READ) is SUCCESS
    assert len(reporter.progressed) == 1
    assert transport.sent == []
