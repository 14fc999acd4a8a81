# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive: what is in it, that any checkout gives the same, and that it works without what only development needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.archive import build
from tests.integration.payer import SIGN_IN, that
from tests.integration.project import Project
from tools.stage import stage

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
BUILDER = Path(sys.executable).parent / "ansible-builder"

# What an installed collection needs to work, and what its readers need.
WORKING = {"extensions", "meta", "playbooks", "plugins", "roles"}
READ = {
    *(
        "CHANGELOG.rst",
        "CODE_OF_CONDUCT.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "LICENSES",
        "README.md",
        "REUSE.toml",
        "SECURITY.md",
    ),
    *("changelogs", "docs"),
}
WRITTEN_BY_GALAXY = {"FILES.json", "MANIFEST.json"}
# Bytes. It is about twice the size of today. Galaxy takes 20 MB, and an archive of 1 MB had the tests in it.
LARGEST = 900_000

# The definitions of images in the guides, and the libraries that each adds to those of the collection.
EXTRAS = {
    ("guide_awx", "execution-environment.yml"): ["redis>=5"],
    ("guide_events_in_production", "decision-environment.yml"): ["requests"],
    ("guide_fleet", "execution-environment.yml"): ["redis>=5"],
}

# A role, a task and a lookup.
PLAY: tuple[dict[str, Any], ...] = (
    {"name": "Use the role", "ansible.builtin.import_role": {"name": "bill.connect.login"}},
    {"name": "List vendors", "bill.connect.bill_request": {"path": "/v3/vendors"}, "register": "vendors"},
    that(
        "vendors.json.results | length == 20",
        f"lookup('bill.connect.bill_login', 'organization_id') == '{world.ORGANIZATION.id}'",
    ),
)


def checksums(archive: Path) -> dict[str, str | None]:
    """The checksum of each file in the archive, as Galaxy gets it. A folder has none."""
    with tarfile.open(archive) as opened:
        listing = opened.extractfile("FILES.json")
        assert listing
        return {each["name"]: each["chksum_sha256"] for each in json.load(listing)["files"]}


def install(project: Project, archive: Path) -> Path:
    """Install the archive into a folder of its own, which the project then uses. Returns the folder of the collection."""
    project.collections = project.home / "installed"
    run = project.run(
        "ansible-galaxy", "collection", "install", str(archive), "--offline", "-p", str(project.collections)
    )
    assert run.code == 0, run.output
    return project.collections / "ansible_collections" / "bill" / "connect"


def test_archive_has_what_users_need_and_no_more(archive: Path) -> None:
    names = checksums(archive)
    tops = {name.partition("/")[0] for name in names} - {"."}
    assert tops == WORKING | READ | {"tests"}
    # ansible-test reads this file, also when certification tests an archive.
    assert [name for name in names if name.startswith("tests/")] == ["tests/config.yml"]
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".retry"))]
    assert archive.stat().st_size < LARGEST


@pytest.mark.slow
def test_archive_of_two_places_has_the_same_files(archive: Path, core_bin: Path, tmp_path: Path) -> None:
    again = build(stage(tmp_path, "another/place"), tmp_path / "built", core_bin)
    assert checksums(again) == checksums(archive)


@pytest.mark.slow
def test_archive_installed_is_verified_and_changed_file_is_found(project: Project, archive: Path) -> None:
    folder = install(project, archive)
    verify = ("ansible-galaxy", "collection", "verify", "bill.connect", "--offline")
    run = project.run(*verify)
    assert run.code == 0, run.output
    assert run.shows("Successfully verified that checksums for 'bill.connect:")
    (folder / "plugins" / "action" / "bill_login.py").write_text("")
    run = project.run(*verify)
    assert run.code != 0
    assert run.shows("plugins/action/bill_login.py")


@pytest.mark.promise(1)
@pytest.mark.promise(14)
def test_archive_works_with_its_five_folders_alone(project: Project, bill: Control, archive: Path) -> None:
    folder = install(project, archive)
    for path in folder.iterdir():
        if path.name in READ | {"tests"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert {path.name for path in folder.iterdir()} == WORKING | WRITTEN_BY_GALAXY
    run = project.play(*PLAY)
    assert run.code == 0, run.output
    assert bill.get("counts") == {SIGN_IN: 1, "GET /v3/vendors": 1}
    ended = project.run("ansible-playbook", "bill.connect.disconnect")
    assert ended.code == 0, ended.output
    assert bill.get("counts")["POST /v3/logout"] == 1


def definitions() -> dict[tuple[str, str], str]:
    """The definitions of images in the guides, by the name of the guide and of the file."""
    pattern = r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)"
    return {
        (path.stem, found[1]): textwrap.dedent(block)
        for path in sorted(GUIDES.glob("*.rst"))
        for block in re.findall(pattern, path.read_text(), re.MULTILINE)
        if (found := re.match(r"   # (\w+-environment\.yml)\n", block))
    }


@pytest.mark.slow
def test_image_of_jobs_gets_requests_from_the_collection(collections: Path) -> None:
    found = subprocess.run([BUILDER, "introspect", collections], check=True, capture_output=True, text=True).stdout
    assert yaml.safe_load(found) == {"python": ["requests>=2.28  # from collection bill.connect"], "system": []}


@pytest.mark.parametrize(("place", "extras"), EXTRAS.items())
@pytest.mark.slow
def test_image_of_a_guide_can_be_created_and_has_its_extras(
    place: tuple[str, str], extras: list[str], tmp_path: Path
) -> None:
    assert {*definitions()} == {*EXTRAS}
    text = definitions()[place]
    definition = yaml.safe_load(text)
    (tmp_path / place[1]).write_text(text)
    for each in definition.get("additional_build_files", []):
        (tmp_path / each["src"]).write_text("")
    made = subprocess.run(
        [BUILDER, "create", "--file", place[1], "--output-filename", "Containerfile"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    context = tmp_path / "context"
    assert re.search(r"bill[.-]connect", (context / "_build" / "requirements.yml").read_text())
    assert (context / "_build" / "requirements.txt").read_text().split() == extras
    assert definition["images"]["base_image"]["name"] in (context / "Containerfile").read_text()
