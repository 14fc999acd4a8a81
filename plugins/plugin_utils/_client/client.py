# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends authenticated requests to BILL. Every request of a task takes this one loop.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .._auth.session import HeldSession, Session
from .._auth.session_manager import SessionManager
from .._core.errors import BillError, SessionExpiredError
from .._core.secret_registry import SecretRegistry
from .._http.messages import HttpRequest, Response
from .._http.retry_policy import RetryPolicy
from .._http.transport import Transport
from .pagination import Page, PageReader
from .write_outcome import WriteAttempt, may_be_processed, uncertain

# A long list notes this often, in seconds, that its session is in use, so that other tasks need not validate it.
_TOUCH_INTERVAL = 20


@dataclass(frozen=True)
class ClientResponse:
    """The ``response`` to a request. ``signed_in`` says that a session had to be made for it."""

    response: Response
    signed_in: bool


class BillClient:
    """BILL, for one credential. ``sessions`` gives the sessions that its requests carry."""

    def __init__(self, sessions: SessionManager, transport: Transport, retry: RetryPolicy) -> None:
        self.sessions = sessions
        self.transport = transport
        self.retry = retry

    @property
    def secrets(self) -> SecretRegistry:
        """All secrets of this invocation; it learns the sessions that are used."""
        return self.sessions.secrets

    def request(
        self,
        request: HttpRequest,
        *,
        require_trusted: bool = False,
        held: HeldSession | None = None,
        attempt: WriteAttempt | None = None,
    ) -> ClientResponse:
        """Send a request with the current session; if BILL calls that session expired, once more with a new one.

        A request that is not repeatable is sent a second time only if BILL has certainly not processed it. With ``require_trusted`` the
        session is MFA-trusted. ``held`` is a session that the caller has taken already, and ``attempt`` notes how far the request came.
        Raises BillError; UncertainWriteError if BILL may have processed a request that is not repeatable.
        """
        attempt = attempt or WriteAttempt()
        held = held or self.sessions.current(require_trusted=require_trusted)
        response, held = self._send(held, request, require_trusted, attempt)
        self._touch(held)
        return ClientResponse(response, held.is_new)

    def request_with(self, session: Session, request: HttpRequest) -> Response:
        """Send a request with this session and no other. SessionExpiredError if it has expired."""
        self.sessions.refusals.raise_if_quota_is_used_up()
        self.sessions.refusals.raise_if_refused(of_session=True)
        return self._send_with(session, request, WriteAttempt())

    def paginate(
        self, reader: PageReader, *, require_trusted: bool = False, held: HeldSession | None = None
    ) -> Iterator[Page]:
        """Read a list page by page over one connection. A session that expires in between is renewed, and the list goes on."""
        with self.transport.keep_alive():
            held = held or self.sessions.current(require_trusted=require_trusted)
            touched = self.sessions.clock.time()
            signed_in = held.is_new
            while request := reader.next_request():
                response, held = self._send(held, request, require_trusted, WriteAttempt())
                signed_in = signed_in or held.is_new
                yield reader.read(response, signed_in)
                # It is as good as any session from here on.
                held = replace(held, is_new=False)
                now = self.sessions.clock.time()
                if held.session.is_due(now) or not 0 <= now - touched < _TOUCH_INTERVAL:
                    self._touch(held)
                    held, touched = self.sessions.current(require_trusted=require_trusted), now
                    signed_in = signed_in or held.is_new
            self._touch(held)

    def _send(
        self, held: HeldSession, request: HttpRequest, require_trusted: bool, attempt: WriteAttempt
    ) -> tuple[Response, HeldSession]:
        """The response, and the session that it came for."""
        try:
            return self._send_with(held.session, request, attempt), held
        except SessionExpiredError as error:
            held = self.sessions.renew(held, error, require_trusted=require_trusted)
        return self._send_with(held.session, request, attempt), held

    def _send_with(self, session: Session, request: HttpRequest, attempt: WriteAttempt) -> Response:
        authorized = self.sessions.method.authorized(session, request)
        with self.sessions.sending(session):
            for number in self.retry.attempts():
                try:
                    return self._send_once(authorized, attempt)
                except BillError as error:
                    self.retry.wait_or_raise(number, error, repeatable=request.is_repeatable)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _send_once(self, request: HttpRequest, attempt: WriteAttempt) -> Response:
        # As far as is known, if Ansible ends the task at the next step.
        attempt.is_sent = True
        try:
            response = self.transport.send(request)
        except BillError as error:
            attempt.is_sent = may_be_processed(error)
            if attempt.is_sent and not request.is_repeatable:
                # Whatever BILL said with it: nothing may send this again.
                raise uncertain(error) from None
            raise
        except BaseException as error:
            attempt.is_sent = may_be_processed(error)
            raise
        attempt.is_done = True
        return response

    def _touch(self, held: HeldSession) -> None:
        try:
            self.sessions.touch(held)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # BILL has processed the request. Whatever keeps this note from being written does not undo that.
            self.sessions.reporter.log(f"the use of the session was not noted ({type(error).__name__})")
