# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option table: one row per option, with every fact and text about it.

Private to bill.connect. The rows are in ``table_account.py``, ``table_connection.py`` and ``table_request.py``. ``option.py``
explains the columns. After a change, run ``make generate``.
"""

from __future__ import annotations

from .option import Option, Prompt
from .table_account import ACCOUNT_OPTIONS
from .table_connection import CONNECTION_OPTIONS
from .table_request import CHALLENGE_ID, LIST_OPTIONS, MACHINE_NAME, MFA_CODE, REQUIRE_TRUSTED

__all__ = [
    "CHALLENGE_ID",
    "LIST_OPTIONS",
    "MACHINE_NAME",
    "MFA_CODE",
    "OPTIONS",
    "OPTION_VARIABLES",
    "REQUIRE_TRUSTED",
    "ROLE_VARIABLES",
    "SESSION_VARIABLES",
    "SUMMARIES",
    "Option",
    "Prompt",
]

# The options of every task and lookup that signs in. The form asks in this order, and a vault file lists them in this order.
OPTIONS = (*ACCOUNT_OPTIONS, *CONNECTION_OPTIONS)

# One line on each variable: the comments in a vault file.
SUMMARIES = {option.variable: option.summary for option in OPTIONS}

# The variables that name the last session for later tasks, and the field of the result that each one holds. All are secret.
SESSION_VARIABLES = (("bill_session_id", "session_id"), ("bill_headers", "headers"))
# The published variables that are also variables of options.
OPTION_VARIABLES = (("bill_organization_id", "organization_id"), ("bill_user_id", "user_id"))

# The variables that the roles and playbooks read in addition to those of the options.
ROLE_VARIABLES = (
    "bill_awx_collection",
    "bill_awx_method",
    "bill_awx_name",
    "bill_awx_state",
    "bill_connect_role_set",
    "bill_mfa_challenge_id",
    "bill_mfa_machine_name",
    "bill_mfa_token",
    "bill_remove_backups",
    "bill_remove_store",
    "bill_remove_vault_file",
    "bill_trust_device",
    "bill_webhook_events",
    "bill_webhook_name",
    "bill_webhook_rotate",
    "bill_webhook_test",
    "bill_webhook_url",
    "bill_webhook_variable",
)
