# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that all kinds of objects have: list, read, create, change, archive and restore.

Documented by BILL: the paths, and the size of a bulk request. Archive and restore need no body and return the object.
Observed: BILL answers a create with 201, and all other calls with 200. The response to a bulk request is the list of created
objects. For bills this comes from a third party. For other kinds it is inferred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import queries
from .answers import answer, answers
from .errors import INVALID_FIELD, INVALID_ORGANIZATION, NOT_JSON, InvalidFieldsError, RefusalError
from .fields import AnyJson, Fields
from .kinds import Kind
from .objects import ObjectTable
from .state import Emulator
from .who import MfaBypass, SignedIn, TheEmulator, Who, require_trust

# Refuses a caller who has not the right to write.
Rights = Callable[[Who, Emulator], None]


def everybody(_who: Who, _emulator: Emulator) -> None:
    """BILL documents no right that the caller needs."""


def own_organization(request: Request, who: Who) -> str:
    """The organization of the session. Inferred: a session gives access only to this one. BILL answers BDC_1123 for another one."""
    if request.path_params.get("organization_id", who.organization_id) != who.organization_id:
        raise RefusalError(INVALID_ORGANIZATION)
    return who.organization_id


def table_of(kind: Kind, request: Request, who: Who, emulator: Emulator) -> ObjectTable:
    """The table of the organization, or of the object that the path has before the kind."""
    organization_id = own_organization(request, who)
    if kind.parent is None:
        return emulator.objects.table(kind, organization_id)
    parents = emulator.objects.table(kind.parent, organization_id)
    return emulator.objects.table(kind, parents.get(request.path_params["parent_id"])["id"])


def reading(kind: Kind) -> APIRouter:
    router = _router(kind)

    @router.get("")
    async def several(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        # JSONResponse skips FastAPI's conversion of every value. For a hundred objects the conversion takes most of the time.
        return JSONResponse(queries.page(request, table_of(kind, request, who, emulator), emulator.settings))

    @router.get("/{id_}")
    async def one(id_: str, request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).get(id_)))

    return router


def writing(kind: Kind) -> APIRouter:
    router = APIRouter()
    for part in (creating(kind), changing(kind), archiving(kind)):
        router.include_router(part)
    return router


def creating(kind: Kind) -> APIRouter:
    router = _router(kind)

    @router.post("")
    async def create(
        request: Request, who: SignedIn, bypass: MfaBypass, given: Fields, emulator: TheEmulator
    ) -> JSONResponse:
        if kind.needs_trust(given):
            require_trust(who, bypass)
        return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).create(given)), 201)

    if kind.bulk:

        @router.post("/bulk")
        async def create_all(
            request: Request, who: SignedIn, bypass: MfaBypass, given: AnyJson, emulator: TheEmulator
        ) -> JSONResponse:
            several = objects(given, kind)
            if any(kind.needs_trust(one) for one in several):
                require_trust(who, bypass)
            made = table_of(kind, request, who, emulator).create_all(several)
            shown = answers(made, kind, emulator.settings)
            return JSONResponse({kind.bulk_name: shown} if kind.bulk_name else shown, 201)

    return router


def changing(kind: Kind) -> APIRouter:
    router = _router(kind)

    @router.patch("/{id_}")
    async def change(
        id_: str, request: Request, who: SignedIn, bypass: MfaBypass, given: Fields, emulator: TheEmulator
    ) -> JSONResponse:
        if kind.needs_trust(given):
            require_trust(who, bypass)
        return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).patch(id_, given)))

    if kind.can_be_replaced:

        @router.put("/{id_}")
        async def replace(
            id_: str, request: Request, who: SignedIn, given: Fields, emulator: TheEmulator
        ) -> JSONResponse:
            return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).put(id_, given)))

    return router


def archiving(kind: Kind, check_rights: Rights = everybody) -> APIRouter:
    router = _router(kind)

    @router.post("/{id_}/archive")
    async def archive(id_: str, request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        check_rights(who, emulator)
        return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).archive(id_)))

    @router.post("/{id_}/restore")
    async def restore(id_: str, request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        check_rights(who, emulator)
        return JSONResponse(_answer(kind, emulator, table_of(kind, request, who, emulator).restore(id_)))

    return router


def objects(given: Any, kind: Kind) -> list[dict[str, Any]]:
    """The objects in the body of a bulk request. The errors are inferred."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise RefusalError(NOT_JSON)
    if not 1 <= len(given) <= kind.bulk:
        raise InvalidFieldsError((INVALID_FIELD, f"{kind.name}: must have between 1 and {kind.bulk} objects"))
    return given


def _router(kind: Kind) -> APIRouter:
    return APIRouter(prefix=f"/v3/{kind.path or kind.name}")


def _answer(kind: Kind, emulator: Emulator, one: dict[str, Any]) -> dict[str, Any]:
    return answer(one, kind, emulator.settings)
