# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project as in the end-to-end tests, with the collections that `make awx` downloads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.awx import server
from tests.awx.server import Awx
from tests.integration.conftest import api_url, bill, collections, core, core_bin, project, vault
from tests.integration.project import Project

__all__ = ["api_url", "bill", "collections", "core", "core_bin", "project", "vault"]


@pytest.fixture(scope="session")
def awx_collections() -> Path:
    """The folder into which `make awx` downloads awx.awx, and read_csv of community.general. BILL_TEST_AWX names it."""
    folder = Path(os.environ["BILL_TEST_AWX"])
    assert (folder / "ansible_collections/awx/awx/plugins/modules/credential_type.py").exists()
    assert (folder / "ansible_collections/community/general/plugins/modules/read_csv.py").exists()
    return folder


@pytest.fixture
def awx() -> Iterator[Awx]:
    with server.running() as running:
        yield running


@pytest.fixture
def admin(project: Project, awx: Awx, awx_collections: Path) -> Project:
    """A project of an administrator of AWX without a BILL account."""
    project.without_vault()
    project.variables()
    # The inventory has other connection settings for localhost. The playbook must not use them.
    become = {"ansible_become": True, "ansible_become_user": "nobody", "ansible_become_exe": "/nowhere"}
    project.hosts("localhost", ansible_connection="ssh", ansible_python_interpreter="/nowhere", **become)
    project.environ |= {
        "ANSIBLE_COLLECTIONS_PATH": f"{project.collections}:{awx_collections}",
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": server.TOKEN,
    }
    return project
