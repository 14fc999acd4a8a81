# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All kinds of objects that tasks bring to a wanted state.

Private to bill.connect.
"""

from __future__ import annotations

from ..spec import Resource
from .approval_policy import APPROVAL_POLICY
from .classification import CLASSIFICATIONS
from .customer import CUSTOMER
from .payment_term import PAYMENT_TERM
from .user import USER
from .vendor import VENDOR
from .vendor_bank_account import VENDOR_BANK_ACCOUNT
from .webhook_subscription import WEBHOOK_SUBSCRIPTION

RESOURCES: tuple[Resource, ...] = (
    VENDOR,
    CUSTOMER,
    *CLASSIFICATIONS.values(),
    USER,
    VENDOR_BANK_ACCOUNT,
    PAYMENT_TERM,
    APPROVAL_POLICY,
    WEBHOOK_SUBSCRIPTION,
)
