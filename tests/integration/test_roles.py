# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README of each role: its play does what the text says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.control_client import Control
from tests.integration.payer import CHALLENGE, SIGN_IN, TRUSTED, VALIDATE
from tests.integration.project import Project, secrets_in
from tests.integration.terminal import run_at_a_terminal

ROLES = Path(__file__).resolve().parents[2] / "roles"
LIST = "GET /v3/vendors"


def readme(role: str) -> str:
    return (ROLES / role / "README.md").read_text()


def plays(role: str) -> list[dict[str, Any]]:
    [block] = re.findall(r"```yaml\n(.*?)```", readme(role), re.DOTALL)
    found: list[dict[str, Any]] = yaml.safe_load(block)
    return found


@pytest.mark.promise(1)
@pytest.mark.promise(5)
def test_role_login_readme_play_signs_in_once_and_lists_vendors(project: Project, bill: Control) -> None:
    runs = [project.plays(*plays("login")) for _time in range(2)]
    assert [(run.code, run.changed) for run in runs] == [(0, 1), (0, 0)], runs[0].output
    # ansible-core 2.22 redacts the rest of this line, because the organization comes from the vault file.
    assert all(run.shows("100 vendors in ") for run in runs)
    assert [secrets_in(run.output) for run in runs] == [[], []]
    assert bill.get("counts") == {SIGN_IN: 1, LIST: 2}


@pytest.mark.terminal
@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_role_trust_readme_play_stores_what_later_plays_pay_with(payer: Project, bill: Control) -> None:
    # The payer's credentials are in the environment, so only the role's result is in the vault file.
    payer.write_plays(*plays("trust"))
    with run_at_a_terminal(payer, "ansible-playbook", "site.yml") as terminal:
        terminal.asks("Please type its six digits")
        terminal.types(bill.last_code() + "\r")
        run = terminal.ends()
    assert run.code == 0, run.output
    assert (payer.folder / "group_vars/all/bill.yml").read_text().startswith("$ANSIBLE_VAULT;")
    # The stored session is trusted by the code. A new session needs the variables.
    shutil.rmtree(payer.home / ".ansible" / "bill")
    later = payer.play(TRUSTED)
    assert (later.code, later.warnings) == (0, []), later.output
    assert secrets_in(run.output + later.output) == []
    assert payer.secrets_on_disk() == []
    assert bill.get("counts") == {SIGN_IN: 2, CHALLENGE: 1, VALIDATE: 1}


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_role_readme_names_the_command_that_shows_its_variables(project: Project, role: str) -> None:
    command = f"ansible-doc -t role bill.connect.{role}"
    assert f"```console\n{command}\n```" in readme(role)
    shown = project.run(*command.split())
    assert shown.code == 0, shown.output
    # Each variable that the text names is in the manual, or is what the role sets.
    for variable in re.findall(r"`(bill_\w+)`", readme(role)):
        assert shown.shows(variable), variable
