# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in: the current secret of each user and sync token, and the lock after wrong ones in a row.

A sync token signs in with its name as username and its value as password (documented by BILL:
bill-keys-tokens).
"""

from __future__ import annotations

from dataclasses import dataclass

from . import errors, world
from .settings import Settings

# Idle lives in seconds. Documented by BILL: reference/login, token-based-sign-in.
USER_IDLE_LIFE = 35 * 60
SYNC_TOKEN_IDLE_LIFE = 48 * 3600


@dataclass
class Account:
    username: str
    password: str
    user_id: str
    organization_ids: tuple[str, ...]
    idle_life: int
    wrong_in_a_row: int = 0


class Accounts:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        users = [
            Account(user.username, user.password, user.id, user.organization_ids, USER_IDLE_LIFE)
            for user in world.USERS
        ]
        tokens = [
            Account(token.name, token.value, token.user_id, token.organization_ids, SYNC_TOKEN_IDLE_LIFE)
            for token in world.SYNC_TOKENS
        ]
        self.by_username = {account.username: account for account in (*users, *tokens)}

    def check(self, username: str, password: str) -> Account:
        account = self.by_username.get(username)
        if account is None:
            raise errors.Refusal(errors.WRONG_CREDENTIALS)
        if account.wrong_in_a_row >= self._settings.lock_after:
            raise errors.Refusal(errors.USER_LOCKED)
        if account.password != password:
            account.wrong_in_a_row += 1
            raise errors.Refusal(errors.WRONG_CREDENTIALS)
        account.wrong_in_a_row = 0
        return account

    def change_password(self, username: str, password: str) -> None:
        """Rotation, as by an administrator: it also unlocks. KeyError if there is no such user."""
        account = self.by_username[username]
        account.password = password
        account.wrong_in_a_row = 0
