# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Approval policies of bills: who approves which bills.

Documented by BILL (its collection of requests): the paths, the fields of requests and responses, a list without pages, status 200 and
`SUCCESS` for a delete, which cannot be undone. From a third party: the identifier, the status, the roles of approvers, and that only the web
app makes groups. Inferred: a replacement drops them, BILL refuses other approvers, and the code. Unknown: all keys and operators of
rules. So the emulator accepts any.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import classifications, queries, resource, users, vendors
from .answers import answer, answers
from .errors import NOT_SUPPORTED, RefusalError
from .fields import Fields
from .kinds import Kind, Object, none, unique_name
from .objects import ObjectTable
from .problems import Problems
from .state import Emulator
from .who import SignedIn, TheEmulator, Who

APPROVERS = frozenset({"ADMINISTRATOR", "ACCOUNTANT", "APPROVER"})
_OF_BILLS = {kind.name: kind for kind in classifications.KINDS}
# The objects that a rule can name. A response has their names.
_NAMED = {
    "VENDOR_ID": vendors.KIND,
    "CHART_OF_ACCOUNT_ID": _OF_BILLS["classifications/chart-of-accounts"],
    "JOB_ID": _OF_BILLS["classifications/jobs"],
    "LOCATION_ID": _OF_BILLS["classifications/locations"],
}

KIND = Kind(
    name="bill-approvals/policies",
    prefix=lambda organization_id: f"{organization_id}-",
    id_length=29,
    initial=none,
    columns={},
    complete=lambda given: {"status": "ACTIVE", **given},
    read_only=frozenset({"status"}),
    hidden=frozenset({"createdTime", "updatedTime"}),
    unique=unique_name("policyName"),
    can_be_archived=False,
)

router = APIRouter(prefix="/v3/bill-approvals")


@router.get("/policies")
async def several(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    if emulator.settings.strict_parameters:
        queries.check_parameters(request, frozenset())
    table = resource.table_of(KIND, request, who, emulator)
    return JSONResponse(answers(table.everything(), KIND, emulator.settings))


@router.post("")
@router.post("/policies")
async def create(request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    if not request.url.path.endswith(emulator.settings.approval_policy_path):
        raise RefusalError(NOT_SUPPORTED)
    made = resource.table_of(KIND, request, who, emulator).create(_stored(given, who, emulator))
    return JSONResponse(answer(made, KIND, emulator.settings), 201)


@router.put("/policies/{id_}")
async def replace(id_: str, request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    table = resource.table_of(KIND, request, who, emulator)
    table.get(id_)
    return JSONResponse(answer(table.put(id_, _stored(given, who, emulator)), KIND, emulator.settings))


@router.delete("/policies/{id_}")
async def delete(id_: str, request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
    resource.table_of(KIND, request, who, emulator).remove(id_)
    return JSONResponse({"status": "SUCCESS"})


def _stored(given: Object, who: Who, emulator: Emulator) -> Object:
    """The policy as a response has it, with the names of approvers and objects."""
    people = emulator.objects.table(users.KIND, who.organization_id)
    problems = Problems()
    problems.text(given, "policyName")
    for position, rule in problems.objects(given, "rules"):
        _check_rule(problems, position, rule)
    for position, approver in problems.texts(given, "approvers"):
        if not _can_approve(people, approver):
            problems.invalid(position, "there is no such approver")
    problems.raise_if_any()
    return {
        "policyName": given["policyName"],
        "rules": [_stored_rule(rule, who, emulator) for rule in given["rules"]],
        "approvers": {"users": [_stored_approver(people.get(id_)) for id_ in given["approvers"]], "groups": []},
    }


def _check_rule(problems: Problems, position: str, rule: Object) -> None:
    problems.position = f"{position}."
    problems.text(rule, "key")
    problems.text(rule, "op")
    problems.texts(rule, "values")
    problems.position = ""


def _can_approve(people: ObjectTable, id_: str) -> bool:
    if id_ not in people:
        return False
    person = people.get(id_)
    return not person["archived"] and person["role"]["type"] in APPROVERS


def _stored_approver(person: Object) -> Object:
    return {"userId": person["id"], "fullName": f"{person['firstName']} {person['lastName']}"}


def _stored_rule(rule: Object, who: Who, emulator: Emulator) -> Object:
    kind = _NAMED.get(rule["key"])
    table = None if kind is None else emulator.objects.table(kind, who.organization_id)
    values = [
        {
            "value": value,
            "displayName": table.get(value).get("name", value) if table is not None and value in table else value,
        }
        for value in rule["values"]
    ]
    return {"key": rule["key"], "op": rule["op"], "values": values}


routers = (router,)
