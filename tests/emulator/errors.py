# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL's errors: the HTTP status and the message of each code, and the format of an error response.

BILL documents the format and the messages (common-api-error-codes). Severity and category are those of every documented
sample. The statuses of 1109, 1121 and 1361 are documented or observed. The other statuses come from a third party, or
are inferred. So the setting `status_of` can change each status.
"""

from __future__ import annotations

from typing import Any

from .clock import Clock
from .settings import Settings

SYSTEM_ERROR = "BDC_1001"
WRONG_CREDENTIALS = "BDC_1101"
INVALID_DEV_KEY = "BDC_1102"
INACTIVE_DEV_KEY = "BDC_1103"
ORGANIZATION_LOCKED = "BDC_1107"
MISSING_FIELD = "BDC_1108"
INVALID_SESSION = "BDC_1109"
USER_LOCKED = "BDC_1110"
NO_ACTIVE_USER = "BDC_1111"
INVALID_FIELD = "BDC_1119"
NO_DATA = "BDC_1120"
NOT_SUPPORTED = "BDC_1121"
NOT_JSON = "BDC_1122"
INVALID_ORGANIZATION = "BDC_1123"
INVALID_PARAMETER = "BDC_1129"
INVALID_FILTER_FIELD = "BDC_1130"
INVALID_FILTER_OPERATOR = "BDC_1131"
TOO_LONG = "BDC_1143"
HOURLY_LIMIT = "BDC_1144"
NO_RIGHT = "BDC_1145"
UNKNOWN_ID = "BDC_1205"
TOO_MANY_IN_FLIGHT = "BDC_1322"
NO_PHONE = "BDC_1354"
TOO_MANY_CODES = "BDC_1358"
UNTRUSTED_SESSION = "BDC_1361"
EXPIRED_CODE = "BDC_1374"
MFA_BLOCKED = "BDC_5324"

# Inferred from BDC_1171, which a third party met for invoices.
DUPLICATE = "BDC_1171"

KNOWN: dict[str, tuple[int, str]] = {
    SYSTEM_ERROR: (500, "System error occurred."),
    "BDC_1002": (400, "Unknown error occurred."),
    WRONG_CREDENTIALS: (401, "User name and/or password do not match our records."),
    INVALID_DEV_KEY: (400, "Developer key is invalid."),
    INACTIVE_DEV_KEY: (400, "Developer key is inactive."),
    ORGANIZATION_LOCKED: (423, "Organization is locked out."),
    MISSING_FIELD: (400, "Missing parameter value for parameter: ${paramName0}"),
    # BILL's text has two spaces here.
    INVALID_SESSION: (401, "Session is invalid.  Please log in."),
    USER_LOCKED: (401, "Login is locked."),
    NO_ACTIVE_USER: (400, "No active user for: ${paramName0}, ${paramName1}"),
    INVALID_FIELD: (400, "Invalid field,value"),
    NO_DATA: (404, "No data found."),
    NOT_SUPPORTED: (404, "API not supported."),
    NOT_JSON: (400, "Error parsing JSON"),
    INVALID_ORGANIZATION: (400, "Invalid organization id."),
    INVALID_PARAMETER: (400, "Invalid parameter"),
    INVALID_FILTER_FIELD: (400, "Invalid list filter field"),
    INVALID_FILTER_OPERATOR: (400, "Invalid list filter operator"),
    # Observed by a third party. The message has the name of the field and its limit.
    TOO_LONG: (400, "Invalid entity data."),
    # Documented for reading an organization and creating a user: only an administrator may do it. A third party met this code. The text
    # is inferred.
    NO_RIGHT: (403, "User does not have the required permission."),
    # From a third party: an identifier in the body of a request that BILL does not know. The text is inferred.
    UNKNOWN_ID: (404, "Unknown identifier."),
    DUPLICATE: (422, "An object with this name already exists."),
    HOURLY_LIMIT: (422, "Max number of allowed requests per hour reached: 20000."),
    TOO_MANY_IN_FLIGHT: (422, "Max number of concurrent requests per organization reached."),
    NO_PHONE: (400, "Specified 2-Step Verification phone is not setup or is invalid."),
    TOO_MANY_CODES: (400, "2-Step Verification too many token response attempts."),
    UNTRUSTED_SESSION: (403, "Untrusted session."),
    # A third party says that this code means an expired MFA code. BILL's text is unknown. This text is inferred.
    EXPIRED_CODE: (400, "2-Step Verification token has expired."),
    MFA_BLOCKED: (400, "Mfa action blocked."),
}


class RefusalError(Exception):
    """BILL refuses the request: one code, and one message for each problem."""

    def __init__(self, code: str, *messages: str) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or (KNOWN.get(code, KNOWN["BDC_1002"])[1],)

    def status(self, settings: Settings) -> int:
        known, _text = KNOWN.get(self.code, KNOWN["BDC_1002"])
        return settings.status_of.get(self.code, known)

    def envelope(self, clock: Clock, settings: Settings) -> list[dict[str, Any]]:
        return [_error_object(clock, self.code, message) for message in self.messages]


class InvalidFieldsError(RefusalError):
    """Some fields are not valid: one code and message for each field (observed)."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__(problems[0][0], *(message for _code, message in problems))
        self._problems = problems

    def envelope(self, clock: Clock, settings: Settings) -> list[dict[str, Any]]:
        objects = [_error_object(clock, code, message) for code, message in self._problems]
        if not settings.validation_codes:
            for one in objects:
                del one["code"]
        return objects


def _error_object(clock: Clock, code: str, message: str) -> dict[str, Any]:
    return {
        "timestamp": clock.stamp(),
        "code": code,
        "severity": "ERROR",
        "category": "DOWNSTREAM",
        "message": message,
    }
