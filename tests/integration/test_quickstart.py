# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README's quickstart as a newcomer does it: an empty folder, an empty HOME, the built archive, and a person who types."""

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


def quickstart() -> dict[str, list[str]]:
    """The blocks of the section, by their kind."""
    section = (ROOT / "README.md").read_text().partition("## Quickstart\n")[2].partition("\n## ")[0]
    blocks: dict[str, list[str]] = {}
    for kind, text in re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL):
        blocks.setdefault(kind, []).append(text)
    return blocks


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
def test_quickstart_in_empty_folder_signs_in_once(
    tmp_path: Path, core_bin: Path, bill: Control, api_url: str, archive: Path
) -> None:
    newcomer = Newcomer(tmp_path, core_bin, api_url)
    readme = quickstart()
    newcomer.types(f"ansible-galaxy collection install {archive} --offline", {})

    connect = next(block.strip() for block in readme["console"] if "bill.connect.connect" in block)
    first = newcomer.types(connect, TYPED)
    assert first.changed == 2
    assert world.ORGANIZATION.id in first.output
    assert world.USER.id in first.output
    assert first.shows("MFA-trusted: no")
    assert Leaks(*MARKS).in_text(first.output) == []
    assert VAULT_PASSWORD not in first.output
    assert stat.S_IMODE((newcomer.folder / VAULT_FILE).stat().st_mode) == 0o600

    # ansible-vault alone opens the file. It has the README's variables and those that name the environment.
    view = newcomer.types(f"ansible-vault view {VAULT_FILE}", {"Vault password:": VAULT_PASSWORD})
    stored = yaml.safe_load(view.output.partition("---")[2])
    documented = yaml.safe_load(next(block for block in readme["yaml"] if block.startswith("bill_username")))
    assert stored == {
        "bill_api_url": api_url,
        "bill_username": world.USER.username,
        "bill_password": world.USER.password,
        "bill_organization_id": world.ORGANIZATION.id,
        "bill_dev_key": world.DEV_KEY,
    }
    assert set(documented) <= set(stored)

    play = next(block for block in readme["yaml"] if block.startswith("- hosts: localhost"))
    assert len(play.splitlines()) == 3
    (newcomer.folder / "site.yml").write_text(play)
    del newcomer.environ["BILL_API_URL"]
    for _run in range(2):
        run = newcomer.types("ansible-playbook site.yml --ask-vault-pass", {"Vault password:": VAULT_PASSWORD})
        assert run.changed == 0, run.output
        assert Leaks(*MARKS).in_text(run.output) == []
    assert bill.get("counts") == {"POST /v3/login": 1}
