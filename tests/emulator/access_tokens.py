# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access tokens of OAuth. Each is short-lived, and belongs to one app of one organization.

Documented by BILL (oauth-client-credentials): a token is short-lived, and has the permissions of the user who created the
app. The error for an expired token is unknown.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from .clock import Clock
from .errors import RefusalError
from .settings import Settings
from .world import Client


@dataclass
class AccessToken:
    value: str
    client: Client
    expires_at: float
    ended: bool = False

    @property
    def user_id(self) -> str:
        return self.client.user_id

    @property
    def organization_id(self) -> str:
        return self.client.organization_id

    @property
    def organization_ids(self) -> tuple[str, ...]:
        return (self.client.organization_id,)

    @property
    def trusted(self) -> bool:
        """Documented: an app with full access needs MFA only once, when it is created. Then it may make payments."""
        return self.client.full_access


class AccessTokens:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.known: dict[str, AccessToken] = {}

    def issue(self, client: Client) -> AccessToken:
        expires_at = self._clock.now() + self._settings.oauth_token_life
        token = AccessToken(f"ACCESS-findme-{secrets.token_hex(16)}", client, expires_at)
        self.known[token.value] = token
        return token

    def check(self, value: str) -> AccessToken:
        token = self.known.get(value)
        if token is None or not self.is_valid(token):
            raise RefusalError(self._settings.codes.bearer)
        return token

    def is_valid(self, token: AccessToken) -> bool:
        return not token.ended and self._clock.now() < token.expires_at

    def valid_tokens(self) -> list[AccessToken]:
        return [token for token in self.known.values() if self.is_valid(token)]
