# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The meaning of each BDC code, and the advice to the user.

Private to bill.connect. Documented by BILL ("Common API error codes" and its error code list): the codes and their short meanings.
Observed: BDC_1354, BDC_1358, BDC_1361 and BDC_1570. Another client reports BDC_1374. BILL does not document the HTTP status of a code.
Therefore nothing here depends on a status.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    HourlyQuotaError,
    MfaRequiredError,
    ServerError,
    SessionExpiredError,
)


@dataclass(frozen=True)
class ErrorCode:
    """What a code means.

    - ``error`` is the class of the error to raise.
    - ``meaning`` and ``remedy`` are parts of the message. ``{place}`` in a remedy is the name of the environment,
      such as ``BILL's sandbox (gateway.stage.bill.com)``.
    - ``options`` are the names of the options that are the likely cause.
    """

    error: type[BillError]
    meaning: str
    remedy: str
    options: tuple[str, ...] = ()


OTHER_ENVIRONMENT = (
    "Sandbox and production have different users, keys and organizations: check that these values belong to {place}."
)

# The order is the priority. If a response contains several codes, the code that comes first here decides.
ERROR_CODES: dict[str, ErrorCode] = {
    "BDC_1109": ErrorCode(
        SessionExpiredError,
        "the session is not valid any more",
        "Sign in again.",
    ),
    "BDC_1361": ErrorCode(
        MfaRequiredError,
        "the request requires an MFA-trusted session, and this session is not trusted",
        "Signing in again does not help. To make the session trusted, pass BILL's MFA challenge with the role bill.connect.trust.",
    ),
    "BDC_1110": ErrorCode(
        AuthenticationError,
        "the login is locked",
        "BILL does not document how long the lock lasts. If it stays, ask BILL's support.",
        ("username",),
    ),
    "BDC_1107": ErrorCode(
        AuthenticationError,
        "the organization is locked out",
        "BILL does not document how long the lock lasts. If it stays, ask BILL's support.",
        ("organization_id",),
    ),
    "BDC_1101": ErrorCode(
        AuthenticationError,
        "the user name, the password or the token is wrong",
        "Correct them. " + OTHER_ENVIRONMENT,
        ("username", "password", "console_api_token"),
    ),
    "BDC_1102": ErrorCode(
        AuthenticationError,
        "the developer key is not valid",
        "Compare it with the key at Settings > Sync & Integrations > Manage Developer Keys. " + OTHER_ENVIRONMENT,
        ("dev_key",),
    ),
    "BDC_1103": ErrorCode(
        AuthenticationError,
        "the developer key is inactive",
        "Use an active key: Settings > Sync & Integrations > Manage Developer Keys.",
        ("dev_key",),
    ),
    "BDC_1104": ErrorCode(
        ApiError,
        "the developer terms are not accepted",
        "Somebody must accept them at BILL before you can use the developer key.",
        ("dev_key",),
    ),
    "BDC_1106": ErrorCode(
        ApiError,
        "the user and the organization belong to different partners",
        "Use a user of this organization.",
        ("username", "user_id", "organization_id"),
    ),
    "BDC_1111": ErrorCode(
        ApiError,
        "there is no active user for these credentials",
        "Check that the user is active in this organization. " + OTHER_ENVIRONMENT,
        ("username", "user_id", "organization_id"),
    ),
    "BDC_1113": ErrorCode(
        ApiError,
        "the sign-in failed, and BILL does not report the reason",
        "Try the same values in BILL's web app.",
        ("username", "organization_id"),
    ),
    "BDC_1123": ErrorCode(
        AuthenticationError,
        "the organization id is unknown, or it does not belong to this user",
        "Correct it. " + OTHER_ENVIRONMENT,
        ("organization_id",),
    ),
    "BDC_1144": ErrorCode(
        HourlyQuotaError,
        "the requests of this clock hour are used up (BILL allows 20,000 requests and 200 sign-ins an hour for a developer key)",
        "Wait for the next full hour.",
    ),
    "BDC_1322": ErrorCode(
        ConcurrencyLimitError,
        "more than three requests were in flight for this developer key and organization",
        "Run fewer programs that call BILL at the same time.",
    ),
    "BDC_1354": ErrorCode(
        ApiError,
        "this user has no phone for MFA, or the phone does not work",
        "Set up 2-step verification for the user in BILL first.",
    ),
    "BDC_1358": ErrorCode(
        ApiError,
        "somebody entered too many wrong MFA codes",
        "BILL does not document for how long it rejects all codes. Wait some minutes, then ask for a new code.",
    ),
    "BDC_1374": ErrorCode(
        ApiError,
        "the MFA code has expired",
        "Ask for a new code.",
    ),
    "BDC_1570": ErrorCode(
        ApiError,
        "BILL's risk service refused the request and does not report the reason",
        "Ask BILL's support.",
    ),
    "BDC_1121": ErrorCode(
        ApiError,
        "there is no such API here",
        "Check api_url: it ends before /v3, as in https://gateway.stage.bill.com/connect.",
        ("api_url",),
    ),
    "BDC_1001": ErrorCode(ServerError, "a fault on BILL's side", "Try again later."),
}
