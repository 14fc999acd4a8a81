# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the main job: from a vault file to the facts, and a second run that changes nothing.

Everything is real except BILL: the emulator takes its place. The small project stays in the folder ``demo`` of the checkout.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from tests.emulator import server, world
from tests.emulator.control_client import Control

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "demo"
BIN = Path(sys.executable).parent
VAULT_FILE = "group_vars/all/bill.yml"

CREDENTIALS = f"""\
---
bill_username: {world.USER.username}
bill_password: "{world.USER.password}"
bill_organization_id: "{world.ORGANIZATION.id}"
bill_dev_key: "{world.DEV_KEY}"
"""

ENVIRONMENT = """\
---
# The emulator of this demo. For BILL's real sandbox, replace the next line with this one:
#   bill_environment: sandbox
bill_api_url: {api_url}
"""


def step(text: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}=== {text}{plain}\n", flush=True)


def run(program: str, *arguments: str, given: str | None = None, quiet: bool = False) -> None:
    """Run a program of Ansible in the project, without the user's own settings. Stop if it fails."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "BILL_"))}
    environ["PATH"] = f"{BIN}:{environ.get('PATH', os.defpath)}"
    if sys.stdout.isatty():
        environ["ANSIBLE_FORCE_COLOR"] = "1"
    if not quiet:
        print(f"$ {program} {' '.join(arguments)}", flush=True)
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=PROJECT,
        env=environ,
        input=given,
        text=True,
        capture_output=quiet,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{program} failed:\n{done.stdout or ''}{done.stderr or ''}")


def make_project(api_url: str, archive: Path) -> None:
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(Path(__file__).parent / "project", PROJECT)
    (PROJECT / VAULT_FILE).parent.mkdir(parents=True)
    (PROJECT / "group_vars/all/environment.yml").write_text(ENVIRONMENT.format(api_url=api_url))
    password = PROJECT / "vault_password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24) + "\n")
    # The credentials go through a pipe, so they are never on the disk unencrypted.
    run("ansible-vault", "encrypt", "--output", VAULT_FILE, "-", given=CREDENTIALS, quiet=True)
    run("ansible-galaxy", "collection", "install", str(archive), "--offline", quiet=True)


def show(name: str, lines: int = 4) -> None:
    text = (PROJECT / name).read_text().splitlines()
    print(f"$ head -n {lines} {name}")
    print("\n".join(text[:lines]))


def main(archive: Path) -> None:
    with server.running() as api_url:
        step("An emulator on this machine takes the place of BILL")
        print(api_url)

        step(f"The demo makes a small project in {PROJECT.name}/. ansible-vault encrypts the credentials")
        make_project(api_url, archive)
        show(VAULT_FILE)

        step("First run: it signs in (changed=1)")
        run("ansible-playbook", "site.yml")

        step("Second run: it uses the stored session (changed=0)")
        run("ansible-playbook", "site.yml")

        step("The requests that BILL received in both runs")
        for request, times in Control(api_url).get("counts").items():
            print(f"{times} x {request}")

        step("What is on disk: the session, encrypted. Only you can read these files")
        for path in sorted((PROJECT / ".ansible/bill").iterdir()):
            print(f"{path.stat().st_mode & 0o777:o}  {path.relative_to(PROJECT)}  {path.stat().st_size} bytes")

    programs = os.path.relpath(BIN, PROJECT)
    step("The same playbook with BILL's real sandbox")
    print(
        f"""\
cd {PROJECT.name}
{programs}/ansible-vault edit {VAULT_FILE}   # your own four values
echo 'bill_environment: sandbox' > group_vars/all/environment.yml
{programs}/ansible-playbook site.yml"""
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
