# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Download two collections for the tests of `make awx`.

- awx.awx calls AWX. The tests look at what it installs there.
- community.general has a task that reads a CSV file.

PyPI has both as parts of the package ansible, in the release that pyproject.toml names. Of its archive of 58 MB, only the needed files are stored.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
COLLECTIONS = "ansible_collections/"
# All of awx.awx, and of community.general what read_csv needs.
PARTS = (
    f"{COLLECTIONS}awx/awx/",
    f"{COLLECTIONS}community/general/MANIFEST.json",
    f"{COLLECTIONS}community/general/plugins/module_utils/csv.py",
    f"{COLLECTIONS}community/general/plugins/modules/read_csv.py",
)


def fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as here:
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                # The archive is large and is not needed again.
                "--no-cache-dir",
                *("--no-deps", "--only-binary", ":all:", "--group", "awx", "--dest", here),
            ],
            cwd=CHECKOUT,
            check=True,
        )
        [archive] = Path(here).glob("ansible-*.whl")
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder, [name for name in opened.namelist() if name.startswith(PARTS)])


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
