# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a JSON body, and BILL's errors if they are missing."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, Request

from .errors import INVALID_FIELD, MISSING_FIELD, NOT_JSON, InvalidFieldsError, RefusalError


async def json_object(request: Request) -> dict[str, Any]:
    # A body is required even if all its fields are optional: BILL answered a third party's request without one with status 400.
    given = await json_body(request)
    if not isinstance(given, dict):
        raise RefusalError(NOT_JSON)
    return given


async def json_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise RefusalError(NOT_JSON) from None


Fields = Annotated[dict[str, Any], Depends(json_object)]
AnyJson = Annotated[Any, Depends(json_body)]


def text(given: dict[str, Any], name: str) -> str:
    """A field as text. Empty if the field is absent, null, false or blank."""
    value = str(given.get(name) or "")
    return value if value.strip() else ""


def require(given: dict[str, Any], *names: str) -> tuple[str, ...]:
    values = tuple(text(given, name) for name in names)
    wrong = [name for name in names if given.get(name) is not None and not isinstance(given[name], str)]
    if wrong:
        # Inferred. A number may have lost the zeros at its beginning.
        raise InvalidFieldsError(*((INVALID_FIELD, f"{name}: must be a string") for name in wrong))
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        # The text was observed. The code is unknown, and there may be none.
        raise InvalidFieldsError(*((MISSING_FIELD, f"{name}: must not be blank") for name in missing))
    return values


def all_or_none(given: dict[str, Any], *names: str) -> tuple[str, ...] | None:
    """Fields that are required together. None if all are absent. Inferred: if only some are given, the others are missing."""
    if not any(text(given, name) for name in names):
        return None
    return require(given, *names)
