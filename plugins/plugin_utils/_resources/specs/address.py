# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of vendors, customers and organizations.

Private to bill.connect. Documented by BILL: the fields, and which of them an address needs. The lengths are not documented.
"""

from __future__ import annotations

from ..fields import AddressLine, Choice, Field, Nested

_FIELDS: tuple[Field, ...] = (
    AddressLine("line1", "The first line: street and number.", required=True),
    AddressLine("line2", "The second line."),
    AddressLine("city", "The city.", required=True),
    AddressLine("state_or_province", "The state or province, in the United States its two letters."),
    AddressLine("zip_or_postal_code", "The postal code. Put it in quotes.", required=True),
    Choice("country", "The country as two letters, for example V(US).", required=True),
)


def address(name: str, summary: str, *, required: bool = False) -> Nested:
    return Nested(name, summary, required=required, fields=_FIELDS)
