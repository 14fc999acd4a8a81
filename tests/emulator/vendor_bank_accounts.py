# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bank account of a vendor. A vendor has one at most.

Documented by BILL (its collection of requests): the path, the fields of requests and responses, status 200 for a create and 204 for a
delete, and no call that changes an account. Documented for the older API: one account for a vendor, and only the last four digits of the
number in a response. Inferred: BILL refuses a second account, and the code. The response does not have `status`, because its values are
unknown. The vendor itself does not show the account.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from . import resource, vendors
from .answers import answer
from .errors import NO_DATA, RefusalError
from .fields import Fields
from .kinds import Kind, Object, none
from .problems import Problems
from .settings import Settings
from .texts import BANK_ACCOUNT, texts
from .who import MfaBypass, SignedIn, TheEmulator, require_trust


def _prefix(vendor_id: str) -> str:
    """The prefix of BILL, the two digits of the organization, and the number of the vendor."""
    return f"vba{vendor_id[3:5]}{vendor_id[-9:]}"


KIND = Kind(
    name="vendor-bank-accounts",
    path="vendors/{parent_id}/bank-account",
    parent=vendors.KIND,
    parent_field="vendorId",
    prefix=_prefix,
    initial=none,
    columns={},
    texts=texts(BANK_ACCOUNT, regulatoryFields="name value"),
    always_masked=frozenset({"accountNumber"}),
    masked=frozenset({"routingNumber"}),
    hidden=frozenset({"id", "createdTime", "updatedTime"}),
    can_be_archived=False,
)

router = APIRouter(prefix=f"/v3/{KIND.path}")


@router.get("")
async def read(request: Request, who: SignedIn, bypass: MfaBypass, emulator: TheEmulator) -> JSONResponse:
    settings = emulator.settings
    if settings.vendor_bank_account_trust == "all":
        require_trust(who, bypass)
    found = resource.table_of(KIND, request, who, emulator).everything()
    if not found and settings.missing_bank_account == "not_found":
        raise RefusalError(NO_DATA)
    return JSONResponse(answer(found[0], KIND, settings) if found else {})


@router.post("")
async def create(
    request: Request, who: SignedIn, bypass: MfaBypass, given: Fields, emulator: TheEmulator
) -> JSONResponse:
    settings = emulator.settings
    if settings.vendor_bank_account_trust != "none":
        require_trust(who, bypass)
    table = resource.table_of(KIND, request, who, emulator)
    _check(given, settings)
    if table.everything():
        raise RefusalError(settings.codes.vendor_bank_account, "The vendor has a bank account.")
    return JSONResponse(answer(table.create(given), KIND, settings))


@router.delete("")
async def delete(request: Request, who: SignedIn, bypass: MfaBypass, emulator: TheEmulator) -> Response:
    if emulator.settings.vendor_bank_account_trust != "none":
        require_trust(who, bypass)
    table = resource.table_of(KIND, request, who, emulator)
    if not table.everything():
        raise RefusalError(NO_DATA)
    for account in table.everything():
        table.remove(account["id"])
    return Response(status_code=204, media_type="application/json")


def _check(given: Object, settings: Settings) -> None:
    problems = Problems()
    problems.text(given, "nameOnAccount")
    problems.text(given, "accountNumber")
    problems.choice(given, "type", "CHECKING", "SAVINGS")
    problems.choice(given, "ownerType", "BUSINESS", settings.person_owner_type)
    problems.raise_if_any()


routers = (router,)
