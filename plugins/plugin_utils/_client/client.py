# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends authenticated requests to BILL, and renews the session if it has expired.

Private to bill.connect. This package does not import Ansible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._auth.session import HeldSession, Session
from .._auth.session_manager import SessionManager
from .._core.errors import BillError, SessionExpiredError
from .._core.secret_registry import SecretRegistry
from .._http.messages import HttpRequest, Response
from .._http.retry_policy import RetryPolicy
from .._http.transport import Transport
from .._store.base import Store
from .write_outcome import WriteAttempt, may_be_processed, uncertain

if TYPE_CHECKING:
    from .pagination import Page, PageReader

# Seconds between two updates of the stored session while a long list is read. Other tasks then use the session without validation.
_TOUCH_INTERVAL = 20


@dataclass(frozen=True)
class ClientResponse:
    """The response to a request. ``signed_in`` is true if bill.connect created a session for it."""

    response: Response
    signed_in: bool


class BillClient:
    """Sends requests with the sessions of one credential, which ``sessions`` manages.

    ``store`` is the store of the sessions. Other tasks of the run share ``shared``, also if nothing is stored for later runs. ``timeout`` is
    that of one request, in seconds.
    """

    def __init__(
        self,
        sessions: SessionManager,
        transport: Transport,
        retry: RetryPolicy,
        store: Store,
        shared: Store,
        *,
        timeout: float,
    ) -> None:
        self.sessions = sessions
        self.transport = transport
        self.retry = retry
        self.store = store
        self.shared = shared
        self.timeout = timeout

    @property
    def secrets(self) -> SecretRegistry:
        """All secrets of this invocation. The client adds the secrets of each session that it uses."""
        return self.sessions.secrets

    def request(
        self,
        request: HttpRequest,
        *,
        require_trusted: bool = False,
        held: HeldSession | None = None,
        attempt: WriteAttempt | None = None,
    ) -> ClientResponse:
        """Send a request with the current session. If the session has expired, renew it and send the request once more.

        A request that is not repeatable is sent again only if BILL has certainly not processed it.

        - ``require_trusted`` requires an MFA-trusted session.
        - ``held`` is a session that the caller already has, or None.
        - ``attempt`` records the progress of the request.

        Raises BillError. Raises UncertainWriteError if BILL may have processed a request that is not repeatable.
        """
        attempt = attempt or WriteAttempt()
        held = held or self.sessions.current(require_trusted=require_trusted)
        response, held = self._send(held, request, require_trusted, attempt)
        # BILL has processed the request. If Ansible ends the task here, the user must still learn of it.
        self._touch(held, BaseException)
        return ClientResponse(response, held.is_new)

    def request_with(self, session: Session, request: HttpRequest) -> Response:
        """Send a request with this session only. Raises SessionExpiredError if the session has expired."""
        self.sessions.refusals.raise_if_quota_is_used_up()
        self.sessions.refusals.raise_if_refused(of_session=True)
        return self._send_with(session, request, WriteAttempt())

    def paginate(
        self, reader: PageReader, *, require_trusted: bool = False, held: HeldSession | None = None
    ) -> Iterator[Page]:
        """Read a list page by page over one connection. If the session expires between two pages, renew it and continue."""
        with self.transport.keep_alive():
            held = held or self.sessions.current(require_trusted=require_trusted)
            touched = self.sessions.clock.time()
            signed_in = held.is_new
            while request := reader.next_request():
                response, held = self._send(held, request, require_trusted, WriteAttempt())
                signed_in = signed_in or held.is_new
                yield reader.read(response, signed_in)
                # BILL has accepted the session, so it does not count as new for the next page.
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
        """The response, and the session of the request."""
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
        # Ansible can end the task at any point from here. Then the request counts as sent.
        attempt.is_sent = True
        try:
            response = self.transport.send(request)
        except BillError as error:
            attempt.is_lost = attempt.is_sent = attempt.is_lost or may_be_processed(error)
            if attempt.is_sent and not request.is_repeatable:
                # The write must not be sent again, whatever the response of BILL contains.
                raise uncertain(error) from None
            raise
        except BaseException as error:
            attempt.is_sent = attempt.is_lost or may_be_processed(error)
            raise
        attempt.is_done = True
        return response

    def _touch(self, held: HeldSession, ignored: type[BaseException] = Exception) -> None:
        """Update the stored session. An exception of the class ``ignored`` is only logged."""
        try:
            self.sessions.touch(held)
        except (KeyboardInterrupt, SystemExit):
            raise
        except ignored as error:
            # BILL has processed the request. A failure to update the stored session does not change that.
            self.sessions.reporter.log(f"bill.connect could not update the stored session ({type(error).__name__})")
