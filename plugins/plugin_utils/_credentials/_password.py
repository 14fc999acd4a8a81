# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign in with a user's e-mail address and password: ``auth_method: password``.

Private to bill.connect. Documented by BILL: reference/login, reference/getsessioninfo, "BILL keys and tokens".
"""

from __future__ import annotations

from .._errors import UnexpectedAnswer
from .._gateway import Gateway
from .._session import Session
from ._credential import Credential, text_of


class Password(Credential):
    method = "password"
    needs = {
        "username": "the e-mail address you sign in to BILL with",
        "password": "your BILL password",
        "organization_id": "begins with 008",
        "dev_key": "a developer key",
    }
    # Documented by BILL: a session ends after 35 minutes without activity.
    idle_seconds = 35 * 60

    def sign_in(self, gateway: Gateway, now: float) -> Session:
        answer = gateway.ask(
            "POST",
            "/v3/login",
            body={
                "username": self.values["username"],
                "password": self.values["password"],
                "organizationId": self.values["organization_id"],
                "devKey": self.values["dev_key"],
            },
        ).json
        session_id = text_of(answer, "sessionId")
        # Observed, not documented, hence tolerant of an answer without it, but not of another organization.
        organization = answer.get("organizationId") or self.values["organization_id"]
        if organization != self.values["organization_id"]:
            raise UnexpectedAnswer(
                "BILL's answer to the sign-in is for another organization than organization_id asks for, so its session "
                "is not used. Check organization_id.",
                concerns=("organization_id",),
            )
        user = answer.get("userId")
        return Session(
            session_id=session_id,
            headers={"sessionId": session_id, "devKey": self.values["dev_key"]},
            organization_id=organization,
            user_id=user if isinstance(user, str) else None,
            trusted=answer.get("trusted") is True,
            idle_seconds=self.idle_seconds,
            made_at=now,
            answered_at=now,
        )

    def check(self, gateway: Gateway, session: Session) -> None:
        gateway.ask("GET", "/v3/login/session", headers=session.headers)

    def sign_out(self, gateway: Gateway, session: Session) -> None:
        gateway.ask("POST", "/v3/logout", headers=session.headers)
