# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bank account of a vendor: one for each vendor, shown with a mask, and never changed."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

HERE = world.ORGANIZATION.id
VENDOR_ID = world.vendors(HERE)[0]["id"]
PATH = f"/v3/vendors/{VENDOR_ID}/bank-account"
ACCOUNT: dict[str, Any] = {
    "nameOnAccount": "Birch Supply",
    "accountNumber": "1234567890",
    "routingNumber": "074000010",
    "type": "CHECKING",
    "ownerType": "BUSINESS",
    "paymentCurrency": "USD",
}
SHOWN = {**ACCOUNT, "accountNumber": "******7890"}
TRUSTED = {
    "username": world.PAYER.username,
    "password": world.PAYER.password,
    "rememberMeId": world.REMEMBERED_DEVICE.id,
    "device": world.REMEMBERED_DEVICE.device,
}


def stored(control: Control) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = control.get(f"objects/vendor-bank-accounts?organization_id={HERE}")
    return found


def test_emulator_vendor_bank_account_is_created_read_and_deleted(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert stored(control) == []
    response = bill.post(PATH, headers, ACCOUNT)
    assert (response.status_code, response.json()) == (200, SHOWN)
    response = bill.get(PATH, headers)
    assert (response.status_code, response.json()) == (200, SHOWN)
    (kept,) = stored(control)
    assert (kept["vendorId"], kept["accountNumber"]) == (VENDOR_ID, "1234567890")
    assert (kept["id"][:3], len(kept["id"])) == ("vba", 20)
    other = f"/v3/vendors/{world.vendors(HERE)[1]['id']}/bank-account"
    assert refusal(bill.get(other, headers)) == (404, ["BDC_1120"])
    response = bill.send("DELETE", PATH, headers)
    assert (response.status_code, response.content) == (204, b"")
    assert stored(control) == []
    assert refusal(bill.send("DELETE", PATH, headers)) == (404, ["BDC_1120"])
    assert bill.post(PATH, headers, ACCOUNT).status_code == 200


def test_emulator_vendor_bank_account_is_refused_for_a_vendor_that_has_one(bill: Bill, control: Control) -> None:
    headers = bill.session()
    bill.post(PATH, headers, ACCOUNT)
    assert refusal(bill.post(PATH, headers, {**ACCOUNT, "accountNumber": "99"})) == (422, ["BDC_1171"])
    control.post("settings", codes={"vendor_bank_account": "BDC_1119"})
    assert refusal(bill.post(PATH, headers, ACCOUNT)) == (400, ["BDC_1119"])
    for method in ("PATCH", "PUT"):
        assert refusal(bill.send(method, PATH, headers, ACCOUNT)) == (404, ["BDC_1121"])
    assert [one["accountNumber"] for one in stored(control)] == ["1234567890"]


def test_emulator_vendor_without_a_bank_account_answers_404_or_an_empty_object(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert refusal(bill.get(PATH, headers)) == (404, ["BDC_1120"])
    control.post("settings", missing_bank_account="empty")
    response = bill.get(PATH, headers)
    assert (response.status_code, response.json()) == (200, {})
    bill.post(PATH, headers, ACCOUNT)
    assert bill.get(PATH, headers).json() == SHOWN


def test_emulator_vendor_bank_account_shows_its_routing_number_or_a_mask(bill: Bill, control: Control) -> None:
    headers = bill.session()
    bill.post(PATH, headers, ACCOUNT)
    assert bill.get(PATH, headers).json()["routingNumber"] == "074000010"
    control.post("settings", masked=True)
    assert bill.get(PATH, headers).json() == {**SHOWN, "routingNumber": "*****0010"}


@pytest.mark.parametrize(("setting", "refused"), [("none", []), ("writes", ["POST", "DELETE"]), ("all", ["GET"])])
def test_emulator_vendor_bank_account_needs_trust_for_no_call_for_writes_or_for_all(
    bill: Bill, control: Control, setting: str, refused: list[str]
) -> None:
    assert control.get("settings")["vendor_bank_account_trust"] == "none"
    control.post("settings", vendor_bank_account_trust=setting)
    untrusted, trusted = bill.session(), bill.session(**TRUSTED)
    refused = ["POST", "GET", "DELETE"] if setting == "all" else refused
    for method, status in (("POST", 200), ("GET", 200), ("DELETE", 204)):
        if method in refused:
            assert refusal(bill.send(method, PATH, untrusted, ACCOUNT)) == (403, ["BDC_1361"])
            assert bill.send(method, PATH, trusted, ACCOUNT).status_code == status
        else:
            assert bill.send(method, PATH, untrusted, ACCOUNT).status_code == status


@pytest.mark.parametrize(("known", "unknown"), [("PERSON", "PERSONAL"), ("PERSONAL", "PERSON")])
def test_emulator_vendor_bank_account_of_a_person_has_one_of_two_owner_types(
    bill: Bill, control: Control, known: str, unknown: str
) -> None:
    headers = bill.session()
    assert control.get("settings")["person_owner_type"] == "PERSON"
    control.post("settings", person_owner_type=known)
    response = bill.post(PATH, headers, {**ACCOUNT, "ownerType": unknown})
    assert refusal(response) == (400, ["BDC_1119"])
    assert response.json()[0]["message"] == f"ownerType: must be one of BUSINESS, {known}"
    assert bill.post(PATH, headers, {**ACCOUNT, "ownerType": known}).json()["ownerType"] == known


def test_emulator_vendor_bank_account_with_invalid_fields_is_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    response = bill.post(PATH, headers, {"type": "GOLD"})
    assert refusal(response) == (400, ["BDC_1108", "BDC_1108", "BDC_1119"])
    assert refusal(bill.post(PATH, headers, {**ACCOUNT, "routingNumber": 74000010})) == (400, ["BDC_1119"])
    assert stored(control) == []


def test_emulator_vendor_bank_account_of_another_organization_is_not_found(bill: Bill) -> None:
    headers = bill.session()
    for id_ in (world.vendors(world.SECOND_ORGANIZATION.id)[0]["id"], "nothing"):
        path = f"/v3/vendors/{id_}/bank-account"
        for method in ("GET", "POST", "DELETE"):
            assert refusal(bill.send(method, path, headers, ACCOUNT)) == (404, ["BDC_1120"])


def test_emulator_vendor_bank_account_deleted_with_a_fault_has_no_body(bill: Bill, control: Control) -> None:
    headers = bill.session()
    for fault in ({"drip": 1}, {"endless": True}, {"slow": 0.01}):
        bill.post(PATH, headers, ACCOUNT)
        control.fault(f"DELETE {PATH}", **fault)
        response = bill.send("DELETE", PATH, headers)
        assert (response.status_code, response.content, stored(control)) == (204, b"", [])
    bill.post(PATH, headers, ACCOUNT)
    control.fault(f"DELETE {PATH}", cut=True)
    with pytest.raises(requests.ConnectionError):
        bill.send("DELETE", PATH, headers)
    assert stored(control) == []


def test_emulator_control_stores_a_vendor_bank_account_of_a_known_vendor_only(bill: Bill, control: Control) -> None:
    url = f"{control.url}/objects/vendor-bank-accounts?organization_id={HERE}"
    for vendor_id, status in ((VENDOR_ID, 200), ("nothing", 404), (None, 404)):
        assert requests.post(url, json={**ACCOUNT, "vendorId": vendor_id}, timeout=5).status_code == status
    assert bill.get(PATH, bill.session()).json() == SHOWN
