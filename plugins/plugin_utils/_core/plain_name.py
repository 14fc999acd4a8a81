# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a message may repeat.

Private to bill.connect. A text that is not a plain name could be a secret in the wrong place.
"""

from __future__ import annotations

import re


def plain_name(name: object) -> str | None:
    """The name, if a message may repeat it. Otherwise None."""
    return name if isinstance(name, str) and re.fullmatch(r"[\w.-]{1,40}", name) else None
