# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides whose plays need another collection. tests/integration/test_guides.py says how a guide is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.control_client import Control
from tests.integration.project import Project
from tests.integration.test_guides import RUN_BY_MAKE_AWX, check_guide


@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(20)
@pytest.mark.parametrize("name", RUN_BY_MAKE_AWX)
def test_guide_run_block_by_block_shows_documented_output(
    project: Project, bill: Control, awx_collections: Path, name: str
) -> None:
    project.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{project.collections}:{awx_collections}"
    # This release of community.general is older than the newest ansible-core, which warns about its imports.
    project.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "false"
    check_guide(project, bill, name)
