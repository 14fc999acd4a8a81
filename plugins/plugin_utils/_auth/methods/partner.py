# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs in as a BILL partner, or as a user through a partner: ``auth_method: partner``.

Private to bill.connect. Documented by BILL: "BILL partner operations", reference/partnerlogin, reference/loginasuser. The store contains
the partner's session and the sessions of its users separately. Therefore one login of the partner is sufficient for many users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._core.error_codes import ErrorCode
from ..._core.error_parser import ErrorProfile
from ..._core.errors import ApiError, AuthenticationError, OptionError
from ..._http.messages import HttpRequest, JsonBody
from ..._http.transport import Transport
from ..session import Session
from .base import MFA_OPTIONS, AuthMethod, text_of
from .user import User

_PARTNER = {
    "app_key": "the partner's app key",
    "username": "the e-mail address of the partner's account",
    "password": "its password",
}
_USER = {
    "user_id": "the user to sign in as; begins with 006",
    "organization_id": "the user's; begins with 008",
    "dev_key": "a developer key",
}

# The login of a partner sends no developer key. Therefore these codes are about the app key.
_KEY = {
    "BDC_1102": ErrorCode(
        AuthenticationError, "the app key is not valid", "Correct it.", ("app_key",), may_be_other_environment=True
    ),
    "BDC_1103": ErrorCode(AuthenticationError, "the app key is inactive", "Use an active key.", ("app_key",)),
}
# The login as a user sends no user name and no password. Therefore these codes are about other options.
_USER_CODES = {
    **_KEY,
    "BDC_1123": ErrorCode(
        AuthenticationError,
        "the organization id is unknown, or it does not belong to this partner",
        "Correct it.",
        ("organization_id",),
        may_be_other_environment=True,
    ),
    "BDC_1111": ErrorCode(
        ApiError,
        "there is no such active user in this organization",
        "Check user_id and organization_id.",
        ("user_id", "organization_id"),
        may_be_other_environment=True,
    ),
}


class Partner(AuthMethod):
    """The partner itself. Its session is for the calls below ``/v3/partner``."""

    method = "partner"
    required_options = _PARTNER
    optional_options = (*_USER, *MFA_OPTIONS)
    quota_options = ("app_key",)
    organizations_path = "/v3/partner/organizations?max=100"
    profile = ErrorProfile(_KEY)
    # Documented by BILL: a partner's session also ends after 35 minutes without activity.
    idle_seconds = 35 * 60

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__({name: value for name, value in options.items() if name in _PARTNER})

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> AuthMethod:
        if options.get("user_id"):
            return PartnerUser(options)
        if options.get("organization_id"):
            raise OptionError(
                f"auth_method partner requires user_id ({_USER['user_id']}) to sign in to the organization in organization_id. "
                "Define bill_user_id. For the session of the partner itself, leave organization_id out.",
                options=("user_id", "organization_id"),
            )
        return cls(options)

    @classmethod
    def can_be_trusted(cls) -> bool:
        return False

    @property
    def title(self) -> str:
        return "auth_method partner without user_id"

    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        body = {
            "appKey": self.values["app_key"],
            "username": self.values["username"],
            "password": self.values["password"],
        }
        request = HttpRequest("POST", "/v3/partner/login", body=JsonBody(body), profile=self.profile)
        answer = transport.send(request).json
        session_id = text_of(answer, "sessionId", "the partner's sign-in")
        return Session(
            session_id=session_id,
            headers={"sessionId": session_id, "appKey": self.values["app_key"]},
            idle_seconds=self.idle_seconds,
            made_at=now,
            answered_at=now,
        )

    def validate(self, transport: Transport, session: Session) -> Session:
        # BILL does not document a call that only validates a partner's session. This call is small and changes nothing.
        transport.send(self.authorized(session, HttpRequest("GET", "/v3/partner/organizations?max=1")))
        return session


class PartnerUser(User):
    """A user who logs in through a partner."""

    method = "partner"
    required_options = {**_PARTNER, **_USER}
    optional_options = MFA_OPTIONS

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._partner = Partner(options)

    def parent(self) -> AuthMethod | None:
        return self._partner

    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        body = {"userId": self.values["user_id"], "organizationId": self.values["organization_id"]}
        request = HttpRequest(
            "POST",
            "/v3/partner/login-as-user",
            parent.headers if parent else {},
            JsonBody(body),
            ErrorProfile(_USER_CODES),
        )
        session = self._log_in_with(transport, request, now)
        # BILL does not document the other fields of the response, so the user id may be missing.
        return replace(session, user_id=session.user_id or self.values["user_id"])
