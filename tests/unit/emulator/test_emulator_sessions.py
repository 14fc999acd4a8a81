# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in, validate, expire, sign out: the documented life of BILL's sessions."""

from __future__ import annotations

import re

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes


def test_emulator_session_of_a_user_is_created_validated_and_ended(bill: Bill, control: Control) -> None:
    response = bill.sign_in()
    assert response.status_code == 200
    reported = response.json()
    assert re.fullmatch(r"SESSION-[0-9a-f]{32}", reported.pop("sessionId"))
    assert reported == {
        "organizationId": world.ORGANIZATION.id,
        "userId": world.USER.id,
        "trusted": False,
    }

    headers = bill.session()
    assert bill.get("/v3/login/session", headers).json() == {
        "organizationId": world.ORGANIZATION.id,
        "userId": world.USER.id,
        "mfaStatus": "SETUP",
        "mfaBypass": False,
    }

    goodbye = bill.sign_out(headers)
    assert (goodbye.status_code, goodbye.json()) == (200, {})
    assert bill.check(headers) == 401
    assert codes(bill.sign_out(headers)) == ["BDC_1109"]
    assert control.get("counts") == {"POST /v3/login": 2, "GET /v3/login/session": 2, "POST /v3/logout": 2}


def test_emulator_session_of_a_user_expires_after_35_idle_minutes(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.advance(2099)
    assert bill.check(headers) == 200
    # That call renewed the 35 minutes.
    control.advance(2099)
    assert bill.check(headers) == 200
    control.advance(2101)
    assert bill.check(headers) == 401


def test_emulator_session_of_a_sync_token_expires_after_48_idle_hours(bill: Bill, control: Control) -> None:
    headers = bill.session(username=world.SYNC_TOKEN.name, password=world.SYNC_TOKEN.value)
    control.advance(172_799)
    assert bill.check(headers) == 200
    control.advance(172_801)
    assert bill.check(headers) == 401


@pytest.mark.parametrize("resets", [False, True])
def test_emulator_session_idle_time_after_a_refusal_follows_the_setting(
    bill: Bill, control: Control, resets: bool
) -> None:
    control.post("settings", errors_reset_idle=resets)
    headers = bill.session()
    control.advance(2000)
    assert bill.get("/v3/vendors?max=0", headers).status_code == 400
    control.advance(2000)
    assert bill.check(headers) == (200 if resets else 401)


def test_emulator_session_with_another_developer_key_is_rejected(bill: Bill) -> None:
    headers = bill.session()
    for key in (world.SECOND_DEV_KEY, None):
        foreign = bill.get("/v3/vendors", {**headers, "devKey": key} if key else {"sessionId": headers["sessionId"]})
        assert (foreign.status_code, codes(foreign)) == (401, ["BDC_1109"])
    assert bill.check(headers) == 200


def test_emulator_request_without_a_session_is_rejected_in_the_format_of_bill(bill: Bill) -> None:
    response = bill.get("/v3/vendors")
    assert response.status_code == 401
    (error,) = response.json()
    assert re.fullmatch(r"2026-03-02T10:10:\d\d\.\d{3}\+00:00", error.pop("timestamp"))
    assert error == {
        "code": "BDC_1109",
        "severity": "ERROR",
        "category": "DOWNSTREAM",
        "message": "Session is invalid.  Please log in.",
    }


@pytest.mark.parametrize("only_one", [False, True])
def test_emulator_session_after_a_second_login_follows_the_setting(
    bill: Bill, control: Control, only_one: bool
) -> None:
    control.post("settings", one_session_per_user=only_one)
    first, second = bill.session(), bill.session()
    elsewhere = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    assert bill.check(first) == (401 if only_one else 200)
    assert bill.check(second) == 200
    assert bill.check(elsewhere) == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"password": "wrong"}, 401, "BDC_1101"),
        ({"username": "nobody@example.com"}, 401, "BDC_1101"),
        ({"username": world.SYNC_TOKEN.name}, 401, "BDC_1101"),
        ({"devKey": "wrong"}, 400, "BDC_1102"),
        ({"devKey": world.INACTIVE_DEV_KEY}, 400, "BDC_1103"),
        ({"organizationId": "00899999999999999999"}, 400, "BDC_1123"),
        ({"username": world.SECOND_USER.username, "password": world.SECOND_USER.password}, 400, "BDC_1123"),
        ({"organizationId": world.LOCKED_ORGANIZATION.id}, 423, "BDC_1107"),
    ],
)
def test_emulator_login_with_wrong_values_is_rejected(
    bill: Bill, control: Control, changes: dict[str, str | None], status: int, code: str
) -> None:
    response = bill.sign_in(**changes)
    assert (response.status_code, codes(response)) == (status, [code])
    # Most statuses are inferred, so a test can set another one.
    control.post("settings", status_of={code: 418})
    assert bill.sign_in(**changes).status_code == 418


def test_emulator_login_with_missing_fields_names_each_field(bill: Bill) -> None:
    response = bill.sign_in(organizationId=None, password=" ")
    assert response.status_code == 400
    assert [error["message"] for error in response.json()] == [
        "organizationId: must not be blank",
        "password: must not be blank",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_emulator_login_with_malformed_json_is_rejected(bill: Bill, body: bytes) -> None:
    response = requests.post(f"{bill.api_url}/v3/login", data=body, timeout=5)
    assert (response.status_code, codes(response)) == (400, ["BDC_1122"])


def test_emulator_login_with_unknown_fields_is_accepted(bill: Bill) -> None:
    assert bill.sign_in(colour="blue").status_code == 200


def test_emulator_login_with_consecutive_wrong_passwords_locks_the_user(bill: Bill, control: Control) -> None:
    control.post("settings", lock_after=2)
    bill.sign_in(password="wrong")
    assert bill.sign_in().status_code == 200
    assert [codes(bill.sign_in(password="wrong")) for _time in range(3)] == [
        ["BDC_1101"],
        ["BDC_1101"],
        ["BDC_1110"],
    ]
    assert codes(bill.sign_in()) == ["BDC_1110"]


def test_emulator_login_after_a_password_change_accepts_only_the_new_password(bill: Bill, control: Control) -> None:
    control.post(f"users/{world.USER.username}/password", password="New-findme")
    assert codes(bill.sign_in()) == ["BDC_1101"]
    assert bill.sign_in(password="New-findme").status_code == 200
    assert control.get("world")["users"][0]["password"] == "New-findme"


def test_emulator_login_response_can_omit_the_organization(bill: Bill, control: Control) -> None:
    control.post("settings", organization_in_answer=False)
    assert set(bill.sign_in().json()) == {"sessionId", "userId", "trusted"}


def test_emulator_session_ended_elsewhere_is_rejected(bill: Bill, control: Control) -> None:
    first, second, third = (bill.session() for _time in range(3))
    assert control.post("sessions/end", session_id=first["sessionId"]) == {"ended": 1}
    assert [bill.check(headers) for headers in (first, second, third)] == [401, 200, 200]
    assert control.post("sessions/end") == {"ended": 2}
    assert control.get("state")["sessions"] == 0
