# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the form of a BILL credential, as people see it in AWX, into its guide.

It is drawn from the file that AWX draws it from, and a test holds the guide against it. After a change of that file:
``python -m tools.awx_form``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
INPUTS = CHECKOUT / "playbooks" / "files" / "awx" / "inputs.yml"
GUIDE = CHECKOUT / "docs" / "docsite" / "rst" / "guide_awx.rst"

TYPED = {
    "username": "ap@example.com",
    "password": "some password",
    "organization_id": "00801EXAMPLEEXAMPLE1",
    "dev_key": "some developer key",
}
_LABELS, _BOXES = 29, 32


def drawn(inputs: dict[str, Any]) -> str:
    """The form, filled in for a user's password."""
    lines = [
        _line("Name *", "BILL, Maple Street Bakery"),
        _line("Credential Type *", "BILL (bill.connect)", opens=True),
        "",
        "Type Details",
        *(_field(field) for field in inputs["fields"]),
    ]
    width = _LABELS + _BOXES + 5
    return "\n".join(
        [
            f"+-- Create New Credential {'-' * (width - 24)}+",
            *(f"| {line:{width}} |" for line in lines),
            f"+{'-' * (width + 2)}+",
        ]
    )


def _field(field: dict[str, Any]) -> str:
    value = TYPED.get(field["id"], field.get("default", ""))
    if "choices" in field:
        # AWX has no question mark there.
        return _line(field["label"], value, opens=True)
    return _line(f"{field['label']} (?)", "*" * len(value) if field.get("secret") else value)


def _line(label: str, value: str, opens: bool = False) -> str:
    return f"{label:{_LABELS}} [ {value:{_BOXES - 2}}{' v' if opens else '  '} ]"


def explained(inputs: dict[str, Any]) -> str:
    """What is behind each question mark, and what a job gets of the field."""
    rows = [
        f"* - {field['label']}{' (secret)' if field.get('secret') else ''}\n"
        f"  - ``BILL_{field['id'].upper()}``\n"
        f"  - {field['help_text']}"
        for field in inputs["fields"]
    ]
    return ".. list-table::\n   :header-rows: 1\n   :widths: 25, 25, 50\n\n" + textwrap.indent(
        "* - Field\n  - In a job\n  - What is asked for\n" + "\n".join(rows), "   "
    )


def redrawn(page: str, inputs: dict[str, Any]) -> str:
    """The page with both in their places, which comments mark."""
    for mark, text in _parts(inputs):
        head, begin, rest = page.partition(f".. begin {mark}\n\n")
        _old, end, tail = rest.partition(f"\n\n.. end {mark}\n")
        assert begin, mark
        assert end, mark
        page = head + begin + text + end + tail
    return page


def _parts(inputs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "form", ".. code-block:: text\n\n" + textwrap.indent(drawn(inputs), "   ")
    yield "fields", explained(inputs)


if __name__ == "__main__":
    GUIDE.write_text(redrawn(GUIDE.read_text(), yaml.safe_load(INPUTS.read_text())))
