# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names control characters in a text.

Private to bill.connect.
"""

from __future__ import annotations

import unicodedata

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


def control_character(text: str) -> str | None:
    """The name and the place of the first control character in a text; None if there is none.

    A no-break space, an ideographic space or an emoji of several parts is not a control character: it can be part of a password.
    """
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
            name = _CONTROL_CHARACTERS.get(sign, f"the control character U+{ord(sign):04X}")
            if unicodedata.category(sign) == "Cs":
                name = "a byte that is not UTF-8"
            end = not text[place:].strip("\r\n")
            return f"{name} at its end" if end else f"{name} (character {place + 1})"
    return None
