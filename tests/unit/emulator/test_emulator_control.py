# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface, and the command that starts the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control

ROOT = Path(__file__).resolve().parents[3]


def test_emulator_control_lists_received_requests_in_full(bill: Bill, control: Control) -> None:
    headers = bill.session()
    bill.get("/v3/vendors?max=2&page=nonsense", headers)
    requests.post(f"{bill.api_url}/v3/login", data="not json", timeout=5)
    login, vendors, broken = control.received()
    assert login["at"].startswith("2026-03-02T10:10:")
    assert (login["method"], login["path"], login["query"]) == ("POST", "/v3/login", {})
    assert login["body"]["password"] == world.USER.password
    assert (login["status"], login["codes"], login["fault"]) == (200, [], None)
    assert vendors["query"] == {"max": "2", "page": "nonsense"}
    assert vendors["headers"]["sessionid"] == headers["sessionId"]
    assert (vendors["body"], vendors["status"], vendors["codes"]) == (None, 400, ["BDC_1129"])
    assert broken["body"] == "not json"


def test_emulator_control_sets_and_advances_the_clock(control: Control) -> None:
    assert control.post("clock", set="2026-07-01T12:00:00+02:00")["now"].startswith("2026-07-01T10:00:00")
    assert control.post("clock", advance=-3600)["now"].startswith("2026-07-01T09:00:00")
    assert control.get("clock")["now"].startswith("2026-07-01T09:00:0")


def test_emulator_world_lists_working_credentials_for_a_vault(bill: Bill, control: Control) -> None:
    reported = control.get("world")
    assert reported["dev_keys"] == list(world.DEV_KEYS)
    for user in reported["users"]:
        for organization in set(user["organization_ids"]) - {world.LOCKED_ORGANIZATION.id}:
            changes = {
                "username": user["username"],
                "password": user["password"],
                "organizationId": organization,
                "devKey": reported["dev_keys"][1],
            }
            assert bill.sign_in(**changes).status_code == 200
    assert reported["sync_tokens"][0]["value"] == world.SYNC_TOKEN.value
    (phone,), (device,) = reported["phones"], reported["remembered_devices"]
    assert phone["user_id"] == device["user_id"] == world.PAYER.id
    payer = next(user for user in reported["users"] if user["id"] == world.PAYER.id)
    credentials = {name: payer[name] for name in ("username", "password")}
    response = bill.sign_in(**credentials, rememberMeId=device["id"], device=device["device"])
    assert response.json()["trusted"] is True
    assert reported["partners"][0]["app_key"] == world.PARTNER.app_key


def test_emulator_control_reset_restores_the_initial_state(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", latency=0.01, status_of={"BDC_1109": 403})
    control.post(f"users/{world.USER.username}/password", password="other")
    bill.post("/v3/mfa/setup", headers, {"phone": "+12025550100", "type": "TEXT"})
    setup = {"setupId": control.get("messages")[0]["id"], "type": "TEXT", "token": control.last_code()}
    assert bill.post("/v3/mfa/validate", headers, setup).status_code == 200
    challenge = {"challengeId": bill.post("/v3/mfa/challenge", headers, {}).json()["challengeId"]}
    bill.post("/v3/mfa/challenge/validate", headers, {**challenge, "token": control.last_code()})
    assert bill.post("/v3/payments", headers, {"vendorId": "009", "amount": 1}).status_code == 201
    client = {"client_id": world.CLIENT.id, "client_secret": world.CLIENT.secret}
    form = {"grant_type": "client_credentials", **client}
    assert requests.post(f"{bill.api_url}/authx/token", data=form, timeout=5).status_code == 200
    control.fault("*", status=500)
    control.post("reset")
    assert control.get("messages") == control.get("payments") == []
    assert (control.get("state")["payments"], control.get("state")["access_tokens"]) == (0, 0)
    assert control.get("counts") == {}
    assert control.get("faults") == []
    assert abs(control.get("clock")["offset"]) == 0
    assert bill.check(headers) == 401
    assert bill.get("/v3/mfa/phones", bill.session()).json() == {"results": []}


@pytest.mark.parametrize(
    "invalid", [{"colour": "blue"}, {"codes": {"colour": "blue"}}, {"lock_after": 0}, {"latency": "soon"}]
)
def test_emulator_control_rejects_an_invalid_setting_and_changes_nothing(
    control: Control, invalid: dict[str, object]
) -> None:
    before = control.get("settings")
    response = requests.post(f"{control.url}/settings", json={"in_flight": 1, **invalid}, timeout=5)
    assert response.status_code == 422
    assert control.get("settings") == before


def test_emulator_control_with_an_unknown_user_answers_404(control: Control) -> None:
    response = requests.post(f"{control.url}/users/nobody/password", json={"password": "x"}, timeout=5)
    assert response.status_code == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_emulator_command_prints_its_url_and_stops_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    url_file = tmp_path / "url"
    command = [sys.executable, "-m", "tests.emulator", "--url-file", str(url_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        bill, control = Bill(url), Control(url)
        assert bill.check(bill.session()) == 200
        assert control.get("counts") == {
            "POST /v3/login": 1,
            "GET /v3/login/session": 1,
        }
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=5)
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert url_file.read_text() == f"{url}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["url"]


@pytest.mark.parametrize("kind", ["vendors", "webhook-subscriptions", "vendor-bank-accounts"])
def test_emulator_control_removes_all_objects_of_a_kind(control: Control, kind: str) -> None:
    of, of_another = (f"objects/{kind}?organization_id={each.id}" for each in world.ORGANIZATIONS[:2])
    parent = {"vendorId": world.vendors(world.ORGANIZATION.id)[0]["id"]} if kind == "vendor-bank-accounts" else {}
    control.post(of, name="Acme", **parent)
    others = control.get(of_another)
    assert control.get(of) != []
    assert control.delete(of) == []
    assert control.get(of) == []
    assert control.get(of_another) == others
