# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the form of a BILL credential as AWX shows it, for the guide."""

from __future__ import annotations

import textwrap

from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import Option
from tools.option_texts import awx_help, awx_options, list_table

TYPED = {
    "username": "ap@example.com",
    "password": "some password",
    "organization_id": "00801EXAMPLEEXAMPLE1",
    "dev_key": "some developer key",
}
_LABELS, _BOXES = 29, 32


def drawn() -> str:
    """The form, filled in for a user with a password."""
    lines = [
        _line("Name *", "BILL, Maple Street Bakery"),
        _line("Credential Type *", "BILL (bill.connect)", opens=True),
        "",
        "Type Details",
        *(_field(option) for option in awx_options()),
    ]
    width = _LABELS + _BOXES + 5
    form = [
        f"+-- Create New Credential {'-' * (width - 24)}+",
        *(f"| {line:{width}} |" for line in lines),
        f"+{'-' * (width + 2)}+",
    ]
    return ".. code-block:: text\n\n" + textwrap.indent("\n".join(form), "   ")


def _field(option: Option) -> str:
    value = TYPED.get(option.name, option.default or "")
    if option.choices:
        # AWX has no question mark there.
        return _line(option.label, value, opens=True)
    return _line(f"{option.label} (?)", "*" * len(value) if option.secret or option.secret_in_url else value)


def _line(label: str, value: str, opens: bool = False) -> str:
    return f"{label:{_LABELS}} [ {value:{_BOXES - 2}}{' v' if opens else '  '} ]"


def explained() -> str:
    """A table of the fields: the variable that a job gets, and the text of the question mark."""
    rows = [
        (
            f"{option.label}{' (secret)' if option.secret or option.secret_in_url else ''}",
            f"``{option.environment_name}``",
            awx_help(option),
        )
        for option in awx_options()
    ]
    return list_table("25, 25, 50", ("Field", "In a job", "What is asked for"), rows)
