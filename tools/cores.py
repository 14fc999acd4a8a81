# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the table of supported cores, make an environment for each, and run tests on all of them.

A core here is a release line of ansible-core. The table at the end names a core that did not run as clearly as a failed one.
Otherwise the table would claim more than the tests showed.

``e2e-parts`` divides the end-to-end tests among the cores: each test runs on one of them.

``2.20:3.14`` names a core and its Python. ``pairs`` and ``lines`` print the table as the matrix of a workflow: each core with each of its
Pythons, or with the best one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from . import ansible_test
from .stage import CHECKOUT

WORK = CHECKOUT / ".work"
DEVELOPMENT_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Core:
    """A release line, its supported releases, and the Pythons that it runs on, the best first."""

    line: str
    releases: str
    pythons: tuple[str, ...]

    # The Python that the caller has chosen. Otherwise the best one of this machine.
    chosen_python: str = ""

    @property
    def bin(self) -> Path:
        return WORK / "cores" / (f"{self.line}-{self.chosen_python}" if self.chosen_python else self.line) / "bin"


# Releases before 2.16.13 and 2.17.6 ignore the flag that hides a result (CVE-2024-8775).
CORES = (
    Core("2.16", ">=2.16.13,<2.17", ("3.11", "3.12")),
    Core("2.17", ">=2.17.6,<2.18", ("3.11", "3.12")),
    Core("2.18", ">=2.18.0,<2.19", ("3.11", "3.12", "3.13")),
    Core("2.19", ">=2.19.0,<2.20", ("3.11", "3.12", "3.13")),
    Core("2.20", ">=2.20.0,<2.21", ("3.12", "3.13", "3.14")),
    Core("2.21", ">=2.21.0,<2.22", ("3.12", "3.13", "3.14")),
    Core("2.22", ">=2.22.0.dev0,<2.23", ("3.13", "3.14")),
)


@dataclass(frozen=True)
class Outcome:
    """One row of the table at the end."""

    core: str
    python: str
    result: str
    tests: str = ""
    seconds: float = 0


def interpreters(version: str) -> Iterator[str]:
    """The paths that may be a Python of this version, the likeliest first."""
    name = f"python{version}"
    yield from (str(Path(folder) / name) for folder in os.environ["PATH"].split(os.pathsep))
    # If no version is chosen, pyenv's shims fail although the Pythons behind them work.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}*/bin/{name}"), reverse=True))
    found = subprocess.run(
        [DEVELOPMENT_BIN / "uv", "python", "find", "--no-project", version],
        check=False,
        capture_output=True,
        text=True,
    )
    yield from found.stdout.split()


def find_python(versions: tuple[str, ...]) -> str | None:
    """The first interpreter that runs and has the version in its name."""
    check = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    for version in versions:
        for candidate in interpreters(version):
            try:
                answer = subprocess.run([candidate, "-c", check], check=False, capture_output=True, text=True)
            except OSError:
                continue
            if answer.stdout.strip() == version:
                return candidate
    return None


def make_environment(core: Core, python: str) -> None:
    """Make the core's virtual environment as a user has it: ansible-core, requests, PySocks for a SOCKS proxy, and redis for a store in Redis."""
    home, packages = core.bin.parent, [f"ansible-core{core.releases}", "requests", "PySocks", "redis"]
    complete = home / ".complete"
    if complete.exists() and complete.read_text().split() == packages:
        return
    uv = DEVELOPMENT_BIN / "uv"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--no-project", "--python", python, home], check=True)
    target = ["--python", str(core.bin / "python")]
    # As in the Makefile: only pip knows a package index from pip's configuration.
    if subprocess.run([uv, "pip", "install", *target, "--quiet", *packages], check=False).returncode != 0:
        subprocess.run([sys.executable, "-m", "pip", *target, "install", "--quiet", *packages], check=True)
    complete.write_text(" ".join(packages))


def run_e2e(core: Core, part: str) -> tuple[bool, str]:
    """Run the end-to-end tests, or a part of them. The tests use the development Python, and start this core's programs."""
    report = core.bin.parents[1] / f"{core.bin.parent.name}.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        ["make", "--no-print-directory", "e2e", f"ARGS={os.environ.get('BILL_TEST_ARGS', '')}"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "BILL_TEST_CORE_BIN": str(core.bin),
            "BILL_TEST_COUNTS": str(report),
            "BILL_TEST_PART": part,
            "PYTEST_ADDOPTS": "--quiet",
        },
        check=False,
    )
    if not report.exists():
        return False, "no report"
    counts = json.loads(report.read_text())
    tests = f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed, {counts['skipped']} skipped"
    return done.returncode == 0 and counts["passed"] > 0, tests


def run_sanity(core: Core) -> tuple[bool, str]:
    """Run the sanity tests of this core."""
    succeeded, tests = ansible_test.run("sanity", core_bin=core.bin)
    return succeeded, f"{tests} run"


def try_core(kind: str, core: Core, part: str = "") -> Outcome:
    """Run one kind of test on one core, or a part of the tests, such as ``1/2``. Returns the outcome, also after a failure."""
    start = time.monotonic()
    python = find_python(core.pythons)
    if python is None:
        return Outcome(core.line, " or ".join(core.pythons), "NOT RUN", "no such Python here")
    try:
        make_environment(core, python)
    except subprocess.CalledProcessError:
        return Outcome(core.line, python, "NOT RUN", "could not be installed")
    versions = subprocess.run(
        [
            core.bin / "python",
            "-c",
            "import platform, ansible.release; print(ansible.release.__version__, platform.python_version())",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    print(f"\n== {kind} on ansible-core {versions[0]}, Python {versions[1]}", flush=True)
    succeeded, tests = run_sanity(core) if kind == "sanity" else run_e2e(core, part)
    return Outcome(versions[0], versions[1], "passed" if succeeded else "FAILED", tests, time.monotonic() - start)


def with_python(name: str) -> Core:
    """The core of a name such as ``2.20:3.14``, with that Python only. Ends the program if it is not supported."""
    line, _colon, python = name.partition(":")
    core = next((core for core in CORES if core.line == line and python in core.pythons), None)
    if core is None:
        sys.exit(f"Not a supported core and Python: {name}")
    return replace(core, pythons=(python,), chosen_python=python)


def matrix(*, every_python: bool) -> str:
    """The table as JSON, on one line, for the matrix of a workflow."""
    return json.dumps(
        [
            {"core": core.line, "python": python}
            for core in CORES
            for python in (core.pythons if every_python else core.pythons[:1])
        ]
    )


def chosen(lines: tuple[str, ...]) -> list[Core]:
    """The requested cores, or all. ``newest`` also returns newer cores without a Python on this machine, so that the table names them."""
    if pairs := [line for line in lines if ":" in line]:
        others = tuple(line for line in lines if line not in pairs)
        return [*map(with_python, pairs), *(chosen(others) if others else [])]
    if unknown := set(lines) - {core.line for core in CORES} - {"oldest", "newest"}:
        sys.exit(f"Not a supported core: {', '.join(sorted(unknown))}")
    wanted = set(lines)
    for word, cores in (("oldest", CORES), ("newest", CORES[::-1])):
        if word in lines:
            missing = list(takewhile(lambda core: find_python(core.pythons) is None, cores))
            wanted |= {core.line for core in cores[: len(missing) + 1]}
    return [core for core in CORES if not lines or core.line in wanted]


def parts(cores: list[Core]) -> dict[Core, str]:
    """Which part of the tests each core runs. A core without a Python on this machine has none."""
    able = [core for core in cores if find_python(core.pythons)]
    return {core: f"{number}/{len(able)}" for number, core in enumerate(able, 1)}


def main(kind: str, *lines: str) -> int:
    """Try the requested cores, or all, and print a table at the end. ``pairs`` and ``lines`` only print the matrix."""
    if kind in ("pairs", "lines"):
        print(matrix(every_python=kind == "pairs"))
        return 0
    cores = chosen(lines)
    part_of = parts(cores) if kind == "e2e-parts" else {}
    outcomes = [try_core(kind, core, part_of.get(core, "")) for core in cores]
    print(f"\n{'core':<12}{'Python':<22}{'result':<10}{'tests':<36}{'seconds':>7}")
    for outcome in outcomes:
        print(f"{outcome.core:<12}{outcome.python:<22}{outcome.result:<10}{outcome.tests:<36}{outcome.seconds:>7.0f}")
    results = [outcome.result for outcome in outcomes]
    # A core requested by its number must run. The others need a Python that not every machine has.
    by_number = bool(set(lines) - {"oldest", "newest"})
    return int("FAILED" in results or "passed" not in results or (by_number and "NOT RUN" in results))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
