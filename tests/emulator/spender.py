# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks Spend & Expense: its own token with each call, or an access token of OAuth, and how often in a minute.

Documented by BILL (authentication-with-api-token, oauth-client-credentials, api-rate-limits): both ways, and 60 calls
a token and minute. Inferred: that it is the clock's minute, that refused calls count too, what is refused how, that
the limit is the access token's own, and that the app acts for the user of Spend & Expense with the same address.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from . import world
from .errors import Refusal
from .state import Emulator
from .who import TheEmulator, bearer


async def spender(request: Request, emulator: TheEmulator) -> str:
    """The address of the user that the call is made for."""
    name, email = _known(request, emulator)
    settings = emulator.settings
    allowed = settings.spend_calls_per_minute
    if emulator.spend_calls.one_more(name, rolling=settings.spend_rolling_minute) > allowed:
        raise Refusal(settings.codes.spend_limit, f"Max number of requests per minute reached: {allowed}.")
    return email


Spender = Annotated[str, Depends(spender)]


def _known(request: Request, emulator: Emulator) -> tuple[str, str]:
    """By what name calls are counted, and for whom they are made."""
    given = request.headers.get("apiToken")
    token = bearer(request.headers.get("Authorization"))
    if given is None and token is not None:
        user = emulator.accounts.user(emulator.access_tokens.check(token).user_id)
        return token, user.name if user else ""
    for account in emulator.accounts.by_name.values():
        if (account.kind, account.secret) == ("spend", given):
            return account.name, next(one.email for one in world.SPEND_TOKENS if one.name == account.name)
    raise Refusal(emulator.settings.codes.spend_token)
