# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth client credentials: an app sends its id and secret, and gets an access token.

Documented by BILL (oauth-client-credentials): POST /authx/token, form data with three required fields, and a short-lived
token. The names of the fields and the responses are inferred. The beginning of the path is also inferred, so app.py serves
it at the root and below /connect.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import errors, fields, world
from .errors import RefusalError
from .record import FORM, read
from .state import Emulator
from .who import TheEmulator

router = APIRouter()


class TokenRequestError(Exception):
    """A refusal in the format of RFC 6749, section 5.2. `refusal` is the same in BILL's own format."""

    def __init__(self, error: str, description: str, refusal: RefusalError) -> None:
        super().__init__(error)
        self.content = {"error": error, "error_description": description}
        # RFC 6749 has status 401 only for this error.
        self.status = 401 if error == "invalid_client" else 400
        self.refusal = refusal


@router.post("/token")
async def token(request: Request, emulator: TheEmulator) -> JSONResponse:
    try:
        return _issue(await _form(request), emulator)
    except TokenRequestError as denied:
        if emulator.settings.oauth_errors == "bill":
            raise denied.refusal from None
        return JSONResponse(denied.content, denied.status)


async def _form(request: Request) -> dict[str, str]:
    """The fields of form data. Empty for another content type."""
    kind = request.headers.get("content-type", "")
    return dict(read(await request.body(), kind) or {}) if kind.startswith(FORM) else {}


def _issue(given: dict[str, str], emulator: Emulator) -> JSONResponse:
    try:
        grant_type, client_id, client_secret = fields.require(given, "grant_type", "client_id", "client_secret")
    except RefusalError as missing:
        raise TokenRequestError("invalid_request", " ".join(missing.messages), missing) from None
    if grant_type != "client_credentials":
        refusal = RefusalError(errors.INVALID_PARAMETER, "grant_type: must be client_credentials")
        raise TokenRequestError("unsupported_grant_type", "Only client_credentials is supported.", refusal)
    account = emulator.accounts.by_name.get(client_id)
    if account is None or account.kind != "client" or account.secret != client_secret:
        raise TokenRequestError(
            "invalid_client", "Client authentication failed.", RefusalError(errors.WRONG_CREDENTIALS)
        )
    client = next(one for one in world.CLIENTS if one.id == client_id)
    response: dict[str, Any] = {"access_token": emulator.access_tokens.issue(client).value, "token_type": "Bearer"}
    if emulator.settings.oauth_tells_life:
        response["expires_in"] = emulator.settings.oauth_token_life
    return JSONResponse(response)
