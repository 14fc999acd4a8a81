# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns of the option table.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """One option of a task or lookup.

    ``kind`` is Ansible's name of the type: ``str``, ``path``, ``int`` or ``bool``, and ``dict`` or ``raw`` for what is looked at where
    it is used; or one of which Ansible knows nothing: ``date`` for a day as text (``2026-12-22``), ``digits`` for a text of digits,
    ``statuses`` for one or more HTTP statuses. ``pattern`` is a regular expression for the whole of a text, ``least`` and ``most``
    bound a number. ``shared`` options can also come from a variable or the
    environment; the others only from the task. ``is_data`` says that the value only goes into a request, so that a fact may give it. ``called`` is what goes after ``bill_`` and ``BILL_`` in the names of these, if it is not the
    option's own name.
    """

    name: str
    kind: str = "str"
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    aliases: tuple[str, ...] = ()
    pattern: str = ".*"
    least: int = 0
    most: int = 1_000_000
    shared: bool = True
    required: bool = False
    is_data: bool = False
    called: str = ""

    @property
    def variable(self) -> str:
        return f"bill_{self.called or self.name}"

    @property
    def environment_name(self) -> str:
        return f"BILL_{(self.called or self.name).upper()}"
