# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The caller of Spend & Expense, and the calls in a minute. A call has a Spend & Expense token, or an access token of OAuth.

Documented by BILL (authentication-with-api-token, oauth-client-credentials, api-rate-limits): both tokens, and 60 calls
in a minute for each token. Inferred: it is a clock minute. Refused calls count, too. Each access token has its own limit.
The app acts for the Spend & Expense user with the same email address. The codes of the refusals are also inferred.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from . import world
from .errors import RefusalError
from .state import Emulator
from .who import TheEmulator, bearer


async def spender(request: Request, emulator: TheEmulator) -> str:
    """The email address of the user that the call acts for."""
    name, email = _known(request, emulator)
    settings = emulator.settings
    allowed = settings.spend_calls_per_minute
    if emulator.spend_calls.count(name, rolling=settings.spend_rolling_minute) > allowed:
        raise RefusalError(settings.codes.spend_limit, f"Max number of requests per minute reached: {allowed}.")
    return email


Spender = Annotated[str, Depends(spender)]


def _known(request: Request, emulator: Emulator) -> tuple[str, str]:
    """The name that the limit counts, and the email address of the user that the call acts for."""
    given = request.headers.get("apiToken")
    token = bearer(request.headers.get("Authorization"))
    if given is None and token is not None:
        user = emulator.accounts.user(emulator.access_tokens.check(token).user_id)
        return token, user.name if user else ""
    for account in emulator.accounts.by_name.values():
        if (account.kind, account.secret) == ("spend", given):
            return account.name, next(one.email for one in world.SPEND_TOKENS if one.name == account.name)
    raise RefusalError(emulator.settings.codes.spend_token)
