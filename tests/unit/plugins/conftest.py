# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the plugins share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths


@pytest.fixture(autouse=True)
def run_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test is a run of Ansible of its own, which knows nothing of the writes and warnings of the others."""
    directories: dict[str, Path] = {}

    def of_this_test(name: str) -> str:
        # Not for each test: most need none.
        if name not in directories:
            directories[name] = tmp_path_factory.mktemp("run") / name
        return str(directories[name])

    monkeypatch.setattr(ansible_paths, "store_for_the_run", lambda: of_this_test("bill"))
    monkeypatch.setattr(ansible_paths, "memory_of_the_run", lambda: of_this_test("bill-run"))
