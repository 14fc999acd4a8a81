# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The BillError family, and what each BDC code means for the person reading it.

Private to bill.connect. A message here names a code, an option or a host; it never holds a body, a header,
or any value that a user or BILL sent.

Codes and their short meanings are documented by BILL ("Common API error codes" and its error code list), except
BDC_1354, 1358, 1361 and 1570, which were observed, and BDC_1374, which another client reports. BILL does not document the
HTTP status that goes with a code, so nothing here depends on one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class BillError(Exception):
    """Something that ends the operation, told in one or two sentences for the person who wrote the play.

    ``code`` is BILL's BDC code and ``status`` the HTTP status, where there were any. ``concerns`` names the options whose
    values are the likely cause. ``transient`` says that asking again may well succeed, ``undone`` that BILL has certainly
    done nothing of what it was asked. ``says`` is the part of the message that is about BILL's answer. ``wait`` is how many
    seconds to wait at least before asking again. ``answer`` is what BILL wrote, decoded, which may hold anything. ``details``
    is what a task returns besides the message, by name; all of it can be shown.
    """

    transient: ClassVar[bool] = False
    undone: bool = False
    wait: ClassVar[float] = 0.0

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        concerns: Sequence[str] = (),
        answer: object = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.says = message
        self.code = code
        self.status = status
        self.concerns = tuple(concerns)
        self.answer = answer
        self.details = dict(details or {})


class UserAbortedError(BillError):
    """The person at the terminal has ended a form, which nothing is to outlive."""


class NoTerminalError(Exception):
    """There is no terminal, so that nobody can be asked."""


class OptionError(BillError):
    """An option is missing or cannot be used; nothing was sent."""


class StoreError(BillError):
    """The session store cannot be used."""


class LockTimeoutError(BillError):
    """Another task held the sign-in for longer than a sign-in can take."""


class LimiterTimeoutError(BillError):
    """All that BILL takes at a time, or in a minute, is taken by others for longer than one waits; nothing was sent."""

    transient = True
    undone = True


class TransportError(BillError):
    """No connection, or one that broke before a whole answer came."""

    transient = True


class RequestTimeoutError(TransportError):
    """BILL did not answer within ``timeout`` seconds."""


class TlsError(BillError):
    """TLS could not prove who answered, so nothing was sent."""


class InvalidResponseError(BillError):
    """An answer that BILL's API does not give: not JSON, a redirect, the wrong shape."""


class UncertainWriteError(BillError):
    """A write that BILL may have done, since no answer says whether it has; it must not be sent again."""


class RepeatedWriteError(BillError):
    """The same task has sent the same write in this run already; nothing was sent."""


class ServerError(BillError):
    """BILL said that the fault is on its side."""

    transient = True


class ApiError(BillError):
    """BILL understood the request and said no."""


class UnknownApiError(ApiError):
    """BILL said no with a code that means nothing here."""


class AuthenticationError(ApiError):
    """BILL refused the credential itself; the same one would be refused again."""


class SessionExpiredError(ApiError):
    """The session is over (BDC_1109); a new sign-in cures it."""


class MfaRequiredError(ApiError):
    """The session lacks MFA trust (BDC_1361); a new sign-in does not cure it."""


class HourlyQuotaError(ApiError):
    """The quota of the clock hour is used up (BDC_1144)."""


class ConcurrencyLimitError(ApiError):
    """More than three requests were in flight (BDC_1322)."""

    transient = True
    undone = True


class RateLimitError(ConcurrencyLimitError):
    """The calls of the minute are used up."""

    # BILL does not document when the minute begins; a moment after a whole one it has ended in any case.
    wait = 61.0


@dataclass(frozen=True)
class ErrorCode:
    """What a code means: the error to raise, what BILL says with it and what to do, and the options concerned.

    ``do`` may have ``{place}`` in it, which says which BILL was asked.
    """

    kind: type[BillError]
    says: str
    do: str
    concerns: tuple[str, ...] = ()


OTHER_ENVIRONMENT = (
    "Sandbox and production share no users, keys or organizations, so check that these belong to {place} too."
)

# In order of weight: where an answer carries several codes, the first one listed here decides.
ERROR_CODES: dict[str, ErrorCode] = {
    "BDC_1109": ErrorCode(
        SessionExpiredError,
        "the session is not valid any more",
        "Sign in again.",
    ),
    "BDC_1361": ErrorCode(
        MfaRequiredError,
        "this needs an MFA-trusted session and this session is not trusted",
        "Signing in again does not help: the session becomes trusted by passing BILL's MFA challenge, which the role "
        "bill.connect.trust does.",
    ),
    "BDC_1110": ErrorCode(
        AuthenticationError,
        "the login is locked",
        "BILL does not document how long that lasts; ask BILL's support if it stays.",
        ("username",),
    ),
    "BDC_1107": ErrorCode(
        AuthenticationError,
        "the organization is locked out",
        "BILL does not document how long that lasts; ask BILL's support if it stays.",
        ("organization_id",),
    ),
    "BDC_1101": ErrorCode(
        AuthenticationError,
        "the user name, or its password or token, is wrong",
        "Correct them. " + OTHER_ENVIRONMENT,
        ("username", "password", "console_api_token"),
    ),
    "BDC_1102": ErrorCode(
        AuthenticationError,
        "the developer key is not valid",
        "Compare it with Settings > Sync & Integrations > Manage Developer Keys. " + OTHER_ENVIRONMENT,
        ("dev_key",),
    ),
    "BDC_1103": ErrorCode(
        AuthenticationError,
        "the developer key is inactive",
        "Use one that is active: Settings > Sync & Integrations > Manage Developer Keys.",
        ("dev_key",),
    ),
    "BDC_1104": ErrorCode(
        ApiError,
        "the developer terms are not accepted",
        "They have to be accepted at BILL before the developer key can be used.",
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
        "the sign-in failed for a reason that BILL does not tell",
        "Try the same values in BILL's web app.",
        ("username", "organization_id"),
    ),
    "BDC_1123": ErrorCode(
        AuthenticationError,
        "the organization id is unknown, or it is not one of this user's",
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
        "Let fewer programs call BILL at the same time.",
    ),
    "BDC_1354": ErrorCode(
        ApiError,
        "this user has no phone for MFA, or none that works",
        "Set up 2-step verification for the user in BILL first.",
    ),
    "BDC_1358": ErrorCode(
        ApiError,
        "too many wrong MFA codes were tried",
        "BILL does not document how long it takes no more. Wait some minutes, then ask for a new code.",
    ),
    "BDC_1374": ErrorCode(
        ApiError,
        "the MFA code has expired",
        "Ask for a new code.",
    ),
    "BDC_1570": ErrorCode(
        ApiError,
        "BILL's risk service refused this, for a reason that it does not tell",
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

_CODE = re.compile(r"BDC_[0-9]{1,6}")
_FIELD = re.compile(r"([A-Za-z]{1,40}): ")

# BILL's names of the fields that are sent, and our options for them: an answer that objects to one of these fields can then
# name the option without repeating anything else that BILL wrote.
OPTION_OF_FIELD = {
    "username": "username",
    "password": "password",
    "consoleApiToken": "console_api_token",
    "organizationId": "organization_id",
    "devKey": "dev_key",
    "rememberMeId": "remember_me_id",
    "device": "device",
    "appKey": "app_key",
    "userId": "user_id",
    "challengeId": "challenge_id",
    "token": "token",
    "machineName": "machine_name",
}


def error_items(answer: object) -> list[dict[str, object]]:
    """The error objects of an answer, whatever envelope they came in.

    BILL documents an array of objects. Clients have also met one object alone and ``{"errors": [...]}``.
    """
    if isinstance(answer, dict):
        inner = answer.get("errors")
        answer = inner if isinstance(inner, list) else [answer]
    if not isinstance(answer, list):
        return []
    return [each for each in answer if isinstance(each, dict)]


def codes(answer: object) -> list[str]:
    """The BDC codes that an answer carries; none if it is no error."""
    return [code for code in _texts_of(answer, "code") if _CODE.fullmatch(code)]


def _texts_of(answer: object, field: str) -> list[str]:
    # Nothing else is turned into a text: what is nested deeply enough cannot be.
    return [value for each in error_items(answer) if isinstance(value := each.get(field), str)]


def error_from_response(
    status: int,
    answer: object,
    place: str,
    meanings: Mapping[str, ErrorCode] | None = None,
    *,
    option: str = "api_url",
    fields: Mapping[str, str] | None = None,
) -> BillError:
    """The error that an answer means; decided on the BDC code, then on the HTTP status.

    ``place`` says which BILL was asked, as in Gateway.place, and ``option`` which option holds its address. ``meanings`` are
    those that some codes have for this request, by code; they come before the usual ones. ``fields`` are the options that its
    fields came from, by BILL's name; those of a sign-in if not given.
    """
    fields = OPTION_OF_FIELD if fields is None else fields
    carried = codes(answer)
    known = {**(meanings or {}), **{code: each for code, each in ERROR_CODES.items() if code not in (meanings or {})}}
    if not carried and isinstance(answer, dict) and isinstance(error := answer.get("error"), str) and error in known:
        # As RFC 6749 writes errors; only where the request has meanings for its words.
        carried = [error]
    for code, meaning in known.items():
        if code in carried:
            return meaning.kind(
                f"BILL answered {code}: {meaning.says}. {meaning.do.format(place=place)}",
                code=code,
                status=status,
                concerns=meaning.concerns,
                answer=answer,
            )
    first = carried[0] if carried else None
    named = f"{first} (HTTP status {status})" if first else f"HTTP status {status}"
    if status >= 500:
        return ServerError(
            f"BILL answered {named}: a fault on the side of {place}. Try again later.",
            code=first,
            status=status,
            answer=answer,
        )
    named_fields = [m[1] for message in _texts_of(answer, "message") if (m := _FIELD.match(message))]
    options = tuple(dict.fromkeys(fields[name] for name in named_fields if name in fields))
    if options:
        return ApiError(
            f"BILL answered {named}: it does not accept {' and '.join(options)}. Correct what is written there.",
            code=first,
            status=status,
            concerns=options,
            answer=answer,
        )
    if first:
        return UnknownApiError(
            f"BILL answered {named}. Look the code up in BILL's list of common API error codes.",
            code=first,
            status=status,
            answer=answer,
        )
    return InvalidResponseError(
        f"{place} answered {named} without an error code of BILL's. "
        f"Check {option}, and that no proxy answers in BILL's place.",
        status=status,
        concerns=(option,),
        answer=answer,
    )
