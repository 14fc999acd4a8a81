# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that installs the credential type, with AWX's own module; and jobs with a credential of that type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.awx.rules import form
from tests.awx.server import PASSWORD, USERNAME, Awx
from tests.emulator.talk import Control
from tests.integration.methods import METHODS
from tests.integration.project import Project, Run, secrets_in

FILES = Path(__file__).resolve().parents[2] / "playbooks" / "files" / "awx"
INPUTS, INJECTORS = (yaml.safe_load((FILES / f"{name}.yml").read_text()) for name in ("inputs", "injectors"))
GUIDE = FILES.parents[2] / "docs" / "docsite" / "rst" / "guide_awx.rst"
# On ansible-core 2.22, of awx.awx 24.6.1 itself.
OF_AWX = re.compile("ansible.module_utils.six|Deprecation warnings can be disabled")
COMMAND = ("ansible-playbook", "bill.connect.awx_credential_type")
NAME = "BILL (bill.connect)"
TYPES = "/api/v2/credential_types/"


def install(project: Project, *arguments: str) -> Run:
    run = project.run(*COMMAND, *arguments)
    assert secrets_in(run.output) == []
    return run


def installed(project: Project, *arguments: str) -> int:
    """How many tasks changed something."""
    run = install(project, *arguments)
    assert run.code == 0, run.output
    assert [each for each in run.warnings if not OF_AWX.search(each)] == [], run.output
    return run.changed


def test_it_is_installed_once_not_in_check_mode_and_holds_what_can_be_pasted(admin: Project, awx: Awx) -> None:
    assert installed(admin, "--check") == 1
    assert awx.types == {}
    assert installed(admin) == 1
    known = awx.type()
    assert (known["name"], known["kind"]) == (NAME, "cloud")
    assert (known["inputs"], known["injectors"]) == (INPUTS, INJECTORS)
    heard = len(awx.heard)
    assert installed(admin) == 0
    assert awx.heard[heard:] == [f"GET {TYPES}"]


def test_an_older_one_is_brought_up_to_date(admin: Project, awx: Awx) -> None:
    known = awx.add(NAME, {"fields": INPUTS["fields"][:-1]}, {"env": {}})
    assert installed(admin) == 1
    assert (awx.type()["id"], awx.type()["inputs"], awx.type()["injectors"]) == (known["id"], INPUTS, INJECTORS)


def test_the_guide_has_the_command_that_is_tried_here() -> None:
    commands = re.findall("^   (ansible-playbook .*)$", GUIDE.read_text().partition("The form\n---")[0], re.MULTILINE)
    assert commands == [" ".join(COMMAND)]


def test_it_is_removed_once(admin: Project, awx: Awx) -> None:
    awx.add(NAME, INPUTS, INJECTORS)
    assert installed(admin, "-e", "bill_awx_state=absent") == 1
    assert awx.types == {}
    assert installed(admin, "-e", "bill_awx_state=absent") == 0


def test_user_name_and_password_do_as_well(admin: Project, awx: Awx) -> None:
    del admin.environ["CONTROLLER_OAUTH_TOKEN"]
    admin.environ |= {"CONTROLLER_USERNAME": USERNAME, "CONTROLLER_PASSWORD": PASSWORD}
    assert installed(admin) == 1
    assert awx.heard == ["POST /api/v2/tokens/", f"GET {TYPES}", f"POST {TYPES}", "DELETE /api/v2/tokens/1/"]


def test_one_in_use_stays_as_it_is_and_a_new_one_goes_beside_it(admin: Project, awx: Awx) -> None:
    old = {"fields": INPUTS["fields"][:-1]}
    awx.add(NAME, old, {"env": {}})
    awx.job_with({})
    for arguments in ((), ("-e", "bill_awx_state=absent")):
        run = install(admin, *arguments)
        assert run.code == 2
        assert run.says("while there are credentials of a type, AWX neither removes it nor changes its fields"), (
            run.output
        )
        assert awx.type()["inputs"] == old
    # As the message says.
    installed(admin, "-e", "bill_awx_name=Ours")
    assert [(each["name"], each["inputs"]) for each in awx.types.values()] == [(NAME, old), ("Ours", INPUTS)]


def test_where_awx_does_not_know_who_is_there_the_message_says_what_is_needed(admin: Project, awx: Awx) -> None:
    admin.environ["CONTROLLER_OAUTH_TOKEN"] = "wrong"
    run = install(admin)
    assert run.code == 2
    assert run.says(f"Invalid authentication credentials for {TYPES} (HTTP 401).")
    assert run.says("come from the environment variables CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN, or")
    assert awx.types == {}


@pytest.mark.parametrize("name", ["awx.awx", "ansible.controller"])
def test_without_the_module_nothing_is_asked_and_the_message_says_how_to_go_on(
    admin: Project, awx: Awx, name: str
) -> None:
    if name == "awx.awx":
        del admin.environ["ANSIBLE_COLLECTIONS_PATH"]
    run = install(admin, "-e", f"bill_awx_collection={name}")
    assert run.code == 2
    assert run.says(f"{name}.credential_type is not there.")
    assert run.says(f"ansible-galaxy collection install {name};")
    assert awx.heard == []


@pytest.mark.parametrize("wrong", ["bill_awx_collection=awx", "bill_awx_state=gone"])
def test_a_slip_in_a_variable_is_named(admin: Project, awx: Awx, wrong: str) -> None:
    run = install(admin, "-e", wrong)
    assert run.code == 2
    assert run.says("bill_awx_collection must be awx.awx or ansible.controller, and bill_awx_state present or absent.")
    assert awx.heard == []


def test_the_module_of_automation_controller_is_used_where_it_is_asked_for(
    admin: Project, awx: Awx, awx_collections: Path, tmp_path: Path
) -> None:
    """Its collection has no public place to take it from; here it is awx.awx by that name."""
    (tmp_path / "ansible_collections" / "ansible").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "ansible" / "controller").symlink_to(
        awx_collections / "ansible_collections/awx/awx"
    )
    admin.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{admin.collections}:{tmp_path}"
    assert installed(admin, "-e", "bill_awx_collection=ansible.controller") == 1
    assert awx.type()["name"] == NAME


def test_a_job_with_a_credential_of_the_type_signs_in(admin: Project, awx: Awx, bill: Control) -> None:
    """The other ways to sign in are tried in tests/integration/test_awx.py."""
    installed(admin)
    options = METHODS["password"].options
    admin.environ = awx.job_with(form(awx.type()["inputs"], api_url=admin.api_url, **options))[0]
    run = admin.play({"name": "Sign in", "bill.connect.bill_login": None})
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}
