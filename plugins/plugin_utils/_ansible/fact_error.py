# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error for a value that a managed host decides.

Private to bill.connect.
"""

from __future__ import annotations

import re

from .._core.errors import OptionError


def refused(what: str, variable: str, fact: str, host: str | None) -> OptionError:
    """Return the error for a value.

    ``what`` is the beginning of its sentence. ``variable`` is the variable that the author should define, or empty. ``fact`` is the name of
    the fact, or ``facts``. ``host`` is the name of the host; None if it is not known.
    """
    of_host = f" of {host}" if host is not None else ""
    # A host chooses the name of its fact. The name may contain control characters for the terminal.
    named = fact if re.fullmatch(r"\w{1,80}", fact) else "facts"
    if named == "facts":
        comes = f"{what} depends on facts{of_host} or of another host."
    elif what.startswith("The value"):
        comes = f"{what} is the value of the fact {named}{of_host}."
    elif named == variable:
        comes = f"{what} is a fact{of_host}."
    else:
        comes = f"{what} reads {named}, which is a fact{of_host}."
    remedy = (
        f"Define {variable} in the inventory, in a vault file or in the play." if variable else "Write it in the task."
    )
    return OptionError(
        f"{comes} A managed host decides its facts, so bill.connect does not accept this value: credentials could go anywhere. "
        f"{remedy} If set_fact sets this fact, leave out cacheable. If a fact cache still holds it, run ansible-playbook with "
        "--flush-cache."
    )
