# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release a version: galaxy.yml, guides, changelog, archive, commit and tag. Without --do, only show what would be done.

The release is made and checked in a copy first. So a refusal changes nothing.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import Deprecation, deprecations_in
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, Option
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Field, Nested
from ansible_collections.bill.connect.plugins.plugin_utils._resources.list_fields import ObjectList
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from tools.release.checks import CHECKS, Candidate, Removal
from tools.release.trial import Step, Trial, steps
from tools.release.versions import Version, VersionError

_PLUGINS = "ansible_collections.bill.connect.plugins"


def plugins(root: Path) -> Iterator[tuple[str, Any]]:
    """The class of each task and lookup, with the words for it."""
    for kind, name_of_class in (("action", "ActionModule"), ("lookup", "LookupModule")):
        for path in sorted((root / "plugins" / kind).glob("bill_*.py")):
            module = importlib.import_module(f"{_PLUGINS}.{kind}.{path.stem}")
            yield f"the {kind} {path.stem}", getattr(module, name_of_class)


def tables(root: Path) -> Iterator[tuple[str, Sequence[Option]]]:
    """The shared options, and the own options of each task and lookup."""
    yield "the shared options", OPTIONS
    yield from ((owner, plugin.OWN_OPTIONS) for owner, plugin in plugins(root))


def resources(root: Path) -> Iterator[tuple[str, Resource]]:
    """The kinds of objects of each task that has some, and the kinds that belong to these."""
    for owner, plugin in plugins(root):
        for resource in getattr(plugin, "RESOURCES", {}).values():
            yield owner, resource
            yield from ((f"{name} of {owner}", child) for name, child in resource.children.items())


def removals_in(
    options: Iterable[tuple[str, Sequence[Option]]], kinds: Iterable[tuple[str, Resource]]
) -> tuple[Removal, ...]:
    """What the option tables and the fields of the kinds of objects deprecate."""
    return (
        *(
            Removal(f"The option {name} of {owner}", deprecation.removed_in_version)
            for owner, table in options
            for name, deprecation in deprecations_in(table)
        ),
        *(
            Removal(f"The field {name} of {owner}", deprecation.removed_in_version)
            for owner, resource in kinds
            for name, deprecation in _deprecations_of(resource.fields)
        ),
    )


def _deprecations_of(fields: Sequence[Field], outer: str = "") -> Iterator[tuple[str, Deprecation]]:
    for each in fields:
        if each.deprecated:
            yield f"{outer}{each.name}", each.deprecated
        if isinstance(each, (Nested, ObjectList)):
            yield from _deprecations_of(each.fields, f"{outer}{each.name}.")


def release(candidate: Candidate, work: Path, to_run: Iterable[Step], *, do: bool) -> bool:
    """Check, and release if ``do``. Prints every result. Returns whether nothing was refused."""
    print(
        f"bill.connect {candidate.version}, a {candidate.version.kind} version after {candidate.last or 'no release'}\n"
    )
    refused = False
    for name, check in CHECKS:
        refused |= _shown(name, list(check(candidate)))
    if refused:
        print("\nRefused. Nothing was changed. The changelog and the archive were not tried.")
        return False
    trial = Trial(candidate, work)
    trial.make()
    for step in to_run:
        failure = trial.run(step)
        if _shown(step.name, failure.splitlines()[-20:]):
            print(f"\nRefused. Nothing was changed. The trial is in {trial.copy}.")
            return False
    print(f"\nIt changes: {', '.join(trial.changed())}")
    print(f"It commits 'Release {candidate.version}', and tags the commit {candidate.version}.")
    if not do:
        print(
            f"Nothing was changed. The trial is in {trial.copy}. To release: make release VERSION={candidate.version} DO=yes"
        )
        return True
    if problem := trial.hand_over():
        print(problem)
        return False
    print(f"Done. To publish: git push origin HEAD {candidate.version}")
    return True


def _shown(name: str, problems: Sequence[str]) -> bool:
    """Print the result of a check. Returns whether it has a problem."""
    print(f"{'REFUSED' if problems else 'ok':<8}{name}")
    for problem in problems:
        print(f"        - {problem}")
    return bool(problems)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 if nothing was refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="the version to release, such as 1.2.0")
    parser.add_argument("--root", type=Path, required=True, help="the checkout")
    parser.add_argument("--do", action="store_true", help="commit and tag")
    parser.add_argument("--importer", default="", help="the command that imports {archive} as Galaxy does")
    given = parser.parse_args(arguments)
    try:
        version = Version.of(given.version)
    except VersionError as error:
        print(error, file=sys.stderr)
        return 2
    root = given.root.resolve()
    work = root / ".work" / "release"
    if not given.importer:
        print("Not checked: whether Galaxy accepts the archive. No importer is given.\n")
    candidate = Candidate(root, version, removals_in(tables(root), resources(root)))
    return 0 if release(candidate, work, steps(str(version), work / "dist", given.importer), do=given.do) else 1


if __name__ == "__main__":
    sys.exit(main())
