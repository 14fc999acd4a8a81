# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts an error response of BILL's API into an exception.

Private to bill.connect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .api_fields import OPTION_OF_FIELD
from .error_codes import ERROR_CODES, ErrorCode
from .errors import ApiError, BillError, BusyError, InvalidResponseError, ServerError, UnknownApiError

_CODE = re.compile(r"BDC_[0-9]{1,6}")
# The fields of a response that have the error objects, and the other names of their fields.
_WRAPPERS = ("errors", "response_data", "error")
_OTHER_NAMES = {"code": ("errorCode", "error_code"), "message": ("errorMessage", "error_message")}
# A field stands before a colon, as in "Invalid entity data. deviceId: Maximum length ...", or after one of these words. (The first form was
# observed. BILL documents the texts "Missing parameter value for parameter: X", "Missing required data for: X" and "Invalid field,value".)
_FIELDS = (
    re.compile(r"""(?:^|[\s.,('"])([A-Za-z]{1,40})(?=['"]?: )"""),
    re.compile(r"""\b(?:parameter|field|data for)\b[\s:,'"]{1,4}([A-Za-z]{1,40})\b"""),
)
_LONGEST = re.compile(r"(?i)maximum length\D{1,60}([0-9]{1,6})\b")


def error_items(answer: object) -> list[dict[str, object]]:
    """The error objects of a response, in any of the known formats. Each has BILL's names ``code`` and ``message``.

    Documented by BILL: an array of objects; in v2, ``response_data`` with ``error_code`` and ``error_message``. Other clients also report a
    single object, ``{"errors": [...]}``, and the names ``errorCode`` and ``errorMessage``.
    """
    if isinstance(answer, dict):
        inner = [answer.get(name) for name in _WRAPPERS]
        within = [each for found in inner for each in (found if isinstance(found, list) else [found])]
        whole = _with_our_names(answer)
        answer = [*within, *([answer] if "code" in whole or "message" in whole else [])]
    if not isinstance(answer, list):
        return []
    return [_with_our_names(each) for each in answer if isinstance(each, dict)]


def _with_our_names(item: dict[str, object]) -> dict[str, object]:
    # An object with an identifier is a record of BILL. A record may say why something failed earlier.
    if "id" in item:
        return item
    other = {
        ours: item[theirs]
        for ours, names in _OTHER_NAMES.items()
        for theirs in names
        if ours not in item and isinstance(item.get(theirs), str)
    }
    return {**item, **other} if other else item


def is_refusal_of_v2(answer: object) -> bool:
    """Whether the body says that BILL refused the request, whatever the HTTP status is.

    Documented by BILL for v2: HTTP status 200 with ``response_status: 1``.
    """
    return isinstance(answer, dict) and str(answer.get("response_status")) == "1"


def codes(answer: object) -> list[str]:
    """The BDC codes of a response. The list is empty if the response is not an error."""
    return [code for code in _texts_of(answer, "code") if _CODE.fullmatch(code)]


def _texts_of(answer: object, field: str) -> list[str]:
    # Other values are not converted to text, because the conversion fails for deeply nested values.
    return [value for each in error_items(answer) if isinstance(value := each.get(field), str)]


def _messages_of(answer: object, code: str) -> list[str]:
    """BILL's messages for a code."""
    return [
        text
        for each in error_items(answer)
        if each.get("code") == code and isinstance(text := each.get("message"), str)
    ]


_TOO_MANY_REQUESTS = 429
# RFC 6585 and RFC 9110. BILL documents neither status. Servers before BILL may send them.
_BUSY = {
    _TOO_MANY_REQUESTS: "there were too many requests. Run fewer programs that call BILL at the same time, or try again later.",
    408: "it waited too long for the request. Check the network, or try again later.",
}


@dataclass(frozen=True)
class ErrorProfile:
    """The meanings of codes and HTTP statuses for one kind of request.

    - ``codes`` override the general meanings. They may also contain error codes of RFC 6749.
    - ``statuses`` apply to responses without a known code.
    - ``option_of_field`` maps BILL's field names to the options that their values come from.
    """

    codes: Mapping[str, ErrorCode] = field(default_factory=dict)
    statuses: Mapping[int, ErrorCode] = field(default_factory=dict)
    option_of_field: Mapping[str, str] = field(default_factory=lambda: OPTION_OF_FIELD)

    def over(self, other: ErrorProfile) -> ErrorProfile:
        """A profile that adds the meanings of another profile to this one. The meanings of this profile override them."""
        return ErrorProfile({**other.codes, **self.codes}, {**other.statuses, **self.statuses}, self.option_of_field)


def error_from_response(
    status: int, body: object, place: str, profile: ErrorProfile | None = None, *, option: str = "api_url"
) -> BillError:
    """The error that a response means. The BDC code has priority over the HTTP status.

    ``place`` is the name of the environment in messages. ``option`` is the name of the option that holds the address of BILL.
    """
    profile = profile or ErrorProfile()
    error = _error_of_body(status, body, place, profile, option)
    return apply_status(error, profile.statuses, place)


def apply_status(error: BillError, statuses: Mapping[int, ErrorCode], place: str) -> BillError:
    """The error for the HTTP status, if no code explains the response. Otherwise the same error."""
    known = statuses.get(error.status or 0)
    if known is None or not isinstance(error, (InvalidResponseError, UnknownApiError, BusyError)):
        return error
    return known.error(
        known.message(f"HTTP status {error.status}", place),
        status=error.status,
        options=known.options,
        response_body=error.response_body,
    )


def _error_of_body(status: int, body: object, place: str, profile: ErrorProfile, option: str) -> BillError:
    carried = codes(body)
    known = {**profile.codes, **{code: each for code, each in ERROR_CODES.items() if code not in profile.codes}}
    if not carried and isinstance(body, dict) and isinstance(word := body.get("error"), str) and word in known:
        # RFC 6749 documents this format. It applies only if the profile of the request contains the error code.
        carried = [word]
    for code, row in known.items():
        if code in carried:
            meaning = row.in_message(_messages_of(body, code))
            return meaning.error(
                meaning.message(code, place),
                code=code,
                status=status,
                options=meaning.options,
                response_body=body,
            )
    first = carried[0] if carried else None
    named = f"{first} (HTTP status {status})" if first else f"HTTP status {status}"
    if status >= 500:
        return ServerError(
            f"BILL answered {named}: a fault on the side of {place}. Try again later.",
            code=first,
            status=status,
            response_body=body,
        )
    if options := _options_in(body, profile.option_of_field):
        longest = _LONGEST.search(" ".join(_texts_of(body, "message"))) if len(options) == 1 else None
        why = (
            f"{options[0]} is too long. BILL accepts at most {longest[1]} characters. Shorten it."
            if longest
            else f"it does not accept {' and '.join(options)}. Correct what you wrote there."
        )
        return ApiError(
            f"BILL answered {named}: {why}",
            code=first,
            status=status,
            options=options,
            response_body=body,
        )
    if first:
        return UnknownApiError(
            f"BILL answered {named}. Look up the code in BILL's list of common API error codes.",
            code=first,
            status=status,
            response_body=body,
        )
    if is_refusal_of_v2(body):
        return UnknownApiError(
            f"BILL answered {named} with response_status 1: it refused the request, and gives no BDC code.",
            status=status,
            response_body=body,
        )
    # The name may begin with a small letter, as in "the BILL at bill.example.com".
    server = place[:1].upper() + place[1:]
    if status in _BUSY:
        busy = BusyError(
            f"{server} answered {named} without a BDC code: {_BUSY[status]}", status=status, response_body=body
        )
        busy.not_processed = status == _TOO_MANY_REQUESTS
        return busy
    return InvalidResponseError(
        f"{server} answered {named} without a BDC code. Check {option}, and that no proxy answers instead of BILL.",
        status=status,
        options=(option,),
        response_body=body,
    )


def _options_in(body: object, option_of_field: Mapping[str, str]) -> tuple[str, ...]:
    """The options whose fields the messages of a response reject."""
    fields = [
        name for message in _texts_of(body, "message") for pattern in _FIELDS for name in pattern.findall(message)
    ]
    return tuple(dict.fromkeys(option_of_field[name] for name in fields if name in option_of_field))
