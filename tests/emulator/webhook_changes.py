# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events a change of an object causes, and what the emulator stores about webhooks."""

from __future__ import annotations

from typing import Any, Literal

from . import webhook_events
from .answers import answer
from .clock import DAY, Clock
from .deliveries import Deliveries, Delivery
from .kinds import Kind, Object
from .settings import Settings
from .subscriptions import Subscriptions, is_enabled
from .webhook_events import FAMILIES, TYPES, Event

Change = Literal["created", "updated", "archived", "restored", "deleted"]

# Documented: BILL stores the events of a subscription for 180 days.
HISTORY = 180 * DAY


class Webhooks:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.subscriptions = Subscriptions(clock, settings)
        self.deliveries = Deliveries(self.subscriptions, clock, settings)
        # The responses to requests with an X-Idempotent-Key, by owner, subscription and key, with their times.
        self.responses: dict[tuple[str, str, str], tuple[float, dict[str, Any]]] = {}
        self._events: dict[str, list[Event]] = {}

    def changed(self, kind: Kind, organization_id: str, change: Change, one: Object) -> None:
        """An object of an organization or of the company changed."""
        event_type = self._type(kind, change)
        if event_type is not None:
            self.announce(event_type, organization_id, answer(one, kind, self._settings))

    def changed_below(self, kind: Kind, organization_id: str, change: Change, one: Object, parent: Object) -> None:
        """An object that belongs to another object changed. Only the bank account of a vendor can cause events."""
        setting = self._settings.vendor_bank_account_event
        if kind.name != "vendor-bank-accounts" or kind.parent is None:
            return
        if setting == "vendor.updated":
            self.announce("vendor.updated", organization_id, answer(parent, kind.parent, self._settings))
        if setting == "bank-account":
            event_type = "bank-account.created" if change == "created" else "bank-account.updated"
            shown = {"id": one["id"], **answer(one, kind, self._settings)}
            self.announce(event_type, organization_id, shown)

    def _type(self, kind: Kind, change: Change) -> str | None:
        family = FAMILIES.get(kind.name)
        if f"{family}.{change}" in TYPES:
            return f"{family}.{change}"
        # Documented: a new status of a payment causes payment.updated. There is no payment.created. Unknown: whether the first status counts.
        is_first_status = (family, change) == ("payment", "created") and self._settings.new_payment_event
        # Inferred: accounts have no event of their own for this.
        is_archive = family in {"bank-account", "card-account"} and change in {"archived", "restored"}
        return f"{family}.updated" if is_first_status or is_archive else None

    def announce(self, event_type: str, organization_id: str, entity: Object, **more: Any) -> None:
        """One event for each subscription to this type."""
        for subscription in self.subscriptions.interested(organization_id, event_type):
            is_lost = not is_enabled(subscription) and self._settings.webhook_while_disabled == "lost"
            if is_lost:
                continue
            name = webhook_events.name_of(event_type, self._settings)
            event = webhook_events.new(
                event_type, subscription["id"], organization_id, name, entity, self._clock.now(), **more
            )
            self.record(event)
            if is_enabled(subscription):
                for number in range(self._settings.webhook_copies):
                    self.deliveries.add(event, is_copy=number > 0)

    def record(self, event: Event) -> None:
        self._events.setdefault(event.subscription_id, []).append(event)

    def send(self, event: Event) -> Delivery:
        """Send an event because a call asked for it."""
        return self.deliveries.add(event, is_asked_for=True)

    def history(self, subscription_id: str) -> list[Event]:
        """The events of a subscription, the oldest first."""
        begin = self._clock.now() - HISTORY
        return [one for one in self._events.get(subscription_id, []) if one.at > begin]

    def event(self, event_id: str) -> Event | None:
        return next((one for several in self._events.values() for one in several if one.id == event_id), None)
