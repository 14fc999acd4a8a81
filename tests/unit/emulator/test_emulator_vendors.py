# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of vendors, its pages, and the paths that BILL does not have."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, codes


def test_emulator_vendors_are_each_listed_once_over_all_pages(bill: Bill) -> None:
    headers = bill.session()
    page = bill.get("/v3/vendors?max=100", headers).json()
    ids, cursors = [one["id"] for one in page["results"]], []
    assert "prevPage" not in page
    while "nextPage" in page:
        cursors.append(page["nextPage"])
        page = bill.get("/v3/vendors", headers, params={"max": 100, "page": page["nextPage"]}).json()
        ids += [one["id"] for one in page["results"]]
    assert len(set(ids)) == len(ids) == world.ORGANIZATION.vendors
    assert len(set(cursors)) == 3

    back = bill.get("/v3/vendors", headers, params={"max": 100, "page": page["prevPage"]}).json()
    assert [one["id"] for one in back["results"]] == ids[200:300]


def test_emulator_vendors_without_a_page_size_come_in_pages_of_20(bill: Bill) -> None:
    vendors = bill.get("/v3/vendors", bill.session()).json()["results"]
    assert len(vendors) == 20
    assert all(one["id"].startswith("009") and len(one["id"]) == 20 for one in vendors)
    assert vendors[0]["createdTime"] == "2024-10-16T14:36:31.000+00:00"


@pytest.mark.parametrize("query", ["max=0", "max=101", "max=-1", "max=many", "page=nonsense", "page=%C3%A9"])
def test_emulator_vendors_with_an_invalid_page_parameter_are_rejected(bill: Bill, query: str) -> None:
    assert bill.get(f"/v3/vendors?{query}", bill.session()).status_code == 400


def test_emulator_vendors_of_another_organization_are_not_found(bill: Bill) -> None:
    here = bill.session()
    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    theirs = bill.get("/v3/vendors?max=100", there).json()["results"]
    assert len(theirs) == world.SECOND_ORGANIZATION.vendors
    path = f"/v3/vendors/{theirs[0]['id']}"
    assert bill.get(path, there).json() == theirs[0]
    assert codes(bill.get(path, here)) == ["BDC_1120"]


def test_emulator_health_without_a_session_is_returned(bill: Bill) -> None:
    assert set(bill.get("/v3/health").json()) == {"appId", "appEnv", "appVersion", "bdcRegion"}


@pytest.mark.parametrize("path", ["/v3/nothing", "/v3/login", "/v3/vendors/", "/v3/Vendors", ""])
def test_emulator_path_that_bill_does_not_have_answers_404(bill: Bill, path: str) -> None:
    response = bill.get(path, bill.session(), allow_redirects=False)
    assert response.status_code == 404
    if path:
        assert codes(response) == ["BDC_1121"]


def test_emulator_world_identifiers_are_20_characters_long() -> None:
    for organization in world.ORGANIZATIONS:
        assert organization.id.startswith("008")
        assert len(organization.id) == 20
    for user_id in (*(user.id for user in world.USERS), *(one.user_id for one in world.CONSOLE_ACCOUNTS)):
        assert user_id.startswith("006")
        assert len(user_id) == 20
    for identifier in (*(one.id for one in world.CLIENTS), *(one.user_id for one in world.SPEND_TOKENS)):
        assert len(identifier) == 20


def test_emulator_world_secrets_are_searchable_and_unique() -> None:
    secrets = [
        *world.DEV_KEYS,
        world.INACTIVE_DEV_KEY,
        *(one.password for one in world.USERS),
        *(one.value for one in world.SYNC_TOKENS),
        *(one.token for one in world.CONSOLE_ACCOUNTS),
        *(secret for one in world.PARTNERS for secret in (one.app_key, one.password)),
        *(one.secret for one in world.CLIENTS),
        *(one.value for one in world.SPEND_TOKENS),
        *(one.id for one in world.REMEMBERED_DEVICES),
    ]
    assert len(set(secrets)) == len(secrets)
    assert all("findme" in secret for secret in secrets)


def test_emulator_server_listens_on_loopback_only(api_url: str) -> None:
    port = urlsplit(api_url).port
    # This is another address of the same machine. A socket bound to every address would answer there.
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{port}/connect/v3/health", timeout=2)
