# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README as a newcomer follows it: an empty folder, an empty HOME, the built archive, and a person who types."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.leaks import MARKS, Leaks
from tests.integration.project import Run
from tests.integration.terminal import open_terminal

ROOT = Path(__file__).resolve().parents[2]
VAULT_FILE = "group_vars/all/bill.yml"
VAULT_PASSWORD = "correct horse battery"
TYPED = {
    "Vault password:": VAULT_PASSWORD,
    "Vault password: type it again": VAULT_PASSWORD,
    "Sign in with:": "",
    "User Name:": world.USER.username,
    "Password:": world.USER.password,
    "Organization ID:": world.ORGANIZATION.id,
    "Developer Key:": world.DEV_KEY,
    "MFA:": "",
}


def blocks(title: str) -> dict[str, str]:
    """The blocks of a section of the README, by their kind."""
    section = (ROOT / "README.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL))


class Newcomer:
    def __init__(self, top: Path, core_bin: Path, api_url: str) -> None:
        self.folder = top / "books"
        self.folder.mkdir()
        self.home = top / "home"
        self.home.mkdir()
        # The environment only names BILL's address, because the tests cannot reach the real one.
        self.environ = {
            "HOME": str(self.home),
            "PATH": f"{core_bin}:{os.defpath}",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "ANSIBLE_NOCOLOR": "1",
            # The program in which ansible-vault shows a file.
            "PAGER": "cat",
            "BILL_API_URL": api_url,
        }
        self._core_bin = core_bin

    def types(self, command: str, answers: dict[str, str]) -> Run:
        program, *arguments = shlex.split(command)
        with open_terminal([str(self._core_bin / program), *arguments], self.folder, self.environ) as terminal:
            for prompt, answer in answers.items():
                terminal.asks(prompt)
                terminal.types(answer + "\r")
            run = terminal.ends()
        assert run.code == 0, run.output
        return run


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_readme_in_empty_folder_leads_to_the_first_play_with_one_sign_in(
    tmp_path: Path, core_bin: Path, bill: Control, api_url: str, archive: Path
) -> None:
    newcomer = Newcomer(tmp_path, core_bin, api_url)
    # The archive takes the place of Galaxy.
    install = blocks("Installation")["console"].strip()
    assert install == "ansible-galaxy collection install bill.connect"
    newcomer.types(install.replace("bill.connect", f"{archive} --offline"), {})

    first = newcomer.types(blocks("Connect your BILL account")["console"].strip(), TYPED)
    assert first.changed == 2
    assert world.ORGANIZATION.id in first.output
    assert world.USER.id in first.output
    assert first.shows("MFA-trusted: no")
    assert Leaks(*MARKS).in_text(first.output) == []
    assert VAULT_PASSWORD not in first.output
    assert stat.S_IMODE((newcomer.folder / VAULT_FILE).stat().st_mode) == 0o600

    # ansible-vault alone opens the file.
    view = newcomer.types(f"ansible-vault view {VAULT_FILE}", {"Vault password:": VAULT_PASSWORD})
    assert yaml.safe_load(view.output.partition("---")[2]) == {
        "bill_api_url": api_url,
        "bill_username": world.USER.username,
        "bill_password": world.USER.password,
        "bill_organization_id": world.ORGANIZATION.id,
        "bill_dev_key": world.DEV_KEY,
    }

    play = blocks("Your first play")
    (newcomer.folder / "site.yml").write_text(play["yaml"])
    command, _line, documented = play["console"].removeprefix("$ ").partition("\n")
    del newcomer.environ["BILL_API_URL"]
    for _run in range(2):
        run = newcomer.types(command, {"Vault password:": VAULT_PASSWORD})
        assert run.changed == 0, run.output
        assert run.shows(documented), run.output
        assert Leaks(*MARKS).in_text(run.output) == []
    assert bill.get("counts") == {"POST /v3/login": 1, "GET /v3/vendors": 8}


def test_readme_requirements_file_and_address_have_the_form_that_galaxy_takes() -> None:
    (needed,) = yaml.safe_load(blocks("Installation")["yaml"])["collections"]
    about = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert needed["name"] == f"{about['namespace']}.{about['name']}"
    assert f"`ansible-galaxy collection install git+{about['repository']}.git`" in (ROOT / "README.md").read_text()
