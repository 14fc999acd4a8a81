# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a session trusted: phones, the codes that BILL sends to them, and remembered devices.

Documented by BILL: one phone for each user, codes of six digits, and an MFA ID that is valid for 30 days. From a third party:
an MFA ID needs the device name of the request that validated the code. Inferred: an MFA ID is valid for its user in every
organization and with every developer key.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass

from . import errors, world
from .clock import DAY, Clock
from .errors import RefusalError
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
    # None: since the beginning of the emulated time.
    remembered_at: float | None


@dataclass(frozen=True)
class Message:
    """A code that BILL sent to a phone, and the setup or challenge that it belongs to."""

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
        self._open_messages: dict[str, Message] = {}
        self._wrong: Counter[str] = Counter()
        self._locked_until: dict[str, float] = {}
        self._texts = PerMinute(clock)

    def send(self, user_id: str, phone: Phone, purpose: str) -> str:
        """Send a code. Returns the id of the setup or challenge that it belongs to."""
        self._check_lock(user_id)
        # BILL documents this limit only for text messages, so a voice call does not count.
        if phone.type == "TEXT" and self._texts.count(user_id) > self._settings.texts_per_minute:
            raise RefusalError(self._settings.codes.text_limit)
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
        self._open_messages[message.id] = message
        return message.id

    def accept_code(self, user_id: str, purpose: str, message_id: str, code: str) -> Message:
        """Accept a code, once. Settings define the number of tries, the lock, and how long a code is valid."""
        self._check_lock(user_id)
        message = self._open_messages.get(message_id)
        if message is None or (message.user_id, message.purpose) != (user_id, purpose):
            raise RefusalError(self._settings.codes.mfa_code)
        if self._clock.now() - message.at >= self._settings.mfa_code_seconds:
            raise RefusalError(errors.EXPIRED_CODE)
        if message.code != code:
            self._wrong[user_id] += 1
            if self._wrong[user_id] >= self._settings.mfa_tries:
                self._locked_until[user_id] = self._clock.now() + self._settings.mfa_lock_seconds
            raise RefusalError(self._settings.codes.mfa_code)
        del self._open_messages[message_id], self._wrong[user_id]
        return message

    def _check_lock(self, user_id: str) -> None:
        """Refuse a user whose MFA is locked. Inferred: BILL then sends no code and accepts none."""
        if self._clock.now() < self._locked_until.get(user_id, 0):
            raise RefusalError(errors.TOO_MANY_CODES)
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
        since = self._clock.start_time if known.remembered_at is None else known.remembered_at
        return self._clock.now() - since < REMEMBERED_FOR


def new_remember_me_id() -> str:
    return f"MFAID-findme-{secrets.token_hex(16)}"
