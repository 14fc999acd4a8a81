# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign in with a user's e-mail address and password: ``auth_method: password``.

Private to bill.connect. Documented by BILL: reference/login, "BILL keys and tokens".
"""

from __future__ import annotations

from typing import ClassVar

from ..._http.transport import HttpTransport
from ..session import Session
from .base import MFA_OPTIONS
from .user import User


class Password(User):
    method = "password"
    needs = {
        "username": "the e-mail address you sign in to BILL with",
        "password": "your BILL password",
        "organization_id": "begins with 008",
        "dev_key": "a developer key",
    }
    takes: ClassVar[tuple[str, ...]] = MFA_OPTIONS
    # The option that proves who it is, and BILL's name for it.
    secret: ClassVar[tuple[str, str]] = ("password", "password")

    def sign_in(self, gateway: HttpTransport, now: float, through: Session | None) -> Session:
        option, field = self.secret
        body = {
            "username": self.values["username"],
            field: self.values[option],
            "organizationId": self.values["organization_id"],
            "devKey": self.values["dev_key"],
        }
        return self._signed_in(lambda mfa: gateway.ask("POST", "/v3/login", body={**body, **mfa}).json, now)
