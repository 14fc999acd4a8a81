# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of events, and one event with its payload.

Documented by BILL (notification payloads, and its description of the API): the types, all of version 1; `metadata` and one object in the
payload; times of events; `retries` only in the list of events. The payload of an event is a JSON document as a text. Inferred: BILL writes
the document without blanks, and in UTF-8 without escapes.

Documented: a new status of a payment causes payment.updated, a failed request for a payment causes payment.failed, and the bank-account
events are about the accounts that an organization pays from. No page has an event for the bank account of a vendor. BILL's pages about
vendor.updated do not name it, and the vendor in a payload has no such field. The setting `vendor_bank_account_event` decides.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from .clock import timestamp
from .settings import Settings

Object = dict[str, Any]

VERSION = "1"
TYPES = (
    *(f"vendor.{what}" for what in ("created", "updated", "archived", "restored")),
    *(f"bill.{what}" for what in ("created", "updated", "archived", "restored")),
    *(f"invoice.{what}" for what in ("created", "updated", "archived", "restored")),
    "autopay.failed",
    "payment.updated",
    "payment.failed",
    "bank-account.created",
    "bank-account.updated",
    "card-account.created",
    "card-account.updated",
    "risk-verification.updated",
    "spend.transaction.updated",
    "spend.reimbursement.created",
    "spend.reimbursement.updated",
    "spend.reimbursement.deleted",
    "spend.three-ds-challenge.created",
)
# The beginning of the types of each kind of objects.
FAMILIES = {
    "vendors": "vendor",
    "bills": "bill",
    "invoices": "invoice",
    "payments": "payment",
    "funding-accounts/banks": "bank-account",
    "funding-accounts/cards": "card-account",
    "spend/transactions": "spend.transaction",
}
# The name of the object in a payload, if it is not that of the family. Three come from third parties: cardAccount, riskVerification,
# reimbursement. The setting `three_ds_challenge_name` has one more.
_NAMES = {
    # Documented: vendor, fundingAccount and errors are beside each other. The setting `autopay_body` has another form.
    "autopay": "vendor",
    "bank-account": "bankAccount",
    "card-account": "cardAccount",
    "risk-verification": "riskVerification",
    "spend.transaction": "transaction",
    "spend.reimbursement": "reimbursement",
}
# Invented objects for a test of a subscription. The names of the fields are those of BILL's description.
_INVENTED: dict[str, Object] = {
    "vendor": {"id": "00900TESTVENDOR00001", "name": "A Test Vendor", "archived": False},
    "bill": {"id": "00n00TESTBILL0000001", "vendorId": "00900TESTVENDOR00001", "amount": 100, "archived": False},
    "invoice": {"id": "00e00TESTINVOICE0001", "invoiceNumber": "TEST-1", "totalAmount": 100, "archived": False},
    "payment": {"id": "stp00TESTPAYMENT0001", "billIds": ["00n00TESTBILL0000001"], "status": "SCHEDULED"},
    "bankAccount": {"id": "bac00TESTBANK0000001", "nameOnAccount": "A Test Account", "status": "VERIFIED"},
    "cardAccount": {"id": "car00TESTCARD0000001", "nameOnAccount": "A Test Card", "status": "VERIFIED"},
    "riskVerification": {"decision": "APPROVED"},
    "transaction": {"uuid": "7c1de8a2-0b7e-4a55-9f0c-3d5b6a1f2e40", "merchantName": "A Test Shop", "amount": 100},
    "reimbursement": {"uuid": "5f2ac9b1-6d3e-4c17-8a92-b7e04d1c6f58", "merchantName": "A Test Shop", "amount": 100},
}
# Unknown: the fields of a challenge. Other objects of Spend & Expense have a uuid.
_INVENTED_CHALLENGE: Object = {"uuid": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"}
_INVENTED_FUNDING_ACCOUNT: Object = {"id": "bac00TESTBANK0000001", "type": "BANK_ACCOUNT"}
INVENTED_ERRORS: list[Object] = [{"code": "BDC_1160", "message": "The payment failed"}]


@dataclass(frozen=True)
class Attempt:
    at: float
    # None: there was no response.
    status: int | None

    def shown(self) -> Object:
        # Unknown: what BILL shows if there was no response. The emulator leaves the field out.
        status = {} if self.status is None else {"statusCode": self.status}
        return {"createdTime": timestamp(self.at), **status}


@dataclass
class Event:
    id: str
    type: str
    subscription_id: str
    # The identifier of the object in the payload.
    entity_id: str
    payload: str
    at: float
    attempts: list[Attempt] = field(default_factory=list)

    def shown(self, settings: Settings) -> Object:
        attempts = self.attempts if settings.webhook_event_status == "first_attempt" else self.attempts[::-1]
        return {
            "id": self.id,
            "type": self.type,
            "version": VERSION,
            "subscriptionId": self.subscription_id,
            "payload": self.payload,
            **(attempts[0].shown() if attempts else {}),
            "createdTime": timestamp(self.at),
        }

    def shown_with_retries(self, settings: Settings) -> Object:
        # Inferred: the first attempt is no retry, and a later request to send the event again is one.
        retries = [{"attemptNumber": number, **one.shown()} for number, one in enumerate(self.attempts[1:], 1)]
        return {**self.shown(settings), **({"retries": retries} if retries else {})}


def family(event_type: str) -> str:
    return event_type.rpartition(".")[0]


def catalog(settings: Settings) -> tuple[str, ...]:
    """The types that a caller can subscribe to."""
    return tuple(each for each in TYPES if each != "autopay.failed" or settings.autopay_partner)


def name_of(event_type: str, settings: Settings) -> str:
    """The name of the object in the payload of a type."""
    if event_type == "spend.three-ds-challenge.created":
        return settings.three_ds_challenge_name
    return _NAMES.get(family(event_type), family(event_type))


def new(
    event_type: str, subscription_id: str, organization_id: str, name: str, entity: Object, at: float, **more: Any
) -> Event:
    """An event about an object, which has this name in the payload. `more` are the fields beside `metadata` and the object."""
    id_ = str(uuid.uuid4())
    metadata = {
        "eventId": id_,
        "subscriptionId": subscription_id,
        "organizationId": organization_id,
        "eventType": event_type,
        "version": VERSION,
    }
    entity_id = str(entity.get("id") or entity.get("uuid") or "")
    payload = _minified({"metadata": metadata, name: entity, **more})
    return Event(id_, event_type, subscription_id, entity_id, payload, _to_the_millisecond(at))


def renamed(event: Event, at: float) -> Event:
    """The same event with an identifier of its own."""
    content = json.loads(event.payload)
    id_ = str(uuid.uuid4())
    content["metadata"]["eventId"] = id_
    return Event(id_, event.type, event.subscription_id, event.entity_id, _minified(content), _to_the_millisecond(at))


def invented(given: Object, subscription: Object, organization_id: str, at: float, settings: Settings) -> Event:
    """An event of the type that the request names, otherwise of the first type of the subscription.

    Documented: the request can have the object, under the name of its family without `spend`.
    """
    event_type = str(given.get("eventType") or subscription["events"][0]["type"])
    of = family(event_type)
    name = name_of(event_type, settings)
    now = timestamp(at)
    times = {"updatedTime": now} if of.startswith("spend.") else {"createdTime": now, "updatedTime": now}
    entity = (
        given.get(of.removeprefix("spend.")) or given.get(name) or {**_INVENTED.get(name, _INVENTED_CHALLENGE), **times}
    )
    more: Object = {"errors": INVENTED_ERRORS} if event_type in {"payment.failed", "autopay.failed"} else {}
    if of == "autopay":
        more = {"fundingAccount": _INVENTED_FUNDING_ACCOUNT, **more}
        if settings.autopay_body == "payment":
            name, entity, more = "payment", {name: entity, **more}, {}
    return new(event_type, subscription["id"], organization_id, name, entity, at, **more)


def _to_the_millisecond(at: float) -> float:
    """The time as a client sees it, so that a filter with the same time finds the event."""
    return int(at * 1000) / 1000


def _minified(content: Object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
