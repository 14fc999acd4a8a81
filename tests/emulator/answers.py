# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What BILL shows of a stored object: with masks, with the values of its network, or without the parent. The settings decide."""

from __future__ import annotations

from typing import Any

from .kinds import Kind, Object
from .settings import Settings

_SHOWN = 4


def answer(one: Object, kind: Kind, settings: Settings) -> Object:
    """The object as a response has it. Unset fields are not in it (observed)."""
    shown = {name: value for name, value in one.items() if value not in ("", None) and name not in kind.hidden}
    if settings.connected_vendors and kind.of_network:
        shown = _over(shown, kind.of_network)
    for place in kind.always_masked | (kind.masked if settings.masked else frozenset()):
        shown = _masked(shown, place.split("."))
    if not settings.parent_in_answer:
        shown.pop("parentId", None)
    return shown


def answers(several: list[Object], kind: Kind, settings: Settings) -> list[Object]:
    return [answer(one, kind, settings) for one in several]


def _masked(one: Object, place: list[str]) -> Object:
    name, *rest = place
    if name not in one:
        return one
    value = one[name]
    if rest:
        return {**one, name: _masked(value, rest) if isinstance(value, dict) else value}
    return {**one, name: "*" * max(0, len(str(value)) - _SHOWN) + str(value)[-_SHOWN:]}


def _over(one: Object, values: Any) -> Object:
    """The object with other values, also in the objects inside it."""
    return {
        **one,
        **{
            name: _over(one.get(name, {}), value) if isinstance(value, dict) else value
            for name, value in values.items()
        },
    }
