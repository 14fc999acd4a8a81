# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that all kinds of objects have: list, read, create, change, archive and restore.

Documented by BILL: the paths, and the size of a bulk request. Archive and restore need no body and return the object.
Observed: BILL answers a create with 201, and all other calls with 200. The response to a bulk request is the list of created
objects. For bills this comes from a third party. For other kinds it is inferred.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from . import queries
from .answers import answer, answers
from .errors import INVALID_FIELD, NOT_JSON, InvalidFieldsError, RefusalError
from .fields import AnyJson, Fields
from .kinds import Kind
from .objects import ObjectTable
from .state import Emulator
from .who import MfaBypass, SignedIn, TheEmulator, Who, require_trust


def reading(kind: Kind) -> APIRouter:
    router = APIRouter(prefix=f"/v3/{kind.name}")

    @router.get("")
    async def several(request: Request, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        # JSONResponse skips FastAPI's conversion of every value. For a hundred objects the conversion takes most of the time.
        return JSONResponse(queries.page(request, _table(kind, who, emulator), emulator.settings))

    @router.get("/{id_}")
    async def one(id_: str, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).get(id_)))

    return router


def writing(kind: Kind) -> APIRouter:
    router = APIRouter(prefix=f"/v3/{kind.name}")

    @router.post("")
    async def create(who: SignedIn, bypass: MfaBypass, given: Fields, emulator: TheEmulator) -> JSONResponse:
        if kind.needs_trust(given):
            require_trust(who, bypass)
        return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).create(given)), 201)

    @router.patch("/{id_}")
    async def change(id_: str, who: SignedIn, bypass: MfaBypass, given: Fields, emulator: TheEmulator) -> JSONResponse:
        if kind.needs_trust(given):
            require_trust(who, bypass)
        return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).patch(id_, given)))

    @router.post("/{id_}/archive")
    async def archive(id_: str, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).archive(id_)))

    @router.post("/{id_}/restore")
    async def restore(id_: str, who: SignedIn, emulator: TheEmulator) -> JSONResponse:
        return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).set(id_, archived=False)))

    if kind.can_be_replaced:

        @router.put("/{id_}")
        async def replace(id_: str, who: SignedIn, given: Fields, emulator: TheEmulator) -> JSONResponse:
            return JSONResponse(_answer(kind, emulator, _table(kind, who, emulator).put(id_, given)))

    if kind.bulk:

        @router.post("/bulk")
        async def create_all(who: SignedIn, bypass: MfaBypass, given: AnyJson, emulator: TheEmulator) -> JSONResponse:
            several = objects(given, kind)
            if any(kind.needs_trust(one) for one in several):
                require_trust(who, bypass)
            made = answers(_table(kind, who, emulator).create_all(several), kind, emulator.settings)
            return JSONResponse({kind.bulk_name: made} if kind.bulk_name else made, 201)

    return router


def objects(given: Any, kind: Kind) -> list[dict[str, Any]]:
    """The objects in the body of a bulk request. The errors are inferred."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise RefusalError(NOT_JSON)
    if not 1 <= len(given) <= kind.bulk:
        raise InvalidFieldsError((INVALID_FIELD, f"{kind.name}: must have between 1 and {kind.bulk} objects"))
    return given


def _answer(kind: Kind, emulator: Emulator, one: dict[str, Any]) -> dict[str, Any]:
    return answer(one, kind, emulator.settings)


def _table(kind: Kind, who: Who, emulator: Emulator) -> ObjectTable:
    return emulator.objects.table(kind, who.organization_id)
