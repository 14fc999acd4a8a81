# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows and hooks call what exists. Nothing here can run them, so `make lint` and these tests are all that checks them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import cores

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))


def steps() -> Iterator[dict[str, Any]]:
    """The steps of all jobs. A job that is another workflow counts as a step."""
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            yield from job.get("steps", [job])


def commands() -> list[str]:
    return [line for step in steps() for line in step.get("run", "").splitlines()]


def test_workflows_and_hooks_call_targets_that_exist() -> None:
    called = {
        target
        for line in (*commands(), *(hook["entry"] for hook in HOOKS))
        for target in re.findall(r"^make ([\w-]+)", line)
    }
    assert {"test", "matrix", "sanity-matrix", "build", "lint", "format", "generate"} <= called
    assert called <= TARGETS


def test_workflow_that_runs_all_checks_runs_the_file_for_ci() -> None:
    assert ".ci/run" in commands()
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_actions_of_others_are_pinned_by_their_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [each for each in used if not re.search(r"@[0-9a-f]{40}$", each)] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_may_only_read_and_runs_once_at_a_time(name: str) -> None:
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] == {}
    assert {str(job["permissions"]) for job in workflow["jobs"].values()} == {"{'contents': 'read'}"}
    assert workflow["concurrency"]["group"]


@pytest.mark.parametrize(
    ("tag", "starts"), [("1.0.0", True), ("12.3.10", True), ("v1.0.0", False), ("1.0.0-rc.1", False)]
)
def test_release_workflow_starts_for_the_tags_of_releases_only(tag: str, starts: bool) -> None:
    (pattern,) = WORKFLOWS["release.yml"]["on"]["push"]["tags"]
    # In a filter, + repeats what stands before it, and a dot is a dot.
    assert bool(re.fullmatch(pattern.replace(".", r"\."), tag)) is starts


def test_certification_uses_the_oldest_supported_core() -> None:
    oldest = WORKFLOWS["certification.yml"]["jobs"]["certification"]["with"]["ansible-core-version"]
    assert yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["requires_ansible"].startswith(f">={oldest},")
    assert cores.CORES[0].releases.startswith(f">={oldest},")


def test_matrix_has_each_supported_core_with_each_of_its_pythons() -> None:
    pairs = json.loads(cores.matrix(every_python=True))
    assert [(each["core"], each["python"]) for each in pairs] == [
        (core.line, python) for core in cores.CORES for python in core.pythons
    ]
    best = json.loads(cores.matrix(every_python=False))
    assert [each["core"] for each in best] == [core.line for core in cores.CORES]


def test_core_with_a_python_is_tried_with_that_python_in_an_environment_of_its_own() -> None:
    first, second = (cores.chosen((f"2.19:{python}",))[0] for python in ("3.12", "3.13"))
    assert (first.line, first.pythons, second.pythons) == ("2.19", ("3.12",), ("3.13",))
    assert first.bin != second.bin
    assert [core.line for core in cores.chosen(("2.19:3.12", "2.16"))] == ["2.19", "2.16"]


@pytest.mark.parametrize("name", ["2.19:3.9", "2.1:3.12", ":", "2.19:"])
def test_core_with_a_python_that_is_not_supported_is_refused(name: str) -> None:
    with pytest.raises(SystemExit, match="Not a supported core and Python"):
        cores.chosen((name,))
