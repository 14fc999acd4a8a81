# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release a version: galaxy.yml, guides, changelog, archive, commit and tag. Without --do, only show what would be done.

The release is made and checked in a copy first. So a refusal changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.release.checks import CHECKS, Candidate
from tools.release.removals import removals_in, resources, tables
from tools.release.trial import Step, Trial, steps
from tools.release.versions import Version, VersionError


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
