# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subscriptions to events, and the keys that sign their deliveries.

Documented by BILL: a subscription of an organization is about this organization, and one of a partner is about all organizations that the
partner created. Inferred: one of a Spend & Expense user is about the company of the user.
"""

from __future__ import annotations

import secrets
from typing import Any

from . import spend_world, world
from .clock import Clock
from .settings import Settings

Object = dict[str, Any]


class Subscriptions:
    """Subscriptions by owner: the identifier of an organization, the app key of a partner, or the e-mail of a Spend & Expense user."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._by_owner: dict[str, dict[str, Object]] = {}
        # For each subscription, the moment from which a key signs, and the key.
        self._keys: dict[str, list[tuple[float, str]]] = {}

    @property
    def is_empty(self) -> bool:
        return not any(self._by_owner.values())

    def owned(self, owner: str) -> dict[str, Object]:
        return self._by_owner.setdefault(owner, {})

    def find(self, id_: str) -> Object | None:
        return next((owned[id_] for owned in self._by_owner.values() if id_ in owned), None)

    def interested(self, organization_id: str, event_type: str) -> list[Object]:
        """The subscriptions to this type of events of an organization or company, also those that are disabled."""
        wanted = {"type": event_type, "version": "1"}
        owners = [organization_id, *_others(organization_id)]
        everything = [one for owner in owners for one in self._by_owner.get(owner, {}).values()]
        return [one for one in everything if wanted in one.get("events", [])]

    def add_key(self, id_: str, key: str | None = None) -> str:
        """A new key. The first key signs from the beginning, and each other one when the time of the key before it is over."""
        made = key or f"s3cret-webhook-findme-{secrets.token_hex(16)}"
        keys = self._keys.setdefault(id_, [])
        keys.append((self._clock.now() + self._settings.webhook_old_key_seconds if keys else 0.0, made))
        return made

    def signing_key(self, id_: str) -> str:
        now = self._clock.now()
        return next(key for begins, key in reversed(self._keys[id_]) if begins <= now)

    def disable(self, id_: str, reason: str) -> None:
        for owned in self._by_owner.values():
            if id_ in owned:
                status = {"enabled": False, "reason": reason, "actor": "SYSTEM"}
                owned[id_] = {**owned[id_], "status": status, "updatedTime": self._clock.stamp()}


def organization_of(owner: str) -> str | None:
    """The organization that BILL names for a subscription. Unknown for a partner, so the emulator names none."""
    if owner in {one.app_key for one in world.PARTNERS}:
        return None
    return spend_world.COMPANY if _is_spender(owner) else owner


def first_organization(partner: str) -> str:
    """The organization in a test of a partner's subscription. Unknown: which one BILL takes."""
    return next(one.organization_ids[0] for one in world.PARTNERS if one.app_key == partner)


def is_enabled(subscription: Object) -> bool:
    return bool((subscription.get("status") or {}).get("enabled"))


def _others(organization_id: str) -> list[str]:
    """The owners, beside an organization itself, who have events of it."""
    if organization_id == spend_world.COMPANY:
        return [one.email for one in world.SPEND_TOKENS]
    return [one.app_key for one in world.PARTNERS if organization_id in one.organization_ids]


def _is_spender(owner: str) -> bool:
    return owner in {one.email for one in world.SPEND_TOKENS}
