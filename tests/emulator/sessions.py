# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions: made at login, ended by logout or by lying idle.

Documented by BILL: the idle lives, and that a session works only with the developer key of its login
(reference/login, bill-keys-tokens). Which error a foreign key gets is not documented; BDC_1109 is inferred.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from .accounts import Account
from .clock import Clock
from .errors import INVALID_SESSION, Refusal


@dataclass
class Session:
    id: str
    dev_key: str
    organization_id: str
    user_id: str
    idle_life: int
    last_used: float
    ended: bool = False


class Sessions:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Ended sessions stay known: a call with one still counts for its developer key and organization.
        self.known: dict[str, Session] = {}

    def start(self, account: Account, dev_key: str, organization_id: str) -> Session:
        session = Session(
            id=f"SESSION-{secrets.token_hex(16)}",
            dev_key=dev_key,
            organization_id=organization_id,
            user_id=account.user_id,
            idle_life=account.idle_life,
            last_used=self._clock.now(),
        )
        self.known[session.id] = session
        return session

    def check(self, session_id: str | None, dev_key: str | None) -> Session:
        session = self.known.get(session_id or "")
        if session is None or session.dev_key != dev_key or not self.is_alive(session):
            raise Refusal(INVALID_SESSION)
        return session

    def is_alive(self, session: Session) -> bool:
        return not session.ended and self._clock.now() - session.last_used < session.idle_life

    def alive(self) -> list[Session]:
        return [session for session in self.known.values() if self.is_alive(session)]

    def touch(self, session: Session) -> None:
        session.last_used = self._clock.now()
