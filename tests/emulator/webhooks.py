# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The webhooks API, as paths below /connect-events: the catalog, the subscriptions and their events.

Documented by BILL (webhook general rules, working with webhooks, and its collection of requests): the paths and fields, status 200 for every
success, the security key only in the responses that create it, ten subscriptions for an organization, no two with the same events and
address. A create needs X-Idempotent-Key with a UUID of version 4. BILL stores a key for 24 hours, and then returns the first response
again. Not documented: the codes of refusals, and what the key of a refused call does. The emulator only stores keys of successes.

Documented for the list of events: `createdTimeFrom`, `createdTimeTo` (otherwise the present time), `entityId`, and the newest first, or with
`ascending` the oldest first. Without `createdTimeFrom` BILL does not sort. Then the emulator has the oldest first.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from . import columns, pages, queries, subscriptions, webhook_events
from .errors import INVALID_FIELD, INVALID_PARAMETER, MISSING_FIELD, NO_DATA, InvalidFieldsError, RefusalError
from .fields import Fields, json_object
from .problems import Problems
from .spender import spender
from .state import Emulator
from .webhook_events import Event
from .webhook_post import is_on_loopback
from .who import TheEmulator, partner, signed_in

router = APIRouter()

Object = dict[str, Any]

MOST = 10
KEY_SECONDS = 24 * 60 * 60
WRITABLE = ("name", "status", "events", "notificationUrl")
EVENT_PARAMETERS = frozenset({"entityId", "createdTimeFrom", "createdTimeTo", "ascending", "max", "page"})


async def subscriber(request: Request, emulator: TheEmulator) -> str:
    """The owner of subscriptions: an organization, a partner or a company of Spend & Expense. OAuth is not supported (documented)."""
    headers = request.headers
    if "apiToken" in headers:
        return await spender(request, emulator)
    if "sessionId" in headers and "appKey" in headers:
        await partner(request, emulator)
        return headers["appKey"]
    if "sessionId" in headers and "devKey" in headers:
        return (await signed_in(request, emulator)).organization_id
    raise RefusalError(MISSING_FIELD, "Missing authentication header")


Subscriber = Annotated[str, Depends(subscriber)]


async def idempotent_key(request: Request) -> str:
    given = request.headers.get("X-Idempotent-Key", "")
    try:
        is_key = uuid.UUID(given).version == 4 and str(uuid.UUID(given)) == given.lower()
    except ValueError:
        is_key = False
    if not is_key:
        raise RefusalError(MISSING_FIELD, "X-Idempotent-Key: must be a UUID of version 4")
    return given.lower()


Key = Annotated[str, Depends(idempotent_key)]


@router.get("/v3/health")
async def health() -> dict[str, str]:
    return {"appId": "connect-events", "appEnv": "emulator", "appVersion": "1.0.0", "bdcRegion": "us"}


@router.get("/v3/events/catalog")
async def catalog(_owner: Subscriber, emulator: TheEmulator) -> list[Object]:
    return [{"type": name, "versions": ["1"]} for name in webhook_events.catalog(emulator.settings)]


@router.get("/v3/subscriptions")
async def several(request: Request, owner: Subscriber, emulator: TheEmulator) -> Object:
    return _page(request, "subscriptions", list(_owned(emulator, owner).values()), owner)


@router.post("/v3/subscriptions")
async def create(key: Key, owner: Subscriber, given: Fields, emulator: TheEmulator) -> JSONResponse:
    if (earlier := _earlier(emulator, owner, "", key)) is not None:
        return JSONResponse(earlier)
    _check(emulator, owner, given)
    owned = _owned(emulator, owner)
    if len(owned) >= MOST:
        raise RefusalError(INVALID_FIELD, f"An organization can have {MOST} subscriptions")
    now = emulator.clock.stamp()
    organization_id = subscriptions.organization_of(owner)
    made = {
        "id": str(uuid.uuid4()),
        **({"organizationId": organization_id} if organization_id else {}),
        **_written(given),
        "createdTime": now,
        "updatedTime": now,
    }
    owned[made["id"]] = made
    security_key = emulator.webhooks.subscriptions.add_key(made["id"])
    return JSONResponse(_stored(emulator, owner, "", key, {**made, "securityKey": security_key}))


@router.get("/v3/subscriptions/{id_}")
async def one(id_: str, owner: Subscriber, emulator: TheEmulator) -> Object:
    return _found(emulator, owner, id_)


@router.patch("/v3/subscriptions/{id_}")
async def change(id_: str, owner: Subscriber, given: Fields, emulator: TheEmulator) -> Object:
    before = _found(emulator, owner, id_)
    after = _rewrite(emulator, owner, id_, {**before, **given})
    if "status" in given:
        return after
    # A change of other fields does not change who enabled or disabled the subscription.
    _owned(emulator, owner)[id_] = {**after, "status": before["status"]}
    return _found(emulator, owner, id_)


@router.put("/v3/subscriptions/{id_}")
async def replace(id_: str, owner: Subscriber, given: Fields, emulator: TheEmulator) -> Object:
    return _rewrite(emulator, owner, id_, given)


@router.delete("/v3/subscriptions/{id_}")
async def delete(id_: str, owner: Subscriber, emulator: TheEmulator) -> Response:
    _found(emulator, owner, id_)
    del _owned(emulator, owner)[id_]
    return Response(status_code=200, media_type="application/json")


@router.post("/v3/subscriptions/{id_}/security_key")
async def security_key(id_: str, key: Key, owner: Subscriber, emulator: TheEmulator) -> JSONResponse:
    _found(emulator, owner, id_)
    if (earlier := _earlier(emulator, owner, id_, key)) is not None:
        return JSONResponse(earlier)
    made = emulator.webhooks.subscriptions.add_key(id_)
    return JSONResponse(_stored(emulator, owner, id_, key, {"securityKey": made}))


@router.post("/v3/subscriptions/{id_}/test")
async def test(id_: str, request: Request, owner: Subscriber, emulator: TheEmulator) -> Object:
    subscription = _found(emulator, owner, id_)
    given = await json_object(request) if await request.body() else {}
    if given.get("eventType", subscription["events"][0]["type"]) not in webhook_events.catalog(emulator.settings):
        raise InvalidFieldsError((INVALID_FIELD, "eventType: is not in the catalog of events"))
    organization_id = subscriptions.organization_of(owner) or subscriptions.first_organization(owner)
    event = webhook_events.invented(given, subscription, organization_id, emulator.clock.now(), emulator.settings)
    emulator.webhooks.record(event)
    return await _sent(emulator, event)


@router.get("/v3/events/subscription/{id_}")
async def events(id_: str, request: Request, owner: Subscriber, emulator: TheEmulator) -> Object:
    _found(emulator, owner, id_)
    asked = request.query_params
    if emulator.settings.strict_parameters:
        queries.check_parameters(request, EVENT_PARAMETERS)
    begin, end = _moment(request, "createdTimeFrom"), _moment(request, "createdTimeTo")
    entity = asked.get("entityId")
    found = [
        one
        for one in emulator.webhooks.history(id_)
        if (begin is None or one.at >= begin) and (end is None or one.at <= end) and entity in {None, one.entity_id}
    ]
    if begin is not None and asked.get("ascending") != "true":
        found.reverse()
    name = f"events {id_} {[asked.get(one) for one in ('entityId', 'createdTimeFrom', 'createdTimeTo', 'ascending')]}"
    shown = [one.shown_with_retries(emulator.settings) for one in found]
    return _page(request, name, shown, owner)


@router.post("/v3/events/subscription/{id_}/event/{event_id}")
async def send_again(id_: str, event_id: str, owner: Subscriber, emulator: TheEmulator) -> Object:
    _found(emulator, owner, id_)
    webhooks = emulator.webhooks
    event = next((one for one in webhooks.history(id_) if one.id == event_id), None)
    if event is None:
        raise RefusalError(NO_DATA)
    if emulator.settings.webhook_resend_id == "new":
        event = webhook_events.renamed(event, emulator.clock.now())
        webhooks.record(event)
    return await _sent(emulator, event)


async def _sent(emulator: Emulator, event: Event) -> Object:
    """Send an event because a call asked for it."""
    deliveries = emulator.webhooks.deliveries
    emulator.webhooks.send(event)
    if emulator.settings.webhook_test_waits:
        await deliveries.quiet()
    return event.shown(emulator.settings)


def _moment(request: Request, name: str) -> float | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    try:
        # Documented: a time of ISO 8601, such as 2026-12-30T00:00:00Z.
        return columns.iso_moment(given).timestamp()
    except ValueError:
        raise RefusalError(INVALID_PARAMETER, f"{name}: must be a date and time") from None


def _page(request: Request, name: str, everything: list[Object], owner: str) -> Object:
    """A page that has only a cursor forward (documented)."""
    asked = request.query_params
    size = pages.size(asked.get("max"), 100)
    found = pages.page(pages.list_identity(name, owner), everything, size, asked.get("page"))
    found.pop("prevPage", None)
    return found


def _owned(emulator: Emulator, owner: str) -> dict[str, Object]:
    return emulator.webhooks.subscriptions.owned(owner)


def _found(emulator: Emulator, owner: str, id_: str) -> Object:
    owned = _owned(emulator, owner)
    if id_ not in owned:
        raise RefusalError(NO_DATA)
    return owned[id_]


def _rewrite(emulator: Emulator, owner: str, id_: str, given: Object) -> Object:
    before = _found(emulator, owner, id_)
    _check(emulator, owner, given, id_)
    after = {**before, **_written(given), "updatedTime": emulator.clock.stamp()}
    _owned(emulator, owner)[id_] = after
    return after


def _written(given: Object) -> Object:
    chosen = {name: given[name] for name in WRITABLE}
    return {**chosen, "status": {**given["status"], "actor": "CLIENT"}}


def _check(emulator: Emulator, owner: str, given: Object, id_: str = "") -> None:
    problems = Problems()
    problems.text(given, "name")
    if problems.text(given, "notificationUrl") and not _is_accepted(given["notificationUrl"], emulator):
        problems.invalid("notificationUrl", "must be an https address")
    if problems.object(given, "status") and not isinstance(given["status"].get("enabled"), bool):
        problems.invalid("status.enabled", "must be true or false")
    for position, event in problems.objects(given, "events"):
        for name in ("type", "version"):
            if not isinstance(event.get(name), str):
                problems.invalid(f"{position}.{name}", "must be a string")
        if (event.get("type"), event.get("version")) not in {
            (name, "1") for name in webhook_events.catalog(emulator.settings)
        }:
            problems.invalid(position, "is not in the catalog of events")
    problems.raise_if_any()
    for other in _owned(emulator, owner).values():
        if other["id"] != id_ and _place(other) == _place(given):
            raise InvalidFieldsError((INVALID_FIELD, "A subscription with these events and this address exists"))


def _is_accepted(url: str, emulator: Emulator) -> bool:
    is_http_here = emulator.settings.webhook_http and url.startswith("http://") and is_on_loopback(url)
    return url.startswith("https://") or is_http_here


def _place(subscription: Object) -> tuple[str, frozenset[tuple[str, str]]]:
    return subscription["notificationUrl"], frozenset((one["type"], one["version"]) for one in subscription["events"])


def _earlier(emulator: Emulator, owner: str, about: str, key: str) -> Object | None:
    at, response = emulator.webhooks.responses.get((owner, about, key), (0.0, None))
    return response if emulator.clock.now() - at < KEY_SECONDS else None


def _stored(emulator: Emulator, owner: str, about: str, key: str, response: Object) -> Object:
    emulator.webhooks.responses[owner, about, key] = (emulator.clock.now(), response)
    return response
