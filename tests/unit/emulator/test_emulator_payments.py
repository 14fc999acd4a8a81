# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payments as objects: listed, read, made in bulk, cancelled, and made by a request whose response is lost."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

PAYMENTS = "/v3/payments"
PAYMENT: dict[str, Any] = {"vendorId": "00901VENDOR000000001", "amount": 12.5, "processDate": "2026-03-06"}
TRUSTED = {
    "username": world.PAYER.username,
    "password": world.PAYER.password,
    "rememberMeId": world.REMEMBERED_DEVICE.id,
    "device": world.REMEMBERED_DEVICE.device,
}


def stored_payments(control: Control) -> list[dict[str, Any]]:
    payments: list[dict[str, Any]] = control.get(f"objects/payments?organization_id={world.ORGANIZATION.id}")
    return payments


def test_emulator_payment_is_readable_in_any_session_of_its_organization(bill: Bill, control: Control) -> None:
    trusted, plain = bill.session(**TRUSTED), bill.session()
    assert bill.get(PAYMENTS, plain).json() == {"results": []}
    first = bill.post(PAYMENTS, trusted, PAYMENT).json()
    control.advance(60)
    second = bill.post(PAYMENTS, trusted, {**PAYMENT, "amount": "100"}).json()
    for question, expected in (
        ({"sort": "createdTime:desc"}, [second, first]),
        ({"sort": "amount:asc"}, [first, second]),
        ({"filters": "amount:gt:20"}, [second]),
        ({"filters": 'createdTime:lt:"2026-03-02T10:10:30"'}, [first]),
        ({"filters": 'processDate:eq:"2026-03-06"', "max": "1"}, [first]),
    ):
        found = bill.get(PAYMENTS, plain, params=question).json()["results"]
        assert [one["id"] for one in found] == [one["id"] for one in expected]
    read = bill.get(f"{PAYMENTS}/{first['id']}", plain).json()
    assert {**read, **first} == read == stored_payments(control)[0]
    assert (read["status"], read["createdTime"][:16]) == ("SCHEDULED", "2026-03-02T10:10")
    elsewhere = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    assert codes(bill.get(f"{PAYMENTS}/{first['id']}", elsewhere)) == ["BDC_1120"]


@pytest.mark.parametrize("acted", [True, False])
def test_emulator_payment_with_a_lost_response_exists_once_or_never(bill: Bill, control: Control, acted: bool) -> None:
    headers = bill.session(**TRUSTED)
    control.fault("POST /v3/payments", reset=True, acted=acted)
    with pytest.raises(requests.ConnectionError):
        bill.post(PAYMENTS, headers, PAYMENT)
    assert (
        len(stored_payments(control)) == len(control.get("payments")) == control.get("state")["payments"] == int(acted)
    )


def test_emulator_payment_bulk_accepts_at_most_fifty(bill: Bill, control: Control) -> None:
    headers = bill.session(**TRUSTED)
    refused = bill.post(f"{PAYMENTS}/bulk", headers, [PAYMENT] * 51)
    assert (refused.status_code, codes(refused)) == (400, ["BDC_1119"])
    refused = bill.post(f"{PAYMENTS}/bulk", headers, [PAYMENT, {"amount": 0}])
    assert [one["message"] for one in refused.json()] == [
        "[1].vendorId: must not be blank",
        "[1].amount: must not be blank",
    ]
    assert stored_payments(control) == control.get("payments") == []
    made = bill.post(f"{PAYMENTS}/bulk", headers, [PAYMENT] * 50)
    assert (made.status_code, len({one["id"] for one in made.json()})) == (201, 50)
    assert [one["payment"] for one in control.get("payments")] == made.json()


def test_emulator_payment_bulk_can_share_common_fields(bill: Bill, control: Control) -> None:
    lines = [{"billId": f"00n01BILL{number:011d}", "amount": number} for number in (1, 2)]
    shared = {"processDate": "2026-03-06"}
    made = bill.post(f"{PAYMENTS}/bulk", bill.session(**TRUSTED), {**shared, "payments": lines})
    assert made.status_code == 201
    assert [{**line, **shared, "id": one["id"]} for line, one in zip(lines, made.json(), strict=True)] == made.json()
    for invalid in ({"payments": "x"}, {"payments": [3]}, {}):
        assert codes(bill.post(f"{PAYMENTS}/bulk", bill.session(**TRUSTED), invalid)) == ["BDC_1122"]


def test_emulator_payment_bulk_requires_trust_and_cancelling_does_not(bill: Bill, control: Control) -> None:
    plain = bill.session()
    refused = bill.post(f"{PAYMENTS}/bulk", plain, [PAYMENT])
    assert (refused.status_code, codes(refused)) == (403, ["BDC_1361"])
    assert stored_payments(control) == []
    id_ = bill.post(PAYMENTS, bill.session(**TRUSTED), PAYMENT).json()["id"]
    for what, status in (("cancel", "CANCELED"), ("void", "VOID")):
        response = bill.send("POST", f"{PAYMENTS}/{id_}/{what}", plain)
        assert (response.status_code, response.json()["status"]) == (200, status)
        assert bill.get(f"{PAYMENTS}/{id_}", plain).json() == response.json()
    assert codes(bill.post(f"{PAYMENTS}/nothing/cancel", plain)) == ["BDC_1120"]


def test_emulator_payment_by_an_accounting_app_is_rejected(bill: Bill, control: Control) -> None:
    id_ = bill.post(PAYMENTS, bill.session(**TRUSTED), PAYMENT).json()["id"]
    client = world.ACCOUNTING_CLIENT
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret}
    token = requests.post(f"{bill.api_url}/authx/token", data=form, timeout=5).json()["access_token"]
    books = {"Authorization": f"Bearer {token}"}
    # BILL has another code for it, because such an app is not trusted either.
    control.post("settings", codes={"scope": "BDC_1150"})
    for path, content in (("/bulk", [PAYMENT]), (f"/{id_}/cancel", None), (f"/{id_}/void", None)):
        assert codes(bill.post(f"{PAYMENTS}{path}", books, content)) == ["BDC_1150"]
    assert [one["status"] for one in stored_payments(control)] == ["SCHEDULED"]
    assert bill.get(PAYMENTS, books).status_code == 200
