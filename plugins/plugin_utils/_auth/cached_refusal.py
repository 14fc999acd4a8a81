# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cached refusals: rejections by BILL after which the same request is not sent again for some time.

Private to bill.connect. Some rejections are permanent, and a repeated request only does harm. A repeated wrong password locks the
account. A used-up hourly quota stays used up until the hour ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .._core.asker import Asker
from .._core.clock import CLOCK_TOLERANCE, Clock
from .._core.error_codes import Scope, is_final, scope_of
from .._core.errors import (
    AuthenticationError,
    BillError,
    HourlyQuotaError,
    LockTimeoutError,
    SignInQuotaError,
    StoreError,
)
from .._core.json_record import JsonRecord
from .._store.encrypted_entry import EncryptedEntry

# Seconds for which a rejected credential is not sent again.
CACHE_SECONDS = 10 * 60
_HOUR = 60 * 60
# Seconds to wait for the lock of a refusal. Every other task holds it for a moment only.
_LOCK_TIMEOUT = 5

# The errors that are cached, by the name that the store has for them.
_KINDS: dict[str, type[AuthenticationError | HourlyQuotaError]] = {
    "credential": AuthenticationError,
    "quota": HourlyQuotaError,
    "sign-ins": SignInQuotaError,
}
_THEN = {
    "credential": (
        "bill.connect does not send the same credentials again before {until}, because repetition could lock the account. It sends "
        "corrected values at once. To send the same values now, use the task bill_login with force: true."
    ),
    "quota": (
        "bill.connect sends nothing with this developer key before {until}, except in the task bill_login with force: true."
    ),
    "sign-ins": (
        "bill.connect does not sign in with this developer key before {until}, except in the task bill_login with force: true. It uses "
        "stored sessions as before."
    ),
}


@dataclass(frozen=True)
class CachedRefusal(JsonRecord):
    """A rejection by BILL, and the time until which it is cached.

    - ``summary`` is the whole message of the error, and ``code`` its BDC code.
    - ``at`` and ``until`` are seconds since the epoch.
    - ``of_session`` is true if the rejected request carried a stored session. Then neither the session nor a login is tried again. After
      a rejected login, a stored session may still be valid.
    - ``kind`` is what BILL rejected.
    - ``informed`` is the asker that got the whole message.
    """

    kind: str
    summary: str
    code: str | None
    status: int | None
    options: list[str]
    at: float
    until: float
    of_session: bool
    informed: dict[str, str]

    @classmethod
    def of(cls, error: BillError, now: float, asker: Asker, *, of_session: bool) -> CachedRefusal:
        """The cached refusal for an error. For a credential it lasts ten minutes, for an hourly quota until the next clock hour.

        Documented by BILL ("API rate limits"): the quota applies to the clock hour, and all requests must wait for the next hour.
        """
        kind = next(name for name, each in reversed(_KINDS.items()) if isinstance(error, each))
        until = now + CACHE_SECONDS if kind == "credential" else now - now % _HOUR + _HOUR
        return cls(
            kind, str(error), error.code, error.status, list(error.options), now, until, of_session, asker.record()
        )

    def is_active(self, now: float) -> bool:
        """Whether the refusal still applies. If ``at`` is in the future, somebody has set the clock back. Then it does not apply."""
        return self.at - CLOCK_TOLERANCE <= now < self.until

    def error(self, *, is_cached: bool) -> BillError:
        """The error to raise. ``is_cached`` is true if no request was sent this time."""
        since = (
            f" BILL reported this at {_time(self.at)}. bill.connect did not send the request again."
            if is_cached
            else ""
        )
        then = _THEN[self.kind].format(until=_time(self.until))
        return self._error(f"{self.summary}{since}", f" {then}", self.options)

    def short_error(self, informed: str) -> BillError:
        """The error to raise if ``informed``, another host or item of this run, has got the whole message."""
        said = f"BILL answered {self.code}" if self.code else "BILL rejected these credentials"
        what = (
            "do what the message there says"
            if is_final(self.code)
            else "correct the values that the message there names"
        )
        if self.kind != "credential":
            what = f"wait until {_time(self.until)}"
        # The other message names the sources of the values, so this one names no option.
        return self._error(
            f"{said} for {informed} in this run, so bill.connect did not send the request again: {what}.", "", []
        )

    def _error(self, summary: str, then: str, options: list[str]) -> BillError:
        error = _KINDS[self.kind](summary + then, code=self.code, status=self.status, options=options)
        error.summary = summary
        return error


class Refusals:
    """The cached refusals of one credential: one of the credential itself, and those that it shares with others.

    - ``user`` is that of the user's name with its password or token, in each organization. None if the credential belongs to no user of
      organizations.
    - ``quota`` is that of the hourly quota, and ``sign_ins`` that of the quota of sign-ins.
    - ``asker`` is who needs the requests.
    """

    def __init__(
        self,
        credential: EncryptedEntry[CachedRefusal],
        user: EncryptedEntry[CachedRefusal] | None,
        quota: EncryptedEntry[CachedRefusal],
        sign_ins: EncryptedEntry[CachedRefusal],
        *,
        clock: Clock,
        asker: Asker,
    ) -> None:
        self._credential = credential
        self._user = user
        self._quota = quota
        self._sign_ins = sign_ins
        self._clock = clock
        self._asker = asker

    def raise_if_quota_is_used_up(self) -> None:
        """Raise HourlyQuotaError if BILL has reported in this clock hour that the quota of all requests is used up."""
        self._raise_if_active(self._quota, self._quota.load())

    def raise_if_refused(self, *, of_session: bool = False) -> None:
        """Raise AuthenticationError if BILL has rejected the credential recently, or HourlyQuotaError if the sign-ins are used up.

        With ``of_session``, only the rejection of a session counts. After a rejected login, a stored session may still be valid.
        """
        refusal = self._credential.load()
        if refusal and (refusal.of_session or not of_session):
            self._raise_if_active(self._credential, refusal)
        if not of_session:
            for entry in (self._user, self._sign_ins):
                if entry:
                    self._raise_if_active(entry, entry.load())

    @contextmanager
    def guard(self, *, of_session: bool) -> Iterator[None]:
        """Cache a rejection of the requests inside the context, for all tasks and runs.

        ``of_session`` is true if the requests carry a session.
        """
        try:
            yield
        except AuthenticationError as error:
            entry = self._credential
            if self._user and not of_session and scope_of(error.code) is Scope.USER:
                entry = self._user
            raise self._cached(error, entry, of_session) from None
        except SignInQuotaError as error:
            raise self._cached(error, self._sign_ins, of_session) from None
        except HourlyQuotaError as error:
            raise self._cached(error, self._quota, of_session) from None

    def clear(self) -> None:
        """Delete all cached refusals, because BILL has just accepted the credential."""
        for entry in (self._credential, self._user, self._quota, self._sign_ins):
            if entry and entry.load():
                # If another task holds the lock, it has a newer response of BILL.
                with suppress(LockTimeoutError), entry.lock(0):
                    entry.delete()

    def _raise_if_active(self, entry: EncryptedEntry[CachedRefusal], refusal: CachedRefusal | None) -> None:
        if refusal and refusal.is_active(self._clock.time()):
            informed = self._asker.other(self._informed(entry, refusal))
            raise refusal.short_error(informed) if informed else refusal.error(is_cached=True)

    def _informed(self, entry: EncryptedEntry[CachedRefusal], refusal: CachedRefusal) -> Mapping[str, str]:
        """The asker of this run that gets the whole message. If there is none yet, it is this asker."""
        if not self._asker.run or self._asker.is_in_run_of(refusal.informed):
            return refusal.informed
        # An unusable lock or store only costs a long message.
        with suppress(LockTimeoutError, StoreError), entry.lock(_LOCK_TIMEOUT):
            # Another task of this run may have been faster.
            newest = entry.load()
            if newest and self._asker.is_in_run_of(newest.informed):
                return newest.informed
            now = self._clock.time()
            if newest and newest.is_active(now):
                entry.save(replace(newest, informed=self._asker.record()), seconds=newest.until - now)
        return self._asker.record()

    def _cached(self, error: BillError, entry: EncryptedEntry[CachedRefusal], of_session: bool) -> BillError:
        refusal = CachedRefusal.of(error, self._clock.time(), self._asker, of_session=of_session)
        # Several tasks may write the refusal at the same time, so it has its own lock. A task holds the lock for a moment only. If another
        # task holds the lock, it writes the same refusal.
        with suppress(LockTimeoutError), entry.lock(0):
            entry.save(refusal, seconds=refusal.until - refusal.at)
        new = refusal.error(is_cached=False)
        new.response_body = error.response_body
        return new


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%H:%M:%S UTC")
