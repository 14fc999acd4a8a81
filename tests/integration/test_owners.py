# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets go only where their owner says. A launch user, an inventory or another author's role cannot redirect them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project
from tests.integration.trap import Trap, trap

LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None}
LOOKUP = {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login', 'api_url') }}"}}
IGNORED = {"ignore_errors": True}


@pytest.fixture
def evil() -> Iterator[Trap]:
    with trap() as there:
        yield there


@pytest.fixture
def job(project: Project) -> Project:
    """A job of AWX: the credential is in its environment, and other people may set variables."""
    project.without_vault()
    project.variables()
    project.environ |= {
        "BILL_USERNAME": world.USER.username,
        "BILL_PASSWORD": world.USER.password,
        "BILL_ORGANIZATION_ID": world.ORGANIZATION.id,
        "BILL_DEV_KEY": world.DEV_KEY,
    }
    return project


def default_of_another_role(project: Project, **variables: Any) -> dict[str, Any]:
    folder = project.folder / "roles" / "theirs" / "defaults"
    folder.mkdir(parents=True)
    (folder / "main.yml").write_text(yaml.safe_dump(variables))
    return {"roles": ["theirs"]}


@pytest.mark.promise(7)
def test_environment_secrets_with_destination_from_variable_are_not_sent(
    job: Project, bill: Control, evil: Trap
) -> None:
    message = "the secrets come from the environment (BILL_PASSWORD, BILL_DEV_KEY). A person who may set a variable"
    tasks = [{**LOGIN, **IGNORED}, {**LOOKUP, **IGNORED}]
    # A variable from the launch, and from another role.
    theirs = default_of_another_role(job, bill_api_url=evil.url)
    for run in (job.play(*tasks, arguments=("-e", f"bill_api_url={evil.url}")), job.play(*tasks, **theirs)):
        assert run.recap()["ignored"] == 2, run.output
        assert run.shows(f"api_url comes from the variable bill_api_url, but {message}")
    # A variable from an inventory, and module_defaults.
    job.variables(bill_api_url=evil.url)
    assert job.play(*tasks).recap()["ignored"] == 2
    job.variables()
    run = job.play(
        {**LOGIN, **IGNORED},
        {
            "name": "Block",
            "module_defaults": {"bill.connect.bill_login": {"api_url": evil.url}},
            "block": [{**LOGIN, **IGNORED}],
        },
        module_defaults={"group/bill.connect.bill": {"api_url": evil.url}},
    )
    assert run.recap()["ignored"] == 2, run.output
    assert run.shows(f"api_url comes from module_defaults (api_url), but {message}")
    # The other options that decide where secrets go, or who can read them on the way.
    steers = {
        "bill_ca_path": str(job.folder / "inventory.yml"),
        "bill_validate_certs": False,
        "bill_session_store": str(job.home / "theirs"),
    }
    run = job.play(*({**LOGIN, "vars": {name: value}, **IGNORED} for name, value in steers.items()))
    assert run.recap()["ignored"] == len(steers), run.output
    for name in steers:
        assert run.shows(f"{name.removeprefix('bill_')} comes from the variable {name}, but {message}")
    assert not (job.home / "theirs").exists()
    assert evil.received == []
    assert bill.get("counts") == {}


@pytest.mark.promise(7)
def test_environment_client_secret_with_token_url_from_variable_is_not_sent(job: Project, evil: Trap) -> None:
    job.environ |= {
        "BILL_AUTH_METHOD": "oauth",
        "BILL_CLIENT_ID": world.CLIENT.id,
        "BILL_CLIENT_SECRET": world.CLIENT.secret,
    }
    run = job.play(LOGIN, arguments=("-e", f"bill_token_url={evil.url}/authx/token"))
    assert run.code == 2
    assert run.shows("token_url comes from the variable bill_token_url, but the secrets come from the environment")
    assert evil.received == []


@pytest.mark.promise(7)
def test_environment_secrets_with_destination_from_task_are_sent(job: Project, bill: Control) -> None:
    run = job.play(
        LOGIN,
        {**LOGIN, "bill.connect.bill_login": {"api_url": job.api_url, "session_store": str(job.home / "mine")}},
        # A task that gives the option itself overrides module_defaults.
        {**LOGIN, "bill.connect.bill_login": f"api_url={job.api_url}"},
        {"name": "Old form", "action": f"bill.connect.bill_login api_url={job.api_url}"},
        {
            "name": "With args",
            "bill.connect.bill_login": None,
            "args": {"api_url": "{{ url }}"},
            "vars": {"url": job.api_url},
        },
        {**LOGIN, "vars": {"bill_environment": "sandbox", "bill_retries": 1}},
        # The same values as without these variables.
        {**LOGIN, "vars": {"bill_session_store": "~/.ansible/bill", "bill_api_url": job.api_url}},
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts")["POST /v3/login"] == 2


@pytest.mark.promise(7)
def test_environment_secrets_read_by_template_are_not_sent_elsewhere(job: Project, bill: Control, evil: Trap) -> None:
    """Another team's inventory can read the secrets with a lookup, and then decides where they go."""
    by_lookup = {
        f"bill_{name}": f"{{{{ lookup('ansible.builtin.env', 'BILL_{name.upper()}') }}}}"
        for name in ("password", "dev_key")
    }
    theirs = {"bill_api_url": evil.url, **by_lookup}
    mine = {"password": by_lookup["bill_password"], "dev_key": by_lookup["bill_dev_key"]}
    job.environ["BILL_PASSWORD"] = world.USER.password
    run = job.play(
        {**LOGIN, "vars": theirs, **IGNORED},
        {**LOGIN, "bill.connect.bill_login": mine, "vars": {"bill_api_url": evil.url}, **IGNORED},
        {**LOOKUP, "vars": theirs, **IGNORED},
        {
            **LOGIN,
            "vars": {
                "bill_api_url": evil.url,
                "bill_username": by_lookup["bill_password"],
                "bill_password": "x",
                "bill_dev_key": "y",
            },
            **IGNORED,
        },
        {**LOGIN, "vars": {**by_lookup}},
    )
    assert run.code == 0, run.output
    assert run.recap()["ignored"] == 4, run.output
    assert run.shows("but the secrets come from the environment (BILL_PASSWORD). A person who may set a variable")
    assert evil.received == []
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(7)
@pytest.mark.slow
def test_form_environment_secret_with_destination_from_variable_is_not_sent(
    project: Project, bill: Control, evil: Trap
) -> None:
    """The vault file has the old password and the environment has the new one, which replaces it without a person."""
    project.environ |= {"BILL_PASSWORD": world.USER.password, "BILL_API_URL": project.api_url}
    project.variables()
    steers = {
        "bill_api_url": evil.url,
        "bill_validate_certs": "false",
        "bill_session_store": str(project.home / "theirs"),
    }
    for name, value in steers.items():
        run = project.run("ansible-playbook", "bill.connect.connect", "-e", f"{name}={value}")
        assert run.code == 2, run.output
        assert run.shows(
            f"{name.removeprefix('bill_')} comes from the variable {name}, but the secrets come from the environment"
        )
    assert evil.received == []
    assert bill.get("counts") == {}
    run = project.run("ansible-playbook", "bill.connect.connect")
    assert run.code == 0, run.output


@pytest.mark.promise(7)
def test_api_url_of_unknown_host_warns_once_with_source(project: Project, bill: Control) -> None:
    """The warning does not depend on the owner. No host of this name exists, and the connection error says so."""
    project.hosts("one", "two", "three")
    project.environ["BILL_RETRIES"] = "0"
    elsewhere = {"bill_api_url": "https://gateway.invalid/connect"}
    run = project.play({**LOGIN, **IGNORED}, {**LOGIN, **IGNORED}, vars=elsewhere)
    assert run.code == 0, run.output
    text = "bill.connect sends the credentials to gateway.invalid, which is not a host of BILL (api_url comes from the variable bill_api_url)."
    assert run.times(text) == 1, run.output
    assert run.shows("The name gateway.invalid could not be found")


@pytest.mark.promise(5)
def test_path_option_from_variable_does_not_read_environment(project: Project, bill: Control) -> None:
    project.environ |= {
        "AWS_SECRET_ACCESS_KEY": "findme-aws",
        "BILL_APP_KEY": "findme-app-key",
        "MINE": str(project.home),
    }
    bill_app_key = {"bill_ca_path": "$BILL_APP_KEY/${AWS_SECRET_ACCESS_KEY}"}
    run = project.play(
        {**LOGIN, "vars": bill_app_key, **IGNORED},
        {**LOGIN, "vars": {"bill_session_store": "$BILL_APP_KEY"}},
        {**LOOKUP, "vars": bill_app_key, **IGNORED},
        # The author of a task may read the environment. A secret is masked in any case.
        {**LOGIN, "bill.connect.bill_login": {"ca_path": "/$BILL_APP_KEY"}, **IGNORED},
        {**LOGIN, "bill.connect.bill_login": {"session_store": "$MINE/mine"}},
        arguments=("-vvvvv",),
    )
    assert run.code == 0, run.output
    assert run.recap()["ignored"] == 3, run.output
    assert "findme" not in run.output
    assert run.shows("ca_path names /********, which does not exist."), run.output
    assert (project.home / "mine").is_dir()
    assert [path for path in project.home.rglob("*") if "findme" in path.name] == []
    assert (project.folder / "$BILL_APP_KEY").is_dir()
