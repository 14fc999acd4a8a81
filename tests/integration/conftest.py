# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for all tests, and a fresh project for each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.emulator import server
from tests.emulator.control_client import Control
from tests.integration.archive import build
from tests.integration.payer import PAYER
from tests.integration.project import CREDENTIALS, VAULT_PASSWORD, Project
from tools.stage import stage

ROOT = Path(__file__).resolve().parents[2]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the counts for the closing table of `make matrix`, which names a file for them."""
    if file := os.environ.get("BILL_TEST_COUNTS"):
        kinds = ("passed", "failed", "error", "skipped")
        Path(file).write_text(json.dumps({kind: len(terminalreporter.getreports(kind)) for kind in kinds}))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a part of the tests that the marks leave. BILL_TEST_PART=2/3 means: each third test, beginning with the second one."""
    if part := os.environ.get("BILL_TEST_PART"):
        number, count = map(int, part.split("/"))
        kept = items[number - 1 :: count]
        config.hook.pytest_deselected(items=[each for each in items if each not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def core_bin() -> Path:
    """The folder with the programs of the ansible-core under test. BILL_TEST_CORE_BIN overrides pytest's own."""
    return Path(os.environ.get("BILL_TEST_CORE_BIN") or Path(sys.executable).parent)


@pytest.fixture(scope="session")
def core(core_bin: Path) -> tuple[int, int]:
    shown = subprocess.run([core_bin / "ansible", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"core (\d+)\.(\d+)", shown)
    assert version, shown
    return int(version[1]), int(version[2])


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Ansible finds the collection, wherever the checkout is."""
    top = tmp_path_factory.mktemp("collections")
    (top / "ansible_collections" / "bill").mkdir(parents=True)
    (top / "ansible_collections" / "bill" / "connect").symlink_to(ROOT)
    return top


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory, core_bin: Path) -> Path:
    """The archive of the collection in its released form."""
    top = tmp_path_factory.mktemp("archive")
    return build(stage(top / "stage"), top / "built", core_bin)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory, core_bin: Path) -> Path:
    """The credentials in a file encrypted by ansible-vault. It is made once, because that takes as long as a play."""
    folder = tmp_path_factory.mktemp("vault")
    (folder / "password").write_text(VAULT_PASSWORD + "\n")
    (folder / "bill.yml").write_text(yaml.safe_dump(CREDENTIALS, sort_keys=False))
    subprocess.run(
        [core_bin / "ansible-vault", "encrypt", "--vault-password-file", folder / "password", folder / "bill.yml"],
        env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        check=True,
        capture_output=True,
    )
    return folder / "bill.yml"


@pytest.fixture(scope="session")
def api_url() -> Iterator[str]:
    with server.running() as url:
        yield url


@pytest.fixture
def bill(api_url: str) -> Control:
    """The control of the emulator: it shows the requests and sets what BILL does."""
    control = Control(api_url)
    control.post("reset")
    return control


@pytest.fixture
def project(
    tmp_path: Path, core_bin: Path, core: tuple[int, int], collections: Path, vault: Path, bill: Control, api_url: str
) -> Project:
    return Project(
        folder=tmp_path / "project",
        home=tmp_path / "home",
        core_bin=core_bin,
        collections=collections,
        vault=vault,
        api_url=api_url,
        core=core,
    )


@pytest.fixture
def payer(project: Project) -> Project:
    """A project of the user with a phone. The credentials come from the environment, so the disk has none."""
    project.without_vault()
    project.environ |= PAYER
    return project
