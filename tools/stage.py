# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the checkout to where Ansible expects a collection, or to a plain folder.

Ansible's tools need a real folder named ``ansible_collections/bill/connect``, so tests of any other checkout use a copy.
The copy has only files that git knows or would add, so the tests see what can be committed. The copy is a git repository of its
own, because the checkout ignores its folder. Otherwise ansible-test would see no file there and report success.

A plain folder has the same files in the same way. It shows what a fresh clone of the repository is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def known_files(repository: Path) -> set[Path]:
    """The existing files that are tracked, or neither tracked nor ignored."""
    # git distrusts a checkout of another owner, which is usual for a checkout mounted into a container.
    listing = subprocess.run(
        [
            *("git", "-c", f"safe.directory={repository}", "ls-files", "-z"),
            *("--cached", "--others", "--exclude-standard"),
        ],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = (Path(name) for name in listing.split("\0") if name)
    return {name for name in names if (repository / name).is_file()}


def stage(root: Path, place: str = "ansible_collections/bill/connect") -> Path:
    """Update the copy at ``place`` below ``root``. Returns its folder."""
    copy = root.resolve() / place
    copy.mkdir(parents=True, exist_ok=True)
    if not (copy / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    wanted = known_files(CHECKOUT)
    # git lists the files here, so the results of earlier runs stay, such as tests/output. The copy ignores them as well.
    for vanished in known_files(copy) - wanted:
        (copy / vanished).unlink()
        _remove_empty_folders(copy, vanished)
    for name in wanted:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, copy / name)
    return copy


def _remove_empty_folders(copy: Path, vanished: Path) -> None:
    """Remove the folders that this file leaves empty: Ansible would take roles/old for a role."""
    for folder in vanished.parents:
        if folder == Path() or any((copy / folder).iterdir()):
            return
        (copy / folder).rmdir()


if __name__ == "__main__":
    print(stage(Path(sys.argv[1]), *sys.argv[2:]))
