# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits: sign-ins and requests per clock hour, and requests in flight."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes


def test_emulator_login_above_the_limit_is_rejected_until_the_next_clock_hour(bill: Bill, control: Control) -> None:
    control.post("settings", logins_per_hour=5)
    control.post("clock", set="2026-03-02T10:58:00Z")
    # Every attempt counts, a refused one too.
    assert bill.sign_in(password="wrong").status_code == 401
    assert [bill.sign_in().status_code for _time in range(4)] == [200] * 4
    refused = bill.sign_in()
    assert (refused.status_code, codes(refused)) == (422, ["BDC_1144"])
    assert control.get("state")["logins_this_hour"] == 6
    # Another developer key has its own limit.
    assert bill.sign_in(devKey=world.SECOND_DEV_KEY).status_code == 200

    control.advance(60)
    assert codes(bill.sign_in()) == ["BDC_1144"]
    control.advance(61)
    assert bill.sign_in().status_code == 200


def test_emulator_limits_have_the_documented_defaults(control: Control) -> None:
    settings = control.get("settings")
    assert (settings["logins_per_hour"], settings["requests_per_hour"], settings["in_flight"]) == (
        200,
        20_000,
        3,
    )


def test_emulator_request_limit_counts_every_request_of_a_developer_key(bill: Bill, control: Control) -> None:
    control.post("settings", requests_per_hour=3)
    headers = bill.session()
    assert [bill.check(headers) for _time in range(3)] == [200, 200, 422]
    control.advance(3600)
    assert bill.sign_in().status_code == 200


def test_emulator_in_flight_limit_rejects_a_fourth_request_of_an_organization(bill: Bill, control: Control) -> None:
    first, second = bill.session(), bill.session()
    elsewhere = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    control.post("settings", latency=0.4)
    with ThreadPoolExecutor(7) as pool:
        # Two sessions of one key and organization share its three places; another organization has its own.
        here = [pool.submit(bill.get, "/v3/vendors", headers) for headers in (first, second, first, second)]
        there = [pool.submit(bill.get, "/v3/vendors", elsewhere) for _time in range(3)]
        responses = Counter(one.result().status_code for one in here)
        assert Counter(one.result().status_code for one in there) == {200: 3}
    assert responses == {200: 3, 422: 1}
    assert control.get("state")["peak_in_flight"] == 4
    (refused,) = (one for one in control.received() if one["status"] == 422)
    assert refused["codes"] == ["BDC_1322"]


def test_emulator_in_flight_limit_counts_logins(bill: Bill, control: Control) -> None:
    control.post("settings", latency=0.3)
    with ThreadPoolExecutor(4) as pool:
        responses = [one.result() for one in [pool.submit(bill.sign_in) for _time in range(4)]]
    assert Counter(response.status_code for response in responses) == {200: 3, 422: 1}


def test_emulator_in_flight_count_of_sequential_requests_is_one(bill: Bill, control: Control) -> None:
    headers = bill.session()
    for _time in range(50):
        bill.check(headers)
    assert control.get("state")["peak_in_flight"] == 1


def test_emulator_in_flight_slot_of_a_disconnected_client_becomes_free(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", in_flight=1)
    control.fault("GET /v3/vendors", reset=True)
    control.fault("GET /v3/vendors", cut=True)
    for _time in range(2):
        try:
            bill.get("/v3/vendors", headers)
        except OSError:
            continue
        raise AssertionError("the connection was to break")
    assert bill.check(headers) == 200
