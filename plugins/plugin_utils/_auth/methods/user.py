# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all methods have in common whose session is that of a user of an organization.

Private to bill.connect. Documented by BILL: reference/login, reference/getsessioninfo, "MFA", "BILL keys and tokens".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from ..._core.errors import InvalidResponseError, MfaRequiredError, UnknownApiError
from ..._http.transport import HttpTransport
from ..session import Session
from .base import AuthMethod, object_of, plain_text, text_of


class User(AuthMethod):
    """The values hold ``organization_id`` and ``dev_key``, which every such session needs."""

    # Documented by BILL: a session ends after 35 minutes without activity.
    idle_seconds: ClassVar[int] = 35 * 60

    def check(self, gateway: HttpTransport, session: Session) -> Session:
        what = "the check of the kept session"
        answer = object_of(gateway.ask("GET", "/v3/login/session", headers=session.headers).json, what)
        self._refuse_another_organization(answer, what)
        status = plain_text(answer.get("mfaStatus"))
        bypass = answer.get("mfaBypass")
        return replace(
            session,
            user_id=plain_text(answer.get("userId")) or session.user_id,
            # Observed: COMPLETE once the session has passed MFA, wherever that was.
            trusted=session.trusted or (status == "COMPLETE" and self.can_be_trusted()),
            mfa_asked=True,
            mfa_status=status,
            mfa_bypass=bypass if isinstance(bypass, bool) else None,
        )

    def _signed_in(self, ask: Callable[[Mapping[str, str]], Any], now: float) -> Session:
        """The session that BILL gives when ``ask`` sends the fields of an MFA ID, or none, besides the usual ones."""
        if not self.mfa_id:
            return self._session(ask({}), now)
        try:
            return self._session(ask(self.mfa_id.body), now)
        except (MfaRequiredError, UnknownApiError):
            # BILL does not document what a sign-in with an old MFA ID gets: a session that is not trusted, or this.
            return self._session(ask({}), now)

    def _session(self, answer: object, now: float) -> Session:
        """The session that BILL's answer to a sign-in holds."""
        session_id = text_of(answer, "sessionId", "the sign-in")
        fields = object_of(answer, "the sign-in")
        self._refuse_another_organization(fields, "the sign-in")
        trusted = fields.get("trusted") is True
        return Session(
            session_id=session_id,
            headers={"sessionId": session_id, "devKey": self.values["dev_key"]},
            organization_id=self.values["organization_id"],
            user_id=plain_text(fields.get("userId")),
            trusted=trusted,
            idle_seconds=self.idle_seconds,
            made_at=now,
            answered_at=now,
            # By analogy with step-up, one that is no good leaves the session untrusted, and is no error.
            refused_mfa_ids=[self.mfa_id.fingerprint] if self.mfa_id and not trusted else [],
        )

    def _refuse_another_organization(self, answer: dict[str, Any], to_what: str) -> None:
        # For a sign-in this field is observed, not documented, hence tolerant of an answer without it.
        organization = answer.get("organizationId")
        if organization and organization != self.values["organization_id"]:
            raise InvalidResponseError(
                f"BILL's answer to {to_what} is for another organization than organization_id asks for, so its session is "
                "not used. Check organization_id.",
                concerns=("organization_id",),
            )
