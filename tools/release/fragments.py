# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fragments of the changelog, and the kinds of changes that a version may bring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

FOLDER = "changelogs/fragments"

# Semantic versioning: the kinds of versions that may have these sections of the changelog. Every version may have the other sections.
_ONLY_IN = {
    "breaking_changes": ("major",),
    "removed_features": ("major",),
    "major_changes": ("major",),
    "minor_changes": ("major", "minor"),
    "deprecated_features": ("major", "minor"),
}


def fragments(root: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """The name of each fragment, and its sections. A fragment that is no dictionary has no sections; the linter refuses it."""
    for path in sorted((root / FOLDER).glob("*.y*ml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield path.name, frozenset(content) if isinstance(content, dict) else frozenset()


def problems_of_fragments(root: Path, kind: str, *, is_first: bool) -> Iterator[str]:
    """What is wrong with the fragments for a version of this kind. The first release has nothing to break."""
    found = dict(fragments(root))
    if not found:
        yield f"{FOLDER} is empty. Each change for users needs a fragment."
        return
    if not any("release_summary" in sections for sections in found.values()):
        yield f"No file in {FOLDER} has a release_summary. Say in some sentences what the version brings."
    for name, sections in found.items():
        for section in sorted(sections & _ONLY_IN.keys()):
            if not is_first and kind not in _ONLY_IN[section]:
                yield f"{name} has {section}, which only a {' or '.join(_ONLY_IN[section])} version may bring. This is a {kind} version."
