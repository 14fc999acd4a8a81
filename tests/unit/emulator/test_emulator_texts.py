# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers in fields that BILL has as texts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.control_client import Bill, Control, codes

ADDRESS = {"line1": "1 Mill Lane", "city": "Boston", "zipOrPostalCode": "02142", "country": "US"}
VENDOR: dict[str, Any] = {"name": "Maple", "address": ADDRESS}


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ({"name": 7}, "name"),
        ({"address": {**ADDRESS, "zipOrPostalCode": 1122}}, "address.zipOrPostalCode"),
        ({"address": {**ADDRESS, "country": False}}, "address.country"),
        (
            {"paymentInformation": {"bankAccount": {"routingNumber": 4456465}}},
            "paymentInformation.bankAccount.routingNumber",
        ),
    ],
)
def test_number_in_a_text_is_refused(bill: Bill, control: Control, change: dict[str, Any], position: str) -> None:
    headers = bill.session()
    for given, path in ((VENDOR | change, "/v3/vendors"), ([VENDOR, VENDOR | change], "/v3/vendors/bulk")):
        refused = bill.post(path, headers, given)
        assert (refused.status_code, codes(refused)[0]) == (400, "BDC_1119")
        assert f"{position}: must be a string" in refused.json()[0]["message"]
    made = bill.post("/v3/vendors", headers, VENDOR)
    assert made.status_code == 201
    assert bill.send("PATCH", f"/v3/vendors/{made.json()['id']}", headers, change).status_code == 400

    control.post("settings", strict_texts=False)
    assert bill.post("/v3/vendors", headers, VENDOR | {"accountNumber": 12}).status_code == 201


def test_number_in_a_sign_in_is_refused(bill: Bill) -> None:
    refused = bill.post("/v3/login", None, {"username": 7, "password": "x", "organizationId": "x", "devKey": "x"})
    assert (refused.status_code, codes(refused)) == (400, ["BDC_1119"])
