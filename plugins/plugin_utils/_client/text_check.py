# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognizes a value that YAML has changed before bill.connect received it.

Private to bill.connect.
"""

from __future__ import annotations

from datetime import datetime

# The endings of the names of fields that hold a date or a time.
_TIMES = ("Date", "Time", "OfBirth")


def changed_by_yaml(value: object, name: str) -> str | None:
    """Why this value cannot be what the user wrote for a text of BILL. None if it can.

    ``name`` is the name of the field. The result continues a sentence that begins with the place of the value. It contains nothing of the
    value.
    """
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
        f"is {kind}, but BILL has a text here. YAML changes some values without quotes (021000021 becomes 4456465, NO becomes false). "
        "Put the value in quotes. If it comes from a variable, put it in quotes where the variable is defined."
    )
