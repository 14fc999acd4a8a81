# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The meaning of each BDC code, and the advice to the user.

Private to bill.connect. Documented by BILL ("Common API error codes" and its error code list): the codes and their short meanings.
Observed: BDC_1354, BDC_1358, BDC_1361 and BDC_1570. Another client reports BDC_1374. BILL does not document the HTTP status of a code.
Therefore nothing here depends on a status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .errors import (
    ApiError,
    AuthenticationError,
    BillError,
    ConcurrencyLimitError,
    HourlyQuotaError,
    MfaRequiredError,
    RateLimitError,
    ServerError,
    SessionExpiredError,
    SignInQuotaError,
)


class Scope(Enum):
    """What a code is about."""

    REQUEST = "this request"
    ADDRESS = "the address of the API"
    SESSION = "the session"
    CREDENTIAL = "the credential"
    USER = "the user, in each organization"
    MFA_CODE = "the code that a person typed"
    QUOTA = "the quota of the clock hour"
    SIGN_INS = "the quota of sign-ins of the clock hour"
    MINUTE = "the calls of one kind in a minute"
    SERVER = "BILL itself"


@dataclass(frozen=True)
class ErrorCode:
    """What a code means.

    - ``error`` is the class of the error to raise.
    - ``meaning`` and ``remedy`` are parts of the message.
    - ``options`` are the names of the options that are the likely cause.
    - ``is_final`` is true if other values do not help: the user has to wait, or to ask BILL.
    - ``may_be_other_environment`` is true if BILL also sends the code for a value that belongs to its other environment (documented by
      BILL). Then the message says so.
    - ``in_words`` are the meanings that the code has if BILL's message matches a pattern. The first match counts.
    """

    error: type[BillError]
    meaning: str
    remedy: str
    options: tuple[str, ...] = ()
    scope: Scope = Scope.REQUEST
    is_final: bool = False
    may_be_other_environment: bool = False
    in_words: tuple[tuple[re.Pattern[str], ErrorCode], ...] = ()

    def in_message(self, texts: Iterable[str]) -> ErrorCode:
        """The meaning of the code together with BILL's messages."""
        said = " ".join(texts)
        return next((meaning for pattern, meaning in self.in_words if pattern.search(said)), self)

    def message(self, code: str, place: str) -> str:
        """The message of the error. ``place`` is the name of the environment, as in ``BILL's sandbox (gateway.stage.bill.com)``."""
        more = f" {_OTHER_ENVIRONMENT}" if self.may_be_other_environment else ""
        return f"BILL answered {code}: {self.meaning}. {self.remedy}{more}".replace("{place}", place)


_OTHER_ENVIRONMENT = (
    "Sandbox and production have different users, keys and organizations: check that these values belong to {place}."
)

# BILL documents one text, "Max number of allowed requests per hour reached: 20000.", and limits for an hour, for a minute and for sign-ins.
# Inferred: its texts for the other limits name the time or the number, too.
_NAMES_A_MINUTE = re.compile(r"(?i)^(?!.*\bhour).*\b(?:minute|second)|\b(?:per|each|every)[ -]minute")
_NAMES_A_DAY = re.compile(r"(?i)^(?!.*\bhour).*\b(?:day|daily)\b")
_NAMES_SIGN_INS = re.compile(
    r"(?i)\bhour\b.*\b200\b|\b200\b.*\bhour\b|\b(?:log-?ins?|sign-?ins?)\b.*\bhour\b|\bhour\b.*\b(?:log-?ins?|sign-?ins?)\b"
)

_OF_A_MINUTE = ErrorCode(
    RateLimitError,
    "the calls of this kind that BILL accepts in a minute are used up",
    "Wait a minute, and make fewer of these calls at a time.",
    scope=Scope.MINUTE,
)
# Documented by BILL in "API rate limits": five text messages a minute; in earlier versions of that page, five emails a minute, too.
# BILL does not document the code and the text for these limits. So for a call that sends a message, the code alone means this limit.
MESSAGES_OF_A_MINUTE = ErrorCode(
    RateLimitError,
    "the calls of this minute that send an email or a text message are used up (BILL accepts five a minute)",
    "Wait a minute. If BILL then refuses the call again, wait for the next full hour: BILL has a limit for the hour, too.",
    scope=Scope.MINUTE,
)

# The order is the priority. If a response contains several codes, the code that comes first here decides.
ERROR_CODES: dict[str, ErrorCode] = {
    "BDC_1109": ErrorCode(
        SessionExpiredError,
        "the session is not valid any more",
        "Sign in again.",
        scope=Scope.SESSION,
    ),
    "BDC_1361": ErrorCode(
        MfaRequiredError,
        "the request requires an MFA-trusted session, and this session is not trusted",
        "Signing in again does not help. To make the session trusted, pass BILL's MFA challenge with the role bill.connect.trust.",
        scope=Scope.SESSION,
    ),
    "BDC_1110": ErrorCode(
        AuthenticationError,
        "the login is locked",
        "BILL does not document how long the lock lasts. If it stays, ask BILL's support.",
        ("username",),
        scope=Scope.USER,
        is_final=True,
    ),
    "BDC_1107": ErrorCode(
        AuthenticationError,
        "the organization is locked out",
        "BILL does not document how long the lock lasts. If it stays, ask BILL's support.",
        ("organization_id",),
        scope=Scope.CREDENTIAL,
        is_final=True,
    ),
    "BDC_1101": ErrorCode(
        AuthenticationError,
        "the user name, the password or the token is wrong",
        "Correct them.",
        ("username", "password", "console_api_token"),
        scope=Scope.USER,
        may_be_other_environment=True,
    ),
    "BDC_1102": ErrorCode(
        AuthenticationError,
        "the developer key is not valid",
        "Compare it with the key at Settings > Sync & Integrations > Manage Developer Keys.",
        ("dev_key",),
        scope=Scope.CREDENTIAL,
        may_be_other_environment=True,
    ),
    "BDC_1103": ErrorCode(
        AuthenticationError,
        "the developer key is inactive",
        "Use an active key: Settings > Sync & Integrations > Manage Developer Keys.",
        ("dev_key",),
        scope=Scope.CREDENTIAL,
    ),
    "BDC_1104": ErrorCode(
        ApiError,
        "the developer terms are not accepted",
        "Somebody must accept them at BILL before you can use the developer key.",
        ("dev_key",),
        scope=Scope.CREDENTIAL,
    ),
    "BDC_1106": ErrorCode(
        ApiError,
        "the user and the organization belong to different partners",
        "Use a user of this organization.",
        ("username", "user_id", "organization_id"),
        scope=Scope.CREDENTIAL,
    ),
    "BDC_1111": ErrorCode(
        ApiError,
        "there is no active user for these credentials",
        "Check that the user is active in this organization.",
        ("username", "user_id", "organization_id"),
        scope=Scope.CREDENTIAL,
        may_be_other_environment=True,
    ),
    "BDC_1113": ErrorCode(
        ApiError,
        "the sign-in failed, and BILL does not report the reason",
        "Try the same values in BILL's web app.",
        ("username", "organization_id"),
        scope=Scope.CREDENTIAL,
    ),
    "BDC_1123": ErrorCode(
        AuthenticationError,
        "the organization id is unknown, or it does not belong to this user",
        "Correct it.",
        ("organization_id",),
        scope=Scope.CREDENTIAL,
        may_be_other_environment=True,
    ),
    "BDC_1144": ErrorCode(
        HourlyQuotaError,
        "the requests of this clock hour are used up (BILL allows 20,000 requests and 200 sign-ins an hour for a developer key)",
        "Wait for the next full hour.",
        scope=Scope.QUOTA,
        is_final=True,
        in_words=(
            (_NAMES_A_MINUTE, _OF_A_MINUTE),
            (
                _NAMES_A_DAY,
                ErrorCode(
                    HourlyQuotaError,
                    "the requests that BILL accepts in a day are used up",
                    "Wait for the next day, or ask BILL's support.",
                    scope=Scope.QUOTA,
                    is_final=True,
                ),
            ),
            (
                _NAMES_SIGN_INS,
                ErrorCode(
                    SignInQuotaError,
                    "the sign-ins of this clock hour are used up (BILL allows 200 an hour for a developer key)",
                    "Wait for the next full hour. Use one session_store for all runs, so that they share their sessions.",
                    scope=Scope.SIGN_INS,
                    is_final=True,
                ),
            ),
        ),
    ),
    "BDC_1322": ErrorCode(
        ConcurrencyLimitError,
        "more than three requests were in flight for this developer key and organization",
        "Run fewer programs that call BILL at the same time.",
        in_words=((_NAMES_A_MINUTE, _OF_A_MINUTE),),
    ),
    "BDC_1354": ErrorCode(
        ApiError,
        "this user has no phone for MFA, or the phone does not work",
        "Set up 2-step verification for the user in BILL first.",
        scope=Scope.CREDENTIAL,
    ),
    "BDC_1358": ErrorCode(
        ApiError,
        "somebody entered too many wrong MFA codes",
        "BILL does not document for how long it rejects all codes. Wait some minutes, then ask for a new code.",
        scope=Scope.MFA_CODE,
        is_final=True,
    ),
    "BDC_1374": ErrorCode(
        ApiError,
        "the MFA code has expired",
        "Ask for a new code.",
        scope=Scope.MFA_CODE,
    ),
    "BDC_1570": ErrorCode(
        ApiError,
        "BILL's risk service refused the request and does not report the reason",
        "Ask BILL's support.",
        is_final=True,
    ),
    "BDC_1121": ErrorCode(
        ApiError,
        "there is no such API here",
        "Check api_url: it ends before /v3, as in https://gateway.stage.bill.com/connect.",
        ("api_url",),
        scope=Scope.ADDRESS,
    ),
    "BDC_1001": ErrorCode(
        ServerError,
        "a fault on BILL's side",
        "Try again later.",
        scope=Scope.SERVER,
    ),
}


def scope_of(code: str | None) -> Scope | None:
    """What a code is about. None if the code is not in the table."""
    known = ERROR_CODES.get(code or "")
    return known.scope if known else None


def is_final(code: str | None) -> bool:
    """Whether other values do not help after this code."""
    return bool((known := ERROR_CODES.get(code or "")) and known.is_final)


def may_be_other_environment(code: str | None) -> bool:
    """Whether BILL also sends this code for a value that belongs to its other environment."""
    return bool((known := ERROR_CODES.get(code or "")) and known.may_be_other_environment)
