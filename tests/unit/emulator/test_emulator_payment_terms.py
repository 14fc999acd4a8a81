# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payment terms: the same days twice, and the method of a change."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

HERE = world.ORGANIZATION.id
TERMS = f"/v3/organizations/{HERE}/payment-terms"
TERM = {"name": "Net 45", "daysDue": 45}


def test_emulator_payment_term_is_created_listed_and_read(bill: Bill, control: Control) -> None:
    headers = bill.session()
    response = bill.post(TERMS, headers, TERM)
    assert response.status_code == 201
    made = response.json()
    assert (made["id"][:3], len(made["id"])) == ("00p", 20)
    assert set(made) == {"id", "name", "daysDue", "createdTime", "updatedTime"}
    found = bill.get(TERMS, headers).json()["results"]
    assert [(one["name"], one["daysDue"]) for one in found] == [
        ("Due on receipt", 0),
        ("Net 15", 15),
        ("Net 30", 30),
        ("Net 45", 45),
    ]
    assert bill.get(f"{TERMS}/{made['id']}", headers).json() == found[-1] == made
    assert control.get(f"objects/payment-terms?organization_id={HERE}") == found
    assert len(bill.get(f"{TERMS}?max=2", headers).json()["results"]) == 2
    assert refusal(bill.get(f"{TERMS}/nothing", headers)) == (404, ["BDC_1120"])


@pytest.mark.parametrize("days", [None, "30", -1, 1000, 1.5, True])
def test_emulator_payment_term_with_invalid_days_is_refused(bill: Bill, days: object) -> None:
    response = bill.post(TERMS, bill.session(), {"name": "x", "daysDue": days})
    assert refusal(response) == (400, ["BDC_1108" if days is None else "BDC_1119"])
    assert response.json()[0]["message"].startswith("daysDue: ")


@pytest.mark.parametrize("days", [1, 999])
def test_emulator_payment_term_has_up_to_999_days(bill: Bill, days: int) -> None:
    assert bill.post(TERMS, bill.session(), {"name": "x", "daysDue": days}).status_code == 201


def test_emulator_payment_term_with_the_days_of_another_one_is_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    one = f"{TERMS}/{bill.post(TERMS, headers, TERM).json()['id']}"
    assert refusal(bill.post(TERMS, headers, {"name": "Other", "daysDue": 30})) == (422, ["BDC_1171"])
    assert refusal(bill.send("PATCH", one, headers, {"daysDue": 30})) == (422, ["BDC_1171"])
    # The days of the term itself, and the name of another one, are no conflict.
    assert bill.send("PATCH", one, headers, {"name": "Net 30", "daysDue": 45}).json()["name"] == "Net 30"
    control.post("settings", codes={"payment_term": "BDC_1119"})
    assert refusal(bill.post(TERMS, headers, {"name": "Other", "daysDue": 30})) == (400, ["BDC_1119"])


@pytest.mark.parametrize(("setting", "accepted"), [("PATCH", ["PATCH"]), ("PUT", ["PUT"]), ("both", ["PATCH", "PUT"])])
def test_emulator_payment_term_change_has_one_method_or_both(
    bill: Bill, control: Control, setting: str, accepted: list[str]
) -> None:
    headers = bill.session()
    one = f"{TERMS}/{bill.post(TERMS, headers, TERM).json()['id']}"
    assert control.get("settings")["payment_term_change"] == "PATCH"
    control.post("settings", payment_term_change=setting)
    for method in ("PATCH", "PUT"):
        response = bill.send(method, one, headers, {"name": method, "daysDue": 50})
        if method in accepted:
            assert (response.status_code, response.json()["name"]) == (200, method)
        else:
            assert refusal(response) == (404, ["BDC_1121"])
    # A replacement needs all fields.
    for method in accepted:
        expected = 200 if method == "PATCH" else 400
        assert bill.send(method, one, headers, {"name": "short"}).status_code == expected


def test_emulator_payment_term_is_neither_deleted_nor_archived(bill: Bill) -> None:
    headers = bill.session()
    one = f"{TERMS}/{bill.get(TERMS, headers).json()['results'][0]['id']}"
    for method, path in (("DELETE", one), ("POST", f"{one}/archive"), ("POST", f"{one}/restore")):
        assert refusal(bill.send(method, path, headers)) == (404, ["BDC_1121"])


def test_emulator_payment_term_filters_are_unknown_and_so_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    for filters in ("archived:eq:false", "daysDue:eq:30"):
        assert refusal(bill.get(TERMS, headers, params={"filters": filters})) == (400, ["BDC_1130"])
    control.post("settings", documented_fields=False)
    found = bill.get(TERMS, headers, params={"filters": "daysDue:eq:30"}).json()["results"]
    assert [one["name"] for one in found] == ["Net 30"]
    assert refusal(bill.get(TERMS, headers, params={"filters": "archived:eq:false"})) == (400, ["BDC_1130"])


def test_emulator_payment_terms_of_another_organization_are_refused(bill: Bill) -> None:
    headers = bill.session()
    there = f"/v3/organizations/{world.SECOND_ORGANIZATION.id}/payment-terms"
    for response in (
        bill.get(there, headers),
        bill.post(there, headers, TERM),
        bill.get(f"{there}/x", headers),
        bill.send("PATCH", f"{there}/x", headers, TERM),
    ):
        assert refusal(response) == (400, ["BDC_1123"])
