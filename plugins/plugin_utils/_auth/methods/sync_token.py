# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs in with an AP & AR sync token: ``auth_method: sync_token``.

Private to bill.connect. Documented by BILL: "Token-based sign-in" and "BILL keys and tokens". The login is the same as a user's login.
The token's name is sent as the user name, and its value as the password. The session cannot do anything that needs MFA.
"""

from __future__ import annotations

from .password import Password


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
