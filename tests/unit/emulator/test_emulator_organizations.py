# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of the session: only an administrator reads and changes it."""

from __future__ import annotations

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

HERE = world.ORGANIZATION.id
PATH = f"/v3/organizations/{HERE}"


def test_emulator_organization_is_read_and_changed(bill: Bill, control: Control) -> None:
    headers = bill.session()
    before = bill.get(PATH, headers).json()
    assert (before["id"], before["name"], before["archived"]) == (HERE, world.ORGANIZATION.name, False)
    assert {"address", "phone", "taxId", "taxIdType", "industry"} <= set(before)
    control.post("settings", nested_patch="merge")
    change = {"phone": "+12025550199", "address": {"zipOrPostalCode": "95002"}, "archived": True}
    response = bill.send("PATCH", PATH, headers, change)
    assert response.status_code == 200
    after = bill.get(PATH, headers).json()
    assert after == response.json()
    assert (after["phone"], after["archived"]) == ("+12025550199", False)
    assert after["address"] == {**before["address"], "zipOrPostalCode": "95002"}
    assert control.get(f"objects/organizations?organization_id={HERE}")[0]["phone"] == "+12025550199"
    assert refusal(bill.send("PATCH", PATH, headers, {"name": ""})) == (400, ["BDC_1108"])


def test_emulator_organization_shows_its_tax_id_or_a_mask(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert bill.get(PATH, headers).json()["taxId"] == "900123456"
    control.post("settings", masked=True)
    assert bill.get(PATH, headers).json()["taxId"] == "*****3456"


def test_emulator_organization_is_for_administrators(bill: Bill) -> None:
    clerk = bill.session(username=world.CLERKS[0].username, password=world.CLERKS[0].password)
    assert refusal(bill.get(PATH, clerk)) == (403, ["BDC_1145"])
    assert refusal(bill.send("PATCH", PATH, clerk, {"phone": "1"})) == (403, ["BDC_1145"])


def test_emulator_organization_of_another_session_is_rejected(bill: Bill) -> None:
    headers = bill.session()
    for other in (world.SECOND_ORGANIZATION.id, "nothing"):
        assert refusal(bill.get(f"/v3/organizations/{other}", headers)) == (400, ["BDC_1123"])
        assert refusal(bill.send("PATCH", f"/v3/organizations/{other}", headers, {})) == (400, ["BDC_1123"])
    assert refusal(bill.get("/v3/organizations", headers)) == (404, ["BDC_1121"])
