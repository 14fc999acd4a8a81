# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Accountant Console's sign-in, and the organizations that a session can reach."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

ACCOUNTANT = world.CONSOLE_ACCOUNT
BY_TOKEN = {"username": ACCOUNTANT.username, "password": None, "consoleApiToken": ACCOUNTANT.token}


def test_emulator_console_accountant_signs_in_to_each_client(bill: Bill, control: Control) -> None:
    for organization_id in ACCOUNTANT.organization_ids:
        response = bill.sign_in(**BY_TOKEN, organizationId=organization_id)
        assert response.status_code == 200
        reported = response.json()
        assert (reported["userId"], reported["organizationId"]) == (ACCOUNTANT.user_id, organization_id)
        assert reported["trusted"] is False
        headers = {"sessionId": reported["sessionId"], "devKey": world.DEV_KEY}
        assert bill.get("/v3/vendors", headers).status_code == 200
    assert control.get("state")["logins_this_hour"] == 3
    control.advance(2101)
    assert control.get("state")["sessions"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"consoleApiToken": "wrong"}, "BDC_1101"),
        # A token is not accepted as a password, and a password not as a token.
        ({"password": ACCOUNTANT.token, "consoleApiToken": None}, "BDC_1101"),
        ({"username": world.USER.username, "consoleApiToken": world.USER.password}, "BDC_1101"),
        ({"organizationId": world.LOCKED_ORGANIZATION.id}, "BDC_1107"),
        ({"organizationId": "00899999999999999999"}, "BDC_1123"),
        ({"consoleApiToken": None}, "BDC_1108"),
        ({"consoleApiToken": " "}, "BDC_1108"),
    ],
)
def test_emulator_console_login_with_wrong_values_is_rejected(
    bill: Bill, changes: dict[str, str | None], code: str
) -> None:
    assert codes(bill.sign_in(**{**BY_TOKEN, **changes})) == [code]


def test_emulator_login_of_a_user_to_a_console_client_is_rejected(bill: Bill) -> None:
    assert codes(bill.sign_in(organizationId=world.CLIENT_ORGANIZATION.id)) == ["BDC_1123"]


@pytest.mark.parametrize(
    ("setting", "password_counts", "token_counts"),
    [("refused", "BDC_1108", "BDC_1108"), ("password", None, "BDC_1101"), ("console_token", "BDC_1101", None)],
)
def test_emulator_login_with_password_and_console_token_follows_the_setting(
    bill: Bill, control: Control, setting: str, password_counts: str | None, token_counts: str | None
) -> None:
    control.post("settings", password_and_console_token=setting)
    user = bill.sign_in(consoleApiToken=ACCOUNTANT.token)
    accountant = bill.sign_in(**{**BY_TOKEN, "password": world.USER.password})
    for response, code in ((user, password_counts), (accountant, token_counts)):
        assert codes(response) == [code] if code else response.status_code == 200


def test_emulator_console_token_after_a_change_replaces_the_old_token(bill: Bill, control: Control) -> None:
    control.post(f"users/{ACCOUNTANT.username}/password", password="New-findme")
    assert codes(bill.sign_in(**BY_TOKEN)) == ["BDC_1101"]
    assert bill.sign_in(**{**BY_TOKEN, "consoleApiToken": "New-findme"}).status_code == 200
    assert control.get("world")["console_accounts"][0]["token"] == "New-findme"


def test_emulator_organizations_of_a_session_are_all_listed(bill: Bill) -> None:
    reported = bill.get("/v3/login/organizations", bill.session(**BY_TOKEN)).json()
    assert reported == {
        "results": [
            {"id": one.id, "name": one.name}
            for one in (world.ORGANIZATION, world.SECOND_ORGANIZATION, world.CLIENT_ORGANIZATION)
        ]
    }
    clerk = world.CLERKS[0]
    headers = bill.session(username=clerk.username, password=clerk.password)
    reported = bill.get("/v3/login/organizations", headers).json()
    assert [one["id"] for one in reported["results"]] == [world.ORGANIZATION.id]
    assert codes(bill.get("/v3/login/organizations")) == ["BDC_1109"]


def test_emulator_organizations_are_listed_in_pages(bill: Bill, control: Control) -> None:
    assert control.get("settings")["organizations_page"] == 100
    control.post("settings", organizations_page=2)
    headers = bill.session(**BY_TOKEN)
    # Only BILL sets the size of a page.
    first = bill.get("/v3/login/organizations?max=1", headers).json()
    second = bill.get("/v3/login/organizations", headers, params={"page": first["nextPage"]}).json()
    assert [one["id"] for one in (*first["results"], *second["results"])] == list(ACCOUNTANT.organization_ids)
    assert (set(first), set(second)) == ({"results", "nextPage"}, {"results", "prevPage"})
    # A cursor is valid for its own list only.
    assert bill.get("/v3/vendors", headers, params={"page": first["nextPage"]}).status_code == 400
