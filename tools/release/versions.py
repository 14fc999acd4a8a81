# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the collection, and the places that name the current one.

galaxy.yml has the version. The guides name it where a reader installs the collection. ``write_version`` writes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GUIDES = "docs/docsite/rst/*.rst"
_GALAXY = re.compile(r"^(version: )(.*)$", re.MULTILINE)
# What a requirements file says about the collection.
_INSTALLED = re.compile(r'(bill-connect/bill\.connect\n +type: git\n +version: ")([^"\n]*)(")')


class VersionError(Exception):
    """The text is not a version that can be released."""


@dataclass(frozen=True, order=True)
class Version:
    """A semantic version without a pre-release, such as 1.2.0."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: str) -> Version:
        """The version in a text. Raises VersionError."""
        match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
        if not match:
            raise VersionError(
                f"{text or 'An empty text'} is not a version such as 1.2.0 (three numbers, no zeros before them)."
            )
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def kind(self) -> str:
        """``major``, ``minor`` or ``patch``."""
        return "patch" if self.patch else "minor" if self.minor else "major"


def version_in_galaxy(root: Path) -> str:
    """The text of the version in galaxy.yml. Raises VersionError if there is none."""
    found = _GALAXY.search((root / "galaxy.yml").read_text(encoding="utf-8"))
    if not found:
        raise VersionError("galaxy.yml has no line that begins with version.")
    return found[2].strip()


def versions_in_guides(root: Path) -> Iterator[tuple[str, str]]:
    """Each guide that says which version to install, and the version that it names."""
    for guide in sorted(root.glob(GUIDES)):
        for found in _INSTALLED.finditer(guide.read_text(encoding="utf-8")):
            yield str(guide.relative_to(root)), found[2]


def write_version(root: Path, version: Version) -> None:
    """Write the version into galaxy.yml and the guides."""
    for path, pattern, text in (
        (root / "galaxy.yml", _GALAXY, rf"\g<1>{version}"),
        *((guide, _INSTALLED, rf"\g<1>{version}\g<3>") for guide in sorted(root.glob(GUIDES))),
    ):
        before = path.read_text(encoding="utf-8")
        if (after := pattern.sub(text, before)) != before:
            path.write_text(after, encoding="utf-8")
