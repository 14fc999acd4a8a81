# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The made-up organizations, users, keys, tokens and vendors. The same at every start; nothing here is real.

Secrets hold the word "findme", so that a test can search output, logs and files for any of them at once.
Identifiers have 20 characters. Prefixes: 008 organization (documented), 006 user, 009 vendor (observed).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from .clock import HOUR, timestamp


@dataclass(frozen=True)
class Organization:
    id: str
    name: str
    vendors: int
    locked: bool = False


@dataclass(frozen=True)
class User:
    id: str
    username: str
    password: str
    organization_ids: tuple[str, ...]


@dataclass(frozen=True)
class SyncToken:
    name: str
    value: str
    organization_ids: tuple[str, ...]
    # Inferred: a sync token acts for the user who made it.
    user_id: str


DEV_KEY = "DEVKEY-findme-01-5b2e84c1d97f4a06"
SECOND_DEV_KEY = "DEVKEY-findme-02-c83d16f0a2b94e75"
INACTIVE_DEV_KEY = "DEVKEY-findme-03-0f6a7d3e51c8492b"
DEV_KEYS = (DEV_KEY, SECOND_DEV_KEY)

ORGANIZATION = Organization("00801MAPLEBAKERY0001", "Maple Street Bakery", vendors=350)
SECOND_ORGANIZATION = Organization("00802HARBORSTUDIO002", "Harbor Light Studio", vendors=30)
LOCKED_ORGANIZATION = Organization("00803LOCKEDSTORE0003", "Closed Corner Store", vendors=0, locked=True)
ORGANIZATIONS = (ORGANIZATION, SECOND_ORGANIZATION, LOCKED_ORGANIZATION)

USER = User(
    "00601ALEXPARKER00001",
    "ap@example.com",
    "Passw0rd-findme-7f3a9c1e",
    tuple(organization.id for organization in ORGANIZATIONS),
)
SECOND_USER = User("00602SAMRIVERA000002", "sam@example.com", "Passw0rd-findme-b41d60e8", (SECOND_ORGANIZATION.id,))
# More people of one organization than BILL takes requests at a time.
CLERKS = tuple(
    User(
        f"0060{3 + number}CLERK000000000{number}",
        f"clerk{number}@example.com",
        f"Passw0rd-findme-c1e2k{number:03}",
        (ORGANIZATION.id,),
    )
    for number in range(6)
)
USERS = (USER, SECOND_USER, *CLERKS)

SYNC_TOKEN = SyncToken("erp-sync", "SYNCTOKEN-findme-9d27e5b04c8f4136", (ORGANIZATION.id,), USER.id)
SYNC_TOKENS = (SYNC_TOKEN,)

_FIRST = ("Acorn", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Hazel", "Iris", "Juniper")
_TRADE = ("Paper", "Flour", "Freight", "Electric", "Cleaning", "Design", "Print", "Dairy", "Linen", "Tools")
_KIND = ("Supply Co.", "Partners", "Services", "& Sons", "Works")
_CITY = (("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Denver", "CO", "80202"))
_EPOCH = 1_729_085_791  # 2024-10-16T13:36:31Z


@cache
def vendors(organization_id: str) -> tuple[dict[str, Any], ...]:
    """The vendors of an organization, oldest first."""
    organization = next(one for one in ORGANIZATIONS if one.id == organization_id)
    return tuple(_vendor(organization, number) for number in range(1, organization.vendors + 1))


def _vendor(organization: Organization, number: int) -> dict[str, Any]:
    name = f"{_FIRST[number % 10]} {_TRADE[number // 10 % 10]} {_KIND[number // 100 % 5]}"
    city, state, postal_code = _CITY[number % 3]
    created = _EPOCH + number * HOUR
    return {
        "id": f"009{organization.id[3:5]}VENDOR{number:09d}",
        "archived": number % 25 == 0,
        "name": name,
        "accountType": "PERSON" if number % 7 == 0 else "BUSINESS",
        "email": f"billing{number}@example.com",
        "address": {
            "line1": f"{number} Main Street",
            "city": city,
            "stateOrProvince": state,
            "zipOrPostalCode": postal_code,
            "country": "US",
            "countryName": "United States",
        },
        "createdTime": timestamp(created),
        "updatedTime": timestamp(created + 24 * HOUR),
    }
