# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to events, with its own files: subscribe, start the rulebook, change a vendor, and see the playbook run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.eda.conftest import BIN, SECRETS
from tests.emulator import world
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Bill, Control
from tests.integration.test_guides import blocks

pytestmark = pytest.mark.slow
VAULT_PASSWORD = "a vault password"


def files() -> dict[str, str]:
    """The files of the guide by their names."""
    return {block.file: block.text for block in blocks("guide_events") if block.file and block.file.endswith(".yml")}


@pytest.mark.promise(5)
@pytest.mark.promise(21)
def test_guide_to_events_runs_as_it_is_written(
    bill: Control, api_url: str, run: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    bill.post("settings", webhook_http=True)
    for name, text in files().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "vault_password").write_text(VAULT_PASSWORD)
    # The subscription and its key, with the playbook of the guide.
    done = subprocess.run(
        [str(BIN / "ansible-playbook"), "subscribe.yml", "--vault-password-file", "vault_password"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    view = [str(BIN / "ansible-vault"), "view", "--vault-password-file", "vault_password", "group_vars/all/bill.yml"]
    shown = subprocess.run(view, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout
    key = yaml.safe_load(shown)["bill_security_key"]
    assert key not in done.stdout
    client, events = Bill(api_url), Bill(api_url.removesuffix("/connect") + "/connect-events")
    session = client.session()
    (subscription,) = bill.get(f"objects/webhook-subscriptions?organization_id={world.ORGANIZATION.id}")
    # The values of this machine replace those of the example.
    certificate = Authority(tmp_path / "authority").good()
    text = (tmp_path / "vendors.yml").read_text()
    for example, real in {
        "f6d06930-1b2c-4d5e-8f90-123456789abc": subscription["id"],
        "/etc/ssl/bill/fullchain.pem": str(certificate.certificate),
        "/etc/ssl/bill/key.pem": str(certificate.private_key),
        "/var/lib/bill-events": str(tmp_path / "events"),
        "host: 0.0.0.0": "host: 127.0.0.1",
        "port: 8443": "port: 0",
        "environment: production": f"api_url: {api_url}",
    }.items():
        assert example in text
        text = text.replace(example, real)
    (tmp_path / "vendors.yml").write_text(text)
    environ |= {"BILL_SECURITY_KEY": key, "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "vault_password")}
    with run("vendors.yml") as rulebook:
        events.send("PATCH", f"/v3/subscriptions/{subscription['id']}", session, {"notificationUrl": rulebook.url})
        vendor = world.vendors(world.ORGANIZATION.id)[0]["id"]
        client.send("PATCH", f"/v3/vendors/{vendor}", session, {"phone": "555-0100"})
        rulebook.wait_for(lambda: f"{vendor}: there" in rulebook.log)
        log = rulebook.log
    for secret in (key, *SECRETS.values()):
        assert secret not in log
