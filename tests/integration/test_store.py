# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session store, as a user chooses it, and when it cannot be used."""

from __future__ import annotations

import stat

import pytest

from tests.emulator.talk import Control
from tests.integration.project import Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}


@pytest.mark.promise(13)
def test_a_store_that_cannot_be_used_warns_once_and_the_session_lasts_for_the_run(
    project: Project, bill: Control
) -> None:
    project.hosts(*(f"host{number}" for number in range(5)))
    (project.home / ".ansible").mkdir()
    (project.home / ".ansible" / "bill").write_text("a file where the directory should be")
    for _time in range(2):
        run = project.play(LOGIN, LOGIN)
        assert run.code == 0, run.output
        assert run.changed == 1
        assert run.times("The session is kept until this run ends.") == 1, run.output
    assert bill.get("counts") == {"POST /v3/login": 2}
    assert project.secrets_on_disk() == []
    assert list((project.home / ".ansible" / "tmp").glob("**/*.session")) == []


def test_a_directory_of_your_own(project: Project, bill: Control) -> None:
    store = project.home / "sessions" / "bill"
    project.variables(bill_api_url=project.api_url, bill_session_store="~/sessions/bill")
    project.play(LOGIN)
    assert project.play(LOGIN).recap()["changed"] == 0
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    assert not (project.home / ".ansible" / "bill").exists()
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(6)
@pytest.mark.promise(8)
def test_a_directory_that_others_can_enter_is_refused(project: Project, bill: Control) -> None:
    shared = project.home / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    project.variables(bill_api_url=project.api_url, bill_session_store=str(shared))
    run = project.play(LOGIN)
    assert run.code == 2
    assert run.says("which other users can enter (mode 0755). Name a directory of its own")
    assert run.says("session_store comes from the variable bill_session_store")
    assert bill.get("counts") == {}


def test_none_writes_nothing(project: Project, bill: Control) -> None:
    project.variables(bill_api_url=project.api_url, bill_session_store="none")
    run = project.play(LOGIN, LOGIN)
    assert run.recap()["changed"] == 2
    assert not (project.home / ".ansible" / "bill").exists()
    assert bill.get("counts") == {"POST /v3/login": 2}
