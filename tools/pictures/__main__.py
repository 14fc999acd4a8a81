# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Update the pictures of the guides with real runs against the emulator."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .album import GUIDES, made, with_screens
from .scenarios import SCENARIOS


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        print(path)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help=f"the pictures to update: {', '.join(SCENARIOS)}; default: all", metavar="name"
    )
    names = parser.parse_args().names or list(SCENARIOS)
    with ThreadPoolExecutor(2) as several:
        for files in several.map(lambda name: made(name, Path(sys.executable).parent), names):
            for path, text in files.items():
                write(path, text)
    for guide in GUIDES.glob("*.rst"):
        write(guide, with_screens(guide.read_text()))


if __name__ == "__main__":
    main()
