# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spend & Expense: an API token with each call, sixty calls a minute, and its users, budgets and transactions."""

from __future__ import annotations

import pytest

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, codes

TOKEN = {"apiToken": world.SPEND_TOKEN.value}
OTHER = {"apiToken": world.SECOND_SPEND_TOKEN.value}
CURRENT = "/v3/spend/users/current"
USERS, BUDGETS, TRANSACTIONS = "/v3/spend/users", "/v3/spend/budgets", "/v3/spend/transactions"
BUDGET = {"name": "Travel", "owners": ["SPENDUSER00000000001"], "recurringInterval": "NONE", "limit": 500}


def test_emulator_spend_token_returns_its_user(bill: Bill) -> None:
    for headers, token in ((TOKEN, world.SPEND_TOKEN), (OTHER, world.SECOND_SPEND_TOKEN)):
        response = bill.get(CURRENT, headers)
        assert response.status_code == 200
        assert response.json() == {"id": token.user_id, "name": token.user_name, "email": token.email}


@pytest.mark.parametrize("headers", [{}, {"apiToken": "wrong"}, {"apiToken": world.USER.password}, "a session"])
def test_emulator_spend_request_without_a_valid_token_is_rejected(
    bill: Bill, control: Control, headers: dict[str, str] | str
) -> None:
    given = bill.session() if isinstance(headers, str) else headers
    response = bill.get(CURRENT, given)
    assert (response.status_code, codes(response)) == (401, ["BDC_1109"])
    control.post("settings", codes={"spend_token": "BDC_1101"}, status_of={"BDC_1101": 403})
    response = bill.get(CURRENT, given)
    assert (response.status_code, codes(response)) == (403, ["BDC_1101"])


def test_emulator_spend_token_is_rejected_as_a_session(bill: Bill) -> None:
    assert codes(bill.get("/v3/vendors", {**TOKEN, "devKey": world.DEV_KEY})) == ["BDC_1109"]


def test_emulator_spend_request_above_the_limit_is_rejected_until_the_next_minute(bill: Bill, control: Control) -> None:
    assert control.get("settings")["spend_calls_per_minute"] == 60
    control.post("clock", set="2026-03-02T10:10:05Z")
    control.post("settings", spend_calls_per_minute=3)
    assert [bill.get(CURRENT, TOKEN).status_code for _time in range(3)] == [200] * 3
    refused = bill.get(CURRENT, TOKEN)
    assert (refused.status_code, codes(refused)) == (422, ["BDC_1144"])
    assert bill.get(CURRENT, OTHER).status_code == 200
    control.post("settings", codes={"spend_limit": "BDC_1322"}, status_of={"BDC_1322": 429})
    refused = bill.get(CURRENT, TOKEN)
    assert (refused.status_code, codes(refused)) == (429, ["BDC_1322"])
    control.post("clock", set="2026-03-02T10:11:00Z")
    assert bill.get(CURRENT, TOKEN).status_code == 200


def test_emulator_spend_token_after_a_change_replaces_the_old_token(bill: Bill, control: Control) -> None:
    control.post(f"users/{world.SPEND_TOKEN.name}/password", password="New-findme")
    assert bill.get(CURRENT, TOKEN).status_code == 401
    assert bill.get(CURRENT, {"apiToken": "New-findme"}).status_code == 200
    assert control.get("world")["spend_tokens"][0]["value"] == "New-findme"


def test_emulator_spend_limit_can_count_a_rolling_minute(bill: Bill, control: Control) -> None:
    control.post("settings", spend_calls_per_minute=2, spend_rolling_minute=True)
    control.post("clock", set="2026-03-02T10:10:40Z")
    assert bill.get(CURRENT, TOKEN).status_code == 200
    control.advance(25)
    assert [bill.get(CURRENT, TOKEN).status_code for _time in range(2)] == [200, 422]
    control.advance(40)
    # The first call no longer counts. The two others still count.
    assert bill.get(CURRENT, TOKEN).status_code == 422
    control.advance(61)
    assert bill.get(CURRENT, TOKEN).status_code == 200


def test_emulator_spend_limit_is_shared_by_all_requests_of_a_token(bill: Bill, control: Control) -> None:
    control.post("settings", spend_calls_per_minute=4)
    paths = (CURRENT, TRANSACTIONS, f"{BUDGETS}/SPENDBUDGET000000001", USERS, TRANSACTIONS)
    assert [bill.get(path, TOKEN).status_code for path in paths] == [200] * 4 + [422]
    assert bill.post(BUDGETS, TOKEN, BUDGET).status_code == 422
    assert bill.get(TRANSACTIONS, OTHER).status_code == 200


def access(bill: Bill) -> dict[str, str]:
    client = {"client_id": world.CLIENT.id, "client_secret": world.CLIENT.secret}
    response = bill.post("/authx/token", None, None, data={"grant_type": "client_credentials", **client})
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def test_emulator_spend_request_with_an_oauth_token_is_accepted(bill: Bill, control: Control) -> None:
    headers = access(bill)
    assert bill.get(CURRENT, headers).json() == bill.get(CURRENT, TOKEN).json()
    assert bill.get(TRANSACTIONS, headers).json() == bill.get(TRANSACTIONS, TOKEN).json()
    # A valid token does not make up for a wrong one.
    assert bill.get(CURRENT, {**headers, "apiToken": "wrong"}).status_code == 401
    control.post("settings", spend_calls_per_minute=3)
    assert [bill.get(CURRENT, headers).status_code for _time in range(2)] == [200, 422]
    control.post("sessions/end")
    assert codes(bill.get(TRANSACTIONS, headers)) == ["BDC_1109"]


@pytest.mark.parametrize("path", [TRANSACTIONS, BUDGETS, USERS])
def test_emulator_spend_list_is_paged_forwards_and_backwards(bill: Bill, path: str) -> None:
    page = bill.get(path, TOKEN, params={"max": 10}).json()
    forwards, last = list(page["results"]), page
    assert "prevPage" not in page
    while "nextPage" in page:
        page = bill.get(path, TOKEN, params={"max": 10, "nextPage": page["nextPage"]}).json()
        forwards += page["results"]
        last = page
    backwards = list(last["results"])
    while "prevPage" in last:
        last = bill.get(path, TOKEN, params={"max": 10, "prevPage": last["prevPage"]}).json()
        backwards = last["results"] + backwards
    assert backwards == forwards
    assert len({one["id"] for one in forwards}) == len(forwards) > 20
    assert bill.get(f"{path}/{forwards[7]['id']}", TOKEN).json() == forwards[7]
    assert all(len(one["id"]) == 20 for one in forwards)
    assert codes(bill.get(f"{path}/nothing", TOKEN)) == ["BDC_1120"]


def test_emulator_spend_list_with_a_cursor_of_another_place_is_rejected(bill: Bill) -> None:
    second = bill.get(TRANSACTIONS, TOKEN).json()["nextPage"]
    back = bill.get(TRANSACTIONS, TOKEN, params={"nextPage": second}).json()["prevPage"]
    for invalid in ({"page": second}, {"prevPage": second}, {"nextPage": back}, {"nextPage": second, "prevPage": back}):
        response = bill.get(TRANSACTIONS, TOKEN, params=invalid)
        assert (response.status_code, codes(response)) == (400, ["BDC_1129"])
    assert bill.get(BUDGETS, TOKEN, params={"nextPage": second}).status_code == 400
    assert bill.get(f"{TRANSACTIONS}?max=51", TOKEN).status_code == 400


def test_emulator_spend_transactions_are_filtered_and_sorted(bill: Bill, control: Control) -> None:
    everything = control.get("objects/spend/transactions")
    assert len(everything) >= 250
    question = {"filters": "syncStatus:eq:SYNCED,amount:gt:500", "sort": "amount:desc", "max": "50"}
    found = bill.get(TRANSACTIONS, TOKEN, params=question).json()["results"]
    expected = [one for one in everything if one["syncStatus"] == "SYNCED" and one["amount"] > 500]
    assert found == expected[::-1]
    assert found


def test_emulator_spend_budget_is_created_and_deleted(bill: Bill, control: Control) -> None:
    before = control.get("objects/spend/budgets")
    response = bill.post(BUDGETS, TOKEN, BUDGET)
    made = response.json()
    assert (response.status_code, made) == (201, {**made, **BUDGET})
    assert control.get("objects/spend/budgets") == [*before, made]
    assert bill.get(f"{BUDGETS}/{made['id']}", OTHER).json() == made
    assert bill.send("DELETE", f"{BUDGETS}/{made['id']}", TOKEN).status_code == 200
    assert control.get("objects/spend/budgets") == before
    for method in ("DELETE", "GET"):
        gone = bill.send(method, f"{BUDGETS}/{made['id']}", TOKEN)
        assert (gone.status_code, codes(gone)) == (404, ["BDC_1120"])


def test_emulator_spend_budget_with_missing_fields_names_each_field(bill: Bill, control: Control) -> None:
    before = control.get("objects/spend/budgets")
    response = bill.post(BUDGETS, TOKEN, {"owners": []})
    assert [error["message"] for error in response.json()] == [
        "name: must not be blank",
        "recurringInterval: must not be blank",
        "owners: must be a list that is not empty",
        "limit: must not be null",
    ]
    limitless = {**BUDGET, "limit": None, "limitlessOverspend": True}
    assert bill.post(BUDGETS, {"apiToken": "wrong"}, BUDGET).status_code == 401
    assert control.get("objects/spend/budgets") == before
    assert bill.post(BUDGETS, TOKEN, limitless).status_code == 201


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "cards"), ("DELETE", "users/SPENDUSER00000000001"), ("POST", "transactions")]
)
def test_emulator_spend_with_an_unsupported_request_answers_404(bill: Bill, method: str, path: str) -> None:
    response = bill.send(method, f"/v3/spend/{path}", TOKEN, {})
    assert (response.status_code, codes(response)) == (404, ["BDC_1121"])
