# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names control characters in a text.

Private to bill.connect.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

# The remedy if nothing is known about the source of the text.
IN_A_BLOCK = "A YAML block that begins with | ends in a line break; use |- or quotes instead."

_CONTROL_CHARACTERS = {
    "\n": "a line break",
    "\r": "a carriage return",
    "\t": "a tab",
    "\0": "a zero byte",
    "\x1b": "an escape character (an arrow key types one)",
    "\u2028": "a line separator",
    "\u2029": "a paragraph separator",
}


# Some editors on Windows begin a file with this character. It is not visible, and never part of a value.
_BYTE_ORDER_MARK = "\ufeff"


def without_marks(value: Any) -> Any:
    """The same value if no text in it begins with a byte order mark. Otherwise a copy without these marks."""
    if isinstance(value, str):
        return value.removeprefix(_BYTE_ORDER_MARK) if value.startswith(_BYTE_ORDER_MARK) else value
    if isinstance(value, Mapping):
        # The first column of a table from such a file has the mark in its name.
        pairs = [(without_marks(name), without_marks(each)) for name, each in value.items()]
        same = all(
            name is old and each is before for (name, each), (old, before) in zip(pairs, value.items(), strict=True)
        )
        return value if same else dict(pairs)
    if isinstance(value, (list, tuple)):
        found = [without_marks(each) for each in value]
        return found if any(new is not old for new, old in zip(found, value, strict=True)) else value
    return value


def control_character(text: str) -> str | None:
    """The name and the place of the first control character in a text; None if there is none.

    A no-break space, an ideographic space or an emoji of several parts is not a control character: it can be part of a password.
    """
    if text.isprintable():
        # This is much quicker than a look at each character.
        return None
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
            name = _CONTROL_CHARACTERS.get(sign, f"the control character U+{ord(sign):04X}")
            if unicodedata.category(sign) == "Cs":
                name = "a byte that is not UTF-8"
            end = not text[place:].strip("\r\n")
            return f"{name} at its end" if end else f"{name} (character {place + 1})"
    return None
