# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of vendors, its pages, and the paths that BILL does not have."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator import world
from tests.emulator.talk import Bill, codes


def test_every_vendor_is_met_once_from_page_to_page(bill: Bill) -> None:
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


def test_a_page_has_20_vendors_unless_told(bill: Bill) -> None:
    vendors = bill.get("/v3/vendors", bill.session()).json()["results"]
    assert len(vendors) == 20
    assert all(one["id"].startswith("009") and len(one["id"]) == 20 for one in vendors)
    assert vendors[0]["createdTime"] == "2024-10-16T14:36:31.000+00:00"


@pytest.mark.parametrize("query", ["max=0", "max=101", "max=-1", "max=many", "page=nonsense", "page=%C3%A9"])
def test_an_unfit_page_is_refused(bill: Bill, query: str) -> None:
    assert bill.get(f"/v3/vendors?{query}", bill.session()).status_code == 400


def test_each_organization_has_its_own_vendors(bill: Bill) -> None:
    here = bill.session()
    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    theirs = bill.get("/v3/vendors?max=100", there).json()["results"]
    assert len(theirs) == world.SECOND_ORGANIZATION.vendors
    path = f"/v3/vendors/{theirs[0]['id']}"
    assert bill.get(path, there).json() == theirs[0]
    assert codes(bill.get(path, here)) == ["BDC_1120"]


def test_health_needs_no_session(bill: Bill) -> None:
    assert set(bill.get("/v3/health").json()) == {"appId", "appEnv", "appVersion", "bdcRegion"}


@pytest.mark.parametrize("path", ["/v3/nothing", "/v3/login", "/v3/vendors/", "/v3/Vendors", ""])
def test_an_unknown_path_is_not_supported(bill: Bill, path: str) -> None:
    answer = bill.get(path, bill.session(), allow_redirects=False)
    assert answer.status_code == 404
    if path:
        assert codes(answer) == ["BDC_1121"]


def test_identifiers_are_20_characters_long() -> None:
    for organization in world.ORGANIZATIONS:
        assert organization.id.startswith("008")
        assert len(organization.id) == 20
    for user_id in (*(user.id for user in world.USERS), *(one.user_id for one in world.CONSOLE_ACCOUNTS)):
        assert user_id.startswith("006")
        assert len(user_id) == 20
    for identifier in (*(one.id for one in world.CLIENTS), *(one.user_id for one in world.SPEND_TOKENS)):
        assert len(identifier) == 20


def test_every_secret_can_be_searched_for_and_no_two_are_the_same() -> None:
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


def test_only_loopback_is_listened_on(api_url: str) -> None:
    port = urlsplit(api_url).port
    # This is another address of the same machine. A socket bound to every address would answer there.
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{port}/connect/v3/health", timeout=2)
