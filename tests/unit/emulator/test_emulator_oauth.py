# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth: an app's id and secret for a short-lived token, and the requests that the token permits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

FORM = {
    "grant_type": "client_credentials",
    "client_id": world.CLIENT.id,
    "client_secret": world.CLIENT.secret,
}
ACCOUNTING = {"client_id": world.ACCOUNTING_CLIENT.id, "client_secret": world.ACCOUNTING_CLIENT.secret}
PAYMENT = {"vendorId": "00901VENDOR000000001", "amount": 12.5}


def request_token(bill: Bill, **changes: str | None) -> requests.Response:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return requests.post(f"{bill.api_url}/authx/token", data=form, timeout=5)


def bearer(bill: Bill, **changes: str | None) -> dict[str, str]:
    response = request_token(bill, **changes)
    response.raise_for_status()
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def test_emulator_oauth_token_is_available_at_both_urls(bill: Bill, control: Control) -> None:
    root = bill.api_url.removesuffix("/connect")
    for url in (f"{root}/authx/token", f"{root}/connect/authx/token"):
        response = requests.post(url, data=FORM, timeout=5)
        assert response.status_code == 200
        reported = response.json()
        headers = {"Authorization": f"Bearer {reported.pop('access_token')}"}
        assert reported == {"token_type": "Bearer", "expires_in": 900}
        assert bill.get("/v3/vendors", headers).status_code == 200
    assert control.get("counts") == {
        "POST /authx/token": 1,
        "POST /connect/authx/token": 1,
        "GET /v3/vendors": 2,
    }
    assert control.received()[0]["body"] == FORM
    assert control.get("state")["access_tokens"] == 2
    # Faults use the same paths.
    control.fault("POST /authx/token", status=503)
    assert request_token(bill).status_code == 200
    assert requests.post(f"{root}/authx/token", data=FORM, timeout=5).status_code == 503
    assert codes(requests.post(f"{root}/authx/other", data=FORM, timeout=5)) == ["BDC_1121"]


@pytest.mark.parametrize("scenario", [900, 60])
def test_emulator_oauth_token_expires_although_it_is_used(bill: Bill, control: Control, scenario: int) -> None:
    control.post("settings", oauth_token_life=scenario)
    assert request_token(bill).json()["expires_in"] == scenario
    headers = bearer(bill)
    control.advance(scenario - 5)
    assert bill.get("/v3/vendors", headers).status_code == 200
    control.advance(6)
    response = bill.get("/v3/vendors", headers)
    assert (response.status_code, codes(response)) == (401, ["BDC_1109"])
    control.post("settings", codes={"bearer": "BDC_1101"})
    assert codes(bill.get("/v3/vendors", headers)) == ["BDC_1101"]


def test_emulator_oauth_token_response_can_omit_the_lifetime(bill: Bill, control: Control) -> None:
    control.post("settings", oauth_tells_life=False)
    assert set(request_token(bill).json()) == {"access_token", "token_type"}


@pytest.mark.parametrize(
    ("changes", "rfc6749", "envelope"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client"), (401, "BDC_1101")),
        ({"client_id": "nobody"}, (401, "invalid_client"), (401, "BDC_1101")),
        # Users and tokens of other methods are not apps.
        (
            {"client_id": world.USER.username, "client_secret": world.USER.password},
            (401, "invalid_client"),
            (401, "BDC_1101"),
        ),
        ({"client_id": None}, (400, "invalid_request"), (400, "BDC_1108")),
        ({"client_secret": None}, (400, "invalid_request"), (400, "BDC_1108")),
        ({"grant_type": None}, (400, "invalid_request"), (400, "BDC_1108")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type"), (400, "BDC_1129")),
    ],
)
def test_emulator_oauth_refusal_has_the_rfc6749_or_the_bill_format(
    bill: Bill,
    control: Control,
    changes: dict[str, str | None],
    rfc6749: tuple[int, str],
    envelope: tuple[int, str],
) -> None:
    response = request_token(bill, **changes)
    assert (response.status_code, response.json()["error"]) == rfc6749
    assert set(response.json()) == {"error", "error_description"}
    control.post("settings", oauth_errors="bill")
    response = request_token(bill, **changes)
    assert (response.status_code, *codes(response)) == envelope


def test_emulator_oauth_request_with_json_is_rejected(bill: Bill) -> None:
    response = bill.post("/authx/token", content=FORM)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_emulator_oauth_secret_after_a_change_replaces_the_old_secret(bill: Bill, control: Control) -> None:
    control.post(f"users/{world.CLIENT.id}/password", password="New-findme")
    assert request_token(bill).status_code == 401
    assert request_token(bill, client_secret="New-findme").status_code == 200
    assert control.get("world")["clients"][0]["secret"] == "New-findme"


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Basic {token}"}],
)
def test_emulator_oauth_with_another_authorization_header_is_rejected(bill: Bill, headers: dict[str, str]) -> None:
    token = request_token(bill).json()["access_token"]
    headers = {name: value.format(token=token) for name, value in headers.items()}
    assert codes(bill.get("/v3/vendors", headers)) == ["BDC_1109"]


@pytest.mark.parametrize("works", [True, False])
def test_emulator_oauth_token_validation_and_logout_follow_the_setting(
    bill: Bill, control: Control, works: bool
) -> None:
    control.post("settings", bearer_session_check=works)
    headers = bearer(bill)
    check, goodbye = bill.get("/v3/login/session", headers), bill.sign_out(headers)
    assert [check.status_code, goodbye.status_code] == ([200, 200] if works else [401, 401])
    if works:
        assert check.json() == {
            "organizationId": world.CLIENT.organization_id,
            "userId": world.CLIENT.user_id,
            "mfaStatus": "COMPLETE",
            "mfaBypass": False,
        }
    else:
        assert codes(check) == codes(goodbye) == ["BDC_1109"]
    assert bill.get("/v3/vendors", headers).status_code == (401 if works else 200)


def test_emulator_oauth_accounting_scope_cannot_pay_and_full_access_can(bill: Bill, control: Control) -> None:
    assert bill.post("/v3/payments", bearer(bill), PAYMENT).status_code == 201
    books = bearer(bill, **ACCOUNTING)
    assert bill.get("/v3/vendors", books).status_code == 200
    control.post("settings", codes={"scope": "BDC_1150"}, status_of={"BDC_1150": 403})
    for response in (
        bill.post("/v3/payments", books, PAYMENT),
        bill.get("/v3/login/session", books),
        bill.sign_out(books),
    ):
        assert (response.status_code, codes(response)) == (403, ["BDC_1150"])
    assert control.get("state")["payments"] == 1


def test_emulator_oauth_token_reads_its_organization_and_has_no_mfa(bill: Bill) -> None:
    headers = bearer(bill)
    here = bill.get("/v3/vendors", bill.session()).json()
    assert bill.get("/v3/vendors", headers).json() == here
    reported = bill.get("/v3/login/organizations", headers).json()
    assert [one["id"] for one in reported["results"]] == [world.CLIENT.organization_id]
    response = bill.get("/v3/mfa/phones", headers)
    assert (response.status_code, codes(response)) == (403, ["BDC_1361"])


def test_emulator_oauth_token_with_a_wrong_session_id_is_rejected(bill: Bill) -> None:
    assert codes(bill.get("/v3/vendors", {**bearer(bill), "sessionId": "wrong"})) == ["BDC_1109"]


@pytest.mark.parametrize(("setting", "refused"), [({}, 1), ({"bearer_limits": False}, 0)])
def test_emulator_oauth_token_counts_towards_limits_by_the_setting(
    bill: Bill, control: Control, setting: dict[str, Any], refused: int
) -> None:
    # Two tokens of one app share its limit.
    first, second = bearer(bill), bearer(bill)
    control.post("settings", latency=0.3, **setting)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(bill.get, "/v3/vendors", headers) for headers in (first, second, first, second)]
        statuses = [call.result().status_code for call in calls]
    assert statuses.count(422) == refused
    # A request for a token counts towards no documented limit.
    assert control.get("state")["logins_this_hour"] == 0


def test_emulator_oauth_token_ended_elsewhere_is_rejected(bill: Bill, control: Control) -> None:
    first, second = bearer(bill), bearer(bill)
    assert control.post("sessions/end", session_id=first["Authorization"].split()[1]) == {"ended": 1}
    assert [bill.check(first), bill.check(second)] == [401, 200]
    assert control.post("sessions/end") == {"ended": 1}
