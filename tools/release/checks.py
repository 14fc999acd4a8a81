# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of a checkout before a version of it is released. A check only reads, and names each problem."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.release.documented import Documented, documented_in, is_documentation
from tools.release.fragments import problems_of_fragments
from tools.release.removals import Removal, removals_of_entries
from tools.release.versions import Version, VersionError, version_in_galaxy, versions_in_guides


@dataclass(frozen=True)
class Candidate:
    """A version that could be released from the checkout ``root``. ``removals`` has the deprecated options and fields."""

    root: Path
    version: Version
    removals: tuple[Removal, ...] = ()

    def git(self, *arguments: str) -> str:
        """The output of git. Raises CalledProcessError."""
        return subprocess.run(
            ["git", "-C", str(self.root), *arguments], check=True, capture_output=True, text=True
        ).stdout

    @property
    def released(self) -> list[Version]:
        """The versions in the changelog, the oldest first."""
        changelog = self.root / "changelogs" / "changelog.yaml"
        if not changelog.exists():
            return []
        return sorted(Version.of(text) for text in yaml.safe_load(changelog.read_text(encoding="utf-8"))["releases"])

    @property
    def last(self) -> Version | None:
        """The newest released version. None before the first release."""
        return self.released[-1] if self.released else None

    @property
    def tags(self) -> list[str]:
        return self.git("tag", "--list").split()


def clean_tree(candidate: Candidate) -> Iterator[str]:
    if changed := candidate.git("status", "--porcelain").splitlines():
        yield f"Git does not have everything: {', '.join(line[3:] for line in changed[:5])}. Commit it, or remove it."


def new_version(candidate: Candidate) -> Iterator[str]:
    last = candidate.last
    if last and candidate.version <= last:
        yield f"{candidate.version} is not newer than {last}, the last release."
    try:
        if candidate.version < Version.of(version_in_galaxy(candidate.root)):
            yield f"galaxy.yml already has {version_in_galaxy(candidate.root)}, which is newer than {candidate.version}."
    except VersionError as error:
        yield f"galaxy.yml: {error}"


def new_tag(candidate: Candidate) -> Iterator[str]:
    if str(candidate.version) in candidate.tags:
        yield f"The tag {candidate.version} exists."
    if (last := candidate.last) and str(last) not in candidate.tags:
        yield f"The tag {last} of the last release is missing here. Run: git fetch --tags"


def right_fragments(candidate: Candidate) -> Iterator[str]:
    yield from problems_of_fragments(candidate.root, candidate.version.kind, is_first=candidate.last is None)


def same_version_in_guides(candidate: Candidate) -> Iterator[str]:
    """The release writes the version into the guides. So a guide must have it now in the form that is known."""
    current = version_in_galaxy(candidate.root)
    for path, version in versions_in_guides(candidate.root):
        if version != current:
            yield f"{path} names the version {version}, but galaxy.yml has {current}."


def right_ages(candidate: Candidate) -> Iterator[str]:
    """Every plugin and role has ``version_added``, and so has every option that the last release did not have."""
    before = _documented_at(candidate, str(candidate.last)) if candidate.last else None
    known = {(each.path, each.name) for each in before or ()}
    for each in _documented_now(candidate):
        # What belongs to something new has the same age.
        is_old_owner = not each.owner or (each.path, each.owner) in known
        is_new = before is not None and (each.path, each.name) not in known and is_old_owner
        yield from (f"{each.path}: {problem}" for problem in _problems_of_age(candidate.version, each, is_new=is_new))


def _problems_of_age(version: Version, each: Documented, *, is_new: bool) -> Iterator[str]:
    if is_new and version.kind == "patch":
        yield f"{each.name} is new. A patch version brings nothing new."
    if each.added is None:
        if is_new:
            yield f"{each.name} is new, but it has no version_added. Write {version}."
        elif each.owner is None:
            yield f"{each.name} has no version_added."
        return
    try:
        added = Version.of(each.added)
    except VersionError as error:
        yield f"version_added of {each.name}: {error}"
        return
    if added > version:
        yield f"{each.name} says version_added: {added}, which is later than {version}."
    elif is_new and added != version:
        yield f"{each.name} is new, but it says version_added: {added}. Write {version}."


def _documented_now(candidate: Candidate) -> Iterator[Documented]:
    for path in candidate.git("ls-files").splitlines():
        if is_documentation(path) and (candidate.root / path).exists():
            yield from documented_in(path, (candidate.root / path).read_text(encoding="utf-8"))


def _documented_at(candidate: Candidate, tag: str) -> list[Documented] | None:
    """What the release had. None if its tag is not here, which ``new_tag`` reports."""
    if tag not in candidate.tags:
        return None
    paths = candidate.git("ls-tree", "-r", "--name-only", tag).splitlines()
    return [
        each
        for path in paths
        if is_documentation(path)
        for each in documented_in(path, candidate.git("show", f"{tag}:{path}"))
    ]


def nothing_overdue(candidate: Candidate) -> Iterator[str]:
    """What was deprecated is gone in the version that was announced, and only a major version removes something."""
    for removal in (*candidate.removals, *removals_of_entries(candidate.root)):
        try:
            version = Version.of(removal.version)
        except VersionError as error:
            yield f"{removal.name} is deprecated, but the version that removes it is wrong: {error}"
            continue
        if version <= candidate.version:
            yield f"{removal.name} should be gone: its removal was announced for {version}."
        elif version.kind != "major":
            yield f"{removal.name} is announced to be removed in {version}. Only a major version removes something."


CHECKS: tuple[tuple[str, Callable[[Candidate], Iterator[str]]], ...] = (
    ("git has everything", clean_tree),
    ("the version is new", new_version),
    ("the tag is new", new_tag),
    ("the fragments fit the version", right_fragments),
    ("the guides name the version of galaxy.yml", same_version_in_guides),
    ("version_added is right", right_ages),
    ("nothing is overdue for removal", nothing_overdue),
)
