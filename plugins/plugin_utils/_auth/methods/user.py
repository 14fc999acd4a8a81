# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common base of all methods with the session of a user of an organization.

Private to bill.connect. Documented by BILL: reference/login, reference/getsessioninfo, "MFA", "BILL keys and tokens".
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from ..._core.errors import InvalidResponseError, MfaRequiredError, UnknownApiError
from ..._http.messages import HttpRequest, JsonBody
from ..._http.transport import Transport
from ..session import Session
from .base import AuthMethod, object_of, plain_text, text_of


class User(AuthMethod):
    """A method with the session of a user. Its values contain ``organization_id`` and ``dev_key``, which every such session needs."""

    # Documented by BILL: a session ends after 35 minutes without activity.
    idle_seconds: ClassVar[int] = 35 * 60

    def validate(self, transport: Transport, session: Session) -> Session:
        what = "the validation of the stored session"
        answer = object_of(transport.send(HttpRequest("GET", "/v3/login/session", session.headers)).json, what)
        self._refuse_another_organization(answer, what)
        status = plain_text(answer.get("mfaStatus"))
        bypass = answer.get("mfaBypass")
        return replace(
            session,
            user_id=plain_text(answer.get("userId")) or session.user_id,
            # Observed: the status is COMPLETE after the session has passed MFA, in bill.connect or elsewhere.
            trusted=session.trusted or (status == "COMPLETE" and self.can_be_trusted()),
            mfa_asked=True,
            mfa_status=status,
            mfa_bypass=bypass if isinstance(bypass, bool) else None,
        )

    def _log_in_with(self, transport: Transport, request: HttpRequest, now: float) -> Session:
        """The session that BILL creates for a login request. The request also contains the MFA ID, if there is one."""
        body = request.body.value if isinstance(request.body, JsonBody) else {}
        if self.mfa_id:
            with_mfa_id = replace(request, body=JsonBody({**body, **self.mfa_id.body}))
            # BILL does not document its response to a login with an old MFA ID. It may be an untrusted session or one of these errors.
            with suppress(MfaRequiredError, UnknownApiError):
                return self._session(transport.send(with_mfa_id).json, now)
        return self._session(transport.send(request).json, now)

    def _session(self, answer: object, now: float) -> Session:
        """The session in BILL's response to a login."""
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
            # Assumption, as observed for a step-up: a login with an invalid MFA ID is not an error, and its session is not trusted.
            refused_mfa_ids=[self.mfa_id.fingerprint] if self.mfa_id and not trusted else [],
        )

    def _refuse_another_organization(self, answer: dict[str, Any], to_what: str) -> None:
        # Observed, but not documented by BILL: the response to a login contains this field. Therefore a response without it is accepted.
        organization = answer.get("organizationId")
        if organization and organization != self.values["organization_id"]:
            raise InvalidResponseError(
                f"BILL's response to {to_what} names another organization than organization_id, so bill.connect does not use the "
                "session. Check organization_id.",
                options=("organization_id",),
            )
