# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs an app in with OAuth client credentials: ``auth_method: oauth``.

Private to bill.connect. Documented by BILL: "OAuth client credentials", reference/createaccesstoken. BILL documents the path of the token
address. BILL does not document the rest of the address, the names of the fields, or the lifetime of a token. The names are those of
RFC 6749, section 4.4. The lifetime comes from the response.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..._core.base_url import BaseUrl
from ..._core.error_codes import ErrorCode
from ..._core.error_parser import ErrorProfile, apply_status
from ..._core.errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    HourlyQuotaError,
    InvalidResponseError,
    MfaRequiredError,
    SessionExpiredError,
)
from ..._http.messages import FormBody, HttpRequest
from ..._http.transport import Transport
from ..session import Session
from .base import AuthMethod, plain_text, text_of

_PATH = "/authx/token"
_WHAT = "the request for an access token"

_WRONG = ErrorCode(
    AuthenticationError,
    "the client id or the client secret is wrong",
    "Correct them.",
    ("client_id", "client_secret"),
    may_be_other_environment=True,
)
_NOT_IN_THIS_WAY = ErrorCode(
    ApiError,
    "BILL issues no token in this way",
    "If token_url is set, check that it is the address of BILL's access tokens.",
    ("token_url",),
)
_CODES = {
    # BILL does not document the codes with which it rejects a client. Assumption: these codes, as for a wrong name, secret or key.
    **dict.fromkeys(("BDC_1101", "BDC_1102", "BDC_1109"), _WRONG),
    # BILL does not document whether it uses the following error codes of RFC 6749, section 5.2.
    "invalid_client": _WRONG,
    "unauthorized_client": ErrorCode(
        ApiError,
        "this app is not allowed to sign in with a client id and secret",
        "Check the app in BILL's web app.",
        ("client_id",),
    ),
    **dict.fromkeys(("invalid_request", "invalid_grant", "unsupported_grant_type", "invalid_scope"), _NOT_IN_THIS_WAY),
}
_NOT_AT_TOKEN_URL = {
    "BDC_1121": ErrorCode(
        ApiError,
        "there is no such API here",
        "Check token_url: it is the complete address of BILL's access tokens, and ends in /authx/token.",
        ("token_url",),
    ),
}
# The meaning of status 401 for a request with a token. BILL does not document how it rejects an expired token. RFC 6750, section 3.1,
# defines this status.
_OVER = ErrorCode(SessionExpiredError, "the access token is not valid any more", "Sign in again.")
# Documented by BILL: what an app with full access can do, and that the access cannot be changed later. BILL does not document the code
# for an app without it. Assumption: the code of an untrusted session.
_NO_ACCESS = ErrorCode(
    MfaRequiredError,
    "the request requires MFA trust, and this app does not have it",
    "Use an app with full access. The access of an app cannot be changed after it was made.",
    ("client_id",),
)
# The statuses with which BILL, or a server in front of it, reports an unknown address.
_NOTHING_THERE = (404, 405)


class OAuth(AuthMethod):
    method = "oauth"
    # Documented by BILL (the pages of webhooks).
    reaches_webhooks = False
    required_options = {
        "client_id": "the app's client ID",
        "client_secret": "the app's client secret",
    }
    optional_options = ("token_url",)
    quota_options = ("client_id",)
    # BILL does not document a call that validates a token. The response with the token contains its lifetime.
    can_validate = False
    # Documented by BILL: an app with full access can pay, because its owner passed MFA when the app was created. An app without full access
    # can never pay.
    is_mfa_exempt = True
    profile = ErrorProfile({"BDC_1361": _NO_ACCESS}, {401: _OVER})
    logout_note = "BILL documents no sign-out for access tokens. bill.connect deleted the stored token, but the token is valid until {end}."

    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.values["client_id"],
            "client_secret": self.values["client_secret"],
        }
        try:
            answer, option = self._token(transport, form)
        except BillError as error:
            # Status 401 without a known code means that the client credentials are wrong.
            raise apply_status(error, {401: _WRONG}, transport.environment_label) from None
        token = text_of(answer, "access_token", _WHAT, option)
        return Session(
            session_id=None,
            headers={"Authorization": f"Bearer {token}"},
            ends_at=_end(answer, now),
            made_at=now,
            answered_at=now,
        )

    def validate(self, transport: Transport, session: Session) -> Session:
        # This request only adds information about the token. BILL does not document whether the call accepts a token.
        try:
            answer = transport.send(HttpRequest("GET", "/v3/login/session", session.headers)).json
        except (HourlyQuotaError, ConcurrencyLimitError):
            raise
        except (ApiError, InvalidResponseError):
            return session
        about = answer if isinstance(answer, dict) else {}
        return replace(
            session,
            organization_id=plain_text(about.get("organizationId")),
            user_id=plain_text(about.get("userId")),
            mfa_status=plain_text(about.get("mfaStatus")),
            mfa_bypass=about["mfaBypass"] if isinstance(about.get("mfaBypass"), bool) else None,
        )

    def _token(self, transport: Transport, form: dict[str, str]) -> tuple[Any, str]:
        """BILL's response with a token, and the option that its address came from."""
        if token_url := self.values.get("token_url"):
            request = HttpRequest(
                "POST", "", body=FormBody(form), profile=ErrorProfile({**_CODES, **_NOT_AT_TOKEN_URL})
            )
            return transport.at(BaseUrl.of_option(token_url, "token_url")).send(request).json, "token_url"
        # BILL documents only the path of the address. The path may belong to the base URL or directly to its host.
        candidates = dict.fromkeys((transport.base_url.url + _PATH, transport.base_url.root + _PATH))
        request = HttpRequest("POST", "", body=FormBody(form), profile=ErrorProfile(_CODES))
        said: BillError | None = None
        for url in candidates:
            try:
                return transport.at(BaseUrl.of_option(url, "api_url")).send(request).json, "api_url"
            except (ApiError, InvalidResponseError) as error:
                plain = error.code is None and error.status in (*_NOTHING_THERE, 401)
                if error.code != "BDC_1121" and not plain:
                    raise
                # A server in front of BILL may return 401 without a code for an unknown address. So the other address is tried as well.
                said = error if error.status == 401 else said
        if said:
            raise said
        raise InvalidResponseError(
            f"BILL issues no access tokens at {' or '.join(candidates)}. Set token_url to the right address.",
            status=404,
            options=("api_url",),
        )


def _end(answer: Any, now: float) -> float | None:
    """The end of a token, in seconds since the epoch. None if the response does not contain its lifetime."""
    seconds = answer.get("expires_in")
    if isinstance(seconds, str) and seconds.isdecimal():
        # int() would reject a text with thousands of digits.
        seconds = float(seconds)
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds < 1e9:
        return None
    return now + seconds
