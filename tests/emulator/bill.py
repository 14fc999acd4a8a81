# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All endpoints of BILL, as paths below /connect. Each file has its own router. The health check is here."""

from __future__ import annotations

from fastapi import APIRouter

from . import (
    approval_policies,
    bills,
    classifications,
    customer_contacts,
    customers,
    funding_accounts,
    invoices,
    login,
    mfa,
    oauth,
    organizations,
    partner,
    payment_terms,
    payments,
    roles,
    spend,
    users,
    vendor_bank_accounts,
    vendors,
)

KINDS = (
    approval_policies,
    bills,
    classifications,
    customer_contacts,
    customers,
    funding_accounts,
    invoices,
    organizations,
    payment_terms,
    payments,
    roles,
    users,
    vendor_bank_accounts,
    vendors,
)

router = APIRouter()
for module in (login, mfa, partner, spend):
    router.include_router(module.router)
for kinds in KINDS:
    for module_router in kinds.routers:
        router.include_router(module_router)
router.include_router(oauth.router, prefix="/authx")


@router.get("/v3/health")
async def health() -> dict[str, str]:
    # Inferred. BILL documents these four fields only for the health check of its webhooks.
    return {"appId": "connect", "appEnv": "emulator", "appVersion": "1.0.0", "bdcRegion": "us"}
