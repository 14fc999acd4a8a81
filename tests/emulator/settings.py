# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests can switch: limits, speed, and everything that BILL does not document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # HTTP statuses that differ from the table in errors.py, by code. Most statuses there are inferred.
    status_of: dict[str, int] = Field(default_factory=dict)

    # Unknown at BILL: does a second login end the first session? Clients in the wild live as if it did not.
    one_session_per_user: bool = False

    # Unknown at BILL: does a refused call (4xx) reset the idle timer?
    errors_reset_idle: bool = False

    # A guess: BILL documents that logins get locked (BDC_1110), but not after how many wrong passwords.
    lock_after: int = Field(default=10, ge=1)

    # Observed, though not in BILL's login schema: the answer names the organization.
    organization_in_answer: bool = True

    # Documented by BILL: api-rate-limits.
    logins_per_hour: int = Field(default=200, ge=0)
    requests_per_hour: int = Field(default=20_000, ge=0)
    in_flight: int = Field(default=3, ge=0)

    # Seconds that every BILL answer takes, so that calls can be made to overlap.
    latency: float = Field(default=0, ge=0)

    def merge(self, changes: dict[str, Any]) -> None:
        """Take over the changes, all or none; pydantic's ValidationError names an unknown or unfit one."""
        merged = Settings.model_validate({**self.model_dump(), **changes})
        for name in changes:
            setattr(self, name, getattr(merged, name))
