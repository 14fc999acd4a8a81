# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contacts of a customer: an e-mail is unique within the customer."""

from __future__ import annotations

from typing import Any

import requests

from tests.emulator import ledger, world
from tests.emulator.control_client import Bill, Control, refusal

HERE = world.ORGANIZATION.id
FIRST, SECOND = (one["id"] for one in ledger.customers(HERE)[:2])
CONTACT: dict[str, Any] = {"firstName": "Ida", "lastName": "Holt", "email": "ida@example.com", "phone": "555-0101"}


def path(customer_id: str = FIRST) -> str:
    return f"/v3/customers/{customer_id}/contacts"


def test_emulator_customer_contact_is_created_listed_read_and_changed(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert bill.get(path(), headers).json() == {"results": []}
    response = bill.post(path(), headers, CONTACT)
    assert response.status_code == 201
    made = response.json()
    assert (made["id"][:3], len(made["id"]), made["archived"]) == ("cpu", 20, False)
    assert "customerId" not in made
    one = f"{path()}/{made['id']}"
    changed = bill.send("PATCH", one, headers, {"altPhone": "555-0102"}).json()
    assert changed == {**made, "altPhone": "555-0102", "updatedTime": changed["updatedTime"]}
    assert bill.get(one, headers).json() == changed
    assert bill.get(path(), headers).json() == {"results": [changed]}
    assert control.get(f"objects/customer-contacts?organization_id={HERE}") == [{"customerId": FIRST, **changed}]
    assert bill.get(path(SECOND), headers).json() == {"results": []}
    assert refusal(bill.get(f"{path(SECOND)}/{made['id']}", headers)) == (404, ["BDC_1120"])


def test_emulator_customer_contacts_of_several_customers_have_unique_identifiers(bill: Bill) -> None:
    headers = bill.session()
    new = bill.post("/v3/customers", headers, {"name": "New"}).json()["id"]
    made = [
        bill.post(path(customer), headers, {**CONTACT, "email": f"{number}@example.com"}).json()["id"]
        for customer in (FIRST, SECOND, new)
        for number in range(2)
    ]
    assert len(set(made)) == 6


def test_emulator_customer_contact_is_archived_filtered_and_restored(bill: Bill, control: Control) -> None:
    headers = bill.session()
    ids = [
        bill.post(path(), headers, {**CONTACT, "email": f"{name}@example.com"}).json()["id"] for name in ("ida", "una")
    ]
    response = bill.send("POST", f"{path()}/{ids[0]}/archive", headers)
    assert (response.status_code, response.json()["archived"]) == (200, True)
    for value, expected in (("true", ids[:1]), ("false", ids[1:])):
        found = bill.get(path(), headers, params={"filters": f"archived:eq:{value}"}).json()["results"]
        assert [one["id"] for one in found] == expected
    assert len(bill.get(path(), headers).json()["results"]) == 2
    control.post("settings", archived_in_lists=False)
    assert len(bill.get(path(), headers).json()["results"]) == 1
    assert bill.send("POST", f"{path()}/{ids[0]}/restore", headers).json()["archived"] is False


def test_emulator_customer_contact_with_the_email_of_another_one_is_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    first = f"{path()}/{bill.post(path(), headers, CONTACT).json()['id']}"
    second = f"{path()}/{bill.post(path(), headers, {**CONTACT, 'email': 'una@example.com'}).json()['id']}"
    assert refusal(bill.post(path(), headers, {**CONTACT, "email": "IDA@example.com"})) == (422, ["BDC_1171"])
    assert refusal(bill.send("PATCH", second, headers, {"email": "ida@example.com"})) == (422, ["BDC_1171"])
    # Another customer may have a contact with this e-mail.
    assert bill.post(path(SECOND), headers, CONTACT).status_code == 201
    bill.post(f"{first}/archive", headers)
    assert refusal(bill.post(path(), headers, CONTACT)) == (422, ["BDC_1171"])
    control.post("settings", archived_emails="allowed")
    assert bill.post(path(), headers, CONTACT).status_code == 201
    assert refusal(bill.post(f"{first}/restore", headers)) == (422, ["BDC_1171"])


def test_emulator_customer_contact_with_invalid_fields_is_refused(bill: Bill) -> None:
    headers = bill.session()
    assert refusal(bill.post(path(), headers, {"firstName": "Ida"})) == (400, ["BDC_1108"])
    assert refusal(bill.post(path(), headers, {**CONTACT, "altPhone": 5550101})) == (400, ["BDC_1119"])


def test_emulator_customer_contacts_of_another_organization_are_not_found(bill: Bill, control: Control) -> None:
    headers, theirs = bill.session(), ledger.customers(world.SECOND_ORGANIZATION.id)[0]["id"]
    assert theirs not in {one["id"] for one in control.get(f"objects/customers?organization_id={HERE}")}
    for response in (bill.get(path(theirs), headers), bill.post(path("nothing"), headers, CONTACT)):
        assert refusal(response) == (404, ["BDC_1120"])


def test_emulator_control_stores_a_customer_contact_without_checks(bill: Bill, control: Control) -> None:
    url = f"{control.url}/objects/customer-contacts?organization_id={HERE}"
    stored = requests.post(url, json={"customerId": FIRST, "firstName": "Only"}, timeout=5).json()
    assert bill.get(f"{path()}/{stored['id']}", bill.session()).json()["firstName"] == "Only"
