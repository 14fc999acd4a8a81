# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test can change: limits, speed, and everything that BILL does not document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Codes(BaseModel):
    """The codes of refusals. BILL is known to refuse these requests, or must refuse them, but its code is unknown."""

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
    # An app whose scope does not include the call. Inferred from BDC_1361. Its status 403 was observed.
    scope: str = "BDC_1361"
    # A Spend & Expense token that is missing or wrong. Inferred from BDC_1109 for sessions.
    spend_token: str = "BDC_1109"
    # Documented: 60 calls a minute. Inferred from BDC_1144 for the hourly limits.
    spend_limit: str = "BDC_1144"
    # A user whose e-mail another user has, and a contact whose e-mail another contact of the customer has (documented).
    user_email: str = "BDC_1171"
    contact_email: str = "BDC_1171"
    # Documented: a payment term with the `daysDue` of another one.
    payment_term: str = "BDC_1171"
    # A bank account for a vendor that has one.
    vendor_bank_account: str = "BDC_1171"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # HTTP statuses that differ from the table in errors.py, by code. Most statuses there are inferred.
    status_of: dict[str, int] = Field(default_factory=dict)

    # The codes that are unknown. See above.
    codes: Codes = Field(default_factory=Codes)

    # Unknown: does a second login end the first session? Other clients work as if it does not.
    one_session_per_user: bool = False

    # Unknown: does a refused call (4xx) count as use of the session?
    errors_reset_idle: bool = False

    # An assumption. BILL documents that it locks logins (BDC_1110), but not after how many wrong passwords.
    lock_after: int = Field(default=10, ge=1)

    # Observed: the response names the organization. BILL's schema of the login does not have this field.
    organization_in_answer: bool = True

    # Unknown: the response to a login with a password and a console token. Inferred: "refused", as a missing field. With the
    # other values, BILL uses the one that is named here and ignores the other one.
    password_and_console_token: Literal["refused", "password", "console_token"] = "refused"

    # Unknown: can a session of the Accountant Console become trusted?
    console_mfa: bool = False

    # From a third party: the error objects about invalid fields may have no code.
    validation_codes: bool = True

    # Documented (filterable-fields, sortable-fields): the fields for filters and for the sort order of a list, and the
    # operators. Inferred: BILL refuses all others. False: the emulator accepts every field of its table.
    documented_fields: bool = True

    # Unknown: does BILL refuse a second object with the same name? Its older API calls the names unique.
    duplicate_names: Literal["allowed", "refused"] = "allowed"

    # Unknown: does a change of an object inside an object replace it, or only the given fields in it?
    nested_patch: Literal["replace", "merge"] = "replace"

    # Unknown: does an empty text in a change empty the field?
    empty_clears: bool = True

    # Unknown: are archived objects in a list without a filter?
    archived_in_lists: bool = True

    # Unknown: which filters the lists have that BILL's page does not name. The fields here are refused in filters.
    missing_filters: list[str] = Field(default_factory=list)

    # Unknown: does the filter eq ignore case?
    filters_ignore_case: bool = False

    # BILL's reference says both that `roleId` is required and that a user without it becomes an administrator. BILL's sample of a
    # change has no `roleId`.
    create_without_role: Literal["administrator", "refused"] = "administrator"
    change_without_role: Literal["administrator", "kept"] = "administrator"

    # Unknown: does BILL refuse the e-mail of an archived user or contact for a new one?
    archived_emails: Literal["refused", "allowed"] = "refused"

    # Unknown: the method that changes a payment term.
    payment_term_change: Literal["PATCH", "PUT", "both"] = "PATCH"

    # BILL's collection of requests has the first path for the creation of an approval policy, and its guide has the second one.
    approval_policy_path: Literal["/v3/bill-approvals/policies", "/v3/bill-approvals"] = "/v3/bill-approvals/policies"

    # Unknown: the response about the bank account of a vendor that has none. "not_found" is 404, and "empty" is 200 with an empty object.
    missing_bank_account: Literal["not_found", "empty"] = "not_found"

    # Unknown: which calls about the bank account of a vendor need a trusted session? BILL's page does not say that one does. All did in
    # the older API.
    vendor_bank_account_trust: Literal["none", "writes", "all"] = "none"

    # BILL's pages differ about the owner type of the bank account of a person.
    person_owner_type: Literal["PERSON", "PERSONAL"] = "PERSON"

    # Unknown: does BILL show tax IDs, and the routing numbers of vendors, with a mask?
    masked: bool = False

    # Observed by a third party: BILL does not return the parent of a classification. Documented: it does.
    parent_in_answer: bool = True

    # Observed by a third party: BILL checks the whole stored object when a part of it is changed.
    patch_checks_stored: bool = True

    # From a third party: BILL replaces fields of a vendor in its network by those of the vendor.
    connected_vendors: bool = False

    # Observed by a third party: if an account is archived, the accounts below it are archived too. A restore does not restore them.
    archives_children: bool = True

    # Inferred: BILL refuses a number, true or false in a field that it documents as a text.
    strict_texts: bool = True

    # Inferred: BILL refuses a query parameter that a list does not have, or that a request has twice.
    strict_parameters: bool = True

    # Unknown: does Spend & Expense count in a clock minute, or in the last sixty seconds?
    spend_rolling_minute: bool = False

    # Documented: the address of a receiver must be https. True: http is accepted for this machine, so that a test needs no certificate.
    webhook_http: bool = False

    # The file of the authority of https receivers (PEM). Empty: their certificates are not checked. All of them are on this machine.
    webhook_ca: str = ""

    # The emulator only sends to this machine. This is the status that it takes from all other receivers.
    webhook_elsewhere: int = Field(default=200, ge=100, le=599)

    # Documented: only status 200 is a success. Unknown: is another status of 200 to 299 one, too?
    webhook_success: Literal["200", "2xx"] = "200"

    # Documented in earlier rules: the response must come within ten seconds (real time). The present rules were not read to this line.
    webhook_timeout: float = Field(default=10, gt=0)

    # Documented: the waits in seconds before the retries.
    webhook_retry_seconds: list[float] = Field(default=[2, 4, 8, 16])

    # Documented: BILL disables a subscription after the last retry. Unknown: after one lost event, or after several without a success
    # between them? 0: never.
    webhook_lost_events: int = Field(default=1, ge=0)

    # Unknown: does BILL store the events of a disabled subscription? It does not send them later.
    webhook_while_disabled: Literal["recorded", "lost"] = "recorded"

    # Unknown: does an event that is sent again have the same identifier?
    webhook_resend_id: Literal["kept", "new"] = "kept"

    # Unknown: for how many seconds BILL still signs with the old key after a new one was made.
    webhook_old_key_seconds: float = Field(default=0, ge=0)

    # BILL documents the payload as an escaped text. Receivers of third parties read an object. "text" is a JSON string of the document.
    webhook_body: Literal["object", "text"] = "object"

    # Unknown: the content type of a delivery.
    webhook_content_type: str = "application/json"

    # Unknown: whether a delivery has a Content-Length. "chunks": it has Transfer-Encoding: chunked.
    webhook_framing: Literal["length", "chunks"] = "length"

    # Documented: events may come out of order, and more than once.
    webhook_order: Literal["oldest_first", "newest_first"] = "oldest_first"
    webhook_copies: int = Field(default=1, ge=1)

    # Unknown: how many attempts of a subscription are in flight at the same time.
    webhook_concurrency: int = Field(default=1, ge=1)

    # Unknown: is the status of an event that of its first attempt, or that of the last one?
    webhook_event_status: Literal["first_attempt", "last_attempt"] = "first_attempt"

    # Documented: only select partners have autopay.failed. False: the caller is not one of them. Inferred: then BILL's catalog lacks it.
    autopay_partner: bool = True

    # Documented: autopay.failed has vendor, fundingAccount and errors beside each other. One third party reads them in a payment.
    autopay_body: Literal["beside", "payment"] = "beside"

    # Unknown: the name of the object in spend.three-ds-challenge.created.
    three_ds_challenge_name: str = "threeDsChallenge"

    # Unknown: does BILL respond to a test, and to the request to send an event again, after the attempt? Its response has a status.
    webhook_test_waits: bool = False

    # Unknown: the event when the bank account of a vendor changes. BILL's pages name none. "bank-account" is bank-account.created, or
    # bank-account.updated if the account is deleted.
    vendor_bank_account_event: Literal["none", "vendor.updated", "bank-account"] = "none"

    # Unknown: is the status of a new payment a new status, so that it causes payment.updated?
    new_payment_event: bool = True

    # Documented: a request for a payment that fails causes payment.failed. Unknown: also one that BILL refuses at once?
    refused_payment_event: bool = False

    # The developer keys without MFA. Documented: `mfaBypass` is true for them.
    mfa_bypass: list[str] = Field(default_factory=list)

    # Unknown: does BILL return a `rememberMeId` without `rememberMe: true`?
    remember_me_id_always: bool = False

    # From a third party: a code is valid for about 5 minutes. After 3 wrong codes BILL locks MFA for 5 to 10 minutes.
    mfa_code_seconds: float = Field(default=300, gt=0)
    mfa_tries: int = Field(default=3, ge=1)
    mfa_lock_seconds: float = Field(default=600, ge=0)

    # Documented: an access token is short-lived. Unknown: for how many seconds, and whether the response has that number.
    oauth_token_life: int = Field(default=900, ge=0)
    oauth_tells_life: bool = True

    # Unknown: does BILL refuse a token request in the format of RFC 6749, or in its own?
    oauth_errors: Literal["rfc6749", "bill"] = "rfc6749"

    # Unknown: do the calls about a session (GET /v3/login/session, POST /v3/logout) accept an access token, or does BILL
    # refuse them with BDC_1109?
    bearer_session_check: bool = True

    # Unknown: do calls with an access token count for the limits of a developer key and organization, with the client id
    # in place of the developer key?
    bearer_limits: bool = True

    # Documented: 100 organizations on a page. With a smaller number, few organizations need several pages.
    organizations_page: int = Field(default=100, ge=1)

    # Documented: the most objects on a page. Some lists have less.
    largest_page: int = Field(default=100, ge=1)

    # Documented by BILL: api-rate-limits.
    logins_per_hour: int = Field(default=200, ge=0)
    requests_per_hour: int = Field(default=20_000, ge=0)
    in_flight: int = Field(default=3, ge=0)
    texts_per_minute: int = Field(default=5, ge=0)
    spend_calls_per_minute: int = Field(default=60, ge=0)

    # How many seconds BILL takes for every response. With this a test makes calls overlap.
    latency: float = Field(default=0, ge=0)

    def of_lists(self) -> tuple[Any, ...]:
        """The settings that decide what is in a list."""
        return (self.documented_fields, self.archived_in_lists, self.filters_ignore_case, *self.missing_filters)

    def merge(self, changes: dict[str, Any]) -> None:
        """Apply all changes or none. pydantic's ValidationError names an unknown or invalid setting."""
        merged = Settings.model_validate({**self.model_dump(), **changes})
        for name in changes:
            setattr(self, name, getattr(merged, name))
