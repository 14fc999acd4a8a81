# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starts the emulator, prints its API base, and ends at SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from . import server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description="Emulates BILL's API on loopback.")
    parser.add_argument("--port", type=int, default=0, help="the port; default: a free port")
    parser.add_argument("--url-file", type=Path, help="also write the API base to this file")
    parser.add_argument(
        "--certificate", type=Path, help="PEM file; the emulator then serves https; requires --private-key"
    )
    parser.add_argument("--private-key", type=Path, help="PEM file; requires --certificate")
    options = parser.parse_args()
    if (options.certificate is None) != (options.private_key is None):
        parser.error("--certificate and --private-key are required together")

    # uvicorn stops at a signal and then raises the signal again. This handler makes it a normal exit.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _end)

    bill = server.make(options.certificate, options.private_key)
    listener = server.listen(options.port)
    url = server.api_url(listener, "https" if options.certificate else "http")
    print(url, flush=True)
    if options.url_file is not None:
        _write(options.url_file, url)
    bill.run(sockets=[listener])


def _write(path: Path, url: str) -> None:
    """Write the file atomically, so that a process that waits for it always reads the complete line."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(f"{url}\n", encoding="utf-8")
    part.replace(path)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
