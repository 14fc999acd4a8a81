# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: filtered, sorted, and read page by page in order."""

from __future__ import annotations

import time
from operator import itemgetter
from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

VENDORS, BILLS = "/v3/vendors", "/v3/bills"
HERE = world.ORGANIZATION.id


def objects_of(bill: Bill, headers: dict[str, str], path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = bill.get(path, headers, params={"max": 100, **parameters})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def refused(bill: Bill, headers: dict[str, str], path: str, **parameters: Any) -> tuple[int, list[str]]:
    response = bill.get(path, headers, params=parameters)
    return response.status_code, codes(response)


# The first vendor has the time 2024-10-16T14:36:31Z, and each further one an hour more. Every 25th is archived.
MATCHES: list[tuple[str, list[int]]] = [
    ("archived:eq:true", [25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350]),
    ('id:eq:"00901VENDOR000000003"', [3]),
    ("id:eq:00901VENDOR000000003", [3]),
    ('id:in:"00901VENDOR000000003,00901VENDOR000000001,00901VENDOR000000000"', [1, 3]),
    ('name:sw:"Birch Paper"', [1, 101, 201, 301]),
    ("name:sw:Birch Paper Se", [201]),
    ("name:sw:birch", []),
    ('createdTime:lt:"2024-10-16T16:36:31.000Z"', [1, 2]),
    ('createdTime:lte:"2024-10-16T16:36:31.000Z"', [1, 2, 3]),
    ('createdTime:lte:"2024-10-16T18:36:31.000+02:00"', [1, 2, 3]),
    ('createdTime:lte:"2024-10-16T16:36:31.000"', [1, 2, 3]),
    ('createdTime:lte:"2024-10-16T16:36:31"', [1, 2, 3]),
    ('createdTime:lte:"2024-10-16T16:36"', [1, 2]),
    ('createdTime:lt:"2024-10-17"', list(range(1, 11))),
    ('createdTime:gt:"2024-10-16T16:36:31",createdTime:lt:"2024-10-16T20:00",archived:eq:false', [4, 5, 6]),
    ('createdTime:gte:"2024-10-16T16:36:31",createdTime:lt:"2024-10-16T18:00"', [3, 4]),
    ("accountType:eq:PERSON,archived:ne:false", [175, 350]),
    ('accountType:nin:"NONE,PERSON",id:eq:00901VENDOR000000007', []),
    ("address.country:ne:US", []),
    ('address.country:eq:"US",id:eq:00901VENDOR000000002', [2]),
    # A field that no record has equals nothing.
    ("billCurrency:eq:USD", []),
    ('billCurrency:nin:"USD,CAD",id:eq:00901VENDOR000000002', [2]),
]


@pytest.mark.parametrize(("filters", "numbers"), MATCHES)
def test_emulator_list_with_a_filter_returns_the_matching_objects(bill: Bill, filters: str, numbers: list[int]) -> None:
    found = objects_of(bill, bill.session(), VENDORS, filters=filters)
    assert [one["id"] for one in found] == [f"00901VENDOR{number:09d}" for number in numbers]


def test_emulator_list_filter_accepts_commas_and_colons_in_quotes(bill: Bill) -> None:
    headers = bill.session()
    name = "Flour, Salt: and Yeast & Co."
    made = bill.post(VENDORS, headers, {"name": name, "address": {}}).json()
    assert objects_of(bill, headers, VENDORS, filters=f'name:eq:"{name}",archived:eq:false') == [made]


UNREADABLE = [
    "",
    "name",
    "name:eq",
    "name:eq:",
    ":eq:x",
    'name:eq:"x',
    'name:eq:"x"y',
    "name:eq:x,",
    "name:eq:a:b",
    "archived:eq:yes",
    "archived:eq:True",
    # Dates and lists need quotes.
    "createdTime:gt:2026-01-01",
    "createdTime:gt:2026-01-01T10:00:00.000Z",
    "accountType:in:PERSON",
    "accountType:in:PERSON,BUSINESS",
    # Only the documented formats are accepted.
    'createdTime:gt:"01/01/2026"',
    'createdTime:gt:"2026-13-01"',
    'createdTime:gt:"2026-01-01T10"',
    'createdTime:gt:"2026-01-01 10:00"',
    'createdTime:gt:"2026-01-01T10:00:00.000 00:00"',
    'createdTime:gt:"20260101"',
    'createdTime:gt:""',
]


@pytest.mark.parametrize("filters", UNREADABLE)
def test_emulator_list_with_a_malformed_filter_is_rejected(bill: Bill, filters: str) -> None:
    assert refused(bill, bill.session(), VENDORS, filters=filters) == (400, ["BDC_1129"])


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ("colour:eq:blue", "BDC_1130"),
        ("Name:eq:x", "BDC_1130"),
        ("address:eq:x", "BDC_1130"),
        ("name:like:x", "BDC_1131"),
        ("name:EQ:x", "BDC_1131"),
        ("archived:eq:false,name:like:x", "BDC_1131"),
        # BILL knows the field, but lists cannot be filtered by it.
        ("email:eq:x", "BDC_1130"),
        ('name:in:"a,b"', "BDC_1131"),
        ('createdTime:eq:"2026-01-01"', "BDC_1131"),
        ("archived:gt:false", "BDC_1131"),
    ],
)
def test_emulator_list_filter_has_own_codes_for_unknown_fields_and_operators(
    bill: Bill, filters: str, code: str
) -> None:
    assert refused(bill, bill.session(), VENDORS, filters=filters) == (400, [code])


def test_emulator_list_filter_accepts_all_fields_when_documented_fields_is_off(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", documented_fields=False)
    second = "00901VENDOR000000002"
    created = world.vendors(HERE)[1]["createdTime"]
    for filters in (
        "email:eq:billing2@example.com",
        'address.city:sw:Den,createdTime:lt:"2024-10-16T17:00"',
        f'createdTime:in:"{created}"',
    ):
        assert [one["id"] for one in objects_of(bill, headers, VENDORS, filters=filters)] == [second]
    assert objects_of(bill, headers, VENDORS, sort="id:desc")[0]["id"] == "00901VENDOR000000350"
    assert refused(bill, headers, VENDORS, filters="colour:eq:blue") == (400, ["BDC_1130"])
    assert refused(bill, headers, VENDORS, filters="archived:gt:false") == (400, ["BDC_1131"])


@pytest.mark.parametrize(("filters", "numbers"), [("amount:lt:100", range(1, 9)), ("amount:gte:98,amount:lt:1e2", [8])])
def test_emulator_list_filter_compares_numbers_as_numbers(bill: Bill, filters: str, numbers: list[int]) -> None:
    found = objects_of(bill, bill.session(), BILLS, filters=filters)
    assert [one["id"] for one in found] == [f"00n01BILL{number:011d}" for number in numbers]
    assert refused(bill, bill.session(), BILLS, filters="amount:lt:much") == (400, ["BDC_1129"])


def test_emulator_list_with_a_sort_field_is_ascending_or_descending(bill: Bill) -> None:
    headers = bill.session()
    for field in ("name", "createdTime", "email", "archived"):
        everything = sorted(world.vendors(HERE), key=itemgetter(field))
        assert objects_of(bill, headers, VENDORS, sort=f"{field}:asc") == everything[:100]
        everything = sorted(world.vendors(HERE), key=itemgetter(field), reverse=True)
        assert objects_of(bill, headers, VENDORS, sort=f"{field}:desc") == everything[:100]


def test_emulator_list_with_two_sort_fields_uses_the_second_for_equal_values(bill: Bill) -> None:
    found = objects_of(
        bill, bill.session(), VENDORS, sort="archived:desc,name:asc", filters='createdTime:lt:"2024-10-19"'
    )
    keys = [(not one["archived"], one["name"]) for one in found]
    assert keys == sorted(keys)
    assert len({archived for archived, _name in keys}) == 2


def test_emulator_list_sorts_amounts_as_numbers_and_missing_values_first(bill: Bill) -> None:
    headers = bill.session()
    amounts = [one["totalAmount"] for one in objects_of(bill, headers, "/v3/invoices", sort="totalAmount:asc")]
    assert amounts == sorted(amounts)
    vendor = bill.post(VENDORS, headers, {"name": "x", "address": {}, "phone": "1"}).json()
    assert objects_of(bill, headers, VENDORS, sort="phone:desc")[0] == vendor
    assert vendor not in objects_of(bill, headers, VENDORS, sort="phone:asc")


@pytest.mark.parametrize("sort", ["", "name", "name:", "name:up", "name:ASC", "colour:asc", "id:asc", "name:asc,"])
def test_emulator_list_with_an_unknown_sort_order_is_rejected(bill: Bill, sort: str) -> None:
    assert refused(bill, bill.session(), VENDORS, sort=sort) == (400, ["BDC_1129"])


def test_emulator_list_with_filter_and_sort_is_paged_in_order(bill: Bill) -> None:
    headers = bill.session()
    question = {"filters": "archived:eq:false", "sort": "name:desc", "max": 100}
    page = bill.get(VENDORS, headers, params=question).json()
    found = page["results"]
    while "nextPage" in page:
        page = bill.get(VENDORS, headers, params={**question, "page": page["nextPage"]}).json()
        found += page["results"]
    everything = [one for one in world.vendors(HERE) if not one["archived"]]
    assert found == sorted(everything, key=itemgetter("name"), reverse=True)


def test_emulator_list_read_again_includes_later_changes(bill: Bill) -> None:
    headers = bill.session()
    question = {"filters": "archived:eq:true", "sort": "name:asc"}
    before = objects_of(bill, headers, VENDORS, **question)
    new = bill.post(VENDORS, headers, {"name": "AAA", "address": {}}).json()["id"]
    bill.post(f"{VENDORS}/{new}/archive", headers)
    assert [one["id"] for one in objects_of(bill, headers, VENDORS, **question)] == [
        new,
        *(one["id"] for one in before),
    ]
    bill.send("PATCH", f"{VENDORS}/{new}", headers, {"name": "zzz"})
    assert [one["id"] for one in objects_of(bill, headers, VENDORS, **question)] == [
        *(one["id"] for one in before),
        new,
    ]


def test_emulator_list_cursor_of_another_list_is_rejected(bill: Bill) -> None:
    headers, there = bill.session(), bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    own = {"filters": "archived:eq:false", "sort": "name:asc"}
    cursor = bill.get(VENDORS, headers, params=own).json()["nextPage"]
    for whose, path, others in (
        (headers, VENDORS, {}),
        (headers, VENDORS, {**own, "sort": "name:desc"}),
        (headers, VENDORS, {**own, "filters": "archived:ne:true"}),
        (headers, "/v3/customers", own),
        (there, VENDORS, own),
    ):
        assert refused(bill, whose, path, page=cursor, **others) == (400, ["BDC_1129"])
    assert bill.get(VENDORS, headers, params={**own, "page": cursor, "max": 7}).status_code == 200


@pytest.mark.parametrize(
    "query", ["nextPage=x", "limit=5", "Max=5", "max=5&max=6", "filters=archived:eq:true&filters="]
)
def test_emulator_list_with_unknown_or_repeated_parameters_is_rejected_if_strict(
    bill: Bill, control: Control, query: str
) -> None:
    headers = bill.session()
    response = bill.get(f"/v3/customers?{query}", headers)
    assert (response.status_code, codes(response)) == (400, ["BDC_1129"])
    if "filters" not in query:
        control.post("settings", strict_parameters=False)
        assert bill.get(f"/v3/customers?{query}", headers).status_code == 200


def test_emulator_list_accepts_bill_approvals_for_bills_only(bill: Bill) -> None:
    headers = bill.session()
    assert bill.get(f"{BILLS}?billApprovals=true", headers).status_code == 200
    assert bill.get(f"{VENDORS}?billApprovals=true", headers).status_code == 400


def test_emulator_list_of_ten_thousand_vendors_is_fast(bill: Bill) -> None:
    organization, user = world.LARGE_ORGANIZATION, world.LARGE_USER
    headers = bill.session(username=user.username, password=user.password, organizationId=organization.id)
    with requests.Session() as connection:
        connection.headers.update(headers)
        question: dict[str, Any] = {"max": 100}
        page: dict[str, Any] = {"nextPage": None}
        identifiers, pages, seconds = set(), 0, []
        while "nextPage" in page:
            question["page"] = page["nextPage"]
            begin = time.monotonic()
            page = connection.get(f"{bill.api_url}{VENDORS}", params=question, timeout=10).json()
            seconds.append(time.monotonic() - begin)
            pages += 1
            identifiers |= {one["id"] for one in page["results"]}
    assert (pages, len(identifiers)) == (100, 10_000)
    # With Nagle's algorithm, all but the first few take at least 40 ms. Without it, they take 5 ms. Not all have to be fast,
    # because other tests may run at the same time.
    assert sorted(seconds)[20] < 0.03
