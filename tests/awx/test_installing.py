# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that installs the credential types with AWX's own module, and jobs with credentials of these types. A job template with a survey."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.awx.rules import form, refusals_of_values
from tests.awx.server import NAMED, PASSWORD, USERNAME, Awx
from tests.emulator.control_client import Control
from tests.integration.methods import METHODS
from tests.integration.project import Project, Run, secrets_in
from tests.integration.test_guides import blocks

FILES = Path(__file__).resolve().parents[2] / "playbooks" / "files" / "awx"
INPUTS, INJECTORS = (yaml.safe_load((FILES / f"{name}.yml").read_text()) for name in ("inputs", "injectors"))
GUIDE = FILES.parents[2] / "docs" / "docsite" / "rst" / "guide_awx.rst"
# Warnings on ansible-core 2.22 that awx.awx 24.6.1 causes.
AWX_WARNINGS = re.compile("ansible.module_utils.six|Deprecation warnings can be disabled")
COMMAND = ("ansible-playbook", "bill.connect.awx_credential_type")
NAME = "BILL (bill.connect)"
TYPES = "/api/v2/credential_types/"
OAUTH = ("-e", "bill_awx_method=oauth")
# The authentication methods. METHODS has partner twice, as a user and as the partner itself.
AUTH_METHODS = [method.auth_method for method in METHODS.values()]


def run_playbook(project: Project, *arguments: str) -> Run:
    run = project.run(*COMMAND, *arguments)
    assert secrets_in(run.output) == []
    return run


def install(project: Project, *arguments: str) -> int:
    """Run the playbook. Returns the number of tasks that changed something."""
    run = run_playbook(project, *arguments)
    assert run.code == 0, run.output
    assert [each for each in run.warnings if not AWX_WARNINGS.search(each)] == [], run.output
    return run.changed


def test_playbook_run_twice_installs_the_type_once_and_check_mode_installs_nothing(admin: Project, awx: Awx) -> None:
    assert install(admin, "--check") == 1
    assert awx.types == {}
    assert install(admin) == 1
    known = awx.type()
    assert (known["name"], known["kind"]) == (NAME, "cloud")
    assert (known["inputs"], known["injectors"]) == (INPUTS, INJECTORS)
    received = len(awx.received)
    assert install(admin) == 0
    assert awx.received[received:] == [f"GET {TYPES}"]


def test_playbook_with_an_older_type_updates_it(admin: Project, awx: Awx) -> None:
    known = awx.add(NAME, {"fields": INPUTS["fields"][:-1]}, {"env": {}})
    assert install(admin) == 1
    assert (awx.type()["id"], awx.type()["inputs"], awx.type()["injectors"]) == (known["id"], INPUTS, INJECTORS)


def test_guide_first_command_is_the_command_of_these_tests() -> None:
    commands = re.findall("^   (ansible-playbook .*)$", GUIDE.read_text().partition("The play\n---")[0], re.MULTILINE)
    assert commands == [" ".join(COMMAND), " ".join([*COMMAND, *OAUTH])]


def test_playbook_with_state_absent_removes_the_type_once(admin: Project, awx: Awx) -> None:
    awx.add(NAME, INPUTS, INJECTORS)
    assert install(admin, "-e", "bill_awx_state=absent") == 1
    assert awx.types == {}
    assert install(admin, "-e", "bill_awx_state=absent") == 0


def test_playbook_with_user_name_and_password_installs_the_type(admin: Project, awx: Awx) -> None:
    del admin.environ["CONTROLLER_OAUTH_TOKEN"]
    admin.environ |= {"CONTROLLER_USERNAME": USERNAME, "CONTROLLER_PASSWORD": PASSWORD}
    assert install(admin) == 1
    assert awx.received == ["POST /api/v2/tokens/", f"GET {TYPES}", f"POST {TYPES}", "DELETE /api/v2/tokens/1/"]


def test_playbook_with_a_type_in_use_does_not_change_it_and_another_name_adds_a_type(admin: Project, awx: Awx) -> None:
    old = {"fields": INPUTS["fields"][:-1]}
    awx.add(NAME, old, {"env": {}})
    awx.job_with({})
    for arguments in ((), ("-e", "bill_awx_state=absent")):
        run = run_playbook(admin, *arguments)
        assert run.code == 2
        assert run.shows(
            "AWX also does not remove a credential type or change its fields while credentials of this type exist"
        ), run.output
        assert awx.type()["inputs"] == old
    # The message advises another name.
    install(admin, "-e", "bill_awx_name=Ours")
    assert [(each["name"], each["inputs"]) for each in awx.types.values()] == [(NAME, old), ("Ours", INPUTS)]


def test_playbook_with_a_wrong_token_names_the_required_variables(admin: Project, awx: Awx) -> None:
    admin.environ["CONTROLLER_OAUTH_TOKEN"] = "wrong"
    run = run_playbook(admin)
    assert run.code == 2
    assert run.shows(f"Invalid authentication credentials for {TYPES} (HTTP 401).")
    assert run.shows("come from the environment variables CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN, or")
    assert awx.types == {}


@pytest.mark.parametrize("name", ["awx.awx", "ansible.controller"])
def test_playbook_without_the_module_sends_nothing_and_says_how_to_install_it(
    admin: Project, awx: Awx, name: str
) -> None:
    if name == "awx.awx":
        del admin.environ["ANSIBLE_COLLECTIONS_PATH"]
    run = run_playbook(admin, "-e", f"bill_awx_collection={name}")
    assert run.code == 2
    assert run.shows(f"The module {name}.credential_type is not installed.")
    assert run.shows(f"ansible-galaxy collection install {name};")
    assert awx.received == []


@pytest.mark.parametrize("wrong", ["bill_awx_collection=awx", "bill_awx_state=gone"])
def test_playbook_with_a_wrong_variable_names_it(admin: Project, awx: Awx, wrong: str) -> None:
    run = run_playbook(admin, "-e", wrong)
    assert run.code == 2
    assert run.shows("bill_awx_collection must be awx.awx or ansible.controller, and bill_awx_state present or absent.")
    assert awx.received == []


def test_playbook_with_the_collection_of_automation_controller_uses_its_module(
    admin: Project, awx: Awx, awx_collections: Path, tmp_path: Path
) -> None:
    """The collection ansible.controller is not public. So this test uses awx.awx under this name."""
    (tmp_path / "ansible_collections" / "ansible").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "ansible" / "controller").symlink_to(
        awx_collections / "ansible_collections/awx/awx"
    )
    admin.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{admin.collections}:{tmp_path}"
    assert install(admin, "-e", "bill_awx_collection=ansible.controller") == 1
    assert awx.type()["name"] == NAME


def test_job_with_a_credential_of_the_type_signs_in(admin: Project, awx: Awx, bill: Control) -> None:
    """tests/integration/test_awx.py tests the other authentication methods."""
    install(admin)
    options = METHODS["password"].options
    admin.environ = awx.job_with(form(awx.type()["inputs"], api_url=admin.api_url, **options))[0]
    run = admin.play({"name": "Sign in", "bill.connect.bill_login": None})
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


def test_playbook_with_a_method_installs_its_type_once_beside_the_type_for_all(admin: Project, awx: Awx) -> None:
    assert install(admin) == 1
    assert install(admin, *OAUTH) == 1
    assert install(admin, *OAUTH) == 0
    assert sorted(each["name"] for each in awx.types.values()) == [NAME, "BILL oauth (bill.connect)"]
    known = awx.type_named("BILL oauth (bill.connect)")
    assert known["inputs"] == yaml.safe_load((FILES / "oauth" / "inputs.yml").read_text())
    assert known["injectors"] == yaml.safe_load((FILES / "oauth" / "injectors.yml").read_text())
    assert install(admin, *OAUTH, "-e", "bill_awx_state=absent") == 1
    assert awx.type()["name"] == NAME


def test_playbook_with_each_installs_a_type_for_each_method_and_a_job_of_each_signs_in(
    admin: Project, awx: Awx, bill: Control
) -> None:
    each_type = ("-e", "bill_awx_method=each")
    assert install(admin, *each_type) == 6
    assert install(admin, *each_type) == 0
    assert sorted(known["name"] for known in awx.types.values()) == sorted(
        f"BILL {name} (bill.connect)" for name in {*AUTH_METHODS}
    )
    environ = admin.environ
    for method in METHODS.values():
        name = f"BILL {method.auth_method} (bill.connect)"
        inputs = awx.type_named(name)["inputs"]
        # A credential without a required value is refused.
        for required in inputs["required"]:
            typed = {option: value for option, value in method.options.items() if option != required}
            assert refusals_of_values(inputs, form(inputs, **typed)) == [f"{required} is required"]
        bill.post("reset")
        # Each job has a container of its own.
        shutil.rmtree(admin.home / ".ansible")
        admin.environ = awx.job_with(form(inputs, api_url=admin.api_url, **method.options), name)[0]
        run = admin.play({"name": "Sign in", "bill.connect.bill_login": None})
        assert run.code == 0, run.output
        assert bill.get("counts") == dict.fromkeys(method.sign_in, 1)
        assert secrets_in(run.output) == []
    admin.environ = environ
    # All types are in use now, so none is removed.
    run = run_playbook(admin, *each_type, "-e", "bill_awx_state=absent")
    assert (run.code, len(awx.types)) == (2, 6)


@pytest.mark.parametrize("wrong", [("bill_awx_method=password2",), ("bill_awx_method=each", "bill_awx_name=Ours")])
def test_playbook_with_a_wrong_method_names_the_methods_and_sends_nothing(
    admin: Project, awx: Awx, wrong: tuple[str, ...]
) -> None:
    run = run_playbook(admin, *(argument for each in wrong for argument in ("-e", each)))
    assert run.code == 2
    assert run.shows(
        "bill_awx_method must be one of password, sync_token, console_token, partner, oauth, spend_token, or each"
    )
    assert awx.received == []


def test_guide_job_template_with_its_survey_is_made_once(admin: Project, awx: Awx) -> None:
    """The play of the guide, with AWX's own module. The survey follows AWX's rules. The guide's test runs the job."""
    files = {block.file: block.text for block in blocks("guide_awx") if block.file}
    (admin.folder / "job_template.yml").write_text(files["job_template.yml"])
    [play] = yaml.safe_load(files["job_template.yml"])
    options = play["tasks"][0]["awx.awx.job_template"]
    # The inventory of the tests has other connection settings for localhost.
    admin.hosts("localhost")
    check = admin.run("ansible-playbook", "job_template.yml", "--check")
    assert (check.code, check.changed, awx.template) == (0, 1, {}), check.output
    runs = [admin.run("ansible-playbook", "job_template.yml") for _time in range(2)]
    assert [(run.code, run.changed) for run in runs] == [(0, 1), (0, 0)], runs[0].output
    ids = {name: number for number, name in NAMED.values()}
    plain = ("name", "playbook", "survey_enabled", "ask_variables_on_launch", "ask_credential_on_launch")
    assert {name: awx.template[name] for name in plain} == {name: options[name] for name in plain}
    assert [awx.template[name] for name in ("organization", "project", "inventory")] == [
        ids[options[name]] for name in ("organization", "project", "inventory")
    ]
    assert awx.template_credentials == [ids[name] for name in options["credentials"]]
    assert awx.survey == options["survey_spec"]
    # The job gets an answer for each variable that the play reads, and no other one.
    [job] = yaml.safe_load(files["vendor.yml"])
    asked = {question["variable"] for question in options["survey_spec"]["spec"]}
    assert asked == {*re.findall(r"{{ (vendor_\w+) }}", str(job))}
    assert not [name for name in asked if name.startswith("bill_")]
