# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All authentication methods. Each one has its own file.

Private to bill.connect.
"""

from __future__ import annotations

from ..mfa_id import MfaId, last_day
from .base import MFA_OPTIONS, AuthMethod, object_of, text_of
from .console_token import ConsoleToken
from .oauth import OAuth
from .partner import Partner
from .password import Password
from .spend_token import SpendToken
from .sync_token import SyncToken

METHODS: dict[str, type[AuthMethod]] = {
    method.method: method for method in (Password, SyncToken, ConsoleToken, Partner, OAuth, SpendToken)
}

__all__ = ["METHODS", "MFA_OPTIONS", "AuthMethod", "MfaId", "last_day", "object_of", "text_of"]
