# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person is asked for, by authentication method, and where each value is found.

Private to bill.connect. The labels are those of the forms in which BILL's customers connect their accounts. Where a value is found is
documented by BILL ("BILL keys & tokens", "AP & AR sync token-based sign in", "Sandbox API sign up", "Get started with BILL OAuth",
"Authentication with Spend & Expense API token"), except where the organization ID is shown: of that these pages only say that it begins
with 008, and that the video on the first of them is about finding it, too (changelog of 2025-11-18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question: the option that it fills, its label, and a line on what it is and where it is found.

    One that is ``optional`` may stay empty; one that is ``only_with`` another option is not asked for where that is empty.
    """

    option: str
    label: str
    where: str
    optional: bool = False
    only_with: str | None = None


# BILL's web app, where people sign in and find their keys; documented by BILL.
WEB_APPS: Mapping[str, str] = {
    "sandbox": "https://login.stage.us.bill.com/neo/login",
    "production": "https://login.us.bill.com/neo/login",
}

ENVIRONMENT = Question(
    "environment",
    "Environment",
    "sandbox is for tests, production is the real thing; they share no users, keys or organizations",
)
AUTH_METHOD = Question(
    "auth_method",
    "Sign in with",
    "password (yours), sync_token, console_token (accountants), partner, oauth (an app) or spend_token (Spend & Expense)",
)

_ORGANIZATION_ID = Question(
    "organization_id",
    "Organization ID",
    "begins with 008; the video on BILL's page on keys and tokens shows where the web app has it",
)
_DEV_KEY = Question(
    "dev_key",
    "Developer Key",
    "in BILL's web app under Settings > Sync & Integrations > Manage Developer Keys",
)

QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "password": (
        Question("username", "User Name", "the e-mail address that you sign in to BILL's web app with"),
        Question("password", "Password", "the one that you sign in to BILL's web app with"),
        _ORGANIZATION_ID,
        _DEV_KEY,
    ),
    "sync_token": (
        Question(
            "username",
            "Token Name",
            "the name of the sync token; in BILL's web app under Settings > Sync & Integrations > Tokens",
        ),
        Question("password", "Token Value", "what the web app gave you when the sync token was made"),
        _ORGANIZATION_ID,
        _DEV_KEY,
    ),
    "console_token": (
        Question("username", "User Name", "the e-mail address that you sign in to the Accountant Console with"),
        Question("console_api_token", "Console API Token", "made in the Accountant Console"),
        Question("organization_id", "Organization ID", "the client's; begins with 008"),
        Question(
            "dev_key",
            "Developer Key",
            "the client's; in its web app under Settings > Sync & Integrations > Manage Developer Keys",
        ),
    ),
    "partner": (
        Question("app_key", "App Key", "the partner's, which BILL gave you"),
        Question("username", "User Name", "the e-mail address of the partner's account"),
        Question("password", "Password", "the one of the partner's account"),
        Question(
            "user_id", "User ID", "the user to sign in as; begins with 006; empty for the partner itself", optional=True
        ),
        Question("organization_id", "Organization ID", "the user's; begins with 008", only_with="user_id"),
        Question(
            "dev_key",
            "Developer Key",
            "in the web app under Settings > Sync & Integrations > Manage Developer Keys",
            only_with="user_id",
        ),
    ),
    "oauth": (
        Question("client_id", "Client ID", "of the developer app that you have made in BILL's web app"),
        Question("client_secret", "Client Secret", "of the same developer app"),
    ),
    "spend_token": (Question("api_token", "API Token", "made in the Spend & Expense web app"),),
}
