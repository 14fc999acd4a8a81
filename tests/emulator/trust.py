# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes sessions trusted: phones, the codes sent to them, and the devices that are remembered.

Documented by BILL: one phone a user, six-digit codes, an MFA ID that lives 30 days. A third party's word: the
device has to be the one that was named with the code. That an MFA ID is good for its user at every organization
and with every developer key is inferred.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass

from . import errors, world
from .clock import DAY, Clock
from .errors import Refusal
from .limits import PerMinute
from .settings import Settings

REMEMBERED_FOR = 30 * DAY


@dataclass(frozen=True)
class Phone:
    number: str
    type: str


@dataclass(frozen=True)
class Device:
    user_id: str
    name: str
    # None: since the story began.
    remembered_at: float | None


@dataclass(frozen=True)
class Message:
    """A code on its way to a phone, and the setup or challenge that it answers."""

    at: float
    user_id: str
    phone: str
    type: str
    purpose: str
    id: str
    code: str


class Trust:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.phones = {one.user_id: Phone(one.number, one.type) for one in world.PHONES}
        self.messages: list[Message] = []
        self._devices = {one.id: Device(one.user_id, one.device, None) for one in world.REMEMBERED_DEVICES}
        self._unanswered: dict[str, Message] = {}
        self._wrong: Counter[str] = Counter()
        self._locked_until: dict[str, float] = {}
        self._texts = PerMinute(clock)

    def send(self, user_id: str, phone: Phone, purpose: str) -> str:
        """Send a code; gives the id of what it answers."""
        self._check_lock(user_id)
        # Documented for text messages alone, so a voice call is not counted.
        if phone.type == "TEXT" and self._texts.one_more(user_id) > self._settings.texts_per_minute:
            raise Refusal(self._settings.codes.text_limit)
        message = Message(
            at=self._clock.now(),
            user_id=user_id,
            phone=phone.number,
            type=phone.type,
            purpose=purpose,
            id=f"{purpose.upper()}-{secrets.token_hex(8)}",
            code=f"{secrets.randbelow(10**6):06d}",
        )
        self.messages.append(message)
        self._unanswered[message.id] = message
        return message.id

    def answer(self, user_id: str, purpose: str, message_id: str, code: str) -> Message:
        """Take a code, once. The number of tries, the lock and the life of a code are settings."""
        self._check_lock(user_id)
        message = self._unanswered.get(message_id)
        if message is None or (message.user_id, message.purpose) != (user_id, purpose):
            raise Refusal(self._settings.codes.mfa_code)
        if self._clock.now() - message.at >= self._settings.mfa_code_seconds:
            raise Refusal(errors.EXPIRED_CODE)
        if message.code != code:
            self._wrong[user_id] += 1
            if self._wrong[user_id] >= self._settings.mfa_tries:
                self._locked_until[user_id] = self._clock.now() + self._settings.mfa_lock_seconds
            raise Refusal(self._settings.codes.mfa_code)
        del self._unanswered[message_id], self._wrong[user_id]
        return message

    def _check_lock(self, user_id: str) -> None:
        """Inferred: while a user is locked, no code is sent or taken."""
        if self._clock.now() < self._locked_until.get(user_id, 0):
            raise Refusal(errors.TOO_MANY_CODES)
        if self._locked_until.pop(user_id, None) is not None:
            del self._wrong[user_id]

    def remember(self, user_id: str, device: str) -> str:
        remember_me_id = new_remember_me_id()
        self._devices[remember_me_id] = Device(user_id, device, self._clock.now())
        return remember_me_id

    def is_remembered(self, user_id: str, remember_me_id: str, device: str) -> bool:
        known = self._devices.get(remember_me_id)
        if known is None or (known.user_id, known.name) != (user_id, device):
            return False
        since = self._clock.began if known.remembered_at is None else known.remembered_at
        return self._clock.now() - since < REMEMBERED_FOR


def new_remember_me_id() -> str:
    return f"MFAID-findme-{secrets.token_hex(16)}"
