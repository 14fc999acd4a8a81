# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls any endpoint of BILL as a user asks for it: a read, a whole list, or a write that is never done twice.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from .._auth.session import HeldSession
from .._core.error_codes import ErrorCode
from .._core.error_parser import ErrorProfile, codes, error_items
from .._core.errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    HourlyQuotaError,
    InvalidResponseError,
    MfaRequiredError,
    SessionExpiredError,
    UncertainWriteError,
    UnknownApiError,
)
from .._http.messages import HttpRequest, JsonBody, Response
from .client import BillClient
from .pagination import Page, PageReader
from .request import Request
from .verification import verification_query
from .write_outcome import WriteAttempt, named

# The headers that choose what a request is done to.
_IDENTITY_HEADERS = {"organizationid"}

# What these codes mean where they are about the request, and not about the credential.
_CODES = {
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
_CODES_OF_OTHERS = {
    code: ErrorCode(ApiError, "the credentials that the request carries are refused", "Correct them in the request.")
    for code in ("BDC_1101", "BDC_1102", "BDC_1103", "BDC_1107", "BDC_1110")
}
_LOGIN_PATHS = ("/v3/login", "/v3/partner/login", "/v3/partner/login-as-user")

# What no expected_status makes a success of; and the code of a path that BILL does not have, which says nothing of a record.
_NO_SUCH_API = "BDC_1121"
_NEVER_EXPECTED = (AuthenticationError, HourlyQuotaError, SessionExpiredError, MfaRequiredError, ConcurrencyLimitError)

# What is said of a task that Ansible has ended, with the name of what it raised.
_ENDED = "The task was ended ({})."


@dataclass(frozen=True)
class ApiResult:
    """What came of a request; ``status`` is None if it was not sent."""

    status: int | None
    changed: bool
    # Kept out of repr(): a response may hold anything.
    json: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class _Pages:
    """The requests for the pages of a list."""

    request: Request

    def page(self, cursor: str | None) -> HttpRequest:
        # Documented by BILL: Spend & Expense has a parameter of its own for it.
        parameter = "nextPage" if self.request.spend else "page"
        return _http_request(self.request.with_query(**{parameter: cursor}) if cursor else self.request)


class EndpointClient:
    """BILL's endpoints, for one task.

    ``expected`` are the HTTP statuses that count as a success; all from 200 to 299 if there are none. ``attempt`` notes how far a write
    came, for whoever ends the task by force.
    """

    def __init__(
        self,
        client: BillClient,
        *,
        expected: Collection[int] = (),
        require_trusted: bool = False,
        attempt: WriteAttempt | None = None,
    ) -> None:
        self.client = client
        self.secrets = client.secrets
        self.expected = expected
        self.require_trusted = require_trusted
        self.attempt = attempt or WriteAttempt()

    def call(self, request: Request) -> ApiResult:
        """Send one request. A read is sent again where that may help; a write only if BILL has certainly not processed it.

        Raises BillError, whose ``details`` tell more; UncertainWriteError for a write that BILL may have processed.
        """
        try:
            response = self._send(request)
        except BillError as error:
            raise self._with_details(self._translated(error, request)) from None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # Ansible ends a task that takes too long, wherever it is.
            if request.reads or not self.attempt.is_sent or self.attempt.is_done:
                raise
            raise self._with_details(self._uncertain(request, _ENDED.format(type(error).__name__))) from None
        self._refuse_unexpected(response, request)
        return ApiResult(response.status, changed=not request.reads and response.status < 300, json=response.json)

    def read_all(self, request: Request, *, max_results: int | None) -> Iterator[Page]:
        """Read a whole list, or its first ``max_results`` records. Raises BillError."""
        reader = PageReader(
            _Pages(request), what=f"records of {request.path}", remedy="Leave paginate out.", max_results=max_results
        )
        try:
            held = self._take_session(request)
            for page in self.client.paginate(reader, require_trusted=self.require_trusted, held=held):
                self._refuse_unexpected(Response(page.status, None), request)
                yield page
        except BillError as error:
            raise self._with_details(self._explained(error, request)) from None

    def check_only(self) -> ApiResult:
        """What can be known of a write without sending it: whether its session would be trusted, if it has to be."""
        if self.require_trusted:
            self.client.sessions.ensure(require_trusted=True)
        return ApiResult(None, changed=True)

    def identity_of(self, request: Request) -> dict[str, str]:
        """All that makes two requests the same for BILL, and which credential sends them."""
        method = self.client.sessions.method
        # Other headers, such as one for tracing, may differ from host to host.
        headers = sorted(
            (name.lower(), value) for name, value in request.headers.items() if name.lower() in _IDENTITY_HEADERS
        )
        # The order counts among the values of one parameter.
        query = sorted(request.query, key=lambda each: each[0])
        sent = [request.method, request.path, query, headers, _alike(request.body)]
        return {
            "auth_method": method.method,
            "api_url": self.client.transport.base_url.url,
            **method.values,
            "request": json.dumps(sent, sort_keys=True),
        }

    def redacted(self, request: Request) -> dict[str, Any]:
        """The request as it may be shown: ``method``, ``url``, and ``body`` if it has one."""
        shown = {"method": request.method, "url": self.client.transport.base_url.url + request.target}
        return shown if request.body is None else {**shown, "body": self.secrets.redact(request.body)}

    def interrupted(self, request: Request, name: str) -> BillError | None:
        """What to tell of a write whose task Ansible has ended with the exception of this name; None if it certainly was not sent."""
        if not self.attempt.is_sent:
            return None
        if not self.attempt.is_done:
            return self._with_details(self._uncertain(request, _ENDED.format(name)))
        return ApiError(
            f"BILL has done this: {request.shown}. {_ENDED.format(name)}",
            details={"changed": True, "uncertain": False, "status": None, "codes": [], "errors": []},
        )

    def _send(self, request: Request) -> Response:
        held = self._take_session(request)
        try:
            return self.client.request(
                _http_request(request), require_trusted=self.require_trusted, held=held, attempt=self.attempt
            ).response
        except ApiError as error:
            if not self._is_expected(error, request):
                raise
            return Response(error.status or 0, error.answer)

    def _take_session(self, request: Request) -> HeldSession:
        """The session to use. OptionError if the request itself holds it."""
        held = self.client.sessions.current(require_trusted=self.require_trusted)
        request.refuse_secrets(held.session.secrets)
        return held

    def _is_expected(self, error: ApiError, request: Request) -> bool:
        """Whether the user expects this rejection by BILL itself. A proxy may say 404 as well, but without a code."""
        if not _is_about(error, request) or isinstance(error, _NEVER_EXPECTED) or error.code == _NO_SUCH_API:
            return False
        return error.status in self.expected and (error.status or 0) >= 400

    def _refuse_unexpected(self, response: Response, request: Request) -> None:
        if not self.expected or response.status in self.expected:
            return
        done = "" if request.reads else " BILL has done what it was asked."
        raise self._with_details(
            ApiError(
                f"BILL answered {request.method} {request.path} with HTTP status {response.status}, which expected_status does not "
                f"name.{done}",
                status=response.status,
                details={} if request.reads else {"changed": True, "json": self.secrets.redact(response.json)},
            )
        )

    def _translated(self, error: BillError, request: Request) -> BillError:
        """What an error means for a request of the user."""
        if isinstance(error, UncertainWriteError):
            return self._uncertain(request, str(error), error)
        return self._explained(error, request)

    def _explained(self, error: BillError, request: Request) -> BillError:
        """The error about the request, if only BILL's own words explain it."""
        said = self._items(error)
        if not _is_about(error, request) or not said or not isinstance(error, (UnknownApiError, InvalidResponseError)):
            return error
        quoted = "; ".join(dict.fromkeys(each["message"] for each in said if each["message"]))
        return ApiError(
            f"BILL answered {named(error)} to {request.method} {request.path}: {quoted}",
            code=error.code,
            status=error.status,
            answer=error.answer,
        )

    def _uncertain(self, request: Request, cause: str, error: BillError | None = None) -> UncertainWriteError:
        """The error for a write of which nobody knows whether BILL has processed it. ``cause`` says why in a sentence."""
        look_at = None if request.reads else verification_query(request.method, request.path)
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
            details={"uncertain": True, "sent": self.redacted(request), "look_at": look_at},
        )

    def _with_details(self, error: BillError) -> BillError:
        found = codes(error.answer) or ([error.code] if error.code else [])
        error.details = {
            "status": error.status,
            "codes": list(dict.fromkeys(found)),
            "errors": self._items(error),
            **error.details,
        }
        return error

    def _items(self, error: BillError) -> list[dict[str, Any]]:
        """The codes and messages of BILL's response as they may be shown."""
        found = (
            {
                "code": code if codes([{"code": (code := each.get("code"))}]) else None,
                "message": self.secrets.sanitize(each.get("message")),
            }
            for each in error_items(error.answer)
        )
        return [each for each in found if each["code"] or each["message"]]


def _http_request(request: Request) -> HttpRequest:
    return HttpRequest(
        request.method,
        request.target,
        request.headers,
        None if request.body is None else JsonBody(request.body),
        # Fields that have the names of our options are somebody else's all the same.
        ErrorProfile({**_CODES, **(_CODES_OF_OTHERS if request.path in _LOGIN_PATHS else {})}, option_of_field={}),
        is_repeatable=request.reads,
    )


def _is_about(error: BillError, request: Request) -> bool:
    """Whether BILL answered this request with the error, and not a login that it needed."""
    return error.target is not None and error.target.partition("?")[0] == request.path


def _alike(value: Any) -> Any:
    """The value with 5.0 as 5: JSON has one kind of number."""
    if isinstance(value, dict):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
