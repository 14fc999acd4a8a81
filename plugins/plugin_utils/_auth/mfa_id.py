# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MFA ID, by which BILL trusts a device for 30 days without asking for a code.

Private to bill.connect. Documented by BILL: "MFA" (challenge, validate, step-up), and reference/login. BILL takes it together
with the name of the device that it was made for.
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


@dataclass(frozen=True)
class MfaId:
    """``expires_on`` is the day (UTC) on which it ends, None if nobody knows."""

    id: str = field(repr=False)
    device: str
    expires_on: date | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> MfaId | None:
        """The one that the options name, None if there is none; OptionError if it lacks its device."""
        if not options.get("remember_me_id"):
            return None
        if not options.get("device"):
            raise OptionError(
                "remember_me_id needs device, the name that was given to the device when BILL made it. Define bill_device.",
                concerns=("remember_me_id",),
            )
        expires_on = options.get("remember_me_id_expires_on")
        return cls(options["remember_me_id"], options["device"], date.fromisoformat(expires_on) if expires_on else None)

    @property
    def body(self) -> dict[str, str]:
        """The fields by which BILL knows it."""
        return {"rememberMeId": self.id, "device": self.device}

    @property
    def fingerprint(self) -> str:
        """What tells it from all others, without telling it."""
        return hashlib.sha256(json.dumps([self.id, self.device]).encode()).hexdigest()

    def days_left(self, now: float) -> int | None:
        """How many days it lasts from today on; less than one if it has ended."""
        return (self.expires_on - _day(now)).days if self.expires_on else None


def last_day(now: float) -> date:
    """The day on which an MFA ID ends that is made now."""
    return _day(now) + timedelta(days=LIFETIME_DAYS)


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, tz=timezone.utc).date()
