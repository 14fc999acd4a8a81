# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognizes a value that YAML has changed before bill.connect received it.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

# The endings of the names of fields that hold a date or a time.
_TIMES = ("Date", "Time", "OfBirth")


# Documented by BILL: all its identifiers are texts. The names of fields that hold them end so.
_ENDS_OF_TEXTS = ("Id", "Ids")
# Other names that are texts wherever BILL documents them. They count only at an endpoint whose fields are not documented.
_TEXTS_EVERYWHERE = {
    *("line1", "line2", "city", "stateOrProvince", "zipOrPostalCode", "country"),
    *("nameOnAccount", "accountNumber", "routingNumber", "bankName"),
    *("invoiceNumber", "purchaseOrderNumber", "referenceNumber"),
    *("phone", "altPhone", "fax", "email"),
    *("firstName", "lastName", "companyName", "payeeName"),
}


def changed_by_yaml(value: object, names: Sequence[str], texts: Collection[str]) -> str | None:
    """Why this value cannot be what the user wrote for a text of BILL. None if it can.

    ``names`` are the possible names of the field, with the names of the objects around it. ``texts`` are the fields that BILL documents as
    texts at this endpoint. The result continues a sentence that begins with the place of the value. It contains nothing of the value.
    """
    name = names[0].rpartition(".")[2]
    if any(each in texts for each in names):
        known = "BILL has a text here"
    elif name.endswith(_ENDS_OF_TEXTS) or (name in _TEXTS_EVERYWHERE and not set(texts) - {"id"}):
        known = "a field with such a name is a text wherever BILL documents it"
    else:
        return None
    if isinstance(value, bool):
        kind = "true or false"
    elif isinstance(value, (int, float)):
        kind = "a number"
    elif isinstance(value, datetime) and not name.endswith(_TIMES):
        # A day without a time is written as the user wrote it.
        kind = "a time"
    else:
        return None
    return (
        f"is {kind}, but {known}. YAML changes some values without quotes (021000021 becomes 4456465, NO becomes false). "
        "Put the value in quotes. If it comes from a variable, put it in quotes where the variable is defined."
    )
