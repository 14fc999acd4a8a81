# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization of the session. A task only reads it.

Private to bill.connect. Documented by BILL (reference/getorganization): the path, and the fields. Whether BILL masks the tax ID is not documented.
"""

from __future__ import annotations

from ..fields import Nested, Text
from ..spec import Resource

ORGANIZATION_ITSELF = Resource(
    name="organization",
    plural="organizations",
    path="/v3/organizations/{organization_id}",
    fields=(
        Text("tax_id", is_secret=True),
        Nested("company_owner", fields=(Text("date_of_birth", is_secret=True),)),
    ),
    keys={},
    has_filters=False,
    removal="impossible",
    is_single=True,
)
