# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that an organization pays from. They can only be read."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

ACCOUNTS = "/v3/funding-accounts"
HERE = world.ORGANIZATION.id


def test_emulator_funding_bank_accounts_are_listed_filtered_and_read(bill: Bill, control: Control) -> None:
    headers = bill.session()
    first, second = bill.get(f"{ACCOUNTS}/banks", headers).json()["results"]
    assert (first["status"], first["default"]) == ("VERIFIED", {"payables": True, "receivables": True})
    for one in (first, second):
        assert (one["id"][:3], len(one["id"])) == ("bac", 20)
        assert one["accountNumber"].startswith("******")
        assert one["routingNumber"].startswith("*****")
        assert one["createdBy"] == world.USER.id
        assert bill.get(f"{ACCOUNTS}/banks/{one['id']}", headers).json() == one
    for filters, expected in (
        ('status:in:"PENDING,BLOCKED"', [second]),
        ("type:eq:CHECKING,ownerType:eq:BUSINESS,archived:eq:false", [first]),
        ("accessToAdmins:eq:false", [second]),
        (f"id:eq:{first['id']}", [first]),
    ):
        assert bill.get(f"{ACCOUNTS}/banks", headers, params={"filters": filters}).json()["results"] == expected
    assert "nextPage" in bill.get(f"{ACCOUNTS}/banks?max=1", headers).json()
    assert control.get(f"objects/funding-accounts/banks?organization_id={HERE}") == [first, second]


def test_emulator_funding_cards_are_in_one_object_with_the_rates(bill: Bill) -> None:
    headers = bill.session()
    answered = bill.get(f"{ACCOUNTS}/cards?cardUserStatus=VERIFIED", headers).json()
    (card,) = answered["cards"]
    assert (set(answered), card["last4"]) == ({"rates", "cards"}, "4242")
    assert bill.get(f"{ACCOUNTS}/cards/{card['id']}", headers).json() == card
    assert refusal(bill.get(f"{ACCOUNTS}/cards?max=5", headers)) == (400, ["BDC_1129"])


def test_emulator_funding_ap_cards_are_a_list_without_pages(bill: Bill) -> None:
    headers = bill.session()
    (card,) = bill.get(f"{ACCOUNTS}/ap-cards", headers).json()
    assert set(card) == {"id", "status", "nameOnAccount", "createdTime", "updatedTime", "balance", "limit"}
    assert refusal(bill.get(f"{ACCOUNTS}/ap-cards?max=5", headers)) == (400, ["BDC_1129"])


@pytest.mark.parametrize("kind", ["banks", "cards"])
def test_emulator_funding_accounts_of_another_organization_are_not_found(
    bill: Bill, control: Control, kind: str
) -> None:
    (theirs, *_rest) = control.get(f"objects/funding-accounts/{kind}?organization_id={world.SECOND_ORGANIZATION.id}")
    assert refusal(bill.get(f"{ACCOUNTS}/{kind}/{theirs['id']}", bill.session())) == (404, ["BDC_1120"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "banks"),
        ("PATCH", "banks/bac"),
        ("GET", "banks/users"),
        ("GET", "cards/users"),
        ("GET", "cards/funding-purposes"),
        ("GET", "ap-cards/apc"),
        ("GET", "permissions"),
    ],
)
def test_emulator_funding_account_call_that_it_does_not_have_answers_404(bill: Bill, method: str, path: str) -> None:
    assert refusal(bill.send(method, f"{ACCOUNTS}/{path}", bill.session(), {})) == (404, ["BDC_1121"])
