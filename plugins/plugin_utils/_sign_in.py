# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reuse, check, or sign in: the only place that decides.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from ._credentials import METHODS, Credential
from ._errors import BusyError, CredentialRefused, HourSpent, Rejected, SessionEnded
from ._gate import Gate
from ._gateway import API_URLS, Gateway
from ._refusal import Refusal
from ._retry import Retry
from ._seal import Seal
from ._session import Session
from ._store import open_shared, open_stores
from ._store._kept import Kept

_T = TypeVar("_T")


@dataclass(frozen=True)
class Outcome:
    """``session`` is the one to use (None after a sign-out); ``changed`` says that one was made or ended."""

    session: Session | None
    changed: bool


@dataclass
class SignIn:
    """The sign-in of one credential at one BILL.

    ``check_after`` is in seconds: a kept session that BILL answered more recently is used without asking.
    ``refused`` and ``hour`` open what is remembered of refusals of this credential, and of its developer key's quota; only a
    task without a session needs to know. ``longest_wait`` is how many seconds to wait for another task that is signing in. ``clock`` gives seconds since the
    epoch. ``tell`` is told what was decided.
    """

    credential: Credential
    gateway: Gateway
    kept: Kept[Session]
    refused: Callable[[], Kept[Refusal]]
    hour: Callable[[], Kept[Refusal]]
    retry: Retry
    check_after: float
    longest_wait: float
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.time

    def present(self, *, force: bool = False) -> Outcome:
        """A session that works: the kept one, or else a new one.

        Raises the BillError of whatever keeps BILL from giving one, BusyError if others hold the sign-in for too long.
        """
        if not force and (session := self._trusted_without_asking()):
            return Outcome(session, changed=False)
        with self.kept.lock(self.longest_wait):
            # Whoever held the lock before may have signed in, checked, or been refused meanwhile.
            if not force and (session := self._trusted_without_asking()):
                return Outcome(session, changed=False)
            if not force:
                self._heed(self.hour())
                if session := self._kept_and_checked():
                    return Outcome(session, changed=False)
                self._heed(self.refused())
            session = self._remembering(lambda: self.credential.sign_in(self.gateway, self.clock()), of_session=False)
            self.kept.save(session)
            self._forget_refusals()
            self.tell(f"signed in to {self.gateway.place}")
            return Outcome(session, changed=True)

    def absent(self, *, force: bool = False, only_look: bool = False) -> Outcome:
        """No session any more: end the kept one at BILL and forget it.

        With ``force`` it is forgotten even if BILL refuses to end it. With ``only_look`` nothing is ended; ``changed`` says
        whether a kept session would be.
        """
        with self.kept.lock(self.longest_wait):
            session = self.kept.load()
            if session is None or only_look:
                return Outcome(None, changed=session is not None)
            kept = session
            if not force:
                self._heed(self.hour())
                self._heed(self.refused(), of_session=True)
            # Should this task be killed on its way, or BILL's answer be lost, then the next one asks before it uses this.
            self.kept.save(session.answered(0))
            try:
                self._remembering(lambda: self.credential.sign_out(self.gateway, kept), of_session=True)
                ended = True
            except SessionEnded:
                ended = False
            except Rejected:
                if not force:
                    raise
                ended = False
            self.kept.forget()
            self.tell("signed out" if ended else "BILL did not end the kept session; it is forgotten")
            return Outcome(None, changed=ended)

    def _forget_refusals(self) -> None:
        """BILL has just said yes, whatever it said before."""
        self.refused().forget()
        if self.hour().load():
            # Of all that use the developer key; should somebody else be at it, then that one knows better.
            with suppress(BusyError), self.hour().lock(0):
                self.hour().forget()

    def _heed(self, remembered: Kept[Refusal], *, of_session: bool = False) -> None:
        """Raise a refusal that still stands, so that BILL is not asked; with ``of_session`` only one of a session."""
        refusal = remembered.load()
        if refusal and refusal.stands(self.clock()) and (refusal.of_session or not of_session):
            raise refusal.error(remembered=True)

    def _remembering(self, ask: Callable[[], _T], *, of_session: bool) -> _T:
        """Ask BILL, and have every task and run remember a no that asking again would not change."""
        try:
            return self.retry.run(ask)
        except CredentialRefused as error:
            refusal = Refusal.of(error, self.clock(), of_session=of_session)
            self.refused().save(refusal)
        except HourSpent as error:
            refusal = Refusal.of(error, self.clock(), of_session=of_session)
            # Other credentials with the same developer key write here too, so it has a lock of its own. That is held for a
            # moment only; should it not be free, then somebody else is just writing the same.
            with suppress(BusyError), self.hour().lock(0):
                self.hour().save(refusal)
        raise refusal.error(remembered=False)

    def _trusted_without_asking(self) -> Session | None:
        session = self.kept.load()
        # An answer from the future means that the clock was set back: its age is unknown, so BILL is asked.
        if session and 0 <= self.clock() - session.answered_at < min(self.check_after, session.idle_seconds):
            self.tell("used the kept session; BILL answered it a moment ago, so it was not asked again")
            return session
        return None

    def _kept_and_checked(self) -> Session | None:
        session = self.kept.load()
        if session is None:
            return None
        kept = session
        self._heed(self.refused(), of_session=True)
        try:
            self._remembering(lambda: self.credential.check(self.gateway, kept), of_session=True)
        except SessionEnded:
            # A session that was used by other means may outlive what we know of it, and one that is young may have
            # been ended elsewhere: only BILL knows, so only its word ends a session.
            self.tell("the kept session has ended at BILL")
            self.kept.forget()
            return None
        session = session.answered(self.clock())
        self.kept.save(session)
        self.tell("used the kept session; BILL says that it is alive")
        return session


def open_sign_in(
    options: Mapping[str, Any],
    *,
    default_store: str,
    store_for_the_run: str,
    warn: Callable[[str], None],
    tell: Callable[[str], None],
    tell_of_waits: Callable[[str], None],
) -> SignIn:
    """The sign-in that a complete set of options asks for; OptionError if they do not fit together.

    ``options`` holds every option of the table under its name. ``default_store`` and ``store_for_the_run`` are the
    directories for sessions that last, and for those that last as long as this run. ``tell`` is told what was decided,
    ``tell_of_waits`` of each wait before BILL is asked again.
    """
    stores = open_stores(
        options["session_store"] or default_store, default=default_store, for_the_run=store_for_the_run, warn=warn
    )
    gate = Gate(
        # Sealed like a session, so that the names of files tell nothing; and late, since a task that asks nothing needs none.
        cache(lambda: Seal({**caller, "kept": "slots in flight"}).address),
        open_shared(stores, for_the_run=store_for_the_run, warn=warn),
        options["timeout"],
    )
    gateway = Gateway(
        options["api_url"] or API_URLS[options["environment"]],
        timeout=options["timeout"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        slot=gate.slot,
    )
    if not options["validate_certs"]:
        warn(
            f"validate_certs is false: anybody between here and {gateway.host} can read the credentials. "
            "Name the authority's file with ca_path instead."
        )
    credential = METHODS[options["auth_method"]](options)
    whole = {"auth_method": credential.method, "api_url": gateway.api_url, **credential.values}
    dev_key = {"api_url": gateway.api_url, "dev_key": credential.values["dev_key"]}
    caller = {**dev_key, "organization_id": credential.values["organization_id"]}
    retry = Retry(options["retries"], tell_of_waits)
    return SignIn(
        credential=credential,
        gateway=gateway,
        kept=Kept(Session, Seal(whole), stores, warn),
        refused=cache(lambda: Kept(Refusal, Seal({**whole, "kept": "refusal"}), stores, warn)),
        hour=cache(lambda: Kept(Refusal, Seal({**dev_key, "kept": "spent hour"}), stores, warn)),
        retry=retry,
        check_after=options["check_after"],
        # Whoever holds the lock makes two requests at the most: a check, then a sign-in or nothing. Each try may first have
        # to wait for its slot.
        longest_wait=2 * retry.longest(2 * options["timeout"]),
        tell=tell,
    )
