# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BILL partners: their own sessions, and the sessions that they make for the users of their organizations."""

from __future__ import annotations

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

PARTNER = world.PARTNER
CREDENTIALS = {"appKey": PARTNER.app_key, "username": PARTNER.username, "password": PARTNER.password}
PAYER = {"userId": world.PAYER.id, "organizationId": world.ORGANIZATION.id}


def partner_session(bill: Bill) -> dict[str, str]:
    response = bill.post("/v3/partner/login", content=CREDENTIALS)
    assert (response.status_code, set(response.json())) == (200, {"sessionId"})
    return {"sessionId": response.json()["sessionId"], "appKey": PARTNER.app_key}


def test_emulator_partner_lists_its_organizations_in_pages(bill: Bill) -> None:
    partner = partner_session(bill)
    first = bill.get("/v3/partner/organizations?max=1", partner).json()
    second = bill.get(f"/v3/partner/organizations?max=1&page={first['nextPage']}", partner).json()
    assert [one["id"] for one in (*first["results"], *second["results"])] == list(PARTNER.organization_ids)
    assert "nextPage" not in second
    assert codes(bill.get("/v3/partner/organizations", {**partner, "appKey": "wrong"})) == ["BDC_1109"]


def as_user(bill: Bill, partner: dict[str, str], **changes: str | None) -> requests.Response:
    content = {name: value for name, value in {**PAYER, **changes}.items() if value is not None}
    return bill.post("/v3/partner/login-as-user", partner, content)


def test_emulator_partner_user_session_is_valid_with_any_developer_key(bill: Bill, control: Control) -> None:
    response = as_user(bill, partner_session(bill))
    assert response.status_code == 200
    session_id = response.json().pop("sessionId")
    assert {**response.json(), "sessionId": ""} == {**PAYER, "trusted": False, "sessionId": ""}
    for key in world.DEV_KEYS:
        assert bill.check({"sessionId": session_id, "devKey": key}) == 200
    for key in ("wrong", world.INACTIVE_DEV_KEY, PARTNER.app_key):
        assert bill.check({"sessionId": session_id, "devKey": key}) == 401
    assert codes(bill.get("/v3/login/session", {"sessionId": session_id})) == ["BDC_1109"]
    # The limit is documented for POST /v3/login only.
    assert control.get("state")["logins_this_hour"] == 0


def test_emulator_partner_user_requests_count_towards_the_key_they_send(bill: Bill, control: Control) -> None:
    session_id = as_user(bill, partner_session(bill)).json()["sessionId"]
    control.post("settings", requests_per_hour=1)
    for key in world.DEV_KEYS:
        assert [bill.check({"sessionId": session_id, "devKey": key}) for _time in range(2)] == [200, 422]


def test_emulator_partner_user_session_with_a_remembered_device_is_trusted(bill: Bill) -> None:
    partner = partner_session(bill)
    device = world.REMEMBERED_DEVICE
    assert as_user(bill, partner, rememberMeId=device.id, device=device.device).json()["trusted"] is True
    assert as_user(bill, partner, rememberMeId=device.id, device="other").json()["trusted"] is False
    assert codes(as_user(bill, partner, rememberMeId=device.id)) == ["BDC_1108"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"appKey": "wrong"}, 400, "BDC_1102"),
        ({"password": "wrong"}, 401, "BDC_1101"),
        ({"username": world.USER.username, "password": world.USER.password}, 401, "BDC_1101"),
        # The key of one partner with the user of another.
        ({"appKey": world.SECOND_PARTNER.app_key}, 401, "BDC_1101"),
        ({"appKey": ""}, 400, "BDC_1108"),
        ({"username": ""}, 400, "BDC_1108"),
        ({"password": ""}, 400, "BDC_1108"),
    ],
)
def test_emulator_partner_login_with_wrong_values_is_rejected(
    bill: Bill, changes: dict[str, str], status: int, code: str
) -> None:
    response = bill.post("/v3/partner/login", content={**CREDENTIALS, **changes})
    assert (response.status_code, codes(response)) == (status, [code])


def test_emulator_partner_code_for_a_wrong_app_key_follows_the_setting(bill: Bill, control: Control) -> None:
    control.post("settings", codes={"app_key": "BDC_1106"})
    assert codes(bill.post("/v3/partner/login", content={**CREDENTIALS, "appKey": "wrong"})) == ["BDC_1106"]


def test_emulator_partner_credentials_are_rejected_for_a_user(bill: Bill) -> None:
    assert codes(bill.sign_in(username=PARTNER.username, password=PARTNER.password)) == ["BDC_1101"]
    partner = partner_session(bill)
    assert codes(bill.get("/v3/vendors", {**partner, "devKey": world.DEV_KEY})) == ["BDC_1109"]
    # A user cannot act as a partner.
    assert codes(as_user(bill, {**bill.session(), "appKey": PARTNER.app_key})) == ["BDC_1109"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"userId": "00699999999999999999"}, "BDC_1111"),
        ({"userId": world.SECOND_USER.id}, "BDC_1111"),
        ({"organizationId": world.SECOND_ORGANIZATION.id, "userId": world.USER.id}, "BDC_1123"),
        ({"organizationId": world.LOCKED_ORGANIZATION.id, "userId": world.USER.id}, "BDC_1107"),
        ({"userId": None}, "BDC_1108"),
        ({"organizationId": None}, "BDC_1108"),
    ],
)
def test_emulator_partner_login_as_an_unknown_user_is_rejected(
    bill: Bill, changes: dict[str, str | None], code: str
) -> None:
    assert codes(as_user(bill, partner_session(bill), **changes)) == [code]


@pytest.mark.parametrize("changes", [{"appKey": "wrong"}, {"appKey": None}, {"sessionId": None}])
def test_emulator_partner_login_as_user_without_session_or_app_key_is_rejected(
    bill: Bill, changes: dict[str, str | None]
) -> None:
    partner = {name: value for name, value in {**partner_session(bill), **changes}.items() if value}
    assert codes(as_user(bill, partner)) == ["BDC_1109"]


def test_emulator_partner_session_expires_after_35_idle_minutes(bill: Bill, control: Control) -> None:
    partner = partner_session(bill)
    control.advance(2099)
    user = {"sessionId": as_user(bill, partner).json()["sessionId"], "devKey": world.DEV_KEY}
    # That call renewed the partner's 35 minutes. The user's 35 minutes began with it.
    control.advance(2099)
    assert as_user(bill, partner).status_code == 200
    control.advance(2)
    assert bill.check(user) == 401
    control.advance(2098)
    assert codes(as_user(bill, partner)) == ["BDC_1109"]


def test_emulator_partner_logout_ends_only_the_session_it_sends(bill: Bill, control: Control) -> None:
    partner = partner_session(bill)
    first, second = (
        {"sessionId": as_user(bill, partner).json()["sessionId"], "devKey": world.DEV_KEY} for _time in range(2)
    )
    assert bill.sign_out(first).status_code == 200
    assert [bill.check(first), bill.check(second)] == [401, 200]
    assert codes(bill.sign_out({**partner, "appKey": "wrong"})) == ["BDC_1109"]
    assert bill.sign_out(partner).status_code == 200
    assert codes(as_user(bill, partner)) == codes(bill.sign_out(partner)) == ["BDC_1109"]
    assert bill.check(second) == 200
    assert control.get("state")["sessions"] == 1
