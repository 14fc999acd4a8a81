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
from .._core.errors import ApiError, OptionError
from .._options import source as _source
from .._options.convert import convert
from .._options.spec import MFA_CODE
from .interview import Interview

# Observed: BILL locks MFA after some wrong codes. A third party counted three.
_TRIES = 3
# Inferred: BILL rejects a wrong MFA code with this general code for an invalid value. BILL does not document it.
_INVALID_VALUE = "BDC_1119"


def wants_mfa(interview: Interview) -> bool:
    """Whether the person wants BILL to trust the session."""
    answer = interview.ask(
        "\nMFA: payments require a session that BILL trusts. Should BILL send a code to your phone now? yes or no [no]:"
    )
    wanted = answer.lower() in ("y", "yes")
    if not interview.is_alone:
        interview.show("  yes" if wanted else "  no")
    return wanted


def validate_code(interview: Interview, client: BillClient, device: str) -> MfaValidation:
    """BILL's response to the right code. Raises BillError, or OptionError if nobody can answer."""
    if not interview.has_begun:
        # If nobody is there, BILL must not send a code.
        interview.ask("\nMFA: press Enter. BILL then sends a code to your phone:")
    _refuse_if_alone(interview)
    challenge_id, wrong = challenge(client), 0
    while True:
        typed = interview.ask(
            "\nCode: type the six digits that BILL has sent to your phone, or press Enter for a new code:"
        )
        _refuse_if_alone(interview)
        if not typed:
            challenge_id = challenge(client)
            continue
        try:
            code = convert(MFA_CODE, typed, _source.typed("the code"))
        except OptionError as error:
            interview.show(str(error))
            continue
        try:
            return validate(client, challenge_id, code, remember_me=True, device=device)
        except ApiError as error:
            wrong += 1
            is_expired = error.code is None or scope_of(error.code) is Scope.MFA_CODE
            if wrong == _TRIES or is_final(error.code) or not (is_expired or error.code == _INVALID_VALUE):
                raise
            interview.show(str(error))
            if is_expired:
                # The old challenge accepts no code any more.
                challenge_id = challenge(client)


def _refuse_if_alone(interview: Interview) -> None:
    if interview.is_alone:
        raise OptionError("There is no terminal to type the code in. Run this in a terminal.")
