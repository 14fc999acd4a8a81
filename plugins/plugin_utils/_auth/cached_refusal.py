# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cached refusals: rejections by BILL after which the same request is not sent again for some time.

Private to bill.connect. Some rejections are permanent, and a repeated request only does harm. A repeated wrong password locks the
account. A used-up hourly quota stays used up until the hour ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone

from .._core.clock import Clock
from .._core.error_codes import Scope, scope_of
from .._core.errors import AuthenticationError, BillError, HourlyQuotaError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._store.encrypted_entry import EncryptedEntry

# Seconds for which a rejected credential is not sent again.
CACHE_SECONDS = 10 * 60
_HOUR = 60 * 60


@dataclass(frozen=True)
class CachedRefusal(JsonRecord):
    """A rejection by BILL, and the time until which it is cached.

    - ``summary`` is the whole message of the error, and ``code`` its BDC code.
    - ``at`` and ``until`` are seconds since the epoch.
    - ``of_session`` is true if the rejected request carried a stored session. Then neither the session nor a login is tried again. After
      a rejected login, a stored session may still be valid.
    """

    summary: str
    code: str | None
    status: int | None
    options: list[str]
    at: float
    until: float
    of_session: bool

    @classmethod
    def of(cls, error: BillError, now: float, *, of_session: bool) -> CachedRefusal:
        """The cached refusal for an error. For a credential it lasts ten minutes, for the hourly quota until the next clock hour.

        Documented by BILL ("API rate limits"): the quota applies to the clock hour, and all requests must wait for the next hour.
        """
        until = now - now % _HOUR + _HOUR if isinstance(error, HourlyQuotaError) else now + CACHE_SECONDS
        return cls(str(error), error.code, error.status, list(error.options), now, until, of_session)

    def is_active(self, now: float) -> bool:
        """Whether the refusal still applies. If ``at`` is in the future, somebody has set the clock back. Then it does not apply."""
        return self.at <= now < self.until

    def error(self, *, is_cached: bool) -> BillError:
        """The error to raise. ``is_cached`` is true if no request was sent this time."""
        since = (
            f" BILL reported this at {_time(self.at)}. bill.connect did not send the request again."
            if is_cached
            else ""
        )
        if scope_of(self.code) is Scope.QUOTA:
            then = (
                f" bill.connect sends nothing with this developer key before {_time(self.until)}, except in the task "
                "bill_login with force: true."
            )
        else:
            then = (
                f" bill.connect does not send the same credentials again before {_time(self.until)}, because repetition could lock the "
                "account. It sends corrected values at once. To send the same values now, use the task bill_login with force: true."
            )
        kind = HourlyQuotaError if scope_of(self.code) is Scope.QUOTA else AuthenticationError
        error = kind(self.summary + since + then, code=self.code, status=self.status, options=self.options)
        error.summary = self.summary + since
        return error


class Refusals:
    """The cached refusals of one credential: one of the credential itself, and one of the hourly quota that it shares with others."""

    def __init__(
        self, credential: EncryptedEntry[CachedRefusal], quota: EncryptedEntry[CachedRefusal], clock: Clock
    ) -> None:
        self._credential = credential
        self._quota = quota
        self._clock = clock

    def raise_if_quota_is_used_up(self) -> None:
        """Raise HourlyQuotaError if BILL has reported in this clock hour that the quota is used up."""
        self._raise_if_active(self._quota.load())

    def raise_if_refused(self, *, of_session: bool = False) -> None:
        """Raise AuthenticationError if BILL has rejected the credential recently.

        With ``of_session``, only the rejection of a session counts. After a rejected login, a stored session may still be valid.
        """
        refusal = self._credential.load()
        if refusal and (refusal.of_session or not of_session):
            self._raise_if_active(refusal)

    @contextmanager
    def guard(self, *, of_session: bool) -> Iterator[None]:
        """Cache a rejection of the requests inside the context, for all tasks and runs.

        ``of_session`` is true if the requests carry a session.
        """
        try:
            yield
        except AuthenticationError as error:
            raise self._cached(error, self._credential, of_session) from None
        except HourlyQuotaError as error:
            raise self._cached(error, self._quota, of_session) from None

    def clear(self) -> None:
        """Delete all cached refusals, because BILL has just accepted the credential."""
        for entry in (self._credential, self._quota):
            if entry.load():
                # If another task holds the lock, it has a newer response of BILL.
                with suppress(LockTimeoutError), entry.lock(0):
                    entry.delete()

    def _raise_if_active(self, refusal: CachedRefusal | None) -> None:
        if refusal and refusal.is_active(self._clock.time()):
            raise refusal.error(is_cached=True)

    def _cached(self, error: BillError, entry: EncryptedEntry[CachedRefusal], of_session: bool) -> BillError:
        refusal = CachedRefusal.of(error, self._clock.time(), of_session=of_session)
        # Several tasks may write the refusal at the same time, so it has its own lock. A task holds the lock for a moment only. If another
        # task holds the lock, it writes the same refusal.
        with suppress(LockTimeoutError), entry.lock(0):
            entry.save(refusal, seconds=refusal.until - refusal.at)
        new = refusal.error(is_cached=False)
        new.response_body = error.response_body
        return new


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%H:%M:%S UTC")
