# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MFA: a phone is set up, a code makes a session trusted, a remembered device the next one. Payments need trust."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

PAYER = {"username": world.PAYER.username, "password": world.PAYER.password}
REMEMBERED = {"rememberMeId": world.REMEMBERED_DEVICE.id, "device": world.REMEMBERED_DEVICE.device}
SYNC_TOKEN = {"username": world.SYNC_TOKEN.name, "password": world.SYNC_TOKEN.value}
CONSOLE = {
    "username": world.CONSOLE_ACCOUNT.username,
    "password": None,
    "consoleApiToken": world.CONSOLE_ACCOUNT.token,
}
PAYMENT = {"vendorId": "00901VENDOR000000001", "amount": 12.5, "processDate": "2026-03-06"}
PHONE = {"phone": "+12025550100", "type": "TEXT"}
MONTH = 30 * 24 * 3600


def status(bill: Bill, headers: dict[str, str]) -> str:
    response: str = bill.get("/v3/login/session", headers).json()["mfaStatus"]
    return response


def challenge(bill: Bill, headers: dict[str, str]) -> str:
    response: str = bill.post("/v3/mfa/challenge", headers, {"useBackup": False}).json()["challengeId"]
    return response


def respond(bill: Bill, headers: dict[str, str], challenge_id: str, code: str, **more: Any) -> requests.Response:
    return bill.post("/v3/mfa/challenge/validate", headers, {"challengeId": challenge_id, "token": code, **more})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.parametrize("path", ["/v3/mfa/setup/validate", "/v3/mfa/validate"])
def test_emulator_mfa_setup_with_the_code_trusts_the_session_and_the_device(
    bill: Bill, control: Control, path: str
) -> None:
    headers = bill.session()
    assert (status(bill, headers), bill.get("/v3/mfa/phones", headers).json()) == ("SETUP", {"results": []})

    setup = bill.post("/v3/mfa/setup", headers, {**PHONE, "primary": True})
    assert (setup.status_code, set(setup.json())) == (200, {"setupId"})
    (message,) = control.get("messages")
    assert message["at"].startswith("2026-03-02T10:10:")
    assert (message["user_id"], message["phone"], message["type"]) == (world.USER.id, *PHONE.values())
    assert (message["purpose"], message["id"], len(message["code"])) == ("setup", setup.json()["setupId"], 6)
    body = {"setupId": setup.json()["setupId"], "type": "TEXT", "token": message["code"]}
    assert bill.post(path, headers, body).json() == {"status": "SUCCESS"}
    assert bill.get("/v3/mfa/phones", headers).json() == {
        "results": [{"type": "TEXT", "last4digits": "0100", "primary": True}]
    }

    # A phone alone makes no session trusted.
    assert status(bill, headers) == "CHALLENGE"
    assert codes(bill.post("/v3/payments", headers, PAYMENT)) == ["BDC_1361"]
    response = respond(
        bill, headers, challenge(bill, headers), control.last_code(), rememberMe=True, device="mine", machineName="m"
    )
    assert (response.status_code, set(response.json())) == (200, {"rememberMeId"})
    assert status(bill, headers) == "COMPLETE"
    assert bill.post("/v3/payments", headers, PAYMENT).status_code == 201

    # The code does not make another session trusted, but the remembered device does.
    assert bill.sign_in().json()["trusted"] is False
    pair = {"rememberMeId": response.json()["rememberMeId"], "device": "mine"}
    assert bill.sign_in(**pair).json()["trusted"] is True
    control.advance(MONTH + 1)
    assert bill.sign_in(**pair).json()["trusted"] is False


def test_emulator_login_with_a_remembered_device_is_trusted_for_30_days(bill: Bill, control: Control) -> None:
    control.advance(MONTH - 60)
    assert bill.sign_in(**PAYER, **REMEMBERED).json()["trusted"] is True
    headers = bill.session(**PAYER, **REMEMBERED)
    assert status(bill, headers) == "COMPLETE"
    assert bill.post("/v3/payments", headers, PAYMENT).status_code == 201
    control.advance(61)
    assert bill.sign_in(**PAYER, **REMEMBERED).json()["trusted"] is False


@pytest.mark.parametrize(
    "changes", [{"rememberMeId": "MFAID-findme-unknown"}, {"device": "other"}, {"username": world.USER.username}]
)
def test_emulator_login_with_a_wrong_remembered_device_is_not_trusted(bill: Bill, changes: dict[str, str]) -> None:
    if "username" in changes:
        changes = {**changes, "password": world.USER.password}
    response = bill.sign_in(**{**PAYER, **REMEMBERED, **changes})
    assert (response.status_code, response.json()["trusted"]) == (200, False)


@pytest.mark.parametrize("alone", ["rememberMeId", "device"])
def test_emulator_login_with_half_of_the_device_pair_is_rejected(bill: Bill, alone: str) -> None:
    (other,) = set(REMEMBERED) - {alone}
    for response in (
        bill.sign_in(**PAYER, **{alone: REMEMBERED[alone]}),
        bill.post("/v3/mfa/step-up", bill.session(**PAYER), {alone: REMEMBERED[alone]}),
    ):
        assert (response.status_code, [error["message"] for error in response.json()]) == (
            400,
            [f"{other}: must not be blank"],
        )


def test_emulator_mfa_step_up_makes_an_existing_session_trusted(bill: Bill) -> None:
    headers = bill.session(**PAYER)
    response = bill.post("/v3/mfa/step-up", headers, {**REMEMBERED, "device": "other"})
    assert (response.status_code, response.json()) == (200, {"trusted": False})
    assert status(bill, headers) == "CHALLENGE"
    assert bill.post("/v3/mfa/step-up", headers, REMEMBERED).json() == {"trusted": True}
    assert status(bill, headers) == "COMPLETE"


@pytest.mark.parametrize("always", [False, True])
def test_emulator_mfa_response_without_remember_me_gives_no_usable_id(
    bill: Bill, control: Control, always: bool
) -> None:
    control.post("settings", remember_me_id_always=always)
    headers = bill.session(**PAYER)
    response = respond(bill, headers, challenge(bill, headers), control.last_code(), rememberMe=False, device="d")
    assert set(response.json()) == ({"rememberMeId"} if always else set())
    assert status(bill, headers) == "COMPLETE"
    if always:
        assert bill.sign_in(**PAYER, **response.json(), device="d").json()["trusted"] is False


def test_emulator_mfa_remember_me_without_a_device_is_rejected_and_code_stays_valid(
    bill: Bill, control: Control
) -> None:
    headers = bill.session(**PAYER)
    challenge_id = challenge(bill, headers)
    nameless = respond(bill, headers, challenge_id, control.last_code(), rememberMe=True)
    assert (nameless.status_code, codes(nameless)) == (400, ["BDC_1108"])
    assert respond(bill, headers, challenge_id, control.last_code()).status_code == 200
    # A code is valid once.
    assert codes(respond(bill, headers, challenge_id, control.last_code())) == ["BDC_1119"]


def test_emulator_mfa_wrong_codes_are_rejected_and_then_lock_the_user_for_a_time(bill: Bill, control: Control) -> None:
    control.post("settings", codes={"mfa_code": "BDC_1356"})
    headers = bill.session(**PAYER)
    challenge_id = challenge(bill, headers)
    code = control.last_code()
    assert [codes(respond(bill, headers, challenge_id, wrong(code))) for _time in range(4)] == [
        ["BDC_1356"],
        ["BDC_1356"],
        ["BDC_1356"],
        ["BDC_1358"],
    ]
    assert codes(respond(bill, headers, challenge_id, code)) == ["BDC_1358"]
    assert codes(bill.post("/v3/mfa/challenge", headers, {})) == ["BDC_1358"]
    assert status(bill, headers) == "CHALLENGE"
    control.advance(600)
    # The lock is over, and its count is zero again.
    challenge_id = challenge(bill, headers)
    assert codes(respond(bill, headers, challenge_id, wrong(control.last_code()))) == ["BDC_1356"]
    assert respond(bill, headers, challenge_id, control.last_code()).status_code == 200


def test_emulator_mfa_right_code_resets_the_count_of_wrong_codes(bill: Bill, control: Control) -> None:
    headers = bill.session(**PAYER)
    for _time in range(2):
        challenge_id = challenge(bill, headers)
        for _wrong in range(2):
            assert codes(respond(bill, headers, challenge_id, wrong(control.last_code()))) == ["BDC_1119"]
        assert respond(bill, headers, challenge_id, control.last_code()).status_code == 200


@pytest.mark.parametrize(("seconds", "refused"), [(298, []), (301, ["BDC_1374"])])
def test_emulator_mfa_code_after_five_minutes_is_expired(
    bill: Bill, control: Control, seconds: float, refused: list[str]
) -> None:
    headers = bill.session(**PAYER)
    challenge_id = challenge(bill, headers)
    control.advance(seconds)
    response = respond(bill, headers, challenge_id, control.last_code())
    assert (codes(response) if response.status_code == 400 else []) == refused


def test_emulator_mfa_code_of_another_user_or_purpose_is_rejected(bill: Bill, control: Control) -> None:
    headers, payer = bill.session(), bill.session(**PAYER)
    challenge_id = challenge(bill, payer)
    code = control.last_code()
    assert codes(respond(bill, headers, challenge_id, code)) == ["BDC_1119"]
    as_setup = {"setupId": challenge_id, "type": "TEXT", "token": code}
    assert codes(bill.post("/v3/mfa/setup/validate", headers, as_setup)) == ["BDC_1119"]
    assert respond(bill, payer, challenge_id, code).status_code == 200


def test_emulator_mfa_sixth_text_in_a_clock_minute_is_rejected(bill: Bill, control: Control) -> None:
    control.post("clock", set="2026-03-02T10:10:10Z")
    headers = bill.session(**PAYER)
    for _time in range(5):
        challenge(bill, headers)
    refused = bill.post("/v3/mfa/challenge", headers, {})
    assert (refused.status_code, codes(refused)) == (422, ["BDC_1322"])
    assert len(control.get("messages")) == 5
    # The limit applies neither to another user nor to calls in place of texts.
    other = bill.session()
    assert bill.post("/v3/mfa/setup", other, PHONE).status_code == 200
    for _time in range(6):
        assert bill.post("/v3/mfa/setup", other, {**PHONE, "type": "VOICE"}).status_code == 200
    control.post("settings", codes={"text_limit": "BDC_1144"})
    assert codes(bill.post("/v3/mfa/challenge", headers, {})) == ["BDC_1144"]
    control.post("clock", set="2026-03-02T10:11:00Z")
    challenge(bill, headers)


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("/v3/mfa/setup", {}, "BDC_1108"),
        ("/v3/mfa/setup", {**PHONE, "primary": False}, "BDC_1119"),
        ("/v3/mfa/setup", {**PHONE, "type": "EMAIL"}, "BDC_1119"),
        ("/v3/mfa/setup/validate", {"setupId": "SETUP-none", "type": "TEXT", "token": "000000"}, "BDC_1119"),
        ("/v3/mfa/setup/validate", {}, "BDC_1108"),
        ("/v3/mfa/challenge", {}, "BDC_1354"),
        ("/v3/mfa/challenge", {"useBackup": True}, "BDC_1119"),
        # The request has no body.
        ("/v3/mfa/challenge", None, "BDC_1122"),
        ("/v3/mfa/challenge/validate", {"challengeId": "CHALLENGE-none", "token": "000000"}, "BDC_1119"),
        ("/v3/mfa/challenge/validate", {}, "BDC_1108"),
    ],
)
def test_emulator_mfa_request_with_invalid_content_is_rejected(bill: Bill, path: str, content: Any, code: str) -> None:
    response = bill.post(path, bill.session(), content)
    assert (response.status_code, set(codes(response))) == (400, {code})


def test_emulator_mfa_code_for_a_secondary_phone_follows_the_setting(bill: Bill, control: Control) -> None:
    control.post("settings", codes={"secondary_phone": "BDC_1129"})
    headers = bill.session()
    assert codes(bill.post("/v3/mfa/setup", headers, {**PHONE, "primary": False})) == ["BDC_1129"]
    assert codes(bill.post("/v3/mfa/challenge", headers, {"useBackup": True})) == ["BDC_1129"]


def test_emulator_mfa_setup_of_a_second_phone_is_rejected(bill: Bill, control: Control) -> None:
    headers = bill.session()
    setups = [bill.post("/v3/mfa/setup", headers, PHONE).json()["setupId"] for _time in range(2)]
    responses = [
        bill.post("/v3/mfa/validate", headers, {"setupId": one, "type": "TEXT", "token": message["code"]})
        for one, message in zip(setups, control.get("messages"), strict=True)
    ]
    assert [response.status_code for response in responses] == [200, 400]
    assert codes(responses[1]) == codes(bill.post("/v3/mfa/setup", headers, PHONE)) == ["BDC_5324"]


CALLS = (
    "POST /v3/mfa/setup",
    "POST /v3/mfa/setup/validate",
    "POST /v3/mfa/validate",
    "POST /v3/mfa/challenge",
    "POST /v3/mfa/challenge/validate",
    "POST /v3/mfa/step-up",
    "GET /v3/mfa/phones",
)


@pytest.mark.parametrize("call", CALLS)
def test_emulator_mfa_without_a_user_session_is_rejected(bill: Bill, call: str) -> None:
    method, path = call.split()
    for headers, refused in (
        ({}, (401, ["BDC_1109"])),
        (bill.session(**SYNC_TOKEN), (403, ["BDC_1361"])),
        (bill.session(**CONSOLE), (403, ["BDC_1361"])),
    ):
        response = bill.get(path, headers) if method == "GET" else bill.post(path, headers, {**PHONE, **REMEMBERED})
        assert (response.status_code, codes(response)) == refused


def test_emulator_mfa_for_the_console_follows_the_setting(bill: Bill, control: Control) -> None:
    assert status(bill, bill.session(**CONSOLE)) == "UNDEFINED"
    control.post("settings", console_mfa=True)
    headers = bill.session(**CONSOLE)
    assert status(bill, headers) == "SETUP"
    assert bill.post("/v3/mfa/setup", headers, PHONE).status_code == 200


def test_emulator_mfa_status_of_a_sync_token_is_undefined(bill: Bill) -> None:
    assert status(bill, bill.session(**SYNC_TOKEN)) == "UNDEFINED"


def test_emulator_mfa_bypass_of_a_developer_key_permits_payments(bill: Bill, control: Control) -> None:
    control.post("settings", mfa_bypass=[world.SECOND_DEV_KEY])
    free, bound = bill.session(devKey=world.SECOND_DEV_KEY), bill.session()
    reported = [bill.get("/v3/login/session", headers).json() for headers in (free, bound)]
    assert [(one["mfaBypass"], one["mfaStatus"]) for one in reported] == [(True, "DISABLED"), (False, "SETUP")]
    assert bill.post("/v3/payments", free, PAYMENT).status_code == 201
    assert bill.post("/v3/payments", bound, PAYMENT).status_code == 403


def test_emulator_payment_with_extra_fields_is_stored_unchanged(bill: Bill, control: Control) -> None:
    headers = bill.session(**PAYER, **REMEMBERED)
    responses = [bill.post("/v3/payments", headers, {**PAYMENT, "colour": "blue"}) for _time in range(2)]
    ids = [response.json()["id"] for response in responses]
    assert len(set(ids)) == 2
    assert all(one.startswith("stp") and len(one) == 20 for one in ids)
    assert responses[0].json() == {**PAYMENT, "colour": "blue", "id": ids[0]}
    first, second = control.get("payments")
    assert (first["organization_id"], first["user_id"]) == (world.ORGANIZATION.id, world.PAYER.id)
    assert (first["payment"], second["payment"]["id"]) == (responses[0].json(), ids[1])
    assert first["at"].startswith("2026-03-02T10:10:")
    assert control.get("state")["payments"] == 2


@pytest.mark.parametrize("left_out", ["vendorId", "amount"])
def test_emulator_payment_without_vendor_or_amount_is_rejected(bill: Bill, control: Control, left_out: str) -> None:
    content = {name: value for name, value in PAYMENT.items() if name != left_out}
    response = bill.post("/v3/payments", bill.session(**PAYER, **REMEMBERED), content)
    assert (response.status_code, response.json()[0]["message"]) == (400, f"{left_out}: must not be blank")
    assert control.get("payments") == []


@pytest.mark.parametrize("who", [{}, SYNC_TOKEN, CONSOLE])
def test_emulator_payment_in_an_untrusted_session_is_rejected(
    bill: Bill, control: Control, who: dict[str, str | None]
) -> None:
    response = bill.post("/v3/payments", bill.session(**who), PAYMENT)
    assert (response.status_code, codes(response)) == (403, ["BDC_1361"])
    assert control.get("state")["payments"] == 0
