# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of an organization.

Documented by BILL (reference/createorganizationuser and its collection of requests): the fields and the required ones, the limits of the
names, that only an administrator may create a user, and that a change has only names and a role. Inferred: the same right for a change,
archive and restore, and that BILL refuses other fields in a change. From a third party: the filters. A user who is created here cannot
sign in, because BILL first sends an e-mail to that person.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import resource, roles, staff
from .answers import answer
from .columns import column
from .errors import NO_RIGHT, UNKNOWN_ID, RefusalError
from .fields import Fields
from .kinds import Exists, Kind, Object, Unique, prefix
from .problems import Problems
from .settings import Settings
from .state import Emulator
from .texts import texts
from .who import SignedIn, TheEmulator, Who

MOST_CHARACTERS = 100
CHANGEABLE = ("firstName", "lastName", "roleId")


def _check(problems: Problems, given: Object, _exists: Exists) -> None:
    _check_person(problems, given)


def _check_person(problems: Problems, given: Object) -> None:
    problems.short_text(given, "firstName", MOST_CHARACTERS)
    problems.short_text(given, "lastName", MOST_CHARACTERS)
    problems.text(given, "email")


def _counts_archived(settings: Settings) -> bool:
    return settings.archived_emails == "refused"


KIND = Kind(
    name="users",
    prefix=prefix("006", "USER"),
    initial=staff.users,
    columns={
        "archived": column("boolean", "eq ne", sorts=True),
        "createdTime": column("date", "gt gte lt lte", sorts=True),
        "updatedTime": column("date", "gt gte lt lte", sorts=True),
        "firstName": column("text", sorts=True),
        "lastName": column("text", sorts=True),
        # Unknown: whether this can be used in filters.
        "email": column("text"),
    },
    check=_check,
    texts=texts("firstName lastName email roleId"),
    unique=Unique(("email",), lambda settings: settings.codes.user_email, _counts_archived),
)

router = APIRouter(prefix=f"/v3/{KIND.name}")


def require_administrator(who: Who, emulator: Emulator) -> None:
    users = emulator.objects.table(KIND, who.organization_id)
    if who.user_id not in users or users.get(who.user_id)["role"]["type"] != "ADMINISTRATOR":
        raise RefusalError(NO_RIGHT)


@router.post("")
async def create(request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    require_administrator(who, emulator)
    settings = emulator.settings
    problems = Problems()
    _check_person(problems, given)
    if given.get("acceptTermsOfService") is None:
        problems.missing("acceptTermsOfService")
    elif given["acceptTermsOfService"] is not True:
        problems.invalid("acceptTermsOfService", "must be true")
    if given.get("roleId") is not None or settings.create_without_role == "refused":
        problems.text(given, "roleId")
    problems.raise_if_any()
    content = {name: given[name] for name in ("firstName", "lastName", "email")}
    content["role"] = _role(given, who, emulator)
    made = resource.table_of(KIND, request, who, emulator).create(content)
    return JSONResponse(answer(made, KIND, settings), 201)


@router.patch("/{id_}")
async def change(id_: str, request: Request, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
    require_administrator(who, emulator)
    table = resource.table_of(KIND, request, who, emulator)
    table.get(id_)
    problems = Problems()
    for name in sorted(given.keys() - set(CHANGEABLE)):
        problems.invalid(name, "cannot be changed")
    if given.get("roleId") is not None:
        problems.text(given, "roleId")
    problems.raise_if_any()
    content = {name: value for name, value in given.items() if name != "roleId"}
    if given.get("roleId") is not None or emulator.settings.change_without_role == "administrator":
        content["role"] = _role(given, who, emulator)
    return JSONResponse(answer(table.patch(id_, content), KIND, emulator.settings))


def _role(given: Object, who: Who, emulator: Emulator) -> Object:
    """The role with the given identifier. Without one, the role of administrators."""
    if given.get("roleId") is None:
        return staff.as_field(staff.role_of_type(who.organization_id, "ADMINISTRATOR"))
    known = emulator.objects.table(roles.KIND, who.organization_id)
    if given["roleId"] not in known:
        raise RefusalError(UNKNOWN_ID)
    return staff.as_field(known.get(given["roleId"]))


routers = (router, resource.archiving(KIND, require_administrator), resource.reading(KIND))
