# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Approval policies: what BILL makes of rules and approvers, and the groups that a replacement drops."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

HERE = world.ORGANIZATION.id
POLICIES = "/v3/bill-approvals/policies"
POLICY: dict[str, Any] = {
    "policyName": "Large bills",
    "rules": [{"key": "BILL_AMOUNT", "op": "gte", "values": ["1000"]}],
    "approvers": [world.USER.id, world.CONSOLE_ACCOUNT.user_id],
}


def test_emulator_approval_policy_is_created_and_listed_with_names(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert bill.get(POLICIES, headers).json() == []
    response = bill.post(POLICIES, headers, POLICY)
    assert response.status_code == 201
    made = response.json()
    assert made.pop("id").startswith(f"{HERE}-")
    assert made == {
        "policyName": "Large bills",
        "status": "ACTIVE",
        "rules": [{"key": "BILL_AMOUNT", "op": "gte", "values": [{"value": "1000", "displayName": "1000"}]}],
        "approvers": {
            "users": [
                {"userId": world.USER.id, "fullName": "Alex Parker"},
                {"userId": world.CONSOLE_ACCOUNT.user_id, "fullName": "Robin Books"},
            ],
            "groups": [],
        },
    }
    assert bill.get(POLICIES, headers).json() == [response.json()]
    stored = control.get(f"objects/bill-approvals/policies?organization_id={HERE}")
    assert [one["id"] for one in stored] == [response.json()["id"]]
    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    assert bill.get(POLICIES, there).json() == []


def test_emulator_approval_policy_rule_shows_the_name_of_a_vendor(bill: Bill) -> None:
    vendor = world.vendors(HERE)[0]
    rule = {"key": "VENDOR_ID", "op": "eq", "values": [vendor["id"], "unknown"]}
    made = bill.post(POLICIES, bill.session(), {**POLICY, "rules": [rule]}).json()
    assert made["rules"][0]["values"] == [
        {"value": vendor["id"], "displayName": vendor["name"]},
        {"value": "unknown", "displayName": "unknown"},
    ]


def test_emulator_approval_policy_is_replaced_and_deleted(bill: Bill) -> None:
    headers = bill.session()
    made = bill.post(POLICIES, headers, POLICY).json()
    one = f"{POLICIES}/{made['id']}"
    rules = [{"key": "BILL_AMOUNT", "op": "lt", "values": ["5"]}]
    response = bill.send("PUT", one, headers, {**POLICY, "policyName": "Small bills", "rules": rules})
    assert response.status_code == 200
    replaced = response.json()
    assert (replaced["id"], replaced["status"], replaced["policyName"]) == (made["id"], "ACTIVE", "Small bills")
    assert replaced["rules"][0]["op"] == "lt"
    assert bill.get(POLICIES, headers).json() == [replaced]
    response = bill.send("DELETE", one, headers)
    assert (response.status_code, response.json()) == (200, {"status": "SUCCESS"})
    assert bill.get(POLICIES, headers).json() == []
    for method in ("PUT", "DELETE"):
        assert refusal(bill.send(method, one, headers, POLICY)) == (404, ["BDC_1120"])


def test_emulator_approval_policy_replacement_drops_the_groups(bill: Bill, control: Control) -> None:
    headers = bill.session()
    groups = [{"groupId": "g1", "groupName": "Owners", "users": [{"id": world.USER.id, "fullName": "Alex Parker"}]}]
    stored = requests.post(
        f"{control.url}/objects/bill-approvals/policies?organization_id={HERE}",
        json={"policyName": "x", "status": "ACTIVE", "rules": [], "approvers": {"users": [], "groups": groups}},
        timeout=5,
    ).json()
    assert bill.get(POLICIES, headers).json()[0]["approvers"]["groups"] == groups
    replaced = bill.send("PUT", f"{POLICIES}/{stored['id']}", headers, POLICY).json()
    assert replaced["approvers"]["groups"] == []


def test_emulator_approval_policy_with_invalid_fields_is_refused(bill: Bill) -> None:
    headers = bill.session()
    response = bill.post(POLICIES, headers, {"rules": [{"key": "BILL_AMOUNT", "op": "gte", "values": [1000]}]})
    assert refusal(response) == (400, ["BDC_1108", "BDC_1119", "BDC_1108"])
    assert [error["message"] for error in response.json()] == [
        "policyName: must not be blank",
        "rules[0].values[0]: must be a string",
        "approvers: must not be null",
    ]
    response = bill.post(POLICIES, headers, {**POLICY, "rules": [{"values": "1000"}]})
    assert refusal(response) == (400, ["BDC_1108", "BDC_1108", "BDC_1119"])
    assert refusal(bill.post(POLICIES, headers, {**POLICY, "approvers": []})) == (400, ["BDC_1119"])
    assert bill.get(POLICIES, headers).json() == []


def test_emulator_approval_policy_approver_needs_a_role_that_approves(bill: Bill) -> None:
    headers = bill.session()
    for id_ in (world.CLERKS[0].id, world.PAYER.id, world.SECOND_USER.id, "nothing"):
        response = bill.post(POLICIES, headers, {**POLICY, "approvers": [world.USER.id, id_]})
        assert refusal(response) == (400, ["BDC_1119"])
        assert response.json()[0]["message"] == "approvers[1]: there is no such approver"
    bill.post(f"/v3/users/{world.CONSOLE_ACCOUNT.user_id}/archive", headers)
    assert refusal(bill.post(POLICIES, headers, POLICY)) == (400, ["BDC_1119"])
    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    assert bill.post(POLICIES, there, {**POLICY, "approvers": [world.SECOND_USER.id]}).status_code == 201


@pytest.mark.parametrize("known", [POLICIES, "/v3/bill-approvals"])
def test_emulator_approval_policy_is_created_at_one_of_two_paths(bill: Bill, control: Control, known: str) -> None:
    headers = bill.session()
    assert control.get("settings")["approval_policy_path"] == POLICIES
    control.post("settings", approval_policy_path=known)
    (other,) = {POLICIES, "/v3/bill-approvals"} - {known}
    assert refusal(bill.post(other, headers, POLICY)) == (404, ["BDC_1121"])
    assert bill.post(known, headers, POLICY).status_code == 201
    assert len(bill.get(POLICIES, headers).json()) == 1


def test_emulator_approval_policy_names_may_be_used_twice_or_not(bill: Bill, control: Control) -> None:
    headers = bill.session()
    first, second = (bill.post(POLICIES, headers, {**POLICY, "policyName": name}).json() for name in ("A", "A"))
    control.post("settings", duplicate_names="refused")
    assert refusal(bill.post(POLICIES, headers, {**POLICY, "policyName": "a"})) == (422, ["BDC_1171"])
    third = bill.post(POLICIES, headers, {**POLICY, "policyName": "B"}).json()
    one = f"{POLICIES}/{third['id']}"
    assert refusal(bill.send("PUT", one, headers, {**POLICY, "policyName": "A"})) == (422, ["BDC_1171"])
    assert bill.send("PUT", one, headers, {**POLICY, "policyName": "B"}).status_code == 200
    # The names that are there twice may stay.
    for twice in (first, second):
        assert bill.send("PUT", f"{POLICIES}/{twice['id']}", headers, {**POLICY, "policyName": "A"}).status_code == 200


def test_emulator_approval_policy_is_not_read_by_its_identifier_and_its_list_has_no_pages(
    bill: Bill, control: Control
) -> None:
    headers = bill.session()
    id_ = bill.post(POLICIES, headers, POLICY).json()["id"]
    assert refusal(bill.get(f"{POLICIES}/{id_}", headers)) == (404, ["BDC_1121"])
    assert refusal(bill.get(f"{POLICIES}?max=5", headers)) == (400, ["BDC_1129"])
    control.post("settings", strict_parameters=False)
    assert len(bill.get(f"{POLICIES}?max=5", headers).json()) == 1
