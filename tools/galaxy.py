# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the archive as Galaxy does, with galaxy-importer. Any error and any warning is a failure.

galaxy-importer itself succeeds after a warning. It also succeeds after some errors, such as those of ansible-doc.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from .stage import CHECKOUT

HOME = CHECKOUT / ".work" / "home"
PROBLEMS = ("WARNING:", "ERROR:")
COMPLETE = "Importer processing completed successfully"


def plain_environment(programs: Path) -> dict[str, str]:
    """The environment for the programs in a folder. It has no setting of Ansible, which could lead to another copy of the collection."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "HOME": str(HOME),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }


def import_archive(archive: Path, programs: Path, settings: Mapping[str, bool] | None = None) -> bool:
    """Import with the galaxy-importer in the folder ``programs``. Prints what is wrong, or what was found. Returns whether nothing is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "galaxy-importer.cfg"
        lines = [f"{name} = {value}" for name, value in (settings or {}).items()]
        configuration.write_text("\n".join(["[galaxy-importer]", *lines, ""]))
        done = subprocess.run(
            [programs / "python", "-m", "galaxy_importer.main", archive.resolve()],
            cwd=folder,
            env={**plain_environment(programs), "GALAXY_IMPORTER_CONFIG": str(configuration)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        problems = [line for line in done.stdout.splitlines() if line.startswith(PROBLEMS)]
        if done.returncode or problems or COMPLETE not in done.stdout:
            print("\n".join(problems) or done.stdout)
            print(f"FAILED: Galaxy would refuse {archive.name}, or warn about it.")
            return False
        result = json.loads((Path(folder) / "importer_result.json").read_text())
    kinds = Counter(each["content_type"] for each in result["contents"])
    print(f"{archive.name}: no error, no warning. {', '.join(f'{kind} {count}' for kind, count in kinds.items())}")
    return True


if __name__ == "__main__":
    sys.exit(not import_archive(Path(sys.argv[1]), Path(sys.argv[2])))
