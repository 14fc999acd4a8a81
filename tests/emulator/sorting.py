# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameter `sort` of a list: `field:asc` or `field:desc`, documented by BILL (search-op-with-lists).

Inferred: commas separate several of these, and objects without the field come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from .columns import Column, comparable, value_at
from .errors import INVALID_PARAMETER, RefusalError


def in_order(
    everything: Iterable[dict[str, Any]], given: str, columns: Mapping[str, Column], documented_only: bool
) -> list[dict[str, Any]]:
    ordered = list(everything)
    # The last field comes first, because a sort in Python does not change the order of equal objects.
    for one in reversed(given.split(",")):
        field, _colon, direction = one.partition(":")
        column = columns.get(field)
        if column is None or (documented_only and not column.sorts) or direction not in {"asc", "desc"}:
            raise RefusalError(INVALID_PARAMETER, f"sort: cannot sort by {one}")
        ordered.sort(key=partial(_key, field, column), reverse=direction == "desc")
    return ordered


def _key(field: str, column: Column, one: dict[str, Any]) -> tuple[bool, Any]:
    value = comparable(column.type, value_at(one, field))
    return (value is not None, value)
