# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vendors, customers, bills and invoices: create, read, change, archive and restore. Invalid ones are refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

HERE = world.ORGANIZATION.id
VENDOR: dict[str, Any] = {
    "name": "New Ovens Ltd",
    "address": {"line1": "1 Side Street", "city": "Austin", "country": "US"},
}
CUSTOMER = {"name": "Tea Room"}
BILL: dict[str, Any] = {
    "vendorId": "00901VENDOR000000001",
    "dueDate": "2026-04-01",
    "billLineItems": [{"amount": 20.5}, {"amount": 1.25}],
    "invoice": {"invoiceNumber": "A-1"},
}
INVOICE: dict[str, Any] = {
    "customer": {"id": "0cu01CUSTOMER0000001"},
    "invoiceNumber": "C-1",
    "dueDate": "2026-04-01",
    "invoiceLineItems": [{"quantity": 3, "price": 1.5}],
}
GOOD: dict[str, dict[str, Any]] = {"vendors": VENDOR, "customers": CUSTOMER, "bills": BILL, "invoices": INVOICE}
PREFIXES = {"vendors": "009", "customers": "0cu", "bills": "00n", "invoices": "00e"}
TRUSTED = {
    "username": world.PAYER.username,
    "password": world.PAYER.password,
    "rememberMeId": world.REMEMBERED_DEVICE.id,
    "device": world.REMEMBERED_DEVICE.device,
}


def stored_objects(control: Control, kind: str) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = control.get(f"objects/{kind}?organization_id={HERE}")
    return objects


def messages(response: requests.Response) -> list[str]:
    return [error["message"] for error in response.json()]


@pytest.mark.parametrize("kind", GOOD)
def test_emulator_object_after_its_creation_is_readable(bill: Bill, control: Control, kind: str) -> None:
    headers, before = bill.session(), stored_objects(control, kind)
    response = bill.post(f"/v3/{kind}", headers, GOOD[kind])
    assert response.status_code == 201
    made = response.json()
    assert (made["id"][:3], len(made["id"]), made["archived"]) == (PREFIXES[kind], 20, False)
    assert made["createdTime"] == made["updatedTime"]
    assert made["createdTime"].startswith("2026-03-02T10:10:")
    assert made["id"] not in {one["id"] for one in before}
    assert stored_objects(control, kind) == [*before, made]
    response = bill.get(f"/v3/{kind}/{made['id']}", headers)
    assert (response.status_code, response.json()) == (200, made)

    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    assert codes(bill.get(f"/v3/{kind}/{made['id']}", there)) == ["BDC_1120"]
    control.post("reset")
    assert stored_objects(control, kind) == before


@pytest.mark.parametrize("kind", GOOD)
def test_emulator_objects_of_each_organization_have_unique_identifiers(bill: Bill, control: Control, kind: str) -> None:
    identifiers = [
        one["id"]
        for organization in (world.ORGANIZATION, world.SECOND_ORGANIZATION, world.CLIENT_ORGANIZATION)
        for one in control.get(f"objects/{kind}?organization_id={organization.id}")
    ]
    assert len(set(identifiers)) == len(identifiers) > 20
    assert {(one[:3], len(one)) for one in identifiers} == {(PREFIXES[kind], 20)}
    assert control.get(f"objects/{kind}?organization_id={world.LOCKED_ORGANIZATION.id}") == []
    assert len(bill.get(f"/v3/{kind}", bill.session()).json()["results"]) == 20


@pytest.mark.parametrize("kind", GOOD)
def test_emulator_object_archived_or_restored_twice_without_body_is_unchanged(
    bill: Bill, control: Control, kind: str
) -> None:
    headers = bill.session()
    id_ = bill.post(f"/v3/{kind}", headers, GOOD[kind]).json()["id"]
    for what, archived in (("archive", True), ("restore", False)):
        control.advance(60)
        first, second = (bill.send("POST", f"/v3/{kind}/{id_}/{what}", headers) for _time in range(2))
        assert (first.status_code, second.status_code) == (200, 200)
        assert (first.json()["id"], first.json()["archived"]) == (id_, archived)
        assert second.json() == first.json() == bill.get(f"/v3/{kind}/{id_}", headers).json()
    assert codes(bill.post(f"/v3/{kind}/nothing/archive", headers)) == ["BDC_1120"]


@pytest.mark.parametrize("kind", GOOD)
def test_emulator_object_change_keeps_other_fields_and_fields_of_bill(bill: Bill, control: Control, kind: str) -> None:
    headers = bill.session()
    made = bill.post(f"/v3/{kind}", headers, GOOD[kind]).json()
    control.advance(60)
    change = {"description": "new", "id": "mine", "archived": True, "createdTime": "2001-01-01"}
    response = bill.send("PATCH", f"/v3/{kind}/{made['id']}", headers, change)
    assert response.status_code == 200
    changed = response.json()
    assert changed.pop("updatedTime") > made.pop("updatedTime")
    assert changed == {**made, "description": "new"}


def test_emulator_object_change_is_undone_by_a_reset(bill: Bill, control: Control) -> None:
    headers, first = bill.session(), world.vendors(HERE)[0]
    path = f"/v3/vendors/{first['id']}"
    bill.send("PATCH", path, headers, {"name": "Other"})
    assert bill.get(path, headers).json()["name"] == "Other"
    control.post("reset")
    assert bill.get(path, bill.session()).json() == first


@pytest.mark.parametrize(
    ("kind", "lines", "total"), [("bills", "billLineItems", 7), ("invoices", "invoiceLineItems", 7)]
)
def test_emulator_object_replaced_loses_the_fields_not_sent(bill: Bill, kind: str, lines: str, total: float) -> None:
    headers = bill.session()
    made = bill.post(f"/v3/{kind}", headers, {**GOOD[kind], "description": "old"}).json()
    content = {**GOOD[kind], lines: [{"amount": 7}]}
    replaced = bill.send("PUT", f"/v3/{kind}/{made['id']}", headers, content).json()
    assert (replaced["id"], replaced["createdTime"]) == (made["id"], made["createdTime"])
    assert replaced[lines] == [{"amount": 7}]
    assert total in {replaced.get("amount"), replaced.get("totalAmount")}
    assert "description" not in replaced
    refused = bill.send("PUT", f"/v3/{kind}/{made['id']}", headers, {"dueDate": "2026-04-01"})
    assert refused.status_code == 400
    assert bill.get(f"/v3/{kind}/{made['id']}", headers).json() == replaced


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "vendors/00901VENDOR000000001"),
        ("PUT", "customers/0cu01CUSTOMER0000001"),
        ("DELETE", "bills/00n01BILL00000000001"),
        ("POST", "customers/bulk"),
        ("POST", "invoices/bulk"),
        ("GET", "vendors/00901VENDOR000000001/configuration"),
        ("GET", "recurringbills"),
        ("GET", "payments/options"),
        ("GET", "organizations/industries"),
    ],
)
def test_emulator_object_with_an_unsupported_method_answers_404(bill: Bill, method: str, path: str) -> None:
    response = bill.send(method, f"/v3/{path}", bill.session(), {})
    assert (response.status_code, codes(response)) == (404, ["BDC_1121"])


BLANK, NULL = "must not be blank", "must not be null"
INVALID: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("vendors", {"name": None, "address": None}, ["BDC_1108"] * 2, [f"name: {BLANK}", f"address: {NULL}"]),
    ("vendors", {"name": " "}, ["BDC_1108"], [f"name: {BLANK}"]),
    ("vendors", {"address": "Main Street"}, ["BDC_1119"], ["address: must be an object"]),
    ("customers", {"name": ""}, ["BDC_1108"], [f"name: {BLANK}"]),
    ("customers", {"name": 7}, ["BDC_1119"], ["name: must be a string"]),
    (
        "bills",
        {"vendorId": None, "dueDate": None, "billLineItems": None},
        ["BDC_1108"] * 3,
        [f"vendorId: {BLANK}", f"dueDate: {BLANK}", f"billLineItems: {NULL}"],
    ),
    ("bills", {"vendorId": "00902VENDOR000000001"}, ["BDC_1119"], ["vendorId: there is no such vendor"]),
    ("bills", {"dueDate": "04/01/2026"}, ["BDC_1119"], ["dueDate: must be a date in the format yyyy-MM-dd"]),
    ("bills", {"dueDate": "2026-02-30"}, ["BDC_1119"], ["dueDate: must be a date in the format yyyy-MM-dd"]),
    ("bills", {"dueDate": "20260401"}, ["BDC_1119"], ["dueDate: must be a date in the format yyyy-MM-dd"]),
    ("bills", {"billLineItems": []}, ["BDC_1119"], ["billLineItems: must be a list that is not empty"]),
    (
        "bills",
        {"billLineItems": [{"amount": 1}, {"amount": "1"}, {}]},
        ["BDC_1119", "BDC_1108"],
        ["billLineItems[1].amount: must be a number", f"billLineItems[2].amount: {NULL}"],
    ),
    ("invoices", {"customer": None}, ["BDC_1108"], [f"customer.id: {BLANK}"]),
    # A filter has the name `customer.id`, and a record has `customerId`.
    (
        "invoices",
        {"customer": None, "customerId": "0cu01CUSTOMER0000001"},
        ["BDC_1108"],
        [f"customer.id: {BLANK}"],
    ),
    ("invoices", {"customer": {"id": "0cu"}}, ["BDC_1119"], ["customer.id: there is no such customer"]),
    (
        "invoices",
        {"invoiceNumber": None, "invoiceLineItems": [3]},
        ["BDC_1108", "BDC_1119"],
        [f"invoiceNumber: {BLANK}", "invoiceLineItems[0]: must be an object"],
    ),
]


@pytest.mark.parametrize(("kind", "changes", "expected", "words"), INVALID)
def test_emulator_object_with_invalid_fields_is_rejected_and_each_is_named(
    bill: Bill, control: Control, kind: str, changes: dict[str, Any], expected: list[str], words: list[str]
) -> None:
    headers, before = bill.session(), stored_objects(control, kind)
    content = {name: value for name, value in {**GOOD[kind], **changes}.items() if value is not None}
    response = bill.post(f"/v3/{kind}", headers, content)
    assert (response.status_code, codes(response), messages(response)) == (400, expected, words)
    assert stored_objects(control, kind) == before


def test_emulator_object_change_with_invalid_fields_is_rejected(bill: Bill) -> None:
    headers, path = bill.session(), "/v3/vendors/00901VENDOR000000001"
    response = bill.send("PATCH", path, headers, {"name": "", "address": None})
    assert messages(response) == [f"name: {BLANK}", f"address: {NULL}"]
    assert bill.get(path, headers).json() == world.vendors(HERE)[0]


def test_emulator_object_refusal_can_omit_the_codes(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", validation_codes=False)
    for response in (bill.post("/v3/vendors", headers, {}), bill.sign_in(username=None)):
        assert response.status_code == 400
        assert all("code" not in error and error["message"].endswith(BLANK) for error in response.json()[:1])
    assert codes(bill.get("/v3/vendors/nothing", headers)) == ["BDC_1120"]


def test_emulator_bill_amount_is_the_sum_of_its_lines(bill: Bill) -> None:
    lines = [{"amount": 20.1}, {"quantity": 3, "price": 0.1}]
    made = bill.post("/v3/bills", bill.session(), {**BILL, "billLineItems": lines}).json()
    assert (made["amount"], made["dueAmount"], made["paymentStatus"]) == (20.4, 20.4, "UNPAID")
    assert made["invoice"] == BILL["invoice"]


def test_emulator_invoice_is_returned_with_its_customer_id(bill: Bill) -> None:
    headers = bill.session()
    made = bill.post("/v3/invoices", headers, INVOICE).json()
    assert (made["customerId"], made["totalAmount"]) == ("0cu01CUSTOMER0000001", 4.5)
    assert "customer" not in made
    change = {"customer": {"id": "0cu01CUSTOMER0000002"}}
    changed = bill.send("PATCH", f"/v3/invoices/{made['id']}", headers, change).json()
    assert changed["customerId"] == "0cu01CUSTOMER0000002"


@pytest.mark.parametrize(("asked", "needed"), [({"enable": True}, True), ({"enable": False}, False), (None, False)])
def test_emulator_vendor_auto_pay_is_enabled_only_in_a_trusted_session(
    bill: Bill, control: Control, asked: dict[str, bool] | None, needed: bool
) -> None:
    content = {**VENDOR, "autoPay": asked}
    path = "/v3/vendors/00901VENDOR000000001"
    for headers, refused in ((bill.session(), needed), (bill.session(**TRUSTED), False)):
        before = len(stored_objects(control, "vendors"))
        responses = [
            bill.post("/v3/vendors", headers, content),
            bill.post("/v3/vendors/bulk", headers, [VENDOR, content]),
            bill.send("PATCH", path, headers, {"autoPay": asked}),
        ]
        if refused:
            assert [(one.status_code, codes(one)) for one in responses] == [(403, ["BDC_1361"])] * 3
            assert len(stored_objects(control, "vendors")) == before
        else:
            assert [one.status_code for one in responses] == [201, 201, 200]


MOST = {"vendors": 20, "bills": 100}


@pytest.mark.parametrize("kind", MOST)
def test_emulator_bulk_request_creates_many_objects(bill: Bill, control: Control, kind: str) -> None:
    before = stored_objects(control, kind)
    response = bill.post(f"/v3/{kind}/bulk", bill.session(), [GOOD[kind]] * MOST[kind])
    assert response.status_code == 201
    made = response.json()
    if kind == "vendors":
        # Documented: the list of vendors has a name. That of bills has none.
        made = made["vendors"]
    assert len({one["id"] for one in made}) == MOST[kind]
    assert stored_objects(control, kind) == [*before, *made]


@pytest.mark.parametrize("kind", MOST)
def test_emulator_bulk_request_too_long_or_with_an_invalid_object_creates_nothing(
    bill: Bill, control: Control, kind: str
) -> None:
    headers, before = bill.session(), stored_objects(control, kind)
    for several in ([GOOD[kind]] * (MOST[kind] + 1), []):
        response = bill.post(f"/v3/{kind}/bulk", headers, several)
        assert (response.status_code, messages(response)) == (
            400,
            [f"{kind}: must have between 1 and {MOST[kind]} objects"],
        )
    field = "name" if kind == "vendors" else "vendorId"
    response = bill.post(f"/v3/{kind}/bulk", headers, [GOOD[kind], {**GOOD[kind], field: ""}])
    assert (response.status_code, messages(response)) == (400, [f"[1].{field}: {BLANK}"])
    for invalid in (GOOD[kind], [GOOD[kind], 3]):
        assert codes(bill.post(f"/v3/{kind}/bulk", headers, invalid)) == ["BDC_1122"]
    assert stored_objects(control, kind) == before


def test_emulator_object_request_without_a_session_is_rejected(bill: Bill, control: Control) -> None:
    for kind, content in GOOD.items():
        before = stored_objects(control, kind)
        id_ = before[0]["id"]
        for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{id_}"), ("PATCH", f"/{id_}")):
            response = bill.send(method, f"/v3/{kind}{path}", {"devKey": world.DEV_KEY}, content)
            assert (response.status_code, codes(response)) == (401, ["BDC_1109"])
        assert stored_objects(control, kind) == before


@pytest.mark.parametrize("what", ["nothing?organization_id=" + HERE, "bills", "bills?organization_id=nothing"])
def test_emulator_control_of_an_unknown_kind_or_organization_answers_404(control: Control, what: str) -> None:
    assert requests.get(f"{control.url}/objects/{what}", timeout=5).status_code == 404
