# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authenticates requests to BILL Spend & Expense with an API token: ``auth_method: spend_token``.

Private to bill.connect. Documented by BILL: "Authentication with API token". There is no login, because each request carries the token.
Instead, a request validates the token like a session.
"""

from __future__ import annotations

from dataclasses import replace

from ..._core.error_codes import ErrorCode
from ..._core.error_parser import ErrorProfile
from ..._core.errors import ApiError, AuthenticationError, RateLimitError
from ..._http.messages import HttpRequest
from ..._http.transport import Transport
from ..session import Session
from .base import AuthMethod, object_of, plain_text

_WRONG = ErrorCode(
    AuthenticationError,
    "the API token is wrong, or was revoked",
    "Compare it with the token in BILL Spend & Expense, or create a new one there. Sandbox and production have different "
    "tokens: check that this token belongs to {place}.",
    ("api_token",),
)
# Documented by BILL: the token is for Spend & Expense. So a rejection of another path says nothing about the token.
_OTHER_PATH = ErrorCode(
    ApiError,
    "an API token of Spend & Expense is for paths below /v3/spend",
    "For other paths, use another auth_method.",
    ("auth_method",),
)
_TOO_MANY = ErrorCode(
    RateLimitError,
    "the calls of this minute are used up (BILL allows 60 a minute for an API token)",
    "Try again in a minute.",
)
# Documented by BILL: an API token may make 60 calls a minute. BILL does not document the codes with which it rejects a wrong token or
# too many calls.
_REJECTS = ("BDC_1101", "BDC_1102", "BDC_1109")
_CODES = {
    **dict.fromkeys(_REJECTS, _WRONG),
    **dict.fromkeys(("BDC_1144", "BDC_1322"), _TOO_MANY),
}


_OF_OTHER_PATHS = ErrorProfile(dict.fromkeys(_REJECTS, _OTHER_PATH), {401: _OTHER_PATH})


class SpendToken(AuthMethod):
    method = "spend_token"
    required_options = {"api_token": "an API token of BILL Spend & Expense"}
    quota_options = ("api_token",)
    creates_session = False
    logout_note = "An API token has no sign-out. To end the token, revoke it in BILL Spend & Expense."
    is_rate_limited = True
    organizations_path = None
    profile = ErrorProfile(_CODES, {401: _WRONG, 429: _TOO_MANY})

    def authorized(self, session: Session, request: HttpRequest) -> HttpRequest:
        if not request.target.startswith("/v3/spend/"):
            request = replace(request, profile=request.profile.over(_OF_OTHER_PATHS))
        return super().authorized(session, request)

    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        session = Session(
            session_id=None,
            headers={"apiToken": self.values["api_token"]},
            made_at=now,
            answered_at=now,
        )
        return self.validate(transport, session)

    def validate(self, transport: Transport, session: Session) -> Session:
        answer = transport.send(self.authorized(session, HttpRequest("GET", "/v3/spend/users/current"))).json
        # Assumption: the field with the user's id has the name "id".
        return replace(session, user_id=plain_text(object_of(answer, "the validation of the API token").get("id")))
