# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the release in a copy of the last commit, and checks the copy. So the checkout changes only if everything is right."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.release.checks import Candidate
from tools.release.versions import write_version


@dataclass(frozen=True)
class Step:
    """A command that runs in the copy, and the words for it. The steps end at the first one that fails."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """The copy of a candidate below ``work``. Ansible's tools need a folder named ansible_collections/bill/connect."""

    candidate: Candidate
    work: Path

    @property
    def copy(self) -> Path:
        return self.work / "ansible_collections" / "bill" / "connect"

    def make(self) -> None:
        """Make the copy, with the new version in it. An older copy is removed."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.copy.parent.mkdir(parents=True)
        subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", str(self.candidate.root), str(self.copy)], check=True
        )
        write_version(self.copy, self.candidate.version)

    def run(self, step: Step) -> str:
        """Run a step. Returns what it printed if it failed, otherwise an empty text."""
        done = subprocess.run(
            step.command,
            cwd=self.copy,
            env={**os.environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return (done.stdout.strip() or f"It ended with {done.returncode}.") if done.returncode else ""

    def _environment(self) -> Mapping[str, str]:
        # The tools write below HOME. They get one of their own, so the user's HOME does not change.
        home = self.work.parent / "home"
        return {
            "HOME": str(home),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.work),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self.work), str(self.copy), os.environ.get("PYTHONPATH")))),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def changed(self) -> list[str]:
        """The files that the release changes, adds or removes."""
        copy = Candidate(self.copy, self.candidate.version)
        return [line[3:] for line in copy.git("status", "--porcelain", "--untracked-files=all").splitlines()]

    def hand_over(self) -> str:
        """Write the changes into the checkout, commit and tag them. Returns an empty text, or why not. Then the checkout is as before."""
        root, version, git = self.candidate.root, self.candidate.version, self.candidate.git
        head = Candidate(self.copy, version).git("rev-parse", "HEAD").strip()
        if git("status", "--porcelain") or git("rev-parse", "HEAD").strip() != head:
            return "The checkout has changed since the trial began. Nothing was released."
        changed = self.changed()
        for name in changed:
            if (self.copy / name).exists():
                shutil.copy(self.copy / name, root / name)
            else:
                (root / name).unlink()
        git("add", "--all", "--", *changed)
        try:
            git("commit", "--quiet", "--message", f"Release {version}")
            git("tag", "--annotate", "--message", f"bill.connect {version}", str(version))
        except subprocess.CalledProcessError as error:
            # Only the files of the release: a hook takes a while, and somebody may work meanwhile.
            git("reset", "--quiet", "--soft", head)
            git("restore", "--staged", "--worktree", "--", *changed)
            return f"git did not {error.cmd[3]}. Nothing was released: {error.stderr.strip()}"
        return ""


def steps(version: str, archives: Path, importer: str) -> Iterator[Step]:
    """The steps of a release. ``importer`` is the command that imports ``{archive}`` as Galaxy does; it may be empty."""
    yield Step("the fragments are valid", ("antsibull-changelog", "lint"))
    yield Step("the changelog can be written", ("antsibull-changelog", "release", "--version", version))
    lint = ("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")
    yield Step("the changelog is valid", lint)
    yield Step("the generated texts are up to date", ("python", "-m", "tools.generate", "--check", "."))
    yield Step("the documentation is valid", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."))
    yield Step("the YAML files are valid", ("yamllint", "--strict", "."))
    build = ("ansible-galaxy", "collection", "build", "--force", "--output-path", str(archives))
    yield Step("the archive can be built", build)
    if importer:
        command = importer.format(archive=archives / f"bill-connect-{version}.tar.gz")
        yield Step("Galaxy accepts the archive", tuple(shlex.split(command)))
