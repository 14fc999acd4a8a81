# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a part of the user's input in messages.

Private to bill.connect.
"""

from __future__ import annotations

import re


def name_of(place: str, name: object) -> str:
    """``body.amount`` for the entry ``amount`` of ``body``."""
    # A text that is not a plain name could be a secret in the wrong place, so the message does not repeat it.
    return f"{place}.{name}" if isinstance(name, str) and re.fullmatch(r"[\w.-]{1,40}", name) else f"{place}[...]"
