# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions. A login starts a session. A logout ends it, and it expires if nothing uses it.

Documented by BILL (reference/login, bill-keys-tokens): how long an unused session stays valid, and that a session works
only with the developer key of its login. The error for another key is not documented. BDC_1109 is inferred.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from . import world
from .accounts import USER_IDLE_SECONDS, Account
from .clock import Clock
from .errors import INVALID_SESSION, RefusalError
from .settings import Settings


@dataclass(kw_only=True)
class Session:
    id: str
    last_used: float
    idle_seconds: int
    ended: bool = False


@dataclass(kw_only=True)
class PartnerSession(Session):
    app_key: str
    organization_ids: tuple[str, ...]


@dataclass(kw_only=True)
class UserSession(Session):
    account: Account
    organization_id: str
    # None after login-as-user, which uses no developer key. Inferred: any valid developer key works with this session.
    dev_key: str | None
    can_be_trusted: bool
    trusted: bool = False

    @property
    def user_id(self) -> str:
        return self.account.user_id

    @property
    def organization_ids(self) -> tuple[str, ...]:
        return self.account.organization_ids

    def dev_key_for_limits(self, given: str | None) -> str | None:
        """The developer key whose limits count the call. None if the call has no valid developer key."""
        return self.dev_key or (given if given in world.DEV_KEYS else None)


class Sessions:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        # Sessions stay here after their end: a call with one still counts for its developer key and organization.
        self.known: dict[str, Session] = {}

    def start(self, account: Account, dev_key: str | None, organization_id: str) -> UserSession:
        if self._settings.one_session_per_user:
            for earlier in self.valid_sessions():
                if isinstance(earlier, UserSession) and (earlier.user_id, earlier.organization_id) == (
                    account.user_id,
                    organization_id,
                ):
                    earlier.ended = True
        session = UserSession(
            id=_new_id(),
            last_used=self._clock.now(),
            idle_seconds=account.idle_seconds,
            account=account,
            organization_id=organization_id,
            dev_key=dev_key,
            can_be_trusted=account.kind == "user" or (account.kind == "console" and self._settings.console_mfa),
        )
        self.known[session.id] = session
        return session

    def start_partner(self, account: Account, app_key: str) -> PartnerSession:
        session = PartnerSession(
            id=_new_id(),
            last_used=self._clock.now(),
            idle_seconds=USER_IDLE_SECONDS,
            app_key=app_key,
            organization_ids=account.organization_ids,
        )
        self.known[session.id] = session
        return session

    def check(self, session_id: str | None, dev_key: str | None) -> UserSession:
        session = self.known.get(session_id or "")
        if not isinstance(session, UserSession) or not self.is_valid(session):
            raise RefusalError(INVALID_SESSION)
        if dev_key is None or dev_key != session.dev_key_for_limits(dev_key):
            raise RefusalError(INVALID_SESSION)
        return session

    def check_partner(self, session_id: str | None, app_key: str | None) -> PartnerSession:
        session = self.known.get(session_id or "")
        if not isinstance(session, PartnerSession) or not self.is_valid(session) or session.app_key != app_key:
            raise RefusalError(INVALID_SESSION)
        return session

    def is_valid(self, session: Session) -> bool:
        return not session.ended and self._clock.now() - session.last_used < session.idle_seconds

    def valid_sessions(self) -> list[Session]:
        return [session for session in self.known.values() if self.is_valid(session)]

    def touch(self, session: Session) -> None:
        session.last_used = self._clock.now()


def _new_id() -> str:
    return f"SESSION-{secrets.token_hex(16)}"
