# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of fault, as the client sees it and as BILL records it."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

LOGIN = "POST /v3/login"
VENDORS = "GET /v3/vendors"


def cause(error: BaseException) -> BaseException:
    """The innermost error, from the operating system or the parser."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error


def test_emulator_fault_status_sends_an_empty_body_a_code_or_a_text(bill: Bill, control: Control) -> None:
    control.fault(LOGIN, status=503)
    control.fault(LOGIN, status=500, code="BDC_1001")
    control.fault(LOGIN, status=502, body="<html>Bad gateway</html>", content_type="text/html")
    empty, coded, text = bill.sign_in(), bill.sign_in(), bill.sign_in()
    assert (empty.status_code, empty.text) == (503, "")
    assert (coded.status_code, codes(coded)) == (500, ["BDC_1001"])
    assert (text.status_code, text.text, text.headers["content-type"]) == (
        502,
        "<html>Bad gateway</html>",
        "text/html",
    )
    assert bill.sign_in().status_code == 200
    assert [(one["fault"], one["status"], one["codes"]) for one in control.received()] == [
        ("status", 503, []),
        ("status", 500, ["BDC_1001"]),
        ("status", 502, []),
        (None, 200, []),
    ]


def test_emulator_fault_code_without_a_status_sends_the_status_of_the_code(bill: Bill, control: Control) -> None:
    control.fault(LOGIN, code="BDC_1322")
    response = bill.sign_in()
    assert (response.status_code, codes(response)) == (422, ["BDC_1322"])


def test_emulator_fault_slow_sends_the_normal_response_later(bill: Bill, control: Control) -> None:
    control.fault(LOGIN, slow=0.3, times=2)
    began = time.monotonic()
    assert bill.sign_in().status_code == 200
    assert time.monotonic() - began >= 0.3

    # BILL signs in a client that does not wait for the response.
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{bill.api_url}/v3/login", json=control.received()[0]["body"], timeout=0.05)
    assert (control.received()[1]["fault"], control.received()[1]["status"]) == ("slow", None)
    time.sleep(0.4)
    assert control.get("state")["sessions"] == 2


@pytest.mark.parametrize(("options", "made"), [({}, 1), ({"acted": False}, 0)])
def test_emulator_fault_cut_sends_less_than_its_content_length(
    bill: Bill, control: Control, options: dict[str, Any], made: int
) -> None:
    control.fault(LOGIN, cut=True, **options)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        bill.sign_in()
    assert control.get("state")["sessions"] == made
    assert control.received()[0]["fault"] == "cut"


@pytest.mark.parametrize(("options", "made"), [({}, 0), ({"acted": True}, 1)])
def test_emulator_fault_reset_resets_the_connection(
    bill: Bill, control: Control, options: dict[str, Any], made: int
) -> None:
    control.fault(LOGIN, reset=True, **options)
    with pytest.raises(requests.ConnectionError) as caught:
        bill.sign_in()
    assert isinstance(cause(caught.value), ConnectionResetError)
    assert control.get("state")["sessions"] == made
    assert (control.received()[0]["fault"], control.received()[0]["status"]) == ("reset", None)


@pytest.mark.parametrize(
    "response",
    [{"status": 503}, {"code": "BDC_1001"}, {"not_json": True}, {"json": {}}, {"redirect": "https://a.example"}],
)
@pytest.mark.parametrize(("options", "made"), [({}, 0), ({"acted": True}, 1)])
def test_emulator_fault_acted_decides_whether_bill_processes_the_request(
    bill: Bill, control: Control, response: dict[str, Any], options: dict[str, Any], made: int
) -> None:
    control.post("faults", on=LOGIN, **response, **options)
    fields = {"username": world.USER.username, "password": world.USER.password, "devKey": world.DEV_KEY}
    fields["organizationId"] = world.ORGANIZATION.id
    requests.post(f"{bill.api_url}/v3/login", json=fields, timeout=5, allow_redirects=False)
    assert control.get("state")["sessions"] == made


def test_emulator_fault_drip_sends_the_response_byte_by_byte(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.fault("POST /v3/logout", drip=0.6)
    began = time.monotonic()
    # The client does not time out: each byte comes in time, although the whole response takes longer than the timeout.
    response = requests.post(f"{bill.api_url}/v3/logout", headers=headers, timeout=0.5)
    assert time.monotonic() - began >= 0.6
    assert response.json() == {}


def test_emulator_fault_endless_stops_when_the_client_disconnects(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", in_flight=1)
    control.fault(VENDORS, endless=True)
    with bill.get("/v3/vendors", headers, stream=True) as response:
        begin = response.raw.read(2**22)
    assert begin.startswith(b'{"results"')
    assert begin.endswith(b" " * 2**20)
    time.sleep(0.5)
    assert bill.check(headers) == 200


def test_emulator_fault_drip_stops_when_the_client_disconnects(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.post("settings", in_flight=1)
    control.fault(VENDORS, drip=60)
    bill.get("/v3/vendors", headers, stream=True).close()
    time.sleep(0.5)
    assert bill.check(headers) == 200


def test_emulator_fault_body_can_be_html_a_list_or_null(bill: Bill, control: Control) -> None:
    control.fault(LOGIN, not_json=True)
    control.fault(LOGIN, json=["surprise"])
    control.fault(LOGIN, json=None)
    html, listed, null = bill.sign_in(), bill.sign_in(), bill.sign_in()
    assert html.status_code == 200
    assert html.headers["content-type"] == "text/html"
    assert (listed.status_code, listed.json()) == (200, ["surprise"])
    assert null.text == "null"


def test_emulator_fault_redirect_sends_302_with_the_location(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.fault(VENDORS, redirect="https://elsewhere.example.com/")
    response = bill.get("/v3/vendors", headers, allow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (302, "https://elsewhere.example.com/")


def test_emulator_fault_after_and_times_decide_which_requests_fail(bill: Bill, control: Control) -> None:
    headers = bill.session()
    control.fault(VENDORS, status=503, after=1, times=2)
    statuses = [bill.get("/v3/vendors", headers).status_code for _time in range(4)]
    assert statuses == [200, 503, 503, 200]

    control.fault("GET *", status=500, times=None)
    assert [bill.check(headers) for _time in range(3)] == [500] * 3
    assert control.get("faults") == [{"on": "GET *", "status": 500, "times": None}]
    requests.delete(f"{control.url}/faults", timeout=5)
    assert control.get("faults") == []
    assert bill.check(headers) == 200


def test_emulator_faults_sent_as_a_list_apply_in_order(bill: Bill, control: Control) -> None:
    faults = [{"on": "*", "status": 500}, {"on": "*", "status": 502}]
    requests.post(f"{control.url}/faults", json=faults, timeout=5)
    assert [bill.sign_in().status_code for _time in range(3)] == [500, 502, 200]


@pytest.mark.parametrize(
    "invalid",
    [
        {"on": LOGIN},
        {"on": LOGIN, "status": 500, "slow": 1},
        {"on": LOGIN, "slow": 1, "code": "BDC_1001"},
        {"on": LOGIN, "slow": 1, "acted": False},
        {"on": LOGIN, "explode": True},
        {"status": 500},
    ],
)
def test_emulator_fault_with_invalid_options_is_rejected(control: Control, invalid: dict[str, Any]) -> None:
    assert requests.post(f"{control.url}/faults", json=invalid, timeout=5).status_code == 422
    assert control.get("faults") == []


def test_emulator_fault_on_a_login_does_not_count_towards_the_login_limit(bill: Bill, control: Control) -> None:
    control.post("settings", logins_per_hour=1)
    control.fault(LOGIN, status=503, times=3)
    assert [bill.sign_in().status_code for _time in range(4)] == [503, 503, 503, 200]
    assert world.USER.username == control.received()[3]["body"]["username"]
