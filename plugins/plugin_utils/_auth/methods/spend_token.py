# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call BILL Spend & Expense with an API token: ``auth_method: spend_token``.

Private to bill.connect. Documented by BILL: "Authentication with API token". There is no sign-in: the token itself goes with
each call. Instead BILL is asked, like for a session, whether the token is good.
"""

from __future__ import annotations

from dataclasses import replace

from ..._core.errors import AuthenticationError, ErrorCode, RateLimitError
from ..._http.transport import HttpTransport
from ..session import Session
from .base import AuthMethod, object_of, plain_text

_WRONG = ErrorCode(
    AuthenticationError,
    "the API token is wrong, or was revoked",
    "Compare it with the one in BILL Spend & Expense, or make a new one there. Sandbox and production share no tokens, so check "
    "that it belongs to {place} too.",
    ("api_token",),
)
_TOO_MANY = ErrorCode(
    RateLimitError,
    "the calls of this minute are used up (BILL allows 60 a minute for an API token)",
    "Try again in a minute.",
)
# Documented by BILL: 60 calls a minute. With which codes it refuses a token or a call too many is not.
_MEANINGS = {
    **dict.fromkeys(("BDC_1101", "BDC_1102", "BDC_1109"), _WRONG),
    **dict.fromkeys(("BDC_1144", "BDC_1322"), _TOO_MANY),
}
_STATUSES = {401: _WRONG, 429: _TOO_MANY}


class SpendToken(AuthMethod):
    method = "spend_token"
    needs = {"api_token": "an API token of BILL Spend & Expense"}
    limits = ("api_token",)
    signs_in = False
    no_sign_out = "There is nothing to sign out of with an API token. To end it, revoke it in BILL Spend & Expense."
    paced = True
    organizations = None
    meanings = _MEANINGS
    statuses = _STATUSES

    def sign_in(self, gateway: HttpTransport, now: float, through: Session | None) -> Session:
        session = Session(
            session_id=None,
            headers={"apiToken": self.values["api_token"]},
            made_at=now,
            answered_at=now,
        )
        return self.check(gateway, session)

    def check(self, gateway: HttpTransport, session: Session) -> Session:
        answer = self.ask(gateway, session, "GET", "/v3/spend/users/current").json
        # That the user's id is named so is an assumption.
        return replace(session, user_id=plain_text(object_of(answer, "the check of the API token").get("id")))
