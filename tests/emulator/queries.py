# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: reads the parameters of the request, and returns the page of the list."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from . import pages
from .answers import answers
from .errors import INVALID_PARAMETER, RefusalError
from .objects import ObjectTable
from .settings import Settings

COMMON = frozenset({"max", "filters", "sort"})


def page(request: Request, table: ObjectTable, settings: Settings) -> dict[str, Any]:
    asked, kind = request.query_params, table.kind
    cursors = {"nextPage", "prevPage"} if kind.has_two_cursors else {"page"}
    if settings.strict_parameters:
        check_parameters(request, COMMON | cursors | kind.parameters)
    size = pages.size(asked.get("max"), min(kind.largest_page, settings.largest_page))
    filters, sort = asked.get("filters"), asked.get("sort")
    found = table.select(filters, sort)
    list_id = pages.list_identity(kind.name, table.owner, filters, sort)
    if kind.has_two_cursors:
        page = pages.page_with_two_cursors(list_id, found, size, asked.get("nextPage"), asked.get("prevPage"))
    else:
        page = pages.page(list_id, found, size, asked.get("page"))
    return {**page, "results": answers(page["results"], kind, settings)}


def check_parameters(request: Request, known: frozenset[str]) -> None:
    given = [name for name, _value in request.query_params.multi_items()]
    invalid = [f"{name}: unknown parameter" for name in dict.fromkeys(given) if name not in known]
    invalid += [f"{name}: given more than once" for name in dict.fromkeys(given) if given.count(name) > 1]
    if invalid:
        raise RefusalError(INVALID_PARAMETER, *invalid)
