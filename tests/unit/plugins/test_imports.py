# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages: each imports only what its row allows, and only two import Ansible. docs/ARCHITECTURE.md has the same table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"

# The packages that each package may import besides itself, from the top down.
MAY_IMPORT: dict[str, set[str]] = {
    "action": {"_ansible", "_resources", "_connect", "_vault", "_client", "_options", "_auth", "_core"},
    "lookup": {"_ansible", "_client", "_options"},
    "_ansible": {
        "_resources",
        "_connect",
        "_vault",
        "_options",
        "_client",
        "_auth",
        "_limits",
        "_http",
        "_store",
        "_core",
    },
    "_connect": {"_options", "_client", "_auth", "_core"},
    "_resources": {"_client", "_options", "_core"},
    "_vault": {"_options", "_store", "_core"},
    "_options": {"_auth", "_core"},
    "_client": {"_auth", "_limits", "_http", "_store", "_core"},
    "_auth": {"_http", "_store", "_core"},
    "_limits": {"_store", "_core"},
    "_http": {"_core"},
    "_store": {"_core"},
    "_core": set(),
}
KNOW_ANSIBLE = {"action", "lookup", "_ansible", "_vault"}


def files() -> Iterator[tuple[str, Path]]:
    for path in sorted(PLUGINS.rglob("*.py")):
        parts = path.relative_to(PLUGINS).parts
        if parts[0] in ("action", "lookup"):
            yield parts[0], path
        elif parts[0] == "plugin_utils" and len(parts) > 2:
            yield parts[1], path


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports. Those of bill.connect begin with their package."""
    package = path.relative_to(PLUGINS).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                base = package[: len(package) - node.level + 1]
                module = ".".join(part for part in (*base, module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def package_of(module: str) -> str | None:
    """The package of bill.connect that contains a module. None for any other module."""
    parts = module.removeprefix("ansible_collections.bill.connect.plugins.").split(".")
    return parts[1] if parts[0] == "plugin_utils" else None


def test_package_table_has_a_row_for_each_package() -> None:
    assert {package for package, _path in files()} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_its_row_allows(package: str) -> None:
    found = {
        f"{path.relative_to(PLUGINS)} imports {other}"
        for owner, path in files()
        if owner == package
        for module in imports(path)
        if (other := package_of(module)) and other not in {package, *MAY_IMPORT[package]}
    }
    assert found == set()


def test_package_table_rows_import_only_rows_below() -> None:
    order = list(MAY_IMPORT)
    assert [(up, down) for up in order for down in MAY_IMPORT[up] if order.index(down) <= order.index(up)] == []


def test_package_that_imports_ansible_is_listed() -> None:
    found = {
        f"{path.relative_to(PLUGINS)} imports {module}"
        for package, path in files()
        if package not in KNOW_ANSIBLE
        for module in imports(path)
        if module.split(".")[0] == "ansible"
    }
    assert found == set()
