# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and roles: who may change them, the role of a user who gets none, and e-mails that are used."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Bill, Control, refusal

USERS, ROLES = "/v3/users", "/v3/roles"
HERE = world.ORGANIZATION.id
PERSON: dict[str, Any] = {
    "firstName": "Lee",
    "lastName": "Moss",
    "email": "lee@example.com",
    "acceptTermsOfService": True,
}


def role_id(bill: Bill, headers: dict[str, str], type_: str) -> str:
    found: str = next(one["id"] for one in bill.get(ROLES, headers).json()["results"] if one["type"] == type_)
    return found


def create(bill: Bill, headers: dict[str, str], type_: str = "CLERK", **changes: Any) -> Any:
    content = {**PERSON, "roleId": role_id(bill, headers, type_), **changes}
    return bill.post(USERS, headers, {name: value for name, value in content.items() if value is not None})


def as_clerk(bill: Bill) -> dict[str, str]:
    return bill.session(username=world.CLERKS[0].username, password=world.CLERKS[0].password)


def test_emulator_users_of_the_organization_are_there_with_the_identifiers_of_their_sessions(
    bill: Bill, control: Control
) -> None:
    headers = bill.session()
    found = {one["email"]: one for one in bill.get(USERS, headers).json()["results"]}
    assert len(found) == 9
    types = {email: one["role"]["type"] for email, one in found.items()}
    assert types[world.USER.username] == "ADMINISTRATOR"
    assert types[world.PAYER.username] == "PAYER"
    assert types[world.CLERKS[5].username] == "CLERK"
    assert types[world.CONSOLE_ACCOUNT.username] == "ACCOUNTANT"
    own = bill.get("/v3/login/session", headers).json()["userId"]
    assert bill.get(f"{USERS}/{own}", headers).json() == found[world.USER.username]
    assert set(found[world.USER.username]) == {
        *("id", "archived", "firstName", "lastName", "email", "role", "createdTime", "updatedTime")
    }
    assert control.get(f"objects/users?organization_id={HERE}") == list(found.values())


def test_emulator_user_is_created_changed_archived_and_restored(bill: Bill, control: Control) -> None:
    headers = bill.session()
    response = create(bill, headers)
    assert response.status_code == 201
    made = response.json()
    assert (made["id"][:3], len(made["id"]), made["archived"]) == ("006", 20, False)
    assert made["role"] == {"id": role_id(bill, headers, "CLERK"), "type": "CLERK", "description": "Clerk"}
    assert "acceptTermsOfService" not in made
    one = f"{USERS}/{made['id']}"
    control.advance(60)
    change = {"firstName": "Leo", "roleId": role_id(bill, headers, "AUDITOR")}
    changed = bill.send("PATCH", one, headers, change).json()
    assert (changed["firstName"], changed["lastName"], changed["role"]["type"]) == ("Leo", "Moss", "AUDITOR")
    assert changed["updatedTime"] > made["updatedTime"]
    for what, archived in (("archive", True), ("archive", True), ("restore", False), ("restore", False)):
        response = bill.send("POST", f"{one}/{what}", headers)
        assert (response.status_code, response.json()["archived"]) == (200, archived)
    assert bill.get(one, headers).json()["firstName"] == "Leo"


def test_emulator_user_list_is_filtered_and_sorted_but_not_by_email(bill: Bill, control: Control) -> None:
    headers = bill.session()
    archived = create(bill, headers).json()["id"]
    bill.post(f"{USERS}/{archived}/archive", headers)
    found = bill.get(USERS, headers, params={"filters": 'archived:eq:true,updatedTime:gte:"2026-03-02"'}).json()
    assert [one["id"] for one in found["results"]] == [archived]
    first = bill.get(USERS, headers, params={"sort": "firstName:asc", "max": 1}).json()
    assert first["results"][0]["id"] == world.USER.id
    assert "nextPage" in first
    by_email = {"filters": "email:eq:lee@example.com"}
    assert refusal(bill.get(USERS, headers, params=by_email)) == (400, ["BDC_1130"])
    control.post("settings", documented_fields=False)
    assert [one["id"] for one in bill.get(USERS, headers, params=by_email).json()["results"]] == [archived]


def test_emulator_user_without_the_administrators_role_reads_but_does_not_write(bill: Bill) -> None:
    admin, clerk = bill.session(), as_clerk(bill)
    one = f"{USERS}/{create(bill, admin).json()['id']}"
    assert bill.get(USERS, clerk).status_code == bill.get(one, clerk).status_code == 200
    for response in (
        create(bill, clerk, email="other@example.com"),
        bill.send("PATCH", one, clerk, {"firstName": "Leo"}),
        bill.post(f"{one}/archive", clerk),
        bill.post(f"{one}/restore", clerk),
    ):
        assert refusal(response) == (403, ["BDC_1145"])
    promoted = {"roleId": role_id(bill, admin, "ADMINISTRATOR")}
    assert bill.send("PATCH", f"{USERS}/{world.CLERKS[0].id}", admin, promoted).status_code == 200
    assert bill.send("PATCH", one, clerk, {"firstName": "Leo"}).status_code == 200


def test_emulator_user_with_invalid_fields_is_refused(bill: Bill, control: Control) -> None:
    headers, before = bill.session(), control.get(f"objects/users?organization_id={HERE}")
    response = create(bill, headers, firstName="x" * 101, lastName=" ", email=None, acceptTermsOfService=False)
    assert refusal(response) == (400, ["BDC_1143", "BDC_1108", "BDC_1108", "BDC_1119"])
    assert response.json()[0]["message"] == (
        "Invalid entity data. firstName: Maximum length cannot be greater than 100 characters."
    )
    assert refusal(create(bill, headers, acceptTermsOfService=None)) == (400, ["BDC_1108"])
    assert refusal(create(bill, headers, roleId=7)) == (400, ["BDC_1119"])
    there = bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    for unknown in ("nothing", role_id(bill, there, "CLERK")):
        assert refusal(create(bill, headers, roleId=unknown)) == (404, ["BDC_1205"])
    assert control.get(f"objects/users?organization_id={HERE}") == before


def test_emulator_user_change_of_another_field_or_to_an_unknown_role_is_refused(bill: Bill) -> None:
    headers = bill.session()
    one = f"{USERS}/{create(bill, headers).json()['id']}"
    response = bill.send("PATCH", one, headers, {"email": "new@example.com", "archived": True, "firstName": "Leo"})
    assert refusal(response) == (400, ["BDC_1119"] * 2)
    assert [error["message"] for error in response.json()] == [
        "archived: cannot be changed",
        "email: cannot be changed",
    ]
    assert refusal(bill.send("PATCH", one, headers, {"roleId": "nothing"})) == (404, ["BDC_1205"])
    assert refusal(bill.send("PATCH", one, headers, {"roleId": 7})) == (400, ["BDC_1119"])
    assert bill.get(one, headers).json()["firstName"] == "Lee"
    assert refusal(bill.send("PATCH", f"{USERS}/nothing", headers, {"firstName": "Leo"})) == (404, ["BDC_1120"])


def test_emulator_user_without_a_role_becomes_an_administrator_or_is_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    assert create(bill, headers, roleId=None).json()["role"]["type"] == "ADMINISTRATOR"
    control.post("settings", create_without_role="refused")
    response = create(bill, headers, roleId=None, email="other@example.com")
    assert refusal(response) == (400, ["BDC_1108"])
    assert response.json()[0]["message"] == "roleId: must not be blank"


def test_emulator_user_change_without_a_role_makes_an_administrator_or_keeps_the_role(
    bill: Bill, control: Control
) -> None:
    headers = bill.session()
    one = f"{USERS}/{create(bill, headers).json()['id']}"
    control.post("settings", change_without_role="kept")
    assert bill.send("PATCH", one, headers, {"firstName": "Leo"}).json()["role"]["type"] == "CLERK"
    control.post("settings", change_without_role="administrator")
    assert bill.send("PATCH", one, headers, {"firstName": "Lee"}).json()["role"]["type"] == "ADMINISTRATOR"


def test_emulator_user_with_the_email_of_another_one_is_refused(bill: Bill, control: Control) -> None:
    headers = bill.session()
    first = create(bill, headers).json()["id"]
    assert refusal(create(bill, headers, email="LEE@example.com")) == (422, ["BDC_1171"])
    control.post("settings", codes={"user_email": "BDC_1999"}, status_of={"BDC_1999": 422})
    assert refusal(create(bill, headers)) == (422, ["BDC_1999"])
    control.post("settings", codes={})
    bill.post(f"{USERS}/{first}/archive", headers)
    assert refusal(create(bill, headers)) == (422, ["BDC_1171"])
    control.post("settings", archived_emails="allowed")
    assert create(bill, headers).status_code == 201
    # The first one cannot come back beside the second one.
    assert refusal(bill.post(f"{USERS}/{first}/restore", headers)) == (422, ["BDC_1171"])


def test_emulator_roles_are_read_only_and_differ_in_each_organization(bill: Bill, control: Control) -> None:
    headers, there = bill.session(), bill.session(organizationId=world.SECOND_ORGANIZATION.id)
    page = bill.get(f"{ROLES}?max=5", headers).json()
    rest = bill.get(ROLES, headers, params={"max": 5, "page": page["nextPage"]}).json()
    found = page["results"] + rest["results"]
    assert [one["type"] for one in found] == [
        *("ADMINISTRATOR", "ACCOUNTANT", "APPROVER", "AUDITOR", "CLERK", "PAYER", "CUSTOM", "CUSTOM")
    ]
    assert len({one["description"] for one in found}) == 8
    assert set(found[0]) == {"id", "type", "description", "createdTime", "updatedTime"}
    assert bill.get(f"{ROLES}/{found[0]['id']}", there).status_code == 404
    assert bill.get(f"{ROLES}/{found[0]['id']}", headers).json() == found[0]
    assert control.get(f"objects/roles?organization_id={HERE}") == found
    assert refusal(bill.post(ROLES, headers, {"type": "CUSTOM"})) == (404, ["BDC_1121"])
    assert refusal(bill.get(ROLES, headers, params={"filters": "type:eq:CLERK"})) == (400, ["BDC_1130"])


@pytest.mark.parametrize("path", [USERS, ROLES])
def test_emulator_users_without_a_session_are_refused(bill: Bill, path: str) -> None:
    assert refusal(bill.get(path)) == (401, ["BDC_1109"])
