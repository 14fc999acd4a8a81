# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: what a user may do. BILL has them for each organization, and a task only reads them.

Private to bill.connect. Documented by BILL (samples of its collection of requests): the fields, and the types.
"""

from __future__ import annotations

from ..spec import Resource

ROLE = Resource(
    name="role", plural="roles", path="/v3/roles", fields=(), keys={}, has_filters=False, removal="impossible"
)
