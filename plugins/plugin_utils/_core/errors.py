# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that end an operation. Each class has one cause.

Private to bill.connect. A message names a code, an option or a host. It never contains a body, a header, or a value that a user or BILL
sent.

    BillError
        UserAbortedError        Ctrl-C in the form
        OptionError             an option is missing or unusable; nothing was sent
        StoreError              the session store is unusable
        LockTimeoutError        another task held a lock for too long
        LimiterTimeoutError     a rate or concurrency limit had no free slot in time; nothing was sent
        TransportError          no connection, or a connection that broke
            RequestTimeoutError
            ProxyAuthenticationError
        TlsError                no secure connection
        InvalidResponseError    not a response of BILL's API
        UncertainWriteError     a write that BILL may have processed
        RepeatedWriteError      a write that this run has sent before
        ServerError             a fault on BILL's side
        BusyError               a server had no time for the request, and there is no BDC code
        ApiError                BILL rejected the request
            UnknownApiError     bill.connect does not know the code
            AuthenticationError BILL rejected the credentials
            SessionExpiredError the session has expired
            MfaRequiredError    the session is not MFA-trusted
            HourlyQuotaError    the quota of the clock hour
                SignInQuotaError  the quota of sign-ins
            ConcurrencyLimitError
                RateLimitError  the quota of the minute
    NoTerminalError             there is no terminal for questions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class BillError(Exception):
    """An error that ends the operation. Its message explains the error to the author of the play in one or two sentences.

    - ``code`` is BILL's BDC code, or None.
    - ``status`` is the HTTP status, or None.
    - ``options`` are the names of the options whose values are the likely cause.
    - ``is_transient`` is true if the same request may succeed later.
    - ``not_processed`` is true if BILL has certainly not processed the request.
    - ``request_sent`` is true if BILL may have received a part of the request.
    - ``target`` is the path and query of the request that BILL rejected.
    - ``summary`` is the part of the message about BILL's response.
    - ``min_wait`` is the minimum time in seconds before the request is sent again.
    - ``response_body`` is the decoded body of BILL's response. It may contain secrets.
    - ``details`` are values that a task returns in addition to the message, by name. They contain no secret.
    """

    is_transient: bool = False
    not_processed: bool = False
    request_sent: bool = False
    target: str | None = None
    min_wait: float = 0.0

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        options: Sequence[str] = (),
        response_body: object = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.summary = message
        self.code = code
        self.status = status
        self.options = tuple(options)
        self.response_body = response_body
        self.details = dict(details or {})


def note_sent(error: BaseException, sent: bool) -> None:
    """Record on an exception whether BILL may have received a part of the request. The exception may also come from Ansible."""
    vars(error)["request_sent"] = sent


def was_sent(error: BaseException) -> bool:
    """Whether BILL may have received a part of the request that ended with this exception.

    Ansible may raise an exception between any two steps. If nothing is recorded on the exception, the request counts as sent.
    """
    return bool(getattr(error, "request_sent", True))


class UserAbortedError(BillError):
    """The user aborted a form with Ctrl-C. No part of the operation may continue after this error."""


class NoTerminalError(Exception):
    """There is no terminal, so bill.connect cannot ask the user."""


class OptionError(BillError):
    """An option is missing or cannot be used. Nothing was sent."""


class MissingOptionError(OptionError):
    """The authentication method requires options that nobody has given."""


class StoreError(BillError):
    """The session store cannot be used."""


class LockTimeoutError(BillError):
    """Another task held a lock for longer than the timeout of the lock."""


class LimiterTimeoutError(BillError):
    """Other tasks use all requests that BILL allows at the same time or in a minute. Nothing was sent.

    The request would have to wait longer than the limiter allows.
    """

    is_transient = True
    not_processed = True


class TransportError(BillError):
    """There is no connection, or the connection broke before the response was complete."""

    is_transient = True


class RequestTimeoutError(TransportError):
    """The response was not complete within ``timeout`` seconds."""


class ProxyAuthenticationError(TransportError):
    """The proxy rejected its user name and password, or requires them. It would reject the same ones again. BILL received nothing."""

    is_transient = False
    not_processed = True


class TlsError(BillError):
    """TLS could not verify the server, so nothing was sent."""


class InvalidResponseError(BillError):
    """The response does not come from BILL's API: it is not JSON, is a redirect, or has the wrong structure."""


class UncertainWriteError(BillError):
    """BILL may have processed a write, because no response confirms or denies it. The write must not be sent again.

    ``origin`` is the error that left the outcome unknown, or None.
    """

    origin: BillError | None = None


class RepeatedWriteError(BillError):
    """The same task has already sent the same write in this run. Nothing was sent now."""


class ServerError(BillError):
    """BILL reported a fault on its own side."""

    is_transient = True


class BusyError(BillError):
    """BILL, or a server before it, had no time for the request (HTTP status 429 or 408, without a BDC code)."""

    is_transient = True


class ApiError(BillError):
    """BILL understood the request and rejected it."""


class UnknownApiError(ApiError):
    """BILL rejected the request with a code that bill.connect does not know."""


def reworded(error: BillError, message: str) -> ApiError:
    """An error about the same response with another message."""
    new = ApiError(
        message,
        code=error.code,
        status=error.status,
        options=error.options,
        response_body=error.response_body,
        details=error.details,
    )
    new.target = error.target
    return new


class AuthenticationError(ApiError):
    """BILL rejected the credential itself. BILL would reject the same credential again."""


class SessionExpiredError(ApiError):
    """The session has expired (BDC_1109). A new login solves the problem."""


class MfaRequiredError(ApiError):
    """The session is not MFA-trusted (BDC_1361). A new login does not solve the problem."""


class HourlyQuotaError(ApiError):
    """The quota of the clock hour is used up (BDC_1144)."""


class SignInQuotaError(HourlyQuotaError):
    """The sign-ins of the clock hour are used up (BDC_1144). Requests with a stored session are still possible."""


class ConcurrencyLimitError(ApiError):
    """More than three requests were in flight (BDC_1322)."""

    is_transient = True
    not_processed = True


class RateLimitError(ConcurrencyLimitError):
    """The quota of the minute is used up."""

    # BILL does not document when the minute begins. After 61 seconds it has ended in every case.
    min_wait = 61.0
