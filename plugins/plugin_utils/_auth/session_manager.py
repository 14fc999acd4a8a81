# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reuse, check, or sign in: the only place that decides.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .._core.errors import (
    ApiError,
    AuthenticationError,
    HourlyQuotaError,
    LockTimeoutError,
    MfaRequiredError,
    OptionError,
    SessionExpiredError,
    UnknownApiError,
)
from .._http.retry_policy import RetryPolicy
from .._http.transport import HttpTransport
from .._store.encrypted_entry import EncryptedEntry
from .cached_refusal import CachedRefusal
from .methods import AuthMethod, MfaId
from .session import Session

_T = TypeVar("_T")

# How many seconds to wait for others where something is only to be noted.
_LOCK_TIMEOUT = 10

# How many days before an MFA ID ends a warning begins to say so.
_DAYS_TO_WARN = 7

# How many seconds a session that cannot be checked is taken to be alive whatever BILL says, so that a call which BILL does not
# take from sessions of its kind does not make a new one each time.
_YOUNG = 60


@dataclass(frozen=True)
class SessionResult:
    """``session`` is the one to use (None after a sign-out); ``changed`` says that one was made or ended."""

    session: Session | None
    changed: bool


@dataclass
class SessionManager:
    """The sign-in of one credential at one BILL.

    ``check_after`` is in seconds: a kept session that BILL answered more recently is used without asking.
    ``refused`` and ``hour`` open what is remembered of refusals of this credential, and of its developer key's quota; only a
    task without a session needs to know. ``longest_wait`` is how many seconds to wait for another task that is signing in.
    ``through`` is the sign-in by whose session this one is made, where there is one. ``clock`` gives seconds since the
    epoch. ``tell`` is told what was decided, ``warn`` of what the user should know.
    """

    credential: AuthMethod
    gateway: HttpTransport
    kept: EncryptedEntry[Session]
    refused: Callable[[], EncryptedEntry[CachedRefusal]]
    hour: Callable[[], EncryptedEntry[CachedRefusal]]
    retry: RetryPolicy
    check_after: float
    longest_wait: float
    tell: Callable[[str], None]
    warn: Callable[[str], None]
    through: SessionManager | None = None
    clock: Callable[[], float] = time.time

    def present(self, *, force: bool = False, require_trusted: bool = False) -> SessionResult:
        """A session that works: the kept one, or else a new one.

        With ``require_trusted`` it is MFA-trusted, or BILL asks for no MFA. Raises the BillError of whatever keeps BILL from
        giving one, BusyError if others hold the sign-in for too long, SessionUntrusted if there is no trust to be had.
        """
        return SessionResult(*self._working(force, require_trusted and self._can_be_required()))

    def prove(self) -> tuple[Session, bool]:
        """A session that BILL has made now, so that the credentials are known to be good, and whether there is such a thing as making
        one; a refusal that is remembered is heeded.

        Raises what ``present`` does.
        """
        for each in (self, self.through):
            if each:
                each._heed(each.hour())
                each._heed(each.refused())
        return self._working(force=True, require_trusted=False)

    @property
    def days_left(self) -> int | None:
        """How many days the MFA ID lasts from today on; None if there is none, or nobody knows."""
        return self.credential.mfa_id.days_left(self.clock()) if self.credential.mfa_id else None

    def use(
        self, ask: Callable[[Session], _T], *, acts: bool = False, require_trusted: bool = False
    ) -> tuple[_T, bool]:
        """What ``ask`` returns for a session, and whether that had to be made.

        A session that turns out to have ended is replaced, once, and ``ask`` is asked again. With ``acts`` it is not asked again for
        any other reason, unless BILL has certainly done nothing. ``require_trusted`` is as for ``present``.
        """
        return self.lend(lambda session: self.ask(lambda: ask(session), acts=acts), require_trusted=require_trusted)

    def ask(self, ask: Callable[[], _T], *, acts: bool = False) -> _T:
        """The same of an ``ask`` that has been lent a session already, which is not replaced here."""
        return self._remembering(ask, of_session=True, acts=acts)

    def lend(
        self, ask: Callable[[Session], _T], *, force: bool = False, require_trusted: bool = False
    ) -> tuple[_T, bool]:
        """Like ``use``, for an ``ask`` that sees to its own failures. With ``force`` no remembered refusal is heeded."""
        trust = require_trusted and self._can_be_required()
        session, changed, told = self._kept_or_new(force, trust)
        try:
            result = self._answer(ask, session)
        except SessionExpiredError as error:
            if changed or not self._has_ended(session):
                said = error.code or f"HTTP status {error.status}"
                raise ApiError(
                    f"BILL answered {said} although the session is alive, so a new one would not help. BILL may not let sessions of this "
                    "kind do this.",
                    code=error.code,
                    status=error.status,
                    concerns=("auth_method",),
                    answer=error.answer,
                ) from None
            self._change_kept(session, lambda _kept: None)
            session, changed, told = self._kept_or_new(force, trust)
            result = self._answer(ask, session)
        if session.trusted and not told:
            self._tell_of_trust(session, require_trusted=False)
        # It is worth no wait: should somebody hold the lock, then that one is just asking BILL, too.
        with suppress(LockTimeoutError):
            self._change_kept(session, lambda kept: kept.answered(self.clock()), wait=0)
        return result, changed

    def ask_once(self, session: Session, ask: Callable[[], _T]) -> _T:
        """What ``ask`` returns, which is not asked again unless BILL has certainly done nothing; ``session`` is the one it uses."""
        self._heed(self.hour())
        self._heed(self.refused(), of_session=True)
        return self._answer(lambda _session: self.ask(ask, acts=True), session)

    def inquire(self) -> Session | None:
        """The kept session with what BILL says of it now; None if there is none, or none any more."""
        with self.kept.lock(self.longest_wait):
            session = self.kept.load()
            if session is None or session.is_due(self.clock()):
                return None
            self._heed(self.hour())
            return self._asked(session, self._checked)

    def update(self, session: Session, **changes: Any) -> bool:
        """Keep the session with these changes, unless another one has taken its place; False if others are busy with it."""

        def changed(kept: Session) -> Session:
            return replace(kept, **changes)

        try:
            self._change_kept(session, changed, wait=_LOCK_TIMEOUT)
        except LockTimeoutError:
            return False
        return True

    def _answer(self, ask: Callable[[Session], _T], session: Session) -> _T:
        try:
            return ask(session)
        except AuthenticationError:
            # However recently BILL has answered before, nobody uses the session without asking any more.
            with suppress(LockTimeoutError):
                self._change_kept(session, lambda kept: kept.answered(0), wait=0)
            raise
        except MfaRequiredError:
            # Else it would go on to count as trusted. An MFA ID is worth another try.
            if session.trusted:
                self.update(session, trusted=False, mfa_asked=False, refused_mfa_ids=[])
            raise

    def _has_ended(self, session: Session) -> bool:
        """Whether a session has really ended of which BILL has said so; not all calls may be for sessions of its kind."""
        if not self.credential.checks:
            return not 0 <= self.clock() - session.made_at < _YOUNG
        try:
            self.ask(lambda: self.credential.check(self.gateway, session))
        except SessionExpiredError:
            return True
        return False

    def _working(self, force: bool, require_trusted: bool) -> tuple[Session, bool]:
        """A session that works, and whether it was made for this."""
        session, changed = None if force else self._usable_without_asking(require_trusted), False
        if session is None:
            with self.kept.lock(self.longest_wait):
                session, changed = self._decided(force, require_trusted)
        self._tell_of_trust(session, require_trusted)
        return session, changed

    def _decided(self, force: bool, require_trusted: bool) -> tuple[Session, bool]:
        # Whoever held the lock before may have signed in, checked, or been refused meanwhile.
        if not force:
            if session := self._usable_without_asking(require_trusted):
                return session, False
            self._heed(self.hour())
            if session := self._kept_and_alive(require_trusted):
                return session, False
            self._heed(self.refused())
        session = self._made(force)
        self.kept.save(session)
        self._forget_refusals()
        if self.credential.signs_in:
            self.tell(f"signed in to {self.gateway.place}")
        if _trust_is_open(session, require_trusted):
            session = self._checked(session)
            self.kept.save(session)
        return session, self.credential.signs_in

    def _made(self, force: bool) -> Session:
        def ask(through: Session | None) -> Session:
            return self._remembering(
                lambda: self.credential.sign_in(self.gateway, self.clock(), through), of_session=False
            )

        return self.through.lend(ask, force=force)[0] if self.through else ask(None)

    def absent(self, *, force: bool = False, only_look: bool = False) -> SessionResult:
        """No session any more: end the kept one at BILL and forget it.

        With ``force`` it is forgotten even if BILL refuses to end it. With ``only_look`` nothing is ended; ``changed`` says
        whether a kept session would be.
        """
        changed = self._ended(force, only_look)
        if self.through:
            changed = self.through.absent(force=force, only_look=only_look).changed or changed
        return SessionResult(None, changed=changed)

    def _ended(self, force: bool, only_look: bool) -> bool:
        with self.kept.lock(self.longest_wait):
            session = self.kept.load()
            if self.credential.no_sign_out:
                if session and not only_look:
                    self.kept.forget()
                    self.warn(self.credential.no_sign_out.format(end=session.expires_at or "it ends by itself"))
                return False
            if session is None or only_look:
                return session is not None
            kept = session
            if not force:
                self._heed(self.hour())
                self._heed(self.refused(), of_session=True)
            # Should this task be killed on its way, or BILL's answer be lost, then the next one asks before it uses this.
            self.kept.save(session.answered(0))
            try:
                self._remembering(lambda: self.credential.sign_out(self.gateway, kept), of_session=True)
                ended = True
            except SessionExpiredError:
                ended = False
            except ApiError:
                if not force:
                    raise
                ended = False
            self.kept.forget()
            self.tell("signed out" if ended else "BILL did not end the kept session; it is forgotten")
            return ended

    def _forget_refusals(self) -> None:
        """BILL has just said yes, whatever it said before."""
        for remembered in (self.refused(), self.hour()):
            if remembered.load():
                # Should somebody else be at it, then that one knows better.
                with suppress(LockTimeoutError), remembered.lock(0):
                    remembered.forget()

    def _heed(self, remembered: EncryptedEntry[CachedRefusal], *, of_session: bool = False) -> None:
        """Raise a refusal that still stands, so that BILL is not asked; with ``of_session`` only one of a session."""
        refusal = remembered.load()
        if refusal and refusal.stands(self.clock()) and (refusal.of_session or not of_session):
            raise refusal.error(remembered=True)

    def _remembering(self, ask: Callable[[], _T], *, of_session: bool, acts: bool = False) -> _T:
        """Ask BILL, and have every task and run remember a no that asking again would not change."""
        try:
            return self.retry.run(ask, acts=acts)
        except AuthenticationError as error:
            refusal, remembered = CachedRefusal.of(error, self.clock(), of_session=of_session), self.refused()
            answer = error.answer
        except HourlyQuotaError as error:
            refusal, remembered = CachedRefusal.of(error, self.clock(), of_session=of_session), self.hour()
            answer = error.answer
        # Others may write there at the same time, so it has a lock of its own. That is held for a moment only; should it not be
        # free, then somebody else is just writing the same.
        with suppress(LockTimeoutError), remembered.lock(0):
            remembered.save(refusal, seconds=refusal.until - refusal.at)
        failure = refusal.error(remembered=False)
        failure.answer = answer
        raise failure

    def _usable_without_asking(self, require_trusted: bool) -> Session | None:
        session = self.kept.load()
        if session and not self._needs_a_check(session, require_trusted) and not self._mfa_id_to_try(session):
            self.tell("used the kept session; BILL answered it a moment ago, so it was not asked again")
            return session
        return None

    def _needs_a_check(self, session: Session, require_trusted: bool) -> bool:
        now = self.clock()
        if session.is_due(now) or _trust_is_open(session, require_trusted):
            return True
        if session.ends_at is not None and not self.credential.checks:
            return False
        return not session.is_recent(now, self.check_after)

    def _mfa_id_to_try(self, session: Session) -> MfaId | None:
        """The MFA ID, if it may make the session trusted as far as is known."""
        mfa_id = self.credential.mfa_id
        known = not mfa_id or session.trusted or mfa_id.fingerprint in session.refused_mfa_ids
        return None if known else mfa_id

    def _kept_and_alive(self, require_trusted: bool) -> Session | None:
        """The kept session if BILL says that it lives, stepped up if it can be."""
        session = self.kept.load()
        if session is None or not self.credential.checks:
            return None

        def ask(session: Session) -> Session:
            if mfa_id := self._mfa_id_to_try(session):
                session = self._stepped_up(session, mfa_id)
                if not _trust_is_open(session, require_trusted):
                    return session
            return self._checked(session)

        return self._asked(session, ask)

    def _asked(self, session: Session, ask: Callable[[Session], Session]) -> Session | None:
        """The session that ``ask`` makes of the kept one, kept; None if BILL says that it has ended."""
        self._heed(self.refused(), of_session=True)
        try:
            session = ask(session)
        except SessionExpiredError:
            # A session that was used by other means may outlive what we know of it, and one that is young may have
            # been ended elsewhere: only BILL knows, so only its word ends a session.
            self.tell("the kept session has ended at BILL")
            self.kept.forget()
            return None
        except AuthenticationError:
            # However recently BILL has answered before, nobody uses it without asking any more.
            self.kept.save(session.answered(0))
            raise
        self.kept.save(session)
        return session

    def _checked(self, session: Session) -> Session:
        checked = self._remembering(lambda: self.credential.check(self.gateway, session), of_session=True)
        if not self.credential.checks:
            # BILL may have said nothing of it.
            return checked
        self.tell("used the kept session; BILL says that it is alive")
        return checked.answered(self.clock())

    def _stepped_up(self, session: Session, mfa_id: MfaId) -> Session:
        """The session after BILL was asked to trust it for the sake of the MFA ID."""
        try:
            trusted = self._remembering(lambda: self.credential.step_up(self.gateway, session, mfa_id), of_session=True)
        except (MfaRequiredError, UnknownApiError):
            # Observed is an answer without an error; should one come all the same, it says no, too.
            trusted = False
        self.tell(f"BILL was asked to trust the kept session, and {'does' if trusted else 'does not'}")
        refused = [] if trusted else [*session.refused_mfa_ids, mfa_id.fingerprint]
        return replace(session, trusted=trusted, refused_mfa_ids=refused).answered(self.clock())

    def _kept_or_new(self, force: bool, require_trusted: bool) -> tuple[Session, bool, bool]:
        """A session, whether it was made for this, and whether its trust was told of.

        One that is kept is not checked before, since its use tells as much.
        """
        session = self.kept.load()
        if session and not session.is_due(self.clock()) and not self._may_become_trusted(session, require_trusted):
            if not force:
                self._heed(self.hour())
                self._heed(self.refused(), of_session=True)
            return session, False, False
        return *self._working(force, require_trusted), True

    def _may_become_trusted(self, session: Session, require_trusted: bool) -> bool:
        """Whether a session has to be looked at for the sake of its trust before it is used."""
        return bool(self._mfa_id_to_try(session)) or (require_trusted and not (session.trusted or session.mfa_bypass))

    def _change_kept(
        self, session: Session, change: Callable[[Session], Session | None], wait: float | None = None
    ) -> None:
        """Keep what ``change`` makes of the session, unless somebody has kept another one in its place.

        ``wait`` is how many seconds to wait for others, the usual ones if not given.
        """
        with self.kept.lock(self.longest_wait if wait is None else wait):
            kept = self.kept.load()
            if kept is None or kept.headers != session.headers:
                return
            if changed := change(kept):
                self.kept.save(changed)
            else:
                self.kept.forget()

    def _can_be_required(self) -> bool:
        """Whether trust has to be looked for; OptionError if this method can never give it."""
        if self.credential.pays_untrusted or self.credential.can_be_trusted():
            return not self.credential.pays_untrusted
        raise OptionError(
            f"{self.credential.title} makes no MFA-trusted sessions, so require_trusted cannot be met. Use "
            "auth_method password with remember_me_id and device, which the role bill.connect.trust hands out.",
            concerns=("auth_method",),
        )

    def _tell_of_trust(self, session: Session, require_trusted: bool) -> None:
        """SessionUntrusted if trust is required and there is none; a warning if an MFA ID is no good any more."""
        mfa_id, days = self.credential.mfa_id, self.days_left
        if session.trusted or session.mfa_bypass:
            if mfa_id and days is not None and days <= _DAYS_TO_WARN:
                self.warn(
                    f"The MFA ID in remember_me_id ends on {mfa_id.expires_on} (days left: {max(days, 0)}). Make a new one with the "
                    "role bill.connect.trust."
                )
            return
        if mfa_id and mfa_id.fingerprint in session.refused_mfa_ids:
            why = (
                "BILL does not trust this session for the MFA ID in remember_me_id. BILL keeps an MFA ID for 30 days, and takes it "
                "only with the device name that it was made with (device). The role bill.connect.trust makes a new one."
            )
        elif require_trusted:
            why = (
                "This session is not MFA-trusted, and require_trusted is true. The role bill.connect.trust has a "
                "person pass BILL's MFA challenge, and hands out remember_me_id and device for later sessions."
            )
        else:
            return
        if require_trusted:
            raise MfaRequiredError(why, concerns=("remember_me_id", "device") if mfa_id else ())
        self.warn(why)


def _trust_is_open(session: Session, require_trusted: bool) -> bool:
    """Whether trust is required, and BILL was not yet asked whether the session has it, or needs none."""
    return require_trusted and not session.trusted and not session.mfa_asked
