# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the requests of the user to BILL's endpoints: a read, a whole list, or a write that is never sent twice.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from .._auth.session import HeldSession
from .._core.base_url import WEBHOOKS
from .._core.error_codes import Scope, scope_of
from .._core.error_parser import codes, error_items
from .._core.errors import (
    ApiError,
    BillError,
    OptionError,
    UncertainWriteError,
)
from .._http.messages import Response
from .client import BillClient
from .explanation import empty_read, explained, is_about, is_empty_read
from .http_requests import PageRequests, http_request
from .idempotent_key import HEADER, IdempotentKeys, key_of, takes_key
from .late_exchange import EXCHANGE_FACTORY
from .page_limits import refuses_page_size
from .pagination import Page, PageReader
from .request import Request
from .request_identity import canonical_form
from .verification import verification_query
from .write_outcome import NEVER_EXPECTED, WriteAttempt, uncertain

# These tasks always send a request. So the main process of Ansible imports the library for it, once for all workers.
EXCHANGE_FACTORY.module()

# The cause in a message if Ansible has ended the task, with the name of the exception.
_ENDED = "The task ended early ({})."


@dataclass(frozen=True)
class ApiResult:
    """The result of a request. ``status`` is the HTTP status, or None if the request was not sent. ``changed`` is true after a write."""

    status: int | None
    changed: bool
    # repr() omits the body of the response, because it may contain secrets.
    json: Any = field(default=None, repr=False)


class EndpointClient:
    """Sends the requests of one task.

    - ``expected`` are the HTTP statuses that count as a success. If it is empty, these are 200 to 299.
    - ``attempt`` records the progress of a write. Ansible may end the task at any point.
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
        self._keys = IdempotentKeys(client.store, client.sessions.clock, client.sessions.reporter.warn)

    def call(self, request: Request) -> ApiResult:
        """Send one request. A read is repeated after a temporary error. A write is repeated only if BILL has certainly not processed it.
        A write with an idempotent key is repeated like a read, because BILL processes it only once.

        Raises UncertainWriteError for a write that BILL may have processed, otherwise another BillError. ``details`` of the error are
        fields for the result of the task.
        """
        identity = self.identity_of(request) if takes_key(request) else {}
        with self._keys.added(request, identity, self.attempt) as keyed:
            return self._call(keyed)

    def is_open(self, request: Request) -> bool:
        """Whether an earlier task has sent an equal write with an idempotent key, and does not know its outcome."""
        return self._keys.is_open(request, self.identity_of(request))

    def _call(self, request: Request) -> ApiResult:
        try:
            response = self._send(request)
        except BillError as error:
            raise self._with_details(self._translated(error, request)) from None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # Ansible ends a task that takes too long. This can happen at any point.
            if request.is_read or not self.attempt.is_sent or self.attempt.is_done:
                raise
            raise self._with_details(self._uncertain(request, _ENDED.format(type(error).__name__))) from None
        self._refuse_unexpected(response, request)
        if is_empty_read(response, request, self.expected):
            raise self._with_details(empty_read(response, request))
        return ApiResult(response.status, changed=not request.is_read and response.status < 300, json=response.json)

    def read_all(self, request: Request, *, max_results: int | None) -> Iterator[Page]:
        """The pages of a whole list, or of its first ``max_results`` records. Raises BillError.

        If BILL refuses the size of the first page, it is halved once: a list may have a limit that BILL does not document.
        """
        has_pages = False
        try:
            for page in self._read_pages(request, max_results):
                has_pages = True
                yield page
            return
        except ApiError as error:
            smaller = request.with_half_pages()
            if has_pages or smaller is None or not is_about(error, request) or not refuses_page_size(error):
                raise
        yield from self._read_pages(smaller, max_results)

    def _read_pages(self, request: Request, max_results: int | None) -> Iterator[Page]:
        reader = PageReader(
            PageRequests(request),
            what=f"records of {request.path}",
            remedy="Leave paginate out.",
            max_results=max_results,
        )
        try:
            held = self._take_session(request)
            for page in self.client.paginate(reader, require_trusted=self.require_trusted, held=held):
                self._refuse_unexpected(Response(page.status, None), request)
                yield page
        except BillError as error:
            raise self._with_details(explained(error, request, self._items(error))) from None

    def refuse_unreachable(self, request: Request) -> None:
        """Raise OptionError if BILL documents that the API of this request does not accept the authentication method."""
        method = self.client.sessions.method
        if request.is_webhooks and not method.reaches_webhooks:
            raise OptionError(
                f"BILL's webhooks API ({WEBHOOKS}) does not accept auth_method {method.method}. Use another auth_method for this task, "
                "for example password.",
                options=("auth_method",),
            )

    def check_only(self) -> ApiResult:
        """The result of a write in check mode. Raises BillError if the session cannot become trusted although it must be."""
        if self.require_trusted:
            self.client.sessions.ensure(require_trusted=True)
        return ApiResult(None, changed=True)

    def identity_of(self, request: Request) -> dict[str, str]:
        """The identity of a request. Two requests with the same identity are the same for BILL and use the same credential."""
        method = self.client.sessions.method
        return {
            "auth_method": method.method,
            "api_url": self.client.transport.base_url.url,
            **method.values,
            "request": canonical_form(request),
        }

    def redacted(self, request: Request) -> dict[str, Any]:
        """The request without secrets: ``method``, ``url``, and ``body`` if it has one."""
        shown: dict[str, Any] = {
            "method": request.method,
            "url": self.client.transport.base_url.address_of(request.target),
        }
        if key := key_of(request):
            shown["headers"] = {HEADER: key}
        return shown if request.body is None else {**shown, "body": self.secrets.redact(request.body)}

    def interrupted(self, request: Request, name: str) -> BillError | None:
        """The error for a write after Ansible has ended its task. None if the write was certainly not sent.

        ``name`` is the name of the exception with which Ansible ended the task.
        """
        if not self.attempt.is_sent:
            return None
        if not self.attempt.is_done:
            return self._with_details(self._uncertain(request, _ENDED.format(name)))
        return ApiError(
            f"BILL has processed this write: {request.label}. {_ENDED.format(name)}",
            details={"changed": True, "uncertain": False, "status": None, "codes": [], "errors": []},
        )

    def _send(self, request: Request) -> Response:
        held = self._take_session(request)
        try:
            return self.client.request(
                http_request(request), require_trusted=self.require_trusted, held=held, attempt=self.attempt
            ).response
        except ApiError as error:
            if self._is_open(request) or not self._is_expected(error, request):
                raise
            return Response(error.status or 0, error.response_body)

    def _is_open(self, request: Request) -> bool:
        """Whether BILL may have processed an earlier attempt of a write."""
        return self.attempt.is_lost and not request.is_read

    def _take_session(self, request: Request) -> HeldSession:
        """The session to use. Raises OptionError if the user has put a secret of the session into the request."""
        held = self.client.sessions.current(require_trusted=self.require_trusted)
        request.refuse_secrets(held.session.secrets)
        return held

    def _is_expected(self, error: ApiError, request: Request) -> bool:
        """Whether the user expects this rejection, and BILL itself sent it. A proxy may also answer 404, but without a BDC code."""
        # If BILL does not have the path, the code says nothing about a record.
        if not is_about(error, request) or isinstance(error, NEVER_EXPECTED) or scope_of(error.code) is Scope.ADDRESS:
            return False
        return error.status in self.expected and (error.status or 0) >= 400

    def _refuse_unexpected(self, response: Response, request: Request) -> None:
        if not self.expected or response.status in self.expected:
            return
        done = "" if request.is_read else " BILL has processed the write."
        raise self._with_details(
            ApiError(
                f"BILL answered {request.method} {request.path} with HTTP status {response.status}. expected_status does not "
                f"contain this status.{done}",
                status=response.status,
                details={} if request.is_read else {"changed": True, "json": self.secrets.redact(response.json)},
            )
        )

    def _translated(self, error: BillError, request: Request) -> BillError:
        """The error that the user gets for an error of a request."""
        if self._is_open(request) and not isinstance(error, UncertainWriteError):
            error = uncertain(error)
        if isinstance(error, UncertainWriteError):
            return self._uncertain(request, str(error), error)
        return explained(error, request, self._items(error))

    def _uncertain(self, request: Request, cause: str, error: BillError | None = None) -> UncertainWriteError:
        """The error for a write if nobody knows whether BILL has processed it. ``cause`` is a sentence that says why."""
        look_at = None if request.is_read else verification_query(request.method, request.path)
        where = "Check in BILL's web app"
        if look_at:
            newest = f" (sort: {look_at['sort']})" if "sort" in look_at else ""
            where = f"Read {look_at['path']}{newest}, or check in BILL's web app,"
        again = f"bill.connect does not send it again. {where} before you repeat it."
        if takes_key(request):
            again = (
                f"You can repeat the same write within 23 hours. bill.connect then sends the same {HEADER}, and BILL returns its first "
                "response if it has processed the write."
            )
        return UncertainWriteError(
            f"BILL may have processed this write: {request.method} {request.path} was sent, and its outcome is unknown. {cause} "
            + again,
            code=error.code if error else None,
            status=error.status if error else None,
            response_body=error.response_body if error else None,
            details={"uncertain": True, "sent": self.redacted(request), "look_at": look_at},
        )

    def _with_details(self, error: BillError) -> BillError:
        found = codes(error.response_body) or ([error.code] if error.code else [])
        error.details = {
            "status": error.status,
            "codes": list(dict.fromkeys(found)),
            "errors": self._items(error),
            **error.details,
        }
        return error

    def _items(self, error: BillError) -> list[dict[str, Any]]:
        """The codes and messages of BILL's response, without secrets."""
        found = (
            {
                "code": code if codes([{"code": (code := each.get("code"))}]) else None,
                "message": self.secrets.sanitize(each.get("message")),
            }
            for each in error_items(error.response_body)
        )
        return [each for each in found if each["code"] or each["message"]]
