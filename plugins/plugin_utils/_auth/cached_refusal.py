# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A no of BILL that is remembered: what it was, since when, until when.

Private to bill.connect. Some refusals cannot heal by themselves, and asking again only does harm: a wrong password locks
the account, and a spent hour stays spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from .._core.errors import AuthenticationError, BillError, HourlyQuotaError
from .._core.json_record import JsonRecord

# How long a refused credential is not sent again, in seconds.
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

    def stands(self, now: float) -> bool:
        """Whether it still holds. One from the future means that the clock was set back; then BILL is asked."""
        return self.at <= now < self.until

    def error(self, *, remembered: bool) -> BillError:
        """The error to raise; ``remembered`` says that BILL was not asked this time."""
        since = f" BILL said so at {_time(self.at)} and was not asked again." if remembered else ""
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


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%H:%M:%S UTC")
