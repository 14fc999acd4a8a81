# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Funding accounts: the accounts and cards from which an organization pays. A task only reads them.

Private to bill.connect. Documented by BILL (reference of funding accounts; filterable-fields): the paths, the filters for bank
accounts, and the list of cards inside an object.
"""

from __future__ import annotations

from ..fields import Text
from ..spec import Resource

FUNDING_ACCOUNTS = {
    "banks": Resource(
        name="bank account",
        plural="bank accounts",
        path="/v3/funding-accounts/banks",
        fields=(Text("account_number", is_secret=True),),
        keys={},
    ),
    "cards": Resource(
        name="card",
        plural="cards",
        path="/v3/funding-accounts/cards",
        list_at="cards",
        fields=(),
        keys={},
        has_filters=False,
        removal="impossible",
    ),
    "ap_cards": Resource(
        name="card",
        plural="cards",
        path="/v3/funding-accounts/ap-cards",
        fields=(),
        keys={},
        has_filters=False,
        removal="impossible",
        is_read_alone=False,
    ),
}
