# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that may sign in: the current secret of each, and the lock after several wrong secrets in a row.

A sync token signs in with its name as username and its value as password (documented by BILL: bill-keys-tokens). The
name of an OAuth app is its client id. A Spend & Expense token has a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import errors, world
from .settings import Settings

# How many seconds a session stays valid without a request. Documented by BILL: reference/login, token-based-sign-in,
# bill-partner-operations. Inferred: a session of the Accountant Console stays valid as long as a user's.
USER_IDLE_SECONDS = 35 * 60
SYNC_TOKEN_IDLE_SECONDS = 48 * 3600

Kind = Literal["user", "sync_token", "console", "partner", "client", "spend"]


@dataclass
class Account:
    kind: Kind
    name: str
    secret: str
    user_id: str = ""
    organization_ids: tuple[str, ...] = ()
    wrong_in_a_row: int = 0

    @property
    def idle_seconds(self) -> int:
        return SYNC_TOKEN_IDLE_SECONDS if self.kind == "sync_token" else USER_IDLE_SECONDS


class Accounts:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        accounts = (
            *(Account("user", one.username, one.password, one.id, one.organization_ids) for one in world.USERS),
            *(
                Account("sync_token", one.name, one.value, one.user_id, one.organization_ids)
                for one in world.SYNC_TOKENS
            ),
            *(
                Account("console", one.username, one.token, one.user_id, one.organization_ids)
                for one in world.CONSOLE_ACCOUNTS
            ),
            *(
                Account("partner", one.username, one.password, organization_ids=one.organization_ids)
                for one in world.PARTNERS
            ),
            *(Account("client", one.id, one.secret, one.user_id, (one.organization_id,)) for one in world.CLIENTS),
            *(Account("spend", one.name, one.value, one.user_id) for one in world.SPEND_TOKENS),
        )
        self.by_name = {account.name: account for account in accounts}

    def check(self, name: str, secret: str, *kinds: Kind) -> Account:
        """The account that signs in. Inferred: wrong secrets also lock accounts that are not users. BILL does not document it."""
        account = self.by_name.get(name)
        if account is None or account.kind not in kinds:
            raise errors.RefusalError(errors.WRONG_CREDENTIALS)
        if account.wrong_in_a_row >= self._settings.lock_after:
            raise errors.RefusalError(errors.USER_LOCKED)
        if account.secret != secret:
            account.wrong_in_a_row += 1
            raise errors.RefusalError(errors.WRONG_CREDENTIALS)
        account.wrong_in_a_row = 0
        return account

    def user(self, user_id: str) -> Account | None:
        users = (account for account in self.by_name.values() if account.kind == "user")
        return next((account for account in users if account.user_id == user_id), None)

    def change_secret(self, name: str, secret: str) -> None:
        """Replace a secret, as an administrator does. This also unlocks the account. KeyError if there is no such account."""
        account = self.by_name[name]
        account.secret = secret
        account.wrong_in_a_row = 0
