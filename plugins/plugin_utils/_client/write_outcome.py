# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines whether BILL may have processed a write.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._core.error_codes import Scope, scope_of
from .._core.error_parser import codes, is_refusal_of_v2
from .._core.errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    HourlyQuotaError,
    InvalidResponseError,
    MfaRequiredError,
    ServerError,
    SessionExpiredError,
    TlsError,
    TransportError,
    UncertainWriteError,
    was_sent,
)

# The status of a server that waited too long for the rest of a request, or for another server behind it.
_REQUEST_TIMEOUT = 408
# With this status, a later attempt may have another result.
_TRANSIENT = (_REQUEST_TIMEOUT, 425, 429)

# These errors are about the session, the credential or a limit. They say nothing about the request.
NEVER_EXPECTED = (AuthenticationError, HourlyQuotaError, SessionExpiredError, MfaRequiredError, ConcurrencyLimitError)


@dataclass
class WriteAttempt:
    """The progress of a write. If Ansible ends the task, the handler of that exception reads it.

    ``is_sent`` is true if BILL may have received the write. ``is_lost`` is true if an attempt ended without a known outcome. ``is_done`` is
    true if BILL has confirmed the write.
    """

    is_sent: bool = False
    is_lost: bool = False
    is_done: bool = False


def may_be_processed(error: BaseException) -> bool:
    """Whether BILL may have processed the write that ended with this error."""
    if not isinstance(error, BillError):
        return was_sent(error)
    if error.status is None:
        # There was no response, or no valid response.
        return not error.not_processed and isinstance(error, (TransportError, TlsError, InvalidResponseError))
    said = set(codes(error.response_body))
    if is_refusal_of_v2(error.response_body) and error.status < 300:
        return len(said) > 1 or any(scope_of(code) is Scope.SERVER for code in said)
    if error.status < 400 or error.status == _REQUEST_TIMEOUT or isinstance(error, ServerError):
        return True
    # A status from 400 to 499 is a rejection. With a status from 500, a single BDC code is also a rejection. Several codes may contradict
    # each other.
    # A fault on BILL's side decides, even if the response contains other codes.
    return any(scope_of(code) is Scope.SERVER for code in said) or (error.status >= 500 and len(said) > 1)


def is_rejection(error: BillError) -> bool:
    """Whether BILL has rejected the write itself. Then BILL has not processed it, and no earlier attempt of it."""
    if isinstance(error, NEVER_EXPECTED) or not isinstance(error, ApiError) or error.status is None:
        return False
    return error.status not in _TRANSIENT and not may_be_processed(error)


def uncertain(error: BillError) -> UncertainWriteError:
    """The error for a write that BILL may have processed. ``error`` is the error that left the outcome unknown."""
    new = UncertainWriteError(cause_of(error), code=error.code, status=error.status, response_body=error.response_body)
    new.origin = error
    return new


def cause_of(error: BillError) -> str:
    """The reason why the outcome is unknown, as a sentence."""
    if isinstance(error, ServerError):
        # The message of the error is not used, because it advises to try again.
        return f"BILL answered {named(error)}, a fault on its side."
    if isinstance(error, TlsError):
        # The message of the error is not used, because it says that nothing was sent.
        return "The TLS connection failed."
    return str(error)


def named(error: BillError) -> str:
    """The code and status of an error, for messages."""
    return f"{error.code} (HTTP status {error.status})" if error.code else f"HTTP status {error.status}"
