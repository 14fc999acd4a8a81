# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP requests for a request of the user, with the meaning that BDC codes have for them.

Private to bill.connect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .._core.base_url import WEBHOOKS
from .._core.error_codes import ERROR_CODES, MESSAGES_OF_A_MINUTE, ErrorCode, Scope
from .._core.error_parser import ErrorProfile
from .._core.errors import ApiError, AuthenticationError
from .._http.messages import HttpRequest, JsonBody
from .idempotent_key import key_of
from .request import Request

# In a response to a request of the user, these codes are about the request and not about the credential.
_CODES = {
    "BDC_1121": ErrorCode(
        ApiError,
        "there is no such API here",
        "Check path and method, and that api_url ends before /v3.",
        ("api_url",),
        scope=Scope.ADDRESS,
    ),
    "BDC_1123": ErrorCode(
        ApiError,
        "the organization id is unknown, or it does not belong to this user",
        "Correct it in the request.",
    ),
}
# Documented by BILL: these paths belong to the webhooks API only.
_OF_WEBHOOKS = re.compile(r"/v3/(subscriptions|events)(/.*)?")
# A login that the user sends with bill_request carries another credential.
_CODES_OF_LOGINS = {
    code: ErrorCode(ApiError, "the credentials that the request carries are refused", "Correct them in the request.")
    for code, known in ERROR_CODES.items()
    if known.error is AuthenticationError and code not in _CODES
}
# The calls that make BILL send an email or a text message. BILL named them in its page "API rate limits".
_SENDS_A_MESSAGE = re.compile(
    r"/v3/(?:invoices/[^/]+/email|network/invitation/(?:customer|vendor)/[^/]+|mfa/(?:challenge|setup))"
)
_LOGIN_PATHS = ("/v3/login", "/v3/partner/login", "/v3/partner/login-as-user")


@dataclass(frozen=True)
class PageRequests:
    """The requests for the pages of a list."""

    request: Request

    def page(self, cursor: str | None) -> HttpRequest:
        # Documented by BILL: Spend & Expense has its own parameter for the cursor.
        parameter = "nextPage" if self.request.is_spend else "page"
        return http_request(self.request.with_query(**{parameter: cursor}) if cursor else self.request)


def http_request(request: Request) -> HttpRequest:
    """The HTTP request for a request of the user."""
    return HttpRequest(
        request.method,
        request.target,
        request.headers,
        None if request.body is None else JsonBody(request.body),
        # A field of the response may have the name of an option, but it is not about that option.
        ErrorProfile(_codes_of(request), option_of_field={}),
        is_repeatable=request.is_read or key_of(request) is not None,
    )


def _codes_of(request: Request) -> dict[str, ErrorCode]:
    """The meanings that differ for a request. The order is the priority: a limit comes last."""
    found = {**_CODES, **(_CODES_OF_LOGINS if request.path in _LOGIN_PATHS else {})}
    if _OF_WEBHOOKS.fullmatch(request.path):
        found["BDC_1121"] = replace(
            _CODES["BDC_1121"], remedy=f"The path of BILL's webhooks is {WEBHOOKS}{request.path}. Write it so."
        )
    if request.is_webhooks:
        found["BDC_1121"] = replace(
            _CODES["BDC_1121"], remedy=f"Check path and method. Only paths of BILL's webhooks are below {WEBHOOKS}."
        )
    if request.method == "POST" and _SENDS_A_MESSAGE.fullmatch(request.path):
        found["BDC_1144"] = MESSAGES_OF_A_MINUTE
    return found
