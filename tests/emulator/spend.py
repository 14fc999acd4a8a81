# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spend & Expense: no sign-in, an API token with each call.

Documented by BILL (authentication-with-api-token, api-rate-limits): the header, that this call tells who made
the token, and 60 calls a token and minute. That it is the clock's minute, what is refused how, and the names in
the answer are inferred. Documented too, but not emulated: OAuth's access tokens work here as well.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from . import world
from .errors import Refusal
from .who import TheEmulator

router = APIRouter()


@router.get("/v3/spend/users/current")
async def current_user(request: Request, emulator: TheEmulator) -> dict[str, Any]:
    given = request.headers.get("apiToken")
    holder = next(
        (one for one in emulator.accounts.by_name.values() if (one.kind, one.secret) == ("spend", given)), None
    )
    if holder is None:
        raise Refusal(emulator.settings.codes.spend_token)
    allowed = emulator.settings.spend_calls_per_minute
    if emulator.spend_calls.one_more(holder.name) > allowed:
        raise Refusal(emulator.settings.codes.spend_limit, f"Max number of requests per minute reached: {allowed}.")
    token = next(one for one in world.SPEND_TOKENS if one.name == holder.name)
    return {"id": token.user_id, "name": token.user_name, "email": token.email}
