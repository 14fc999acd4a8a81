# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any of BILL's endpoints, called with the session: a read, a whole list, or a write that is never done twice.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from .._auth.session import Session
from .._auth.session_manager import SessionManager
from .._core.errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    ErrorCode,
    HourlyQuotaError,
    InvalidResponseError,
    MfaRequiredError,
    ServerError,
    SessionExpiredError,
    TlsError,
    TransportError,
    UncertainWriteError,
    UnknownApiError,
    codes,
    error_items,
)
from .._core.redaction import redact, sanitize
from .._http.transport import Response
from .pagination import read_pages
from .request import Request
from .run_records import WriteAttempt

# The headers that choose what a request is done to.
_OF_IDENTITY = {"organizationid"}

# What these codes mean where they are about the request, and not about the credential.
_MEANINGS = {
    "BDC_1121": ErrorCode(
        ApiError,
        "there is no such API here",
        "Check path and method, and that api_url ends before /v3.",
        ("api_url",),
    ),
    "BDC_1123": ErrorCode(
        ApiError,
        "the organization id is unknown, or it is not one of this user's",
        "Correct it in the request.",
    ),
}
# Those of a request that carries another credential than ours.
_OF_OTHERS = {
    code: ErrorCode(ApiError, "the credentials that the request carries are refused", "Correct them in the request.")
    for code in ("BDC_1101", "BDC_1102", "BDC_1103", "BDC_1107", "BDC_1110")
}
_SIGN_INS = ("/v3/login", "/v3/partner/login", "/v3/partner/login-as-user")

# What no expected_status makes a success of; and the code of a path that BILL does not have, which says nothing of a record.
_NO_SUCH_API = "BDC_1121"
_NEVER_EXPECTED = (AuthenticationError, HourlyQuotaError, SessionExpiredError, MfaRequiredError, ConcurrencyLimitError)

# Of BILL itself; whatever else is said with it.
_FAULT = "BDC_1001"

# What is said of a task that Ansible has ended, with the name of what it raised.
_ENDED = "The task was ended ({})."

# How a server says that it has waited too long for the rest of a request, or for whatever is behind it.
_REQUEST_TIMEOUT = 408


@dataclass(frozen=True)
class ApiResult:
    """What came of a request; ``status`` is None if it was not sent."""

    status: int | None
    changed: bool
    # Kept out of repr(): an answer may hold anything.
    json: Any = field(default=None, repr=False)
    records: list[Any] | None = field(default=None, repr=False)
    pages: int | None = None


@dataclass
class BillClient:
    """BILL's endpoints for one sign-in.

    ``expected`` are the HTTP statuses that are a success, all from 200 to 299 if there are none. ``secrets`` are texts that nothing
    may show; those of the sessions that are used are added to them.
    """

    sign_in: SessionManager
    expected: Collection[int] = ()
    require_trusted: bool = False
    secrets: Collection[str] = field(default=(), repr=False)
    # Of the write that this is for; whoever ends the task by force finds here how far it had come.
    attempt: WriteAttempt = field(default_factory=WriteAttempt)

    def call(self, request: Request) -> ApiResult:
        """Send one request. A read is sent again where that may help; a write only where BILL has certainly not done it.

        Raises BillError, whose ``details`` tell more; Uncertain of a write that BILL may have done.
        """
        answers: list[Response] = []

        def ask(session: Session) -> Response:
            answers.append(self._exchange(session, request))
            return answers[-1]

        try:
            self.sign_in.use(ask, acts=not request.reads, require_trusted=self.require_trusted)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # What went wrong only after the answer came does not undo what BILL has done.
            if not answers:
                raise self._with_details(error) from None
        answer = answers[-1]
        self._refuse_unexpected(answer, request)
        return ApiResult(answer.status, changed=not request.reads and answer.status < 300, json=answer.json)

    def read_all(self, request: Request, *, most: int | None, tell: Callable[[str], None]) -> ApiResult:
        """Read a whole list, or its first ``most`` records. ``tell`` is told of each page. Raises BillError."""

        def ask(session: Session, page: str | None) -> Response:
            # Documented by BILL: Spend & Expense has a parameter of its own for it.
            following = {"nextPage" if request.spend else "page": page} if page else {}
            answer = self._exchange(session, request.with_query(**following))
            self._refuse_unexpected(answer, request)
            return answer

        try:
            found = read_pages(
                self.sign_in,
                ask,
                what=f"records of {request.path}",
                tell=tell,
                remedy="Leave paginate out.",
                most=most,
                require_trusted=self.require_trusted,
            )
        except BillError as error:
            raise self._with_details(error) from None
        return ApiResult(found.status, changed=False, records=found.records, pages=found.pages)

    def look(self) -> ApiResult:
        """What can be known of a write without sending it: whether its session would be trusted, if it has to be."""
        if self.require_trusted:
            self.sign_in.present(require_trusted=True)
        return ApiResult(None, changed=True)

    def identity_of(self, request: Request) -> dict[str, str]:
        """All that makes two requests the same for BILL, and which credential sends them."""
        credential = self.sign_in.credential
        # Of the headers only what says whose money it is: the others, such as one for tracing, may differ from host to host.
        headers = sorted(
            (name.lower(), value) for name, value in request.headers.items() if name.lower() in _OF_IDENTITY
        )
        # Of one parameter several times the order counts.
        query = sorted(request.query, key=lambda each: each[0])
        sent = [request.method, request.path, query, headers, _alike(request.body)]
        return {
            "auth_method": credential.method,
            "api_url": self.sign_in.gateway.address.url,
            **credential.values,
            "request": json.dumps(sent, sort_keys=True),
        }

    def shown(self, request: Request) -> dict[str, Any]:
        """The request as it may be shown, its secrets masked: ``method``, ``url``, and ``body`` if it has one."""
        shown = {"method": request.method, "url": self.sign_in.gateway.address.url + request.target}
        return shown if request.body is None else {**shown, "body": redact(request.body, self.secrets)}

    def _exchange(self, session: Session, request: Request) -> Response:
        """Send the request, once."""
        if not session.secrets <= set(self.secrets):
            self.secrets = {*self.secrets, *session.secrets}
            request.refuse_secrets(session.secrets)
        try:
            # As far as is known, should the task be ended at the next step.
            self.attempt.is_sent = True
            answer = self.sign_in.credential.ask(
                self.sign_in.gateway,
                session,
                request.method,
                request.target,
                headers=request.headers,
                body=request.body,
                meanings={**_MEANINGS, **(_OF_OTHERS if request.path in _SIGN_INS else {})},
                # Where these have the names of our options, they are somebody else's all the same.
                fields={},
            )
            self.attempt.is_done = True
            return answer
        except BillError as error:
            if not request.reads and _may_be_done(error):
                raise self.uncertain(request, _cause(error), error) from None
            self.attempt.is_sent = False
            if self._is_expected(error):
                return Response(error.status or 0, error.answer)
            raise self._explained(error, request) from None
        except BaseException as error:
            # Of Ansible, which ends a task that takes too long, or a fault of our own. Who stops the whole run is not told any more.
            stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
            if not self.attempt.is_done and not self.sign_in.gateway.sent:
                self.attempt.is_sent = False
                raise
            if stopped or request.reads or self.attempt.is_done:
                raise
            raise self.uncertain(request, _ENDED.format(type(error).__name__)) from None

    def _is_expected(self, error: BillError) -> bool:
        """Whether it is BILL's own no, and one that the user has expected; a proxy may say 404 as well, but without a code."""
        refused = isinstance(error, ApiError) and not isinstance(error, _NEVER_EXPECTED)
        return refused and error.code != _NO_SUCH_API and error.status in self.expected and (error.status or 0) >= 400

    def _refuse_unexpected(self, answer: Response, request: Request) -> None:
        if not self.expected or answer.status in self.expected:
            return
        done = "" if request.reads else " BILL has done what it was asked."
        raise self._with_details(
            ApiError(
                f"BILL answered {request.method} {request.path} with HTTP status {answer.status}, which expected_status does not "
                f"name.{done}",
                status=answer.status,
                details={} if request.reads else {"changed": True, "json": redact(answer.json, self.secrets)},
            )
        )

    def _explained(self, error: BillError, request: Request) -> BillError:
        """The error in words about the request, where it is one that only BILL's own words explain."""
        said = self._said(error)
        if not said or not isinstance(error, (UnknownApiError, InvalidResponseError)):
            return error
        quoted = "; ".join(dict.fromkeys(each["message"] for each in said if each["message"]))
        return ApiError(
            f"BILL answered {_named(error)} to {request.method} {request.path}: {quoted}",
            code=error.code,
            status=error.status,
            answer=error.answer,
        )

    def uncertain(self, request: Request, cause: str, error: BillError | None = None) -> UncertainWriteError:
        """The error for a write of which nobody knows whether BILL has done it; ``cause`` says why in a sentence."""
        look_at = request.look_at()
        where = "Look in BILL's web app"
        if look_at:
            newest = f" (sort: {look_at['sort']})" if "sort" in look_at else ""
            where = f"Look at {look_at['path']}{newest}, or in BILL's web app,"
        return UncertainWriteError(
            f"BILL may have done this: {request.method} {request.path} was sent, and its outcome is unknown. {cause} It is not "
            f"sent again. {where} before you repeat it.",
            code=error.code if error else None,
            status=error.status if error else None,
            answer=error.answer if error else None,
            details={"uncertain": True, "sent": self.shown(request), "look_at": look_at},
        )

    def interrupted(self, request: Request, name: str) -> BillError | None:
        """What to tell of a write whose task Ansible has ended with the exception of this name; None if it certainly was not sent."""
        if not self.attempt.is_sent:
            return None
        if not self.attempt.is_done:
            return self._detailed(self.uncertain(request, _ENDED.format(name)))
        return ApiError(
            f"BILL has done this: {request.shown}. {_ENDED.format(name)}",
            details={"changed": True, "uncertain": False, "status": None, "codes": [], "errors": []},
        )

    def _with_details(self, error: BaseException) -> BaseException:
        return self._detailed(error) if isinstance(error, BillError) else error

    def _detailed(self, error: BillError) -> BillError:
        found = codes(error.answer) or ([error.code] if error.code else [])
        error.details = {
            "status": error.status,
            "codes": list(dict.fromkeys(found)),
            "errors": self._said(error),
            **error.details,
        }
        return error

    def _said(self, error: BillError) -> list[dict[str, Any]]:
        """The codes and messages of BILL's answer as they may be shown."""
        found = (
            {
                "code": code if codes([{"code": (code := each.get("code"))}]) else None,
                "message": sanitize(each.get("message"), self.secrets),
            }
            for each in error_items(error.answer)
        )
        return [each for each in found if each["code"] or each["message"]]


def _alike(value: Any) -> Any:
    """The value with 5.0 as 5: JSON has one kind of number."""
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _may_be_done(error: BillError) -> bool:
    """Whether BILL may have acted, although this came of the request."""
    if error.status is None:
        # There was no answer, or none that could be read.
        return not error.undone and isinstance(error, (TransportError, TlsError, InvalidResponseError))
    if error.status < 400 or error.status == _REQUEST_TIMEOUT or isinstance(error, ServerError):
        return True
    # From 400 to 499 it is a no, whoever gave it. Above, one code that says so is believed; several may say both.
    said = set(codes(error.answer))
    return _FAULT in said or (error.status >= 500 and len(said) > 1)


def _cause(error: BillError) -> str:
    if isinstance(error, ServerError):
        # Without the usual advice, to try again.
        return f"BILL answered {_named(error)}, a fault on its side."
    if isinstance(error, TlsError):
        # Without its words, that nothing was sent.
        return "The TLS connection failed."
    return str(error)


def _named(error: BillError) -> str:
    return f"{error.code} (HTTP status {error.status})" if error.code else f"HTTP status {error.status}"
