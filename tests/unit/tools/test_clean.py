# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make clean`` leaves nothing that git ignores, except an environment that somebody has made by hand. It removes nothing elsewhere."""

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


def refused(*command: str, folder: Path) -> str:
    """Why make does not run."""
    done = subprocess.run(["make", *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr


def test_make_clean_in_a_path_with_a_space_removes_nothing(tmp_path: Path) -> None:
    """make splits the path, and the part before the space can be another folder."""
    other, checkout = tmp_path / "my", tmp_path / "my work"
    for folder in (other, checkout):
        folder.mkdir()
        (folder / "old.retry").touch()
    shutil.copy(ROOT / "Makefile", checkout)
    assert "The path of this checkout has a space" in refused("clean", folder=checkout)
    assert [*other.iterdir()] == [other / "old.retry"]
    assert (checkout / "old.retry").exists()


def test_make_clean_from_another_folder_removes_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "old.retry").touch()
    why = refused("--file", str(ROOT / "Makefile"), "clean", folder=tmp_path)
    assert "Run make in the folder of the checkout, or with -C" in why
    assert (tmp_path / "old.retry").exists()
