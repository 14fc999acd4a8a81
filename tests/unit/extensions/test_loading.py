# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each event source works when ansible-rulebook loads its file: by its path, in a process that does not know the collection."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.unit.extensions.sources import FOLDER

# ansible_rulebook/engine.py, start_source: it runs the file by its path, takes main, and requires a coroutine function.
LOAD = """
import asyncio, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
assert asyncio.iscoroutinefunction(main)
assert not [name for name in sys.modules if name.startswith("ansible")]
try:
    asyncio.run(main(asyncio.Queue(1), {}))
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["bill_webhook", "bill_events"])
def test_source_loads_by_its_path_alone(name: str) -> None:
    # -I: without the folder of the test, and without PYTHONPATH. -B: without files for later starts.
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", LOAD, str(FOLDER / f"{name}.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.stdout.startswith("subscription_ids is missing."), done.stderr


def test_sources_import_nothing_but_python_and_aiohttp() -> None:
    allowed = {"aiohttp", "bill_connect_eda", *sys.stdlib_module_names}
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            assert {name.split(".")[0] for name in names} <= allowed, path
