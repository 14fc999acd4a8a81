# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign in with a user's e-mail address and password: ``auth_method: password``.

Private to bill.connect. Documented by BILL: reference/login, reference/getsessioninfo, "BILL keys and tokens".
"""

from __future__ import annotations

from typing import Any

from .._errors import UnexpectedAnswer
from .._gateway import Gateway
from .._session import Session
from ._credential import Credential, plain_text, text_of


class Password(Credential):
    method = "password"
    needs = {
        "username": "the e-mail address you sign in to BILL with",
        "password": "your BILL password",
        "organization_id": "begins with 008",
        "dev_key": "a developer key",
    }
    # The option that proves who it is, and BILL's name for it.
    secret = ("password", "password")
    # Documented by BILL: a session ends after 35 minutes without activity.
    idle_seconds = 35 * 60

    def sign_in(self, gateway: Gateway, now: float) -> Session:
        option, field = self.secret
        answer = gateway.ask(
            "POST",
            "/v3/login",
            body={
                "username": self.values["username"],
                field: self.values[option],
                "organizationId": self.values["organization_id"],
                "devKey": self.values["dev_key"],
            },
        ).json
        session_id = text_of(answer, "sessionId")
        self._refuse_another_organization(answer, "the sign-in")
        return Session(
            session_id=session_id,
            headers={"sessionId": session_id, "devKey": self.values["dev_key"]},
            organization_id=self.values["organization_id"],
            user_id=plain_text(answer.get("userId")),
            trusted=answer.get("trusted") is True,
            idle_seconds=self.idle_seconds,
            made_at=now,
            answered_at=now,
        )

    def check(self, gateway: Gateway, session: Session) -> None:
        answer = gateway.ask("GET", "/v3/login/session", headers=session.headers).json
        if not isinstance(answer, dict):
            raise UnexpectedAnswer(
                "BILL's answer to the check of the kept session is no JSON object. Check api_url, and that no proxy answers "
                "in BILL's place.",
                concerns=("api_url",),
            )
        self._refuse_another_organization(answer, "the check of the kept session")

    def sign_out(self, gateway: Gateway, session: Session) -> None:
        gateway.ask("POST", "/v3/logout", headers=session.headers)

    def _refuse_another_organization(self, answer: dict[str, Any], to_what: str) -> None:
        # For a sign-in this field is observed, not documented, hence tolerant of an answer without it.
        organization = answer.get("organizationId")
        if organization and organization != self.values["organization_id"]:
            raise UnexpectedAnswer(
                f"BILL's answer to {to_what} is for another organization than organization_id asks for, so its session is "
                "not used. Check organization_id.",
                concerns=("organization_id",),
            )
