# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MFA ID. With it, BILL trusts a device for 30 days without a code.

Private to bill.connect. Documented by BILL: "MFA" (challenge, validate, step-up), and reference/login. BILL accepts an MFA ID only
together with the name of its device.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from .._core.errors import OptionError

# Documented by BILL.
LIFETIME_DAYS = 30
# Warnings begin this many days before the end of an MFA ID.
_DAYS_TO_WARN = 7


@dataclass(frozen=True)
class MfaId:
    """An MFA ID with the name of its device. ``expires_on`` is the day (UTC) on which it ends, or None if this is unknown."""

    id: str = field(repr=False)
    device: str
    expires_on: date | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> MfaId | None:
        """The MFA ID of the options. None if they contain none. Raises OptionError if ``device`` is missing."""
        if not options.get("remember_me_id"):
            return None
        if not options.get("device"):
            raise OptionError(
                "remember_me_id requires device, the device name with which BILL created the MFA ID. Define bill_device.",
                options=("remember_me_id",),
            )
        expires_on = options.get("remember_me_id_expires_on")
        return cls(options["remember_me_id"], options["device"], date.fromisoformat(expires_on) if expires_on else None)

    @property
    def body(self) -> dict[str, str]:
        """The fields that send the MFA ID to BILL."""
        return {"rememberMeId": self.id, "device": self.device}

    @property
    def fingerprint(self) -> str:
        """A hash that identifies the MFA ID without revealing it."""
        return hashlib.sha256(json.dumps([self.id, self.device]).encode()).hexdigest()

    def days_left(self, now: float) -> int | None:
        """The number of days until ``expires_on``. Less than 1 if the MFA ID has ended or ends today. None if the day is unknown."""
        return (self.expires_on - _day(now)).days if self.expires_on else None

    def ends_soon(self, now: float) -> bool:
        """Whether tasks warn of the end of the MFA ID."""
        days = self.days_left(now)
        return days is not None and days <= _DAYS_TO_WARN


def last_day(now: float) -> date:
    """The day (UTC) on which an MFA ID ends if BILL creates it now."""
    return _day(now) + timedelta(days=LIFETIME_DAYS)


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, tz=timezone.utc).date()
