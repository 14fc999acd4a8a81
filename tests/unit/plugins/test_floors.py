# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house: an import only ever goes down the floors, and the core knows nothing of Ansible."""

from __future__ import annotations

import ast
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

# From the top down; what stands on one line are neighbours that do not know each other.
FLOORS = [
    ("action", "lookup"),
    ("_action", "_lookup", "_connect"),
    ("_call",),
    ("_vault_file", "_form", "_fact_check"),
    ("_places",),
    ("_compat", "_destinations"),
    ("_options",),
    ("_mfa", "_info", "_api"),
    ("_pages",),
    ("_sign_in",),
    ("_credentials",),
    ("_gate", "_pace", "_run"),
    ("_store",),
    ("_seal",),
    ("_retry",),
    ("_gateway",),
    ("_failures", "_line"),
    ("_address", "_session", "_refusal", "_request"),
    ("_filters", "_shown", "_variables_file"),
    ("_errors", "_record", "_facts", "_fields", "_notes", "_source"),
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = {
    path: next(part for part in (*path.relative_to(PLUGINS).with_suffix("").parts,) if part in FLOOR_OF)
    for folder in ("action", "lookup", "plugin_utils")
    for path in sorted((PLUGINS / folder).rglob("*.py"))
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports; those of our own by the name of their room."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = f"{node.module or ''}"
            names = [full, *(alias.name for alias in node.names)] if node.level else [full]
            if node.level or full.startswith("ansible_collections."):
                found |= {part for name in names for part in name.split(".") if part in FLOOR_OF}
            else:
                found.add(full)
    return found


def test_every_room_stands_on_a_floor() -> None:
    assert set(ROOMS.values()) == set(FLOOR_OF)


def test_imports_only_go_down() -> None:
    upward = [
        f"{path.name} imports {other}"
        for path, room in ROOMS.items()
        for other in imported(path)
        if other in FLOOR_OF and other != room and FLOOR_OF[other] <= FLOOR_OF[room]
    ]
    assert upward == []


def test_the_core_is_plain_python() -> None:
    of_ansible = [
        f"{path.name} imports {module}"
        for path, room in ROOMS.items()
        for module in imported(path)
        if FLOOR_OF[room] >= FLOOR_OF["_mfa"] and module.split(".")[0] in ("ansible", "ansible_collections")
    ]
    assert of_ansible == []
