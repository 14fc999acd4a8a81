# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles and users of the organizations at the start.

Documented by BILL: the fields, the types of roles, and that the identifiers of roles differ in each organization. The beginning of these
identifiers is invented. Observed by a third party: a new organization has the first six roles.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import world
from .clock import DAY, timestamp

_START = 1_727_784_000  # 2024-10-01T12:00:00Z
_ROLES = (
    ("ADMINISTRATOR", "Administrator"),
    ("ACCOUNTANT", "Accountant"),
    ("APPROVER", "Approver"),
    ("AUDITOR", "Auditor"),
    ("CLERK", "Clerk"),
    ("PAYER", "Payer"),
    ("CUSTOM", "Night shift"),
    ("CUSTOM", "Store manager"),
)
_PEOPLE: tuple[tuple[str, world.User | world.ConsoleAccount], ...] = (
    *((one.id, one) for one in world.USERS),
    *((one.user_id, one) for one in world.CONSOLE_ACCOUNTS),
)


@cache
def roles(organization_id: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "id": f"00r{organization_id[3:5]}ROLE{number:011d}",
            "type": type_,
            "description": description,
            **_times(number),
        }
        for number, (type_, description) in enumerate(_ROLES, 1)
    )


@cache
def users(organization_id: str) -> tuple[dict[str, Any], ...]:
    """The users who can sign in to the organization. They have the same identifiers in their sessions."""
    members = [(id_, one) for id_, one in _PEOPLE if organization_id in one.organization_ids]
    return tuple(
        {
            "id": id_,
            "archived": False,
            "firstName": one.first_name,
            "lastName": one.last_name,
            "email": one.username,
            "role": as_field(role_of_type(organization_id, one.role)),
            **_times(number),
        }
        for number, (id_, one) in enumerate(members, 1)
    )


def role_of_type(organization_id: str, type_: str) -> dict[str, Any]:
    return next(one for one in roles(organization_id) if one["type"] == type_)


def as_field(role: dict[str, Any]) -> dict[str, Any]:
    """The role as a user has it."""
    return {name: role[name] for name in ("id", "type", "description")}


def _times(number: int) -> dict[str, str]:
    made = timestamp(_START + number * DAY)
    return {"createdTime": made, "updatedTime": made}
