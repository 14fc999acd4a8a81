# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has BILL send an MFA code, and asks a person for the code.

Private to bill.connect.
"""

from __future__ import annotations

from .._client.client import BillClient
from .._client.mfa import MfaValidation, challenge, validate
from .._core.error_codes import Scope, is_final, scope_of
from .._core.errors import ApiError, ConcurrencyLimitError, HourlyQuotaError, MfaRequiredError, OptionError
from .._options import source as _source
from .._options.convert import convert
from .._options.spec import MFA_CODE
from .interview import Interview

# Observed: BILL locks MFA after some wrong codes. A third party counted three.
_TRIES = 3
# Another code solves none of these.
_NOT_ABOUT_MFA = (HourlyQuotaError, MfaRequiredError)
_SCOPES = (None, Scope.REQUEST, Scope.MFA_CODE)
# The options whose values the form itself sends. It can send other ones. The person does not know these names.
_OF_THE_FORM = {"token", "challenge_id"}


def wants_mfa(interview: Interview) -> bool:
    """Whether the person wants BILL to trust the session."""
    wanted = interview.is_yes(
        "\nMFA: payments require a session that BILL trusts. Should BILL send a code to your phone now?"
    )
    if not interview.is_alone:
        interview.show("  yes" if wanted else "  no")
    return wanted


def validate_code(interview: Interview, client: BillClient, device: str) -> MfaValidation:
    """BILL's response to the right code. Raises BillError, or OptionError if nobody can answer."""
    if not interview.has_begun:
        # If nobody is there, BILL must not send a code.
        interview.ask("\nMFA: press Enter. BILL then sends a code to your phone:")
    _refuse_if_alone(interview)
    challenge_id, refused = challenge(client), 0
    while True:
        typed = interview.ask(
            "\nCode: type the six digits that BILL has sent to your phone, or press Enter for a new code:"
        )
        _refuse_if_alone(interview)
        try:
            code = convert(MFA_CODE, typed, _source.typed("the code")) if typed else ""
        except OptionError as error:
            interview.show(str(error))
            continue
        try:
            if code:
                return validate(client, challenge_id, code, remember_me=True, device=device)
            challenge_id = challenge(client)
        except ApiError as error:
            refused += 1
            if refused == _TRIES or not _can_ask_again(error):
                raise
            is_of_form = _OF_THE_FORM.intersection(error.options)
            interview.show("BILL did not accept the code. Check the six digits." if is_of_form else str(error))
            if code and _is_challenge_over(error):
                challenge_id = challenge(client)


def _can_ask_again(error: ApiError) -> bool:
    """Whether another code, or the same code later, may succeed. BILL does not document with which codes it refuses MFA."""
    if isinstance(error, ConcurrencyLimitError):
        # The same code can stand for the limit of an hour, which is final.
        return True
    if is_final(error.code) or isinstance(error, _NOT_ABOUT_MFA) or set(error.options) - _OF_THE_FORM:
        return False
    return scope_of(error.code) in _SCOPES


def _is_challenge_over(error: ApiError) -> bool:
    """Whether BILL accepts no code for the challenge any more: the code, the challenge or the session has expired."""
    is_session_over = error.code is None and error.status is None
    return is_session_over or "challenge_id" in error.options or scope_of(error.code) is Scope.MFA_CODE


def _refuse_if_alone(interview: Interview) -> None:
    if interview.is_alone:
        raise OptionError("There is no terminal to type the code in. Run this in a terminal.")
