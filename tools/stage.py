# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the checkout to where Ansible expects a collection.

Ansible's tools want a real folder named ``ansible_collections/bill/connect`` and refuse any other, so a
checkout anywhere else is tested through a copy. Only files that git knows, or would take, are copied: what
is tested is what can be committed. The copy is a git repository of its own because it lies in a folder that
the checkout ignores, where ansible-test would otherwise see no file and report success.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def known_files(repository: Path) -> set[Path]:
    """Give the files that are tracked, or neither tracked nor ignored, and do exist."""
    # The owner of a checkout mounted into a container is often another user, whom git would distrust.
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


def stage(root: Path) -> Path:
    """Bring the copy below ``root`` up to date and give its folder."""
    copy = root.resolve() / "ansible_collections" / "bill" / "connect"
    copy.mkdir(parents=True, exist_ok=True)
    if not (copy / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    wanted = known_files(CHECKOUT)
    # Asking git spares the results of earlier runs, such as tests/output: the copy ignores them as well.
    for vanished in known_files(copy) - wanted:
        (copy / vanished).unlink()
    for name in wanted:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, copy / name)
    return copy


if __name__ == "__main__":
    print(stage(Path(sys.argv[1])))
