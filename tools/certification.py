# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what Red Hat's certification runs: the import, ansible-lint in a plain copy of the checkout, and a part of the sanity tests.

The releases of the tools are those of certification's own workflow (partner-certification-checker, jobs `build-import` and `lint`).
pyproject.toml names them. ansible-lint also runs in its newest release. The whole third job is `make sanity-matrix`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from . import ansible_test, cores, galaxy
from .stage import CHECKOUT, stage

WORK = CHECKOUT / ".work"
PROGRAMS = WORK / "certification" / "bin"
# The Pythons that ansible-core 2.16 runs on, the one of certification first.
PYTHONS = ("3.12", "3.11")
SETTINGS = {"check_required_tags": True, "run_ansible_lint": False}
# What galaxy-importer runs for each plugin if it is so configured. Here it is one command for all of them.
FLAKE8 = ("flake8", "--isolated", "--select", "E,F,W", "--extend-ignore", "E402", "--max-line-length", "160")
PLUGINS = ("plugins/action", "plugins/doc_fragments", "plugins/lookup", "plugins/modules")
# The quick sanity tests that are stricter in this release than in the newest, or that only this release has.
SANITY = (
    *("pep8", "future-import-boilerplate", "metaclass-boilerplate", "no-basestring", "no-dict-iteritems"),
    *("no-dict-iterkeys", "no-dict-itervalues", "no-main-display", "no-unicode-literals"),
)


def make_environment(python: str) -> None:
    complete, wanted = PROGRAMS.parent / ".complete", (CHECKOUT / "pyproject.toml").read_text()
    if complete.exists() and complete.read_text() == wanted:
        return
    uv = cores.DEVELOPMENT_BIN / "uv"
    subprocess.run(
        [uv, "venv", "--quiet", "--clear", "--no-project", "--python", python, PROGRAMS.parent],
        check=True,
    )
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", PROGRAMS / "python", "--group", "certification"],
        cwd=CHECKOUT,
        check=True,
    )
    complete.write_text(wanted)


def lint(programs: Path) -> bool:
    """Lint a copy that is like a fresh clone: its folder is not below ansible_collections."""
    shutil.rmtree(WORK / "clone", ignore_errors=True)
    done = subprocess.run(
        [programs / "ansible-lint", "--profile", "production", "--nocolor", "-q"],
        cwd=stage(WORK, "clone"),
        env=galaxy.plain_environment(programs),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    version = subprocess.run(
        [
            programs / "python",
            "-c",
            "import importlib.metadata as m; print(m.version('ansible-lint'), m.version('ansible-core'))",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    print(
        f"ansible-lint {version[0]} with ansible-core {version[1]}: {'FAILED' if done.returncode else 'passed'}",
        flush=True,
    )
    return done.returncode == 0


def style() -> bool:
    passed = subprocess.run([PROGRAMS / FLAKE8[0], *FLAKE8[1:], *PLUGINS], cwd=CHECKOUT, check=False).returncode == 0
    print(f"flake8: {'passed' if passed else 'FAILED'}", flush=True)
    return passed


def sanity() -> bool:
    wanted = [word for name in SANITY for word in ("--test", name)]
    passed, tests = ansible_test.run("sanity", *wanted, core_bin=PROGRAMS)
    return passed and tests == len(SANITY)


def main(archive: Path) -> int:
    passed = [lint(cores.DEVELOPMENT_BIN)]
    if python := cores.find_python(PYTHONS):
        make_environment(python)
        passed += [lint(PROGRAMS), galaxy.import_archive(archive, PROGRAMS, SETTINGS), style(), sanity()]
    else:
        print(f"NOT RUN with the releases of certification: no Python {' or '.join(PYTHONS)} here.")
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
