# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rejections that are not sent again for a while.

Private to bill.connect. Some rejections cannot heal by themselves, and sending the request again only does harm: a wrong password locks
the account, and a used-up hour stays used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone

from .._core.clock import Clock
from .._core.errors import AuthenticationError, BillError, HourlyQuotaError, LockTimeoutError
from .._core.json_record import JsonRecord
from .._store.encrypted_entry import EncryptedEntry

# Seconds for which a refused credential is not sent again.
CACHE_SECONDS = 10 * 60
_HOUR = 60 * 60


@dataclass(frozen=True)
class CachedRefusal(JsonRecord):
    """What BILL said (``says`` is the whole message of the error, ``code`` its BDC code), and how long it stands.

    ``at`` and ``until`` are seconds since the epoch. ``of_session`` says that BILL was asked with a kept session, which is then
    no better than a new sign-in; after a refused sign-in a kept session may still be good.
    """

    says: str
    code: str | None
    status: int | None
    concerns: list[str]
    at: float
    until: float
    of_session: bool

    @classmethod
    def of(cls, error: BillError, now: float, *, of_session: bool) -> CachedRefusal:
        """The refusal that an error means: of a credential for ten minutes, of an hour until the next one begins.

        Documented by BILL ("API rate limits"): the window is the clock hour, and everything has to wait for the next.
        """
        until = now - now % _HOUR + _HOUR if isinstance(error, HourlyQuotaError) else now + CACHE_SECONDS
        return cls(str(error), error.code, error.status, list(error.concerns), now, until, of_session)

    def is_active(self, now: float) -> bool:
        """Whether it still holds. One from the future means that the clock was set back; then BILL is asked."""
        return self.at <= now < self.until

    def error(self, *, is_cached: bool) -> BillError:
        """The error to raise. ``is_cached`` says that BILL was not asked this time."""
        since = f" BILL said so at {_time(self.at)} and was not asked again." if is_cached else ""
        if self.code == "BDC_1144":
            then = (
                f" Nothing is sent with this developer key before {_time(self.until)}, except by the task "
                "bill_login with force: true."
            )
        else:
            then = (
                f" The same credentials are not sent again before {_time(self.until)}, so that nothing gets locked by "
                "repetition; corrected ones are tried at once, and so are these by the task bill_login with force: true."
            )
        kind = HourlyQuotaError if self.code == "BDC_1144" else AuthenticationError
        error = kind(self.says + since + then, code=self.code, status=self.status, concerns=self.concerns)
        error.says = self.says + since
        return error


class Refusals:
    """The cached refusals of one credential: of the credential itself, and of the hourly quota that it shares with others."""

    def __init__(
        self, credential: EncryptedEntry[CachedRefusal], quota: EncryptedEntry[CachedRefusal], clock: Clock
    ) -> None:
        self._credential = credential
        self._quota = quota
        self._clock = clock

    def raise_if_quota_is_used_up(self) -> None:
        """HourlyQuotaError if BILL has said so in this clock hour."""
        self._raise_if_active(self._quota.load())

    def raise_if_refused(self, *, of_session: bool = False) -> None:
        """AuthenticationError if the credential was refused. With ``of_session`` only a refusal of a session counts: after a refused
        login a kept session may still be good.
        """
        refusal = self._credential.load()
        if refusal and (refusal.of_session or not of_session):
            self._raise_if_active(refusal)

    @contextmanager
    def guard(self, *, of_session: bool) -> Iterator[None]:
        """Cache a refusal of the requests that are sent meanwhile, for all tasks and runs. ``of_session`` says that they carry a session."""
        try:
            yield
        except AuthenticationError as error:
            raise self._cached(error, self._credential, of_session) from None
        except HourlyQuotaError as error:
            raise self._cached(error, self._quota, of_session) from None

    def clear(self) -> None:
        """Forget them all: BILL has just accepted the credential."""
        for entry in (self._credential, self._quota):
            if entry.load():
                # If another task holds it, that one knows better.
                with suppress(LockTimeoutError), entry.lock(0):
                    entry.forget()

    def _raise_if_active(self, refusal: CachedRefusal | None) -> None:
        if refusal and refusal.is_active(self._clock.time()):
            raise refusal.error(is_cached=True)

    def _cached(self, error: BillError, entry: EncryptedEntry[CachedRefusal], of_session: bool) -> BillError:
        refusal = CachedRefusal.of(error, self._clock.time(), of_session=of_session)
        # Others may write it at the same time, so it has a lock of its own, which is held for a moment only. Whoever holds it writes the
        # same.
        with suppress(LockTimeoutError), entry.lock(0):
            entry.save(refusal, seconds=refusal.until - refusal.at)
        new = refusal.error(is_cached=False)
        new.answer = error.answer
        return new


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%H:%M:%S UTC")
