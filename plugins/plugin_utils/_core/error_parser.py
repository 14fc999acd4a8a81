# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the error that a response of BILL's API means.

Private to bill.connect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .api_fields import OPTION_OF_FIELD
from .error_codes import ERROR_CODES, ErrorCode
from .errors import ApiError, BillError, InvalidResponseError, ServerError, UnknownApiError

_CODE = re.compile(r"BDC_[0-9]{1,6}")
_FIELD = re.compile(r"([A-Za-z]{1,40}): ")


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


@dataclass(frozen=True)
class ErrorProfile:
    """What codes and statuses mean for one kind of request.

    ``codes`` go before the usual meanings; they may also hold error words of RFC 6749. ``statuses`` are for responses without a code
    that means anything. ``option_of_field`` maps BILL's field names to the options that their values came from.
    """

    codes: Mapping[str, ErrorCode] = field(default_factory=dict)
    statuses: Mapping[int, ErrorCode] = field(default_factory=dict)
    option_of_field: Mapping[str, str] = field(default_factory=lambda: OPTION_OF_FIELD)

    def over(self, other: ErrorProfile) -> ErrorProfile:
        """This profile, with the meanings of another one where it has none."""
        return ErrorProfile({**other.codes, **self.codes}, {**other.statuses, **self.statuses}, self.option_of_field)


def error_from_response(
    status: int, body: object, place: str, profile: ErrorProfile | None = None, *, option: str = "api_url"
) -> BillError:
    """The error that a response means. The BDC code decides, then the HTTP status.

    ``place`` names the BILL that was asked, and ``option`` the option that holds its address.
    """
    profile = profile or ErrorProfile()
    error = _error_of_body(status, body, place, profile, option)
    return apply_status(error, profile.statuses, place)


def apply_status(error: BillError, statuses: Mapping[int, ErrorCode], place: str) -> BillError:
    """The error itself; or what its HTTP status means, if no code said anything."""
    known = statuses.get(error.status or 0)
    if known is None or not isinstance(error, (InvalidResponseError, UnknownApiError)):
        return error
    return known.error(
        f"BILL answered HTTP status {error.status}: {known.meaning}. {known.remedy.format(place=place)}",
        status=error.status,
        concerns=known.options,
        answer=error.answer,
    )


def _error_of_body(status: int, body: object, place: str, profile: ErrorProfile, option: str) -> BillError:
    carried = codes(body)
    known = {**profile.codes, **{code: each for code, each in ERROR_CODES.items() if code not in profile.codes}}
    if not carried and isinstance(body, dict) and isinstance(word := body.get("error"), str) and word in known:
        # RFC 6749 writes errors this way. It counts only where the request has meanings for its words.
        carried = [word]
    for code, meaning in known.items():
        if code in carried:
            return meaning.error(
                f"BILL answered {code}: {meaning.meaning}. {meaning.remedy.format(place=place)}",
                code=code,
                status=status,
                concerns=meaning.options,
                answer=body,
            )
    first = carried[0] if carried else None
    named = f"{first} (HTTP status {status})" if first else f"HTTP status {status}"
    if status >= 500:
        return ServerError(
            f"BILL answered {named}: a fault on the side of {place}. Try again later.",
            code=first,
            status=status,
            answer=body,
        )
    if options := _options_in(body, profile.option_of_field):
        return ApiError(
            f"BILL answered {named}: it does not accept {' and '.join(options)}. Correct what is written there.",
            code=first,
            status=status,
            concerns=options,
            answer=body,
        )
    if first:
        return UnknownApiError(
            f"BILL answered {named}. Look the code up in BILL's list of common API error codes.",
            code=first,
            status=status,
            answer=body,
        )
    return InvalidResponseError(
        f"{place} answered {named} without an error code of BILL's. Check {option}, and that no proxy answers in BILL's place.",
        status=status,
        concerns=(option,),
        answer=body,
    )


def _options_in(body: object, option_of_field: Mapping[str, str]) -> tuple[str, ...]:
    """The options whose fields a response objects to."""
    fields = [match[1] for message in _texts_of(body, "message") if (match := _FIELD.match(message))]
    return tuple(dict.fromkeys(option_of_field[name] for name in fields if name in option_of_field))
