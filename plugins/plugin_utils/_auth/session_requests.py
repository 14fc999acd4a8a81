# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests about a session itself: log in, validate, make trusted, log out.

Private to bill.connect. Each request caches its refusal. Which request to send, and when, is the work of session_manager.py.
"""

from __future__ import annotations

from dataclasses import replace

from .._core.clock import Clock
from .._core.errors import ApiError, MfaRequiredError, SessionExpiredError, UnknownApiError
from .._core.reporter import Reporter
from .._http.transport import Transport
from .cached_refusal import Refusals
from .first_login import FirstLogin
from .methods import AuthMethod
from .mfa_id import MfaId
from .session import Session

# A session that cannot be validated counts as valid for this many seconds after its login, even if BILL calls it expired. Otherwise a
# request that BILL does not accept with such sessions would create a new session each time.
_ALWAYS_VALID_SECONDS = 60


class SessionRequests:
    """Sends the requests of one authentication method about a session. It does not read or write the stored session."""

    def __init__(
        self,
        method: AuthMethod,
        transport: Transport,
        refusals: Refusals,
        first_login: FirstLogin,
        *,
        clock: Clock,
        reporter: Reporter,
    ) -> None:
        self._method = method
        self._transport = transport
        self._refusals = refusals
        self._first_login = first_login
        self._clock = clock
        self._reporter = reporter

    def log_in(self, parent: Session | None, *, force: bool) -> Session:
        """A new session. A user's login through a partner sends the partner's session, ``parent``. Raises BillError.

        With ``force`` it is sent at once, even if BILL has just refused the user.
        """
        if force:
            return self._log_in(parent)
        with self._first_login.alone():
            # BILL may have refused the user while this task waited, or its quota may be used up.
            self._refusals.raise_if_quota_is_used_up()
            self._refusals.raise_if_refused()
            return self._log_in(parent)

    def validate(self, session: Session) -> Session:
        """The session with BILL's current information about it. Raises SessionExpiredError if BILL calls it expired."""
        with self._refusals.guard(of_session=True):
            validated = self._method.validate(self._transport, session)
        if not self._method.can_validate:
            # BILL may have sent no information about the session, so the time of its last response does not change.
            return validated
        self._reporter.log("used the stored session; BILL confirmed that it is valid")
        return validated.answered(self._clock.time())

    def is_expired(self, session: Session) -> bool:
        """Whether BILL confirms that the session has expired. A rejected request alone does not prove this.

        BILL may not accept sessions of this kind for every request.
        """
        if not self._method.can_validate:
            return not 0 <= self._clock.time() - session.made_at < _ALWAYS_VALID_SECONDS
        try:
            with self._refusals.guard(of_session=True):
                self._method.validate(self._transport, session)
        except SessionExpiredError:
            return True
        return False

    def step_up(self, session: Session, mfa_id: MfaId) -> Session:
        """The session after a request to BILL to trust it because of the MFA ID."""
        try:
            with self._refusals.guard(of_session=True):
                trusted = self._method.step_up(self._transport, session, mfa_id)
        except (MfaRequiredError, UnknownApiError):
            # Observed: BILL reports a rejected MFA ID without an error. If BILL returns an error, it also counts as a rejection.
            trusted = False
        self._reporter.log(
            f"sent the MFA ID with the stored session; BILL {'trusts' if trusted else 'does not trust'} the session"
        )
        refused = [] if trusted else [*session.refused_mfa_ids, mfa_id.fingerprint]
        return replace(session, trusted=trusted, refused_mfa_ids=refused).answered(self._clock.time())

    def log_out(self, session: Session, *, force: bool) -> bool:
        """Whether BILL has ended the session. Raises ApiError if BILL refuses to end it, unless ``force`` is true."""
        try:
            with self._refusals.guard(of_session=True):
                self._method.log_out(self._transport, session)
                return True
        except SessionExpiredError:
            return False
        except ApiError:
            if not force:
                raise
        return False

    def _log_in(self, parent: Session | None) -> Session:
        with self._refusals.guard(of_session=False):
            return self._method.log_in(self._transport, self._clock.time(), parent)
