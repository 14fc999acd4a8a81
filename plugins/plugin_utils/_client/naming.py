# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a part of the user's input in messages.

Private to bill.connect.
"""

from __future__ import annotations

from .._core.plain_name import plain_name


def name_of(place: str, name: object) -> str:
    """``body.amount`` for the entry ``amount`` of ``body``."""
    return f"{place}.{plain}" if (plain := plain_name(name)) else f"{place}[...]"
