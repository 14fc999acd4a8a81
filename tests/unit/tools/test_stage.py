# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of the checkout has its files, and keeps the results of earlier runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import stage


def test_copy_follows_a_renamed_folder_and_keeps_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, results = tmp_path / "checkout", "tests/output"
    subprocess.run(["git", "init", "--quiet", checkout], check=True)
    monkeypatch.setattr(stage, "CHECKOUT", checkout)
    (checkout / ".gitignore").write_text(f"/{results}/\n")
    (checkout / "roles/old/tasks").mkdir(parents=True)
    (checkout / "roles/old/tasks/main.yml").write_text("[]\n")
    copy = stage.stage(tmp_path / "copy")
    (copy / results).mkdir(parents=True)
    (copy / results / "result").write_text("kept")

    (checkout / "roles/old").rename(checkout / "roles/new")
    stage.stage(tmp_path / "copy")

    assert [path.name for path in (copy / "roles").iterdir()] == ["new"]
    assert (copy / "roles/new/tasks/main.yml").read_text() == "[]\n"
    assert (copy / results / "result").read_text() == "kept"
