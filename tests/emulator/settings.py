# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests can switch: limits, speed, and everything that BILL does not document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Codes(BaseModel):
    """The codes of refusals that BILL is known to make, or has to make somehow, but not with which code."""

    model_config = ConfigDict(extra="forbid")

    # An MFA code that is wrong, or for a setup or challenge that does not exist. BDC_1119 is inferred.
    mfa_code: str = "BDC_1119"
    # Documented (changelog of 2026): `primary: false` and `useBackup: true` get status 400. BDC_1119 is inferred.
    secondary_phone: str = "BDC_1119"
    # Documented: five text messages a minute. That a sixth is refused, and with BDC_1322, is inferred.
    text_limit: str = "BDC_1322"
    # An app key that BILL does not know. Inferred from BDC_1102 for developer keys.
    app_key: str = "BDC_1102"
    # An access token that is expired or unknown. Inferred from BDC_1109 for sessions.
    bearer: str = "BDC_1109"
    # An app whose scope does not cover the call. Inferred from BDC_1361, whose status 403 was observed.
    scope: str = "BDC_1361"
    # A Spend & Expense token that is missing or wrong. Inferred from BDC_1109 for sessions.
    spend_token: str = "BDC_1109"
    # Documented: 60 calls a minute. Inferred from BDC_1144 for the hourly limits.
    spend_limit: str = "BDC_1144"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # HTTP statuses that differ from the table in errors.py, by code. Most statuses there are inferred.
    status_of: dict[str, int] = Field(default_factory=dict)

    # The codes that are not known; see above.
    codes: Codes = Field(default_factory=Codes)

    # Unknown at BILL: does a second login end the first session? Clients in the wild live as if it did not.
    one_session_per_user: bool = False

    # Unknown at BILL: does a refused call (4xx) reset the idle timer?
    errors_reset_idle: bool = False

    # A guess: BILL documents that logins get locked (BDC_1110), but not after how many wrong passwords.
    lock_after: int = Field(default=10, ge=1)

    # Observed, though not in BILL's login schema: the answer names the organization.
    organization_in_answer: bool = True

    # Unknown at BILL: a login with a password and a console token. "refused" as a missing field is inferred;
    # otherwise this one of the two is taken, and the other ignored.
    password_and_console_token: Literal["refused", "password", "console_token"] = "refused"

    # Unknown at BILL: can a session of the Accountant Console become trusted?
    console_mfa: bool = False

    # A third party's word: the objects about unfit fields may come without a code.
    validation_codes: bool = True

    # Documented (filterable-fields, sortable-fields): which fields a list is filtered and sorted by, and with which
    # operators. That BILL refuses all others is inferred; without this, every field of an object will do.
    documented_fields: bool = True

    # Inferred: a query parameter that a list does not have, or that comes twice, is refused.
    strict_parameters: bool = True

    # Unknown at BILL: is the minute of Spend & Expense the clock's, or the last sixty seconds?
    spend_rolling_minute: bool = False

    # The developer keys that MFA is switched off for. Documented: `mfaBypass` says so.
    mfa_bypass: list[str] = Field(default_factory=list)

    # Unknown at BILL: is there a `rememberMeId` without `rememberMe: true`?
    remember_me_id_always: bool = False

    # A third party's word: codes live about 5 minutes, 3 tries, and a lock of 5 to 10 minutes.
    mfa_code_seconds: float = Field(default=300, gt=0)
    mfa_tries: int = Field(default=3, ge=1)
    mfa_lock_seconds: float = Field(default=600, ge=0)

    # Documented: an access token is short-lived. Unknown: how many seconds, and whether the answer says so.
    oauth_token_life: int = Field(default=900, ge=0)
    oauth_tells_life: bool = True

    # Unknown at BILL: do refused access tokens come in the words of RFC 6749, or in BILL's envelope?
    oauth_errors: Literal["rfc6749", "bill"] = "rfc6749"

    # Unknown at BILL: do the calls about a session (GET /v3/login/session, POST /v3/logout) work with an access
    # token, or are they refused with BDC_1109?
    bearer_session_check: bool = True

    # Unknown at BILL: do calls with an access token count for the limits of a developer key and organization, with
    # the client id in the key's place?
    bearer_limits: bool = True

    # Documented: 100 organizations a page. Smaller, a few fill several pages.
    organizations_page: int = Field(default=100, ge=1)

    # Documented by BILL: api-rate-limits.
    logins_per_hour: int = Field(default=200, ge=0)
    requests_per_hour: int = Field(default=20_000, ge=0)
    in_flight: int = Field(default=3, ge=0)
    texts_per_minute: int = Field(default=5, ge=0)
    spend_calls_per_minute: int = Field(default=60, ge=0)

    # Seconds that every BILL answer takes, so that calls can be made to overlap.
    latency: float = Field(default=0, ge=0)

    def merge(self, changes: dict[str, Any]) -> None:
        """Take over the changes, all or none; pydantic's ValidationError names an unknown or unfit one."""
        merged = Settings.model_validate({**self.model_dump(), **changes})
        for name in changes:
            setattr(self, name, getattr(merged, name))
