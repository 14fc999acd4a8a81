# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs an accountant in to a client's organization with an Accountant Console token: ``auth_method: console_token``.

Private to bill.connect. Documented by BILL: reference/login and "BILL Accountant Console operations". The token replaces the password.
BILL does not document whether such a session can be MFA-trusted. The login is the same as a user's, so an MFA ID is sent.
"""

from __future__ import annotations

from .password import Password


class ConsoleToken(Password):
    method = "console_token"
    required_options = {
        "username": "the e-mail address of your Accountant Console account",
        "console_api_token": "your console API token",
        "organization_id": "the client's; begins with 008",
        "dev_key": "a developer key of the client",
    }
    # A token is random, so nobody can guess it. Each client can have its own developer key.
    user_options = ("username", "console_api_token")
    secret = ("console_api_token", "consoleApiToken")
    # BILL does not document the idle time of these sessions. Assumption: it is the same as for a user's session. If BILL ends them earlier
    # or later, the validation detects it.
