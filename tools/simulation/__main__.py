# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulate a day of a fleet with each kind of store, and update its figures and its picture. ``make generate`` updates the guide."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from .day import Plan
from .drawing import PICTURE, drawn
from .figures import FILE, Days, Figures, read, written
from .kinds import KINDS, day

# A test repeats the small day, and compares it with the file.
PLANS = {
    "small": Plan(jobs=66, controllers=6, busy_jobs=31, together=5, within=0.0, stale=(18, 19), requests=2),
    "day": Plan(),
}


def _progress(kind: str, plan: Plan, jobs: int) -> None:
    if jobs % 200 == 0:
        print(f"{KINDS[kind]}: {jobs} of {plan.jobs} jobs", flush=True)


def _day(kind: str, plan: Plan) -> Figures:
    return day(kind, plan, partial(_progress, kind, plan))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.simulation", description=__doc__)
    parser.add_argument("--draw", action="store_true", help="only draw the figures of the last simulation again")
    days = read(FILE.read_text()) if parser.parse_args().draw else _simulated()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written(days))
    PICTURE.write_text(drawn(days["day"]))
    print(f"{FILE}\n{PICTURE}")
    return 0


def _simulated() -> dict[str, Days]:
    began = time.monotonic()
    with ProcessPoolExecutor() as several:
        running = {
            name: {kind: several.submit(_day, kind, plan) for kind in reversed(KINDS)} for name, plan in PLANS.items()
        }
        days = {
            name: Days(PLANS[name], {kind: stores[kind].result() for kind in KINDS}) for name, stores in running.items()
        }
    print(f"All days simulated in {time.monotonic() - began:.0f} seconds.")
    return days


if __name__ == "__main__":
    sys.exit(main())
