# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of users. Documented by BILL: they can only be read, and their list has pages. Unknown: the fields for filters and sort."""

from __future__ import annotations

from . import resource, staff
from .columns import column
from .kinds import Kind, prefix

KIND = Kind(
    name="roles",
    prefix=prefix("00r", "ROLE"),
    initial=staff.roles,
    columns={
        "id": column("text"),
        "type": column("text"),
        "description": column("text"),
        "createdTime": column("date"),
        "updatedTime": column("date"),
    },
    can_be_archived=False,
)

routers = (resource.reading(KIND),)
