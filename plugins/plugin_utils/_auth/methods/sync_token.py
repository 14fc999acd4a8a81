# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs in with an AP & AR sync token: ``auth_method: sync_token``.

Private to bill.connect. Documented by BILL: "Token-based sign-in" and "BILL keys and tokens". The login is the same as a user's login.
The token's name is sent as the user name, and its value as the password. The session cannot do anything that needs MFA.
"""

from __future__ import annotations

from ..._core.error_codes import ErrorCode
from ..._core.error_parser import ErrorProfile
from ..._core.errors import MfaRequiredError
from .password import Password

_NEVER_TRUSTED = ErrorCode(
    MfaRequiredError,
    "the request requires an MFA-trusted session, and the session of a sync token is never trusted",
    "Use auth_method password with remember_me_id and device. The role bill.connect.trust returns these values.",
    ("auth_method",),
)


class SyncToken(Password):
    method = "sync_token"
    required_options = {
        "username": "the sync token's name",
        "password": "the sync token's value",
        "organization_id": "begins with 008",
        "dev_key": "a developer key",
    }
    optional_options = ()
    # Documented by BILL: the session of a sync token ends after 48 hours without activity.
    idle_seconds = 48 * 60 * 60
    # Documented by BILL: such a session can do nothing that needs MFA. BILL does not document the code for it. Assumption: the code of an
    # untrusted session.
    profile = ErrorProfile({"BDC_1361": _NEVER_TRUSTED})
