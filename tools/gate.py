# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run targets of the Makefile one after the other, up to the first failure, and report how long each took.

Targets joined by ``+`` run at the same time. Their output appears when they end, so that it does not mix.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from .stage import CHECKOUT

# The targets do not update the staged copy, because several of them may be reading it.
MAKE = (os.environ.get("MAKE", "make"), "--no-print-directory")
IS_STAGED = "IS_STAGED=yes"


@dataclass(frozen=True)
class Outcome:
    target: str
    passed: bool
    seconds: float
    output: str = ""


def run(target: str, *, captured: bool) -> Outcome:
    start = time.monotonic()
    done = subprocess.run(
        [*MAKE, IS_STAGED, target],
        cwd=CHECKOUT,
        # Nobody can answer a question of a target here.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if captured else None,
        stderr=subprocess.STDOUT if captured else None,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(target, done.returncode == 0, time.monotonic() - start, done.stdout or "")


def outcomes(step: str) -> Iterator[Outcome]:
    targets = step.split("+")
    if len(targets) == 1:
        yield run(step, captured=False)
        return
    # One target per processor: more would only slow each other down.
    with ThreadPoolExecutor(os.cpu_count()) as several:
        for each in as_completed([several.submit(run, target, captured=True) for target in targets]):
            outcome = each.result()
            print(f"\n-- make {outcome.target}\n{outcome.output}", end="", flush=True)
            yield outcome


def main(*steps: str) -> int:
    start = time.monotonic()
    subprocess.run([*MAKE, "stage"], cwd=CHECKOUT, check=True)
    seen: list[Outcome] = []
    for number, step in enumerate(steps, 1):
        print(f"\n== {number} of {len(steps)}: {', '.join(step.split('+'))}", flush=True)
        for outcome in outcomes(step):
            seen.append(outcome)
            word = "passed" if outcome.passed else "FAILED"
            print(f"== {outcome.target}: {word} in {outcome.seconds:.0f} seconds", flush=True)
        if not all(outcome.passed for outcome in seen):
            break
    print(f"\n{'target':<24}{'result':<10}{'seconds':>7}")
    for outcome in seen:
        print(f"{outcome.target:<24}{'passed' if outcome.passed else 'FAILED':<10}{outcome.seconds:>7.0f}")
    failed = [outcome.target for outcome in seen if not outcome.passed]
    seconds = time.monotonic() - start
    print(f"FAILED: make {', make '.join(failed)}" if failed else f"All passed in {seconds:.0f} seconds.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
