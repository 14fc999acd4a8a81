# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a dictionary or list that is written as a text, as the modules of Ansible do.

Private to bill.connect.
"""

from __future__ import annotations

import ast
import json
from typing import Any


def dict_or_list(text: str) -> dict[Any, Any] | list[Any] | None:
    """The dictionary or list in a text: JSON, or the form of Python, which templates produce. None if the text has neither."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    found: Any = None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
    return found if isinstance(found, (dict, list)) else None
