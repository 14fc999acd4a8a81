# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive of the collection, as `make build` makes it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def build(source: Path, folder: Path, core_bin: Path) -> Path:
    """Build the archive of a copy of the checkout. Returns its path in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [core_bin / "ansible-galaxy", "collection", "build", "--output-path", folder],
        cwd=source,
        env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.tar.gz")
    return built
