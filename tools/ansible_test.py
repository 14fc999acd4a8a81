# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test so that it works on any machine, and so that it succeeds only if tests ran.

Without this program, ansible-test fails at pyenv's shims. It downloads pip's installer from a host that a closed network does not
reach. It drops the settings that tell pip where packages are. It reports success for a run in which nothing was tested.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

WORK = Path(__file__).resolve().parents[1] / ".work"
STAGED = WORK / "stage" / "ansible_collections" / "bill" / "connect"
HOME = WORK / "home"

FEWEST_SANITY_TESTS = 20

# ansible-test uses this file in place of the installer that it would download. It has pip upgraded as it needs.
PIP_INSTALLER = "import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n"


def prepare_home(core_bin: Path) -> None:
    """Put the installer and pip's settings where this core's ansible-test looks for them."""
    packages = next(core_bin.parent.glob("lib/python3.*/site-packages"))
    requirements = packages / "ansible_test" / "_internal" / "python_requirements.py"
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"\bpip='([\d.]+)'", requirements.read_text()):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(PIP_INSTALLER)

    # ansible-test passes no PIP_* variable on. This HOME has no configuration except the file written here.
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    settings = configparser.RawConfigParser()
    for key, value in (line.split("=", 1) for line in listing.splitlines()):
        section, name = key.rsplit(".", 1)
        section = section.replace(":env:", "global")
        settings.setdefault(section, {})
        settings[section][name] = str(ast.literal_eval(value))
    configuration = HOME / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.touch(mode=0o600)
    with configuration.open("w") as stream:
        settings.write(stream)


def search_path(core_bin: Path) -> str:
    """The PATH: the core first, no pyenv shim, and the development tools (shellcheck) last."""
    usual = [folder for folder in os.environ["PATH"].split(os.pathsep) if "pyenv" not in folder]
    return os.pathsep.join([str(core_bin), *usual, str(Path(sys.executable).parent)])


def count_tests(command: str, output: str) -> int:
    """How many tests ran. ansible-test also succeeds if no test ran."""
    if command == "sanity":
        return len(re.findall(r"^Running sanity test ", output, re.MULTILINE))
    return sum(map(int, re.findall(r"\b(\d+) passed\b", output)))


def run(command: str, *arguments: str, core_bin: Path) -> tuple[bool, int]:
    """Run ``sanity`` or ``units``. Returns whether all tests passed, and how many ran."""
    prepare_home(core_bin)
    # Other Pythons on the machine may be broken or lack pip, so ansible-test gets only this one.
    python = subprocess.run(
        [core_bin / "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    where = "--venv" if command == "units" else "--local"
    output = ""
    with subprocess.Popen(
        [core_bin / "ansible-test", command, where, "--python", python, "--color", "no", *arguments],
        cwd=STAGED,
        env={**os.environ, "HOME": str(HOME), "PATH": search_path(core_bin)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            output += line
    tests = count_tests(command, output)
    fewest = FEWEST_SANITY_TESTS if command == "sanity" and "--test" not in arguments else 1
    if process.returncode == 0 and tests < fewest:
        print(f"No success: ansible-test {command} ran {tests} tests, fewer than {fewest}.", flush=True)
    return process.returncode == 0 and tests >= fewest, tests


if __name__ == "__main__":
    succeeded = run(sys.argv[1], *sys.argv[2:], core_bin=Path(sys.executable).parent)[0]
    sys.exit(not succeeded)
