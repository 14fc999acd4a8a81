# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet as its guide sets it up: jobs of AWX, each with an empty home, and a server with TLS and the user of the guide."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.awx import rules
from tests.emulator import world
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Control
from tests.integration.project import Project, secrets_in
from tests.redis_servers import KINDS, RedisServer, tls_in_front_of

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "s3cret-findme-redis"
LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None}
READ: dict[str, Any] = {"name": "Read", "bill.connect.bill_request": {"path": "/v3/vendors"}}


@pytest.fixture(params=KINDS[:1])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a server with the user of the guide, behind TLS with an authority of its own."""
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_fleet.rst").read_text()
    (user,) = re.findall(r"^   user (bill .*)$", guide, re.MULTILINE)
    authority = Authority(tmp_path / "authority")
    server = RedisServer(request.param, tmp_path)
    with ExitStack() as stack:
        stack.callback(server.close)
        with server.client() as client:
            client.execute_command("ACL", "SETUSER", *user.replace("PASSWORD", PASSWORD).split())
        port = stack.enter_context(tls_in_front_of(server.port, authority.good()))
        yield f"rediss://bill:{PASSWORD}@localhost:{port}/0?ssl_ca_certs={authority.file}"


def environment_of_job(store_url: str) -> dict[str, str]:
    """What a job of AWX gets from the credential."""
    inputs, injectors = (
        yaml.safe_load((ROOT / "playbooks" / "files" / "awx" / f"{name}.yml").read_text())
        for name in ("inputs", "injectors")
    )
    values = rules.form(
        inputs,
        username=world.USER.username,
        password=world.USER.password,
        organization_id=world.ORGANIZATION.id,
        dev_key=world.DEV_KEY,
        session_store=store_url,
    )
    assert rules.refusals_of_values(inputs, values) == []
    environment, shown = rules.injected(inputs, injectors, values)
    assert PASSWORD not in str(shown)
    return environment


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(5)
def test_guide_fleet_jobs_of_awx_share_one_session_and_one_refusal(
    project: Project, bill: Control, store_url: str
) -> None:
    project.without_vault()
    project.environ |= environment_of_job(store_url)
    runs = []
    for number in range(4):
        # The container of the job before is gone.
        shutil.rmtree(project.home)
        project.home.mkdir()
        if number == 2:
            bill.post(f"users/{world.USER.username}/password", password="new")
            bill.post("sessions/end")
            project.environ["BILL_CHECK_AFTER"] = "0"
        runs.append(project.play(LOGIN, READ, arguments=("-vvv",)))
    assert [run.code for run in runs] == [0, 0, 2, 2], runs
    assert [run.changed for run in runs] == [1, 0, 0, 0]
    assert [run.warnings for run in runs] == [[]] * 4
    assert runs[3].shows("bill.connect did not send the request again"), runs[3].output
    # The second job of the old password sends nothing at all.
    assert bill.get("counts") == {"POST /v3/login": 2, "GET /v3/vendors": 2, "GET /v3/login/session": 1}
    # Nobody who starts a job can store the session elsewhere.
    launched = project.play(LOGIN, arguments=("-e", "bill_session_store=redis://elsewhere.example.com"))
    assert launched.code == 2
    assert launched.shows("session_store comes from the variable bill_session_store, but the secrets come from the"), (
        launched.output
    )
    for run in (*runs, launched):
        assert secrets_in(run.output) == []
        assert PASSWORD not in run.output
    assert project.secrets_on_disk() == []
