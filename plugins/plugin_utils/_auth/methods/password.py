# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs a user in with an e-mail address and a password: ``auth_method: password``.

Private to bill.connect. Documented by BILL: reference/login, "BILL keys and tokens".
"""

from __future__ import annotations

from typing import ClassVar

from ..._http.messages import HttpRequest, JsonBody
from ..._http.transport import Transport
from ..session import Session
from .base import MFA_OPTIONS
from .user import User


class Password(User):
    method = "password"
    required_options = {
        "username": "the e-mail address you sign in to BILL with",
        "password": "your BILL password",
        "organization_id": "begins with 008",
        "dev_key": "a developer key",
    }
    optional_options: ClassVar[tuple[str, ...]] = MFA_OPTIONS
    # The developer key is one of them because it is random: without it, nobody can test guesses of the password with a copy of the store.
    user_options: ClassVar[tuple[str, ...]] = ("username", "password", "dev_key")
    # The option with the user's secret, and BILL's name of its field.
    secret: ClassVar[tuple[str, str]] = ("password", "password")

    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        option, field = self.secret
        body = {
            "username": self.values["username"],
            field: self.values[option],
            "organizationId": self.values["organization_id"],
            "devKey": self.values["dev_key"],
        }
        return self._log_in_with(transport, HttpRequest("POST", "/v3/login", body=JsonBody(body)), now)
