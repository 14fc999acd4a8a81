# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gets, validates, renews and ends the session of one credential.

Private to bill.connect. Plain Python, without Ansible. decision.py decides what to do with a stored session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._core.clock import Clock
from .._core.errors import ApiError, AuthenticationError, SessionExpiredError
from .._core.reporter import Reporter
from .._core.secret_registry import SecretRegistry
from .._http.transport import Transport
from .._store.encrypted_entry import EncryptedEntry
from .cached_refusal import Refusals
from .decision import Decision, can_send_at_once, decide, is_trust_unknown, mfa_id_to_try
from .first_login import FirstLogin
from .methods import AuthMethod
from .session import HeldSession, Session, SessionResult
from .session_requests import SessionRequests
from .stored_session import StoredSession
from .trust import check_trust_can_be_required, report_trust
from .usable_session import UsableSession


class SessionManager:
    """Manages the session of one credential at one base URL.

    - ``entry`` is the entry of the session in the store.
    - ``check_after`` is in seconds. A session is not validated if BILL accepted it less than this time ago.
    - ``lock_timeout`` is the time in seconds to wait for another task that is logging in.
    - ``secrets`` receives the secrets of every session that is used.
    - ``parent`` is the manager of the session that a login needs. A user's login through a partner needs the partner's session.
    """

    def __init__(
        self,
        method: AuthMethod,
        transport: Transport,
        entry: EncryptedEntry[Session],
        refusals: Refusals,
        first_login: FirstLogin,
        *,
        check_after: float,
        lock_timeout: float,
        clock: Clock,
        reporter: Reporter,
        secrets: SecretRegistry,
        parent: SessionManager | None = None,
    ) -> None:
        self.method = method
        self.transport = transport
        self.entry = entry
        self.refusals = refusals
        self.check_after = check_after
        self.lock_timeout = lock_timeout
        self.clock = clock
        self.reporter = reporter
        self.secrets = secrets
        self.parent = parent
        self.stored = StoredSession(entry)
        self._requests = SessionRequests(method, transport, refusals, first_login, clock=clock, reporter=reporter)

    # --- For tasks that need a session ---

    def ensure(self, *, force: bool = False, require_trusted: bool = False) -> SessionResult:
        """A valid session: the stored session if possible, otherwise a new one.

        With ``force`` the session is always new. With ``require_trusted`` the session is MFA-trusted, or BILL requires no MFA. Raises:

        - LockTimeoutError if another task holds the lock for too long,
        - MfaRequiredError if the session cannot become trusted,
        - another BillError if there is no session for another reason.
        """
        held = self._ensure(force, self._needs_trust(require_trusted))
        return SessionResult(held.session, held.is_new)

    def usable(self, session: Session, *, require_trusted: bool = False) -> UsableSession | None:
        """The stored session for further uses in this process. None if it is not this session, or if something about it must be reported."""
        read, now, mfa_id = self.entry.snapshot(), self.clock.time(), self.method.mfa_id
        if read is None or read.value != session or (mfa_id and (not session.trusted or mfa_id.ends_soon(now))):
            return None
        rules = (self.check_after, self.method.can_validate, self._needs_trust(require_trusted))
        return UsableSession(session, read, self.clock, now, *rules)

    def log_in(self) -> HeldSession:
        """A new session from a login now. The login verifies the credentials. A cached refusal is raised first."""
        for each in (self, self.parent):
            if each:
                each.refusals.raise_if_quota_is_used_up()
                each.refusals.raise_if_refused()
        return self._ensure(force=True, require_trusted=False)

    def describe(self) -> Session | None:
        """The stored session with BILL's current information about it. None if there is no valid stored session."""
        with self.entry.lock(self.lock_timeout):
            session = self.entry.load()
            if session is None or session.is_due(self.clock.time()):
                return None
            self.refusals.raise_if_quota_is_used_up()
            return self._refreshed(session, Decision.VALIDATE, False)

    def end(self, *, force: bool = False, check_only: bool = False) -> SessionResult:
        """End the stored session at BILL and delete it from the store.

        With ``force`` the session is deleted even if BILL refuses to end it. With ``check_only`` nothing is ended. Then ``changed`` is true
        if a stored session would be ended.
        """
        changed = self._end(force, check_only)
        if self.parent:
            changed = self.parent.end(force=force, check_only=check_only).changed or changed
        return SessionResult(None, changed)

    @property
    def days_left(self) -> int | None:
        """The number of days until the MFA ID ends. None if there is no MFA ID, or if its end is unknown."""
        return self.method.mfa_id.days_left(self.clock.time()) if self.method.mfa_id else None

    # --- For requests that carry a session ---

    def current(self, *, force: bool = False, require_trusted: bool = False) -> HeldSession:
        """A session to send a request with. A stored session may be used without validation, because the response shows whether it is valid.

        With ``force`` cached refusals are ignored. Raises the same errors as ``ensure``.
        """
        require_trusted = self._needs_trust(require_trusted)
        session, now = self.entry.load(), self.clock.time()
        if session is None or not can_send_at_once(session, now, self.method.mfa_id, require_trusted):
            return self._ensure(force, require_trusted)
        if not force:
            self.refusals.raise_if_quota_is_used_up()
            self.refusals.raise_if_refused(of_session=True)
        return self._held(session, is_reported=False)

    @contextmanager
    def sending(self, session: Session) -> Iterator[None]:
        """Cache refusals of the requests inside the context, and update the stored session after their errors."""
        with self.stored.watching(session), self.refusals.guard(of_session=True):
            yield

    def renew(
        self, held: HeldSession, error: SessionExpiredError, *, force: bool = False, require_trusted: bool = False
    ) -> HeldSession:
        """A session that replaces one that BILL has just called expired. With ``force`` cached refusals are ignored.

        Raises ApiError if the session is new or still valid. Then BILL does not accept such sessions for the request, and a new session
        would not help.
        """
        if held.is_new or not self._requests.is_expired(held.session):
            said = error.code or f"HTTP status {error.status}"
            raise ApiError(
                f"BILL answered {said} although the session is valid. A new session would not help. BILL may not let sessions of this "
                "kind do this.",
                code=error.code,
                status=error.status,
                options=("auth_method",),
                response_body=error.response_body,
            )
        self.stored.delete(held.session, self.lock_timeout)
        return self.current(force=force, require_trusted=require_trusted)

    def touch(self, held: HeldSession) -> None:
        """Store the time of BILL's response to a request with the session. The response restarts the idle time of the session."""
        session = held.session
        if session.trusted and not held.is_reported:
            report_trust(session, self.method, self.clock.time(), False, self.reporter)
        self.stored.set_answered_at(session, self.clock.time())

    # --- Inside ---

    def _needs_trust(self, require_trusted: bool) -> bool:
        """Whether the session must be MFA-trusted. Raises OptionError if sessions of this method never are."""
        if require_trusted:
            check_trust_can_be_required(self.method)
        return require_trusted and not self.method.is_mfa_exempt

    def _held(self, session: Session, *, is_new: bool = False, is_reported: bool = True) -> HeldSession:
        self.secrets.add(session.secrets)
        return HeldSession(session, is_new, is_reported)

    def _ensure(self, force: bool, require_trusted: bool) -> HeldSession:
        session = None if force else self._usable(require_trusted)
        if session:
            held = self._held(session)
        else:
            with self.entry.lock(self.lock_timeout):
                held = self._ensure_locked(force, require_trusted)
        report_trust(held.session, self.method, self.clock.time(), require_trusted, self.reporter)
        return held

    def _ensure_locked(self, force: bool, require_trusted: bool) -> HeldSession:
        if not force:
            # Another task may have logged in, validated, or been refused while this one waited for the lock.
            if session := self._usable(require_trusted):
                return self._held(session)
            self.refusals.raise_if_quota_is_used_up()
            if session := self._validated(require_trusted):
                return self._held(session)
            self.refusals.raise_if_refused()
        session = self._log_in(force)
        self.entry.save(session)
        self.refusals.clear()
        if self.method.creates_session:
            self.reporter.log(f"signed in to {self.transport.environment_label}")
        if is_trust_unknown(session, require_trusted):
            session = self._requests.validate(session)
            self.entry.save(session)
        return self._held(session, is_new=self.method.creates_session)

    def _decide(self, session: Session | None, require_trusted: bool) -> Decision:
        return decide(
            session,
            self.clock.time(),
            check_after=self.check_after,
            can_validate=self.method.can_validate,
            mfa_id=self.method.mfa_id,
            require_trusted=require_trusted,
        )

    def _usable(self, require_trusted: bool) -> Session | None:
        """The stored session if it can be used without validation. Otherwise None."""
        session = self.entry.load()
        if self._decide(session, require_trusted) is not Decision.USE:
            return None
        self.reporter.log("used the stored session without validation")
        return session

    def _validated(self, require_trusted: bool) -> Session | None:
        """The stored session if BILL confirms that it is valid. Otherwise None. A useful MFA ID is sent first to make it trusted."""
        session = self.entry.load()
        decision = self._decide(session, require_trusted)
        if session is None or decision is Decision.LOG_IN:
            return None
        return self._refreshed(session, decision, require_trusted)

    def _refreshed(self, session: Session, decision: Decision, require_trusted: bool) -> Session | None:
        """The session with BILL's current information about it, which is also stored. None if BILL calls the session expired."""
        self.refusals.raise_if_refused(of_session=True)
        try:
            if decision is Decision.STEP_UP and (mfa_id := mfa_id_to_try(session, self.method.mfa_id)):
                session = self._requests.step_up(session, mfa_id)
            if decision is Decision.VALIDATE or is_trust_unknown(session, require_trusted):
                session = self._requests.validate(session)
        except SessionExpiredError:
            # Other programs may use the session and so extend it, or they may end it early. Therefore only BILL's response decides
            # whether it has expired.
            self.reporter.log("the stored session has expired")
            self.entry.delete()
            return None
        except AuthenticationError:
            # From now on every task must validate the session before its use, even if BILL accepted it recently.
            self.entry.save(session.answered(0))
            raise
        self.entry.save(session)
        return session

    def _log_in(self, force: bool) -> Session:
        if self.parent is None:
            return self._requests.log_in(None, force=force)
        held = self.parent.current(force=force)
        try:
            session = self._log_in_with(self.parent, held, force)
        except SessionExpiredError as error:
            held = self.parent.renew(held, error, force=force)
            session = self._log_in_with(self.parent, held, force)
        self.parent.touch(held)
        return session

    def _log_in_with(self, parent: SessionManager, held: HeldSession, force: bool) -> Session:
        # BILL may reject this credential although the parent's credential is right. So no refusal is cached for the parent.
        with parent.stored.watching(held.session):
            return self._requests.log_in(held.session, force=force)

    def _end(self, force: bool, check_only: bool) -> bool:
        with self.entry.lock(self.lock_timeout):
            session = self.entry.load()
            if self.method.logout_note:
                if session and not check_only:
                    self.entry.delete()
                    self.reporter.warn(self.method.logout_note.format(end=session.expires_at or "BILL ends it"))
                return False
            if session is None or check_only:
                return session is not None
            if not force:
                self.refusals.raise_if_quota_is_used_up()
                self.refusals.raise_if_refused(of_session=True)
            # If this task is killed, or if BILL's response is lost, the next task validates the session before its use.
            self.entry.save(session.answered(0))
            is_ended = self._requests.log_out(session, force=force)
            self.entry.delete()
            self.reporter.log(
                "signed out" if is_ended else "BILL did not end the session; bill.connect deleted it from the store"
            )
            return is_ended
