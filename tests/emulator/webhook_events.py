# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of events, one event with invented values, and what the emulator stores about webhooks.

Documented by BILL (notification payloads): the types, all of version 1. The payload of an event is a JSON document as a text.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

TYPES = (
    *(f"vendor.{what}" for what in ("created", "updated", "archived", "restored")),
    *(f"bill.{what}" for what in ("created", "updated", "archived", "restored")),
    *(f"invoice.{what}" for what in ("created", "updated", "archived", "restored")),
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
)


class Webhooks:
    """The subscriptions and the responses by owner, and the events by subscription."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, dict[str, dict[str, Any]]] = {}
        self.responses: dict[tuple[str, str, str], tuple[float, dict[str, Any]]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}


def invented(given: dict[str, Any], subscription: dict[str, Any], now: str) -> dict[str, Any]:
    """An event of the type that the request names, otherwise of the first type of the subscription."""
    kind = str(given.get("eventType") or subscription["events"][0]["type"])
    id_ = str(uuid.uuid4())
    metadata = {
        "eventId": id_,
        "subscriptionId": subscription["id"],
        "organizationId": subscription["organizationId"],
        "eventType": kind,
        "version": "1",
    }
    return {
        "id": id_,
        "type": kind,
        "version": "1",
        "subscriptionId": subscription["id"],
        "payload": json.dumps({"metadata": metadata, kind.split(".", maxsplit=1)[0]: {}}),
        "createdTime": now,
        "statusCode": 200,
    }
