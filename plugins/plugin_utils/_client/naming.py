# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How messages name a part of what a user wrote.

Private to bill.connect.
"""

from __future__ import annotations

import re


def name_of(place: str, name: object) -> str:
    """``body.amount`` for the entry ``amount`` of ``body``."""
    # What is no name at all may be anything that slipped, a secret too.
    return f"{place}.{name}" if isinstance(name, str) and re.fullmatch(r"[\w.-]{1,40}", name) else f"{place}[...]"
