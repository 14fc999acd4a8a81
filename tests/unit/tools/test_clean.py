# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make clean`` leaves nothing that git ignores, except an environment that somebody has made by hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
KEPT = {"Makefile", ".venv", "plugins"}


def ignored() -> list[str]:
    lines = (ROOT / ".gitignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_make_clean_removes_all_that_git_ignores(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "plugins").mkdir()
    patterns = ignored()
    assert {"/.work/", "/demo/"} <= {*patterns}
    for pattern in patterns:
        # A pattern without a slash at its beginning holds in every folder.
        for folder in (tmp_path,) if pattern.startswith("/") else (tmp_path, tmp_path / "plugins"):
            path = folder / pattern.strip("/").replace("*", "some")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if pattern.endswith("/") else path.write_text("")
    done = subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    # The folders in which something was are part of the checkout.
    assert left - {"changelogs", "tests", "tests/integration", "plugins/.venv"} == KEPT
