# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job of AWX gets everything that a play needs from a BILL credential.

AWX itself does not run here. tests/awx/rules.py describes what AWX makes of the credential type.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.awx.rules import HIDDEN, form, injected, refusals_of_values
from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.methods import METHODS, Method
from tests.integration.payer import STEP_UP
from tests.integration.project import Project, secrets_in

FILES = Path(__file__).resolve().parents[2] / "playbooks" / "files" / "awx"
SITE = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}


def job(project: Project, typed: Mapping[str, str], folder: Path = FILES) -> dict[str, str]:
    """The environment of a job with this filled-in credential. It returns what the job's details show.

    ``folder`` has the credential type: the one for all authentication methods, or the one for a single method.
    """
    project.without_vault()
    project.variables()
    inputs, injectors = (yaml.safe_load((folder / f"{name}.yml").read_text()) for name in ("inputs", "injectors"))
    values = form(inputs, api_url=project.api_url, **typed)
    assert refusals_of_values(inputs, values) == []
    project.environ, shown = injected(inputs, injectors, values)
    return shown


@pytest.mark.promise(5)
@pytest.mark.parametrize("of_method", [False, True], ids=["type for all", "type of the method"])
@pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, id=name, marks=[] if name in ("password", "oauth") else pytest.mark.slow)
        for name, method in METHODS.items()
    ],
)
def test_awx_credential_of_each_auth_method_signs_in_without_options(
    project: Project, bill: Control, method: Method, of_method: bool
) -> None:
    all_methods = {"auth_method": method.auth_method, **method.options}
    shown = job(project, method.options, FILES / method.auth_method) if of_method else job(project, all_methods)
    run = project.play(SITE)
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts") == dict.fromkeys(method.sign_in, 1)
    assert secrets_in(run.output) == secrets_in(str(shown)) == []
    assert HIDDEN in shown.values()


def test_awx_credential_with_mfa_id_is_trusted(project: Project, bill: Control) -> None:
    device = world.REMEMBERED_DEVICE
    typed = {
        "username": world.PAYER.username,
        "password": world.PAYER.password,
        "organization_id": world.ORGANIZATION.id,
        "dev_key": world.DEV_KEY,
        "remember_me_id": device.id,
        "device": device.device,
    }
    job(project, typed)
    run = project.play(SITE, {"ansible.builtin.assert": {"that": "bill.trusted"}})
    assert run.code == 0, run.output
    assert STEP_UP not in bill.get("counts")


def test_awx_credential_overridden_by_variable_names_both_sources(project: Project) -> None:
    """A variable that a project had before AWX is the most likely reason for a refusal in AWX."""
    job(project, METHODS["password"].options)
    project.variables(bill_password="left over")
    run = project.play(SITE)
    assert run.code == 2
    assert run.shows(
        "username comes from the environment variable BILL_USERNAME; password comes from the variable bill_password"
    )
