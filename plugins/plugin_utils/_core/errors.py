# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that end an operation, each for one cause.

Private to bill.connect. A message names a code, an option or a host. It never holds a body, a header, or any value that a user or BILL
sent.

    BillError
        UserAbortedError        Ctrl-C in the form
        OptionError             an option is missing or unusable; nothing was sent
        StoreError              the session store is unusable
        LockTimeoutError        another task held a lock for too long
        LimiterTimeoutError     no free slot or turn in time; nothing was sent
        TransportError          no connection, or one that broke
            RequestTimeoutError
        TlsError                no secure connection
        InvalidResponseError    not a response of BILL's API
        UncertainWriteError     a write that BILL may have done
        RepeatedWriteError      a write that this run has sent before
        ServerError             a fault on BILL's side
        ApiError                BILL rejected the request
            UnknownApiError     with a code that has no meaning here
            AuthenticationError the credentials
            SessionExpiredError the session
            MfaRequiredError    the session is not MFA-trusted
            HourlyQuotaError    the quota of the clock hour
            ConcurrencyLimitError
                RateLimitError  the quota of the minute
    NoTerminalError             nobody can be asked
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class BillError(Exception):
    """Something that ends the operation, told in one or two sentences for the person who wrote the play.

    ``code`` is BILL's BDC code and ``status`` the HTTP status, where there were any. ``concerns`` names the options whose values are the
    likely cause. ``transient`` says that asking again may well succeed, ``undone`` that BILL has certainly done nothing of what it was
    asked, and ``request_sent`` that something of the request may have reached BILL. ``target`` is the path and query of the request that
    BILL answered this way. ``says`` is the part of the message that is about BILL's answer. ``wait`` is how many seconds to wait at least
    before asking again. ``answer`` is what BILL wrote, decoded, which may hold anything. ``details`` is what a task returns besides the
    message, by name; all of it can be shown.
    """

    transient: ClassVar[bool] = False
    undone: bool = False
    request_sent: bool = False
    target: str | None = None
    wait: ClassVar[float] = 0.0

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        concerns: Sequence[str] = (),
        answer: object = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.says = message
        self.code = code
        self.status = status
        self.concerns = tuple(concerns)
        self.answer = answer
        self.details = dict(details or {})


def note_sent(error: BaseException, sent: bool) -> None:
    """Note on any exception, of Ansible too, whether something of its request may have reached BILL."""
    vars(error)["request_sent"] = sent


def was_sent(error: BaseException) -> bool:
    """Whether something of the request that ended with this exception may have reached BILL.

    An exception of Ansible may come between any two steps. Without a note it counts as sent.
    """
    return bool(getattr(error, "request_sent", True))


class UserAbortedError(BillError):
    """The person at the terminal has ended a form, which nothing is to outlive."""


class NoTerminalError(Exception):
    """There is no terminal, so that nobody can be asked."""


class OptionError(BillError):
    """An option is missing or cannot be used; nothing was sent."""


class StoreError(BillError):
    """The session store cannot be used."""


class LockTimeoutError(BillError):
    """Another task held the sign-in for longer than a sign-in can take."""


class LimiterTimeoutError(BillError):
    """All that BILL takes at a time, or in a minute, is taken by others for longer than one waits; nothing was sent."""

    transient = True
    undone = True


class TransportError(BillError):
    """No connection, or one that broke before a whole answer came."""

    transient = True


class RequestTimeoutError(TransportError):
    """BILL did not answer within ``timeout`` seconds."""


class TlsError(BillError):
    """TLS could not prove who answered, so nothing was sent."""


class InvalidResponseError(BillError):
    """An answer that BILL's API does not give: not JSON, a redirect, the wrong shape."""


class UncertainWriteError(BillError):
    """A write that BILL may have done, since no answer says whether it has; it must not be sent again. ``origin`` is the error behind it."""

    origin: BillError | None = None


class RepeatedWriteError(BillError):
    """The same task has sent the same write in this run already; nothing was sent."""


class ServerError(BillError):
    """BILL said that the fault is on its side."""

    transient = True


class ApiError(BillError):
    """BILL understood the request and said no."""


class UnknownApiError(ApiError):
    """BILL said no with a code that means nothing here."""


class AuthenticationError(ApiError):
    """BILL refused the credential itself; the same one would be refused again."""


class SessionExpiredError(ApiError):
    """The session is over (BDC_1109); a new sign-in cures it."""


class MfaRequiredError(ApiError):
    """The session lacks MFA trust (BDC_1361); a new sign-in does not cure it."""


class HourlyQuotaError(ApiError):
    """The quota of the clock hour is used up (BDC_1144)."""


class ConcurrencyLimitError(ApiError):
    """More than three requests were in flight (BDC_1322)."""

    transient = True
    undone = True


class RateLimitError(ConcurrencyLimitError):
    """The calls of the minute are used up."""

    # BILL does not document when the minute begins; a moment after a whole one it has ended in any case.
    wait = 61.0
