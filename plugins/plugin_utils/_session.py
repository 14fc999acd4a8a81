# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session as a value: who, until when, which headers.

Private to bill.connect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone

# Raised when the fields change: a session kept by another version then counts as none.
_FORMAT = 1
_KINDS: dict[str, tuple[type, ...]] = {
    "session_id": (str, type(None)),
    "headers": (dict,),
    "organization_id": (str,),
    "user_id": (str, type(None)),
    "trusted": (bool,),
    "idle_seconds": (int,),
    "made_at": (int, float),
    "answered_at": (int, float),
}


@dataclass(frozen=True)
class Session:
    """A session that BILL has given out.

    ``idle_seconds`` is how long BILL keeps it without being asked anything; ``made_at`` and ``answered_at`` are
    seconds since the epoch: when it was made, and when BILL last answered a request that carried it.
    """

    # Kept out of repr(), so that no message or traceback can show them.
    session_id: str | None = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    organization_id: str
    user_id: str | None
    trusted: bool
    idle_seconds: int
    made_at: float
    answered_at: float

    @property
    def expires_at(self) -> str:
        """UTC time when the session ends if it is not used, as ``2026-11-22T10:58:00Z``."""
        end = datetime.fromtimestamp(self.answered_at + self.idle_seconds, tz=timezone.utc)
        return end.strftime("%Y-%m-%dT%H:%M:%SZ")

    def answered(self, now: float) -> Session:
        """The same session after BILL has answered a request with it, which begins its idle life anew."""
        return replace(self, answered_at=now)

    def to_bytes(self) -> bytes:
        return json.dumps({"format": _FORMAT, **asdict(self)}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Session:
        """The session that ``to_bytes`` wrote; ValueError or TypeError if it was not this version's."""
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.pop("format", None) != _FORMAT:
            raise ValueError("not a session of this version")
        session = cls(**fields)
        if not all(isinstance(fields[name], kinds) for name, kinds in _KINDS.items()):
            raise TypeError("a field of another type")
        if not all(isinstance(text, str) for text in session.headers.values()):
            raise TypeError("a header that is no text")
        return session
