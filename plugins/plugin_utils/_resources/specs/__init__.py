# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All kinds of objects that tasks bring to a wanted state.

Private to bill.connect.
"""

from __future__ import annotations

from ..spec import Resource
from .classification import CLASSIFICATIONS
from .customer import CUSTOMER
from .vendor import VENDOR

RESOURCES: tuple[Resource, ...] = (VENDOR, CUSTOMER, *CLASSIFICATIONS.values())
