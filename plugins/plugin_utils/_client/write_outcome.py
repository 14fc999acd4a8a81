# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether BILL has processed a write, as far as anybody can tell.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._core.error_parser import codes
from .._core.errors import (
    BillError,
    InvalidResponseError,
    ServerError,
    TlsError,
    TransportError,
    UncertainWriteError,
    was_sent,
)

# Of BILL itself, whatever else is said with it.
_FAULT = "BDC_1001"

# A server says this way that it has waited too long for the rest of a request, or for what is behind it.
_REQUEST_TIMEOUT = 408


@dataclass
class WriteAttempt:
    """What is known of a write while it is sent, for whoever ends the task by force.

    ``is_sent`` says that BILL may have it, and ``is_done`` that BILL has said that it is done.
    """

    is_sent: bool = False
    is_done: bool = False


def may_be_processed(error: BaseException) -> bool:
    """Whether BILL may have processed the write that ended with this error."""
    if not isinstance(error, BillError):
        return was_sent(error)
    if error.status is None:
        # There was no response, or none that could be read.
        return not error.undone and isinstance(error, (TransportError, TlsError, InvalidResponseError))
    if error.status < 400 or error.status == _REQUEST_TIMEOUT or isinstance(error, ServerError):
        return True
    # From 400 to 499 it is a no, whoever gave it. Above, one code that says so is believed; several may say both.
    said = set(codes(error.answer))
    return _FAULT in said or (error.status >= 500 and len(said) > 1)


def uncertain(error: BillError) -> UncertainWriteError:
    """The error for a write that BILL may have processed, although ``error`` came of it."""
    new = UncertainWriteError(cause_of(error), code=error.code, status=error.status, answer=error.answer)
    new.origin = error
    return new


def cause_of(error: BillError) -> str:
    """Why the outcome is unknown, in a sentence."""
    if isinstance(error, ServerError):
        # Without the usual advice, to try again.
        return f"BILL answered {named(error)}, a fault on its side."
    if isinstance(error, TlsError):
        # Without its words, that nothing was sent.
        return "The TLS connection failed."
    return str(error)


def named(error: BillError) -> str:
    """The code and status of an error, for messages."""
    return f"{error.code} (HTTP status {error.status})" if error.code else f"HTTP status {error.status}"
