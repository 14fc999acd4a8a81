# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each variable of bill.connect is, in a line: the comments of a variables file.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMENTS: Mapping[str, str] = {
    "bill_auth_method": "How to sign in: password, or by a token, a partner or an app.",
    "bill_environment": "Which of BILL's environments: sandbox or production.",
    "bill_api_url": "The address of BILL's API up to /v3, in place of bill_environment.",
    "bill_username": "User Name: an e-mail address, or the name of the sync token.",
    "bill_password": "Password of the user, or the value of the sync token.",
    "bill_organization_id": "Organization ID: begins with 008.",
    "bill_dev_key": "Developer Key.",
    "bill_console_api_token": "The API token of the Accountant Console.",
    "bill_app_key": "The partner's app key.",
    "bill_user_id": "The user that the partner signs in as: begins with 006.",
    "bill_client_id": "Client ID of the OAuth app.",
    "bill_client_secret": "Client secret of the OAuth app.",
    "bill_token_url": "The address that gives OAuth tokens.",
    "bill_api_token": "The API token of BILL Spend & Expense.",
    "bill_remember_me_id": "The MFA ID, which makes sessions trusted.",
    "bill_device": "The name of the device that the MFA ID was given to.",
    "bill_remember_me_id_expires_on": "The day on which the MFA ID ends.",
    "bill_session_store": "Where sessions are kept: a directory, or none.",
    "bill_check_after": "After how many seconds BILL is asked whether a kept session lives.",
    "bill_timeout": "How many seconds BILL may take for an answer.",
    "bill_retries": "How often to try again.",
    "bill_validate_certs": "Whether to check BILL's certificate.",
    "bill_ca_path": "The authorities that may sign BILL's certificate.",
}
