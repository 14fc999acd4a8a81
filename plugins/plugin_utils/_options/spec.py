# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table: one row an option.

Private to bill.connect.
"""

from __future__ import annotations

from .._auth.methods import METHODS
from .._core.base_url import API_URLS
from .option import Option

__all__ = [
    "LIST_OPTIONS",
    "MFA_CODE",
    "OPTIONS",
    "OPTION_VARIABLES",
    "REQUIRE_TRUSTED",
    "ROLE_VARIABLES",
    "SESSION_VARIABLES",
    "Option",
]

OPTIONS = (
    Option("auth_method", default="password", choices=tuple(METHODS)),
    Option("environment", default="sandbox", choices=tuple(API_URLS)),
    Option("api_url"),
    Option("username"),
    Option("password", secret=True),
    # Looser than what BILL's samples look like, but nothing that is no identifier, and nothing that fits no header.
    Option("organization_id", pattern="[0-9A-Za-z]+"),
    Option("dev_key", secret=True, aliases=("developer_key",), pattern="[!-~]+"),
    Option("console_api_token", secret=True),
    Option("app_key", secret=True, pattern="[!-~]+"),
    Option("user_id", pattern="[0-9A-Za-z]+"),
    Option("client_id"),
    Option("client_secret", secret=True),
    Option("token_url"),
    Option("api_token", secret=True, pattern="[!-~]+"),
    Option("remember_me_id", secret=True),
    Option("device"),
    Option("remember_me_id_expires_on", kind="date"),
    Option("session_store", kind="path"),
    Option("check_after", kind="int", default=60),
    Option("timeout", kind="int", default=30, least=1, most=3600),
    Option("retries", kind="int", default=3, most=100),
    Option("validate_certs", kind="bool", default=True),
    Option("ca_path", kind="path"),
)

# Of the tasks and lookups that ask for a list, or more of BILL.
LIST_OPTIONS = (
    Option("query", kind="dict", shared=False, is_data=True),
    Option("headers", kind="dict", shared=False, is_data=True),
    Option("filters", kind="raw", shared=False, is_data=True),
    Option("sort", kind="raw", shared=False, is_data=True),
    Option("paginate", kind="bool", default=False, shared=False),
    Option("page_size", kind="int", least=1, most=100, shared=False, is_data=True),
    Option("max_results", kind="int", least=1, shared=False, is_data=True),
    Option("expected_status", kind="statuses", shared=False),
)

# Of the tasks and lookups whose session may have to pay.
REQUIRE_TRUSTED = Option("require_trusted", kind="bool", default=False, shared=False)

# What answers an MFA challenge.
MFA_CODE = Option("token", kind="digits", secret=True, required=True, pattern="[0-9]{6}", shared=False)

# The variables that name the last session for later tasks, and the field of the result that each one holds. All are secret.
SESSION_VARIABLES = (("bill_session_id", "session_id"), ("bill_headers", "headers"))
# Those that are the variable of an option, too.
OPTION_VARIABLES = (("bill_organization_id", "organization_id"), ("bill_user_id", "user_id"))

# The variables that the roles and playbooks read besides those of the options.
ROLE_VARIABLES = (
    "bill_awx_collection",
    "bill_awx_name",
    "bill_awx_state",
    "bill_connect_role_set",
    "bill_mfa_challenge_id",
    "bill_mfa_machine_name",
    "bill_mfa_token",
    "bill_remove_vault_file",
    "bill_trust_device",
)
