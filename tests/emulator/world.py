# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invented organizations, users, keys, tokens and vendors. They are the same at every start. Nothing here is real.

Every secret contains the word "findme", so one search finds any secret in output, logs and files.
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
    first_name: str
    last_name: str
    # The type of the role.
    role: str


@dataclass(frozen=True)
class SyncToken:
    name: str
    value: str
    organization_ids: tuple[str, ...]
    # Inferred: a sync token acts for the user who created it.
    user_id: str


@dataclass(frozen=True)
class ConsoleAccount:
    """The account of an accountant, for the organizations of the clients."""

    username: str
    token: str
    user_id: str
    organization_ids: tuple[str, ...]
    first_name: str
    last_name: str
    role: str


@dataclass(frozen=True)
class Partner:
    app_key: str
    username: str
    password: str
    organization_ids: tuple[str, ...]


@dataclass(frozen=True)
class Client:
    """A developer app for OAuth. It belongs to one organization, and has the permissions of the user who created it."""

    id: str
    secret: str
    organization_id: str
    user_id: str
    full_access: bool


@dataclass(frozen=True)
class SpendToken:
    """Spend & Expense identifies a token by its value. Only `/control/users/{username}/password` uses the name."""

    name: str
    value: str
    user_id: str
    user_name: str
    email: str


@dataclass(frozen=True)
class Phone:
    user_id: str
    number: str
    type: str


@dataclass(frozen=True)
class RememberedDevice:
    """A device that BILL remembers from the start, as after a validated code with `rememberMe`."""

    id: str
    device: str
    user_id: str


DEV_KEY = "DEVKEY-findme-01-5b2e84c1d97f4a06"
SECOND_DEV_KEY = "DEVKEY-findme-02-c83d16f0a2b94e75"
INACTIVE_DEV_KEY = "DEVKEY-findme-03-0f6a7d3e51c8492b"
DEV_KEYS = (DEV_KEY, SECOND_DEV_KEY)

ORGANIZATION = Organization("00801MAPLEBAKERY0001", "Maple Street Bakery", vendors=350)
SECOND_ORGANIZATION = Organization("00802HARBORSTUDIO002", "Harbor Light Studio", vendors=30)
LOCKED_ORGANIZATION = Organization("00803LOCKEDSTORE0003", "Closed Corner Store", vendors=0, locked=True)
# Only the accountant has access to this organization.
CLIENT_ORGANIZATION = Organization("00804WILLOWCLINIC004", "Willow Vet Clinic", vendors=12)
# For long lists. The first request for its vendors creates them.
LARGE_ORGANIZATION = Organization("00805GRANDMARKETS005", "Grand Markets Group", vendors=10_000)
# The clients of an accounting firm.
FORTY_ORGANIZATIONS = tuple(
    Organization(f"008{number}CLIENT{number:09d}", f"Client {number}", vendors=4) for number in range(11, 51)
)
ORGANIZATIONS = (
    ORGANIZATION,
    SECOND_ORGANIZATION,
    LOCKED_ORGANIZATION,
    CLIENT_ORGANIZATION,
    LARGE_ORGANIZATION,
    *FORTY_ORGANIZATIONS,
)

USER = User(
    "00601ALEXPARKER00001",
    "ap@example.com",
    "Passw0rd-findme-7f3a9c1e",
    (ORGANIZATION.id, SECOND_ORGANIZATION.id, LOCKED_ORGANIZATION.id),
    "Alex",
    "Parker",
    "ADMINISTRATOR",
)
SECOND_USER = User(
    "00602SAMRIVERA000002",
    "sam@example.com",
    "Passw0rd-findme-b41d60e8",
    (SECOND_ORGANIZATION.id,),
    "Sam",
    "Rivera",
    "APPROVER",
)
# An organization with more users than the number of requests that BILL accepts at the same time.
CLERKS = tuple(
    User(
        f"0060{3 + number}CLERK000000000{number}",
        f"clerk{number}@example.com",
        f"Passw0rd-findme-c1e2k{number:03}",
        (ORGANIZATION.id,),
        "Clerk",
        f"Number {number}",
        "CLERK",
    )
    for number in range(6)
)
# This user has a phone, and a device that BILL remembers. All other users must set up MFA first.
PAYER = User(
    "00609JORDANPAYER0009",
    "pay@example.com",
    "Passw0rd-findme-52fd08b3",
    (ORGANIZATION.id,),
    "Jordan",
    "Payer",
    "PAYER",
)
LARGE_USER = User(
    "00611CASEYGRAND00011",
    "grand@example.com",
    "Passw0rd-findme-e85b27fa",
    (LARGE_ORGANIZATION.id,),
    "Casey",
    "Grand",
    "ADMINISTRATOR",
)
USERS = (USER, SECOND_USER, *CLERKS, PAYER, LARGE_USER)

SYNC_TOKEN = SyncToken("erp-sync", "SYNCTOKEN-findme-9d27e5b04c8f4136", (ORGANIZATION.id,), USER.id)
SYNC_TOKENS = (SYNC_TOKEN,)

CONSOLE_ACCOUNT = ConsoleAccount(
    "books@example.net",
    "CONSOLETOKEN-findme-3e60d1b87a9c4f25",
    "00610ROBINBOOKS00010",
    (ORGANIZATION.id, SECOND_ORGANIZATION.id, CLIENT_ORGANIZATION.id),
    "Robin",
    "Books",
    "ACCOUNTANT",
)
FIRM = ConsoleAccount(
    "firm@example.net",
    "CONSOLETOKEN-findme-58b2f7c04ad64e19",
    "00612MORGANFIRM00012",
    tuple(organization.id for organization in FORTY_ORGANIZATIONS),
    "Morgan",
    "Firm",
    "ACCOUNTANT",
)
CONSOLE_ACCOUNTS = (CONSOLE_ACCOUNT, FIRM)

PARTNER = Partner(
    "APPKEY-findme-01-7c15ea90b3d8462f",
    "partner@example.org",
    "Passw0rd-findme-90ae47c6",
    (ORGANIZATION.id, LOCKED_ORGANIZATION.id),
)
SECOND_PARTNER = Partner(
    "APPKEY-findme-02-e9407ab1c65d4f38", "second@example.org", "Passw0rd-findme-1db7f25c", (SECOND_ORGANIZATION.id,)
)
PARTNERS = (PARTNER, SECOND_PARTNER)

CLIENT = Client("OAUTHCLIENTPAYMENT01", "CLIENTSECRET-findme-01-b68f20d4", ORGANIZATION.id, USER.id, full_access=True)
ACCOUNTING_CLIENT = Client(
    "OAUTHCLIENTBOOKS0002", "CLIENTSECRET-findme-02-41c9e7a5", ORGANIZATION.id, USER.id, full_access=False
)
CLIENTS = (CLIENT, ACCOUNTING_CLIENT)

SPEND_TOKEN = SpendToken(
    "spend", "SPENDTOKEN-findme-01-e2947bc06d1f", "SPENDUSER00000000001", "Alex Parker", USER.username
)
SECOND_SPEND_TOKEN = SpendToken(
    "spend-2", "SPENDTOKEN-findme-02-08d5fa61c37b", "SPENDUSER00000000002", "Sam Rivera", SECOND_USER.username
)
SPEND_TOKENS = (SPEND_TOKEN, SECOND_SPEND_TOKEN)

# Phone numbers like this one are reserved for fiction.
PHONES = (Phone(PAYER.id, "+12025550142", "TEXT"),)
REMEMBERED_DEVICE = RememberedDevice("MFAID-findme-6a0c93e5d7b14f82", "build-server", PAYER.id)
REMEMBERED_DEVICES = (REMEMBERED_DEVICE,)

_FIRST = ("Acorn", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Hazel", "Iris", "Juniper")
_TRADE = ("Paper", "Flour", "Freight", "Electric", "Cleaning", "Design", "Print", "Dairy", "Linen", "Tools")
_KIND = ("Supply Co.", "Partners", "Services", "& Sons", "Works")
_CITY = (("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Denver", "CO", "80202"))
_EPOCH = 1_729_085_791  # 2024-10-16T13:36:31Z


@cache
def vendors(organization_id: str) -> tuple[dict[str, Any], ...]:
    """The vendors of an organization, the oldest first."""
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
