# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface for tests, as paths below /control. README.md explains each path."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from . import (
    approval_policies,
    bills,
    classifications,
    control_webhooks,
    customer_contacts,
    customers,
    funding_accounts,
    invoices,
    organizations,
    payment_terms,
    roles,
    spend,
    spend_world,
    users,
    vendor_bank_accounts,
    vendors,
    world,
)
from . import payments as payments_module
from .access_tokens import AccessToken
from .answers import answer
from .clock import timestamp
from .faults import Fault
from .kinds import Kind
from .sessions import Session
from .webhook_events import INVENTED_ERRORS
from .who import TheEmulator

router = APIRouter()
router.include_router(control_webhooks.router)

OF_ORGANIZATIONS = {
    kind.name: kind
    for kind in (
        approval_policies.KIND,
        bills.KIND,
        *classifications.KINDS,
        customer_contacts.KIND,
        customers.KIND,
        *funding_accounts.KINDS,
        invoices.KIND,
        organizations.KIND,
        payment_terms.KIND,
        payments_module.KIND,
        roles.KIND,
        users.KIND,
        vendor_bank_accounts.KIND,
        vendors.KIND,
    )
}
# Subscriptions have a file of their own, because their calls differ.
SUBSCRIPTIONS = "webhook-subscriptions"
OF_THE_COMPANY = {kind.name: kind for kind in spend.KINDS}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockChange(Strict):
    advance: float = 0
    set: datetime | None = None


class SessionsEnd(Strict):
    session_id: str | None = None


class NewPassword(Strict):
    password: str


class PaymentFailure(Strict):
    errors: list[dict[str, Any]] = INVENTED_ERRORS


@router.get("/requests")
async def requests(emulator: TheEmulator) -> list[dict[str, Any]]:
    return [asdict(received) for received in emulator.record.requests]


@router.get("/counts")
async def counts(emulator: TheEmulator) -> dict[str, int]:
    return emulator.record.counts()


@router.get("/state")
async def state(emulator: TheEmulator) -> dict[str, Any]:
    return {
        "now": emulator.clock.stamp(),
        "sessions": len(emulator.sessions.valid_sessions()),
        "peak_in_flight": emulator.limits.peak_in_flight,
        "logins_this_hour": emulator.limits.logins_this_hour(),
        "access_tokens": len(emulator.access_tokens.valid_tokens()),
        "payments": len(emulator.payments),
    }


@router.get("/messages")
async def messages(emulator: TheEmulator) -> list[dict[str, Any]]:
    return [{**asdict(message), "at": timestamp(message.at)} for message in emulator.trust.messages]


@router.get("/payments")
async def payments(emulator: TheEmulator) -> list[dict[str, Any]]:
    return emulator.payments


@router.get("/objects/{kind:path}")
async def objects(kind: str, emulator: TheEmulator, organization_id: str = "") -> JSONResponse:
    if kind == SUBSCRIPTIONS:
        return JSONResponse(list(emulator.webhooks.subscriptions.owned(organization_id).values()))
    if kind in OF_THE_COMPANY:
        return JSONResponse(emulator.objects.table(OF_THE_COMPANY[kind], spend_world.COMPANY).everything())
    asked = _of_organization(kind, organization_id)
    if asked.parent is not None:
        return JSONResponse(emulator.objects.below(asked, emulator.objects.table(asked.parent, organization_id)))
    return JSONResponse(emulator.objects.table(asked, organization_id).everything())


@router.post("/objects/{kind:path}")
async def store_object(
    kind: str, content: Annotated[dict[str, Any], Body()], emulator: TheEmulator, organization_id: str = ""
) -> JSONResponse:
    """Store an object without any check, as BILL may have it from earlier times."""
    if kind == SUBSCRIPTIONS:
        made = {**content, "id": str(uuid.uuid4())}
        emulator.webhooks.subscriptions.add_key(made["id"], made.pop("securityKey", None))
        emulator.webhooks.subscriptions.owned(organization_id)[made["id"]] = made
        return JSONResponse(made)
    asked, owner = _of_organization(kind, organization_id), organization_id
    if asked.parent is not None:
        owner = content.pop(asked.parent_field, None)
        if owner not in emulator.objects.table(asked.parent, organization_id):
            raise HTTPException(404, f"{asked.parent_field}: there is no such object")
    return JSONResponse(emulator.objects.table(asked, owner).add(content))


@router.delete("/objects/{kind:path}")
async def clear_objects(kind: str, emulator: TheEmulator, organization_id: str = "") -> list[Any]:
    """Remove all objects of a kind, also those that the organization has at the start."""
    if kind == SUBSCRIPTIONS:
        emulator.webhooks.subscriptions.owned(organization_id).clear()
        return []
    asked = _of_organization(kind, organization_id)
    owners = [organization_id]
    if asked.parent is not None:
        owners = [one["id"] for one in emulator.objects.table(asked.parent, organization_id).everything()]
    for owner in owners:
        emulator.objects.table(asked, owner).clear()
    return []


@router.patch("/objects/{kind:path}/{id_}")
async def change_object(
    kind: str, id_: str, changes: Annotated[dict[str, Any], Body()], emulator: TheEmulator, organization_id: str = ""
) -> JSONResponse:
    """Change fields of an object without any check, as BILL or a person at BILL may change them."""
    if kind in OF_THE_COMPANY:
        table = emulator.objects.table(OF_THE_COMPANY[kind], spend_world.COMPANY)
    else:
        asked = _of_organization(kind, organization_id)
        if asked.parent is not None:
            raise HTTPException(404, "objects that belong to other objects cannot be changed here")
        table = emulator.objects.table(asked, organization_id)
    if id_ not in table:
        raise HTTPException(404, "there is no such object")
    return JSONResponse(table.set(id_, **changes))


@router.post("/payments/{id_}/fail")
async def fail_payment(id_: str, failure: PaymentFailure, emulator: TheEmulator) -> JSONResponse:
    """Let a payment fail: its new status causes payment.updated, and the failure payment.failed.

    Documented: payment.updated for each new status, and payment.failed for a failed request for a payment. Inferred: also for a payment
    that exists.
    """
    kind = payments_module.KIND
    for organization in world.ORGANIZATIONS:
        table = emulator.objects.table(kind, organization.id)
        if id_ in table:
            failed = table.set(id_, status="FAILED")
            shown = answer(failed, kind, emulator.settings)
            emulator.webhooks.announce("payment.failed", organization.id, shown, errors=failure.errors)
            return JSONResponse(failed)
    raise HTTPException(404, "there is no such payment")


def _of_organization(kind: str, organization_id: str) -> Kind:
    if kind not in OF_ORGANIZATIONS or organization_id not in {one.id for one in world.ORGANIZATIONS}:
        raise HTTPException(404, "no such kind or organization")
    return OF_ORGANIZATIONS[kind]


@router.get("/clock")
async def clock(emulator: TheEmulator) -> dict[str, Any]:
    return {"now": emulator.clock.stamp(), "offset": emulator.clock.offset}


@router.post("/clock")
async def change_clock(change: ClockChange, emulator: TheEmulator) -> dict[str, Any]:
    deliveries = emulator.webhooks.deliveries
    if change.set is not None:
        emulator.clock.set(change.set)
        deliveries.wake()
    await control_webhooks.until_the_end(deliveries.advance(change.advance))
    return await clock(emulator)


@router.get("/faults")
async def faults(emulator: TheEmulator) -> list[dict[str, Any]]:
    return [fault.model_dump(by_alias=True, exclude_unset=True) for fault in emulator.faults.queue]


@router.post("/faults")
async def add_faults(given: Fault | list[Fault], emulator: TheEmulator) -> list[dict[str, Any]]:
    emulator.faults.queue += given if isinstance(given, list) else [given]
    return await faults(emulator)


@router.delete("/faults")
async def clear_faults(emulator: TheEmulator) -> list[dict[str, Any]]:
    emulator.faults.queue.clear()
    return []


@router.get("/settings")
async def settings(emulator: TheEmulator) -> dict[str, Any]:
    return emulator.settings.model_dump()


@router.post("/settings")
async def change_settings(changes: Annotated[dict[str, Any], Body()], emulator: TheEmulator) -> dict[str, Any]:
    try:
        emulator.settings.merge(changes)
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False, include_context=False)) from None
    return emulator.settings.model_dump()


@router.post("/sessions/end")
async def end_sessions(which: SessionsEnd, emulator: TheEmulator) -> dict[str, int]:
    ending: list[Session | AccessToken] = [
        *(one for one in emulator.sessions.valid_sessions() if which.session_id in (None, one.id)),
        *(one for one in emulator.access_tokens.valid_tokens() if which.session_id in (None, one.value)),
    ]
    for one in ending:
        one.ended = True
    return {"ended": len(ending)}


@router.post("/users/{username}/password")
async def change_password(username: str, new: NewPassword, emulator: TheEmulator) -> dict[str, str]:
    try:
        emulator.accounts.change_secret(username, new.password)
    except KeyError:
        raise HTTPException(404, "no such user, token or app") from None
    return {"username": username}


@router.get("/world")
async def the_world(emulator: TheEmulator) -> dict[str, Any]:
    now = {account.name: account.secret for account in emulator.accounts.by_name.values()}
    return {
        "dev_keys": world.DEV_KEYS,
        "inactive_dev_key": world.INACTIVE_DEV_KEY,
        "organizations": [asdict(organization) for organization in world.ORGANIZATIONS],
        "users": [{**asdict(user), "password": now[user.username]} for user in world.USERS],
        "sync_tokens": [{**asdict(token), "value": now[token.name]} for token in world.SYNC_TOKENS],
        "console_accounts": [{**asdict(one), "token": now[one.username]} for one in world.CONSOLE_ACCOUNTS],
        "partners": [{**asdict(one), "password": now[one.username]} for one in world.PARTNERS],
        "clients": [{**asdict(one), "secret": now[one.id]} for one in world.CLIENTS],
        "spend_tokens": [{**asdict(one), "value": now[one.name]} for one in world.SPEND_TOKENS],
        "phones": [asdict(phone) for phone in world.PHONES],
        "remembered_devices": [asdict(device) for device in world.REMEMBERED_DEVICES],
    }


@router.post("/reset")
async def reset(emulator: TheEmulator) -> dict[str, str]:
    emulator.reset()
    return {"now": emulator.clock.stamp()}
