# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an event from what BILL sends. Private to bill.connect.

Documented by BILL (notification payloads): an event has ``metadata`` and the entity under a key of its own. BILL's event list has entries
with ``id``, ``type``, ``version`` and ``subscriptionId``, and with the event as an escaped text in ``payload``. BILL's pages say that a
delivery is "presented as a string", but public receivers get an object. Therefore all these forms are read.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import UnreadableError

# Documented by BILL (its event catalog and the notification payloads). Other types are handed over too.
_FAMILIES = {
    "vendor": ("created", "updated", "archived", "restored"),
    "bill": ("created", "updated", "archived", "restored"),
    "invoice": ("created", "updated", "archived", "restored"),
    "autopay": ("failed",),
    "payment": ("updated", "failed"),
    "bank-account": ("created", "updated"),
    "card-account": ("created", "updated"),
    "risk-verification": ("updated",),
    "spend.transaction": ("updated",),
    "spend.reimbursement": ("created", "updated", "deleted"),
    "spend.three-ds-challenge": ("created",),
}
KNOWN = frozenset((f"{family}.{what}", "1") for family, each in _FAMILIES.items() for what in each)

_TIME = re.compile(r"(?P<local>\d{4}-\d\d-\d\dT[\d:.]{5,15})(?:[zZ]|(?P<hours>[+-]\d\d):?(?P<minutes>\d\d)?)?")

# BILL's own ids are much shorter, and its events have a few levels.
_LONGEST_ID = 200
_MOST_LEVELS = 50


@dataclass(frozen=True)
class Event:
    """One event of BILL. ``updated_at`` is the time of the entity as BILL writes it, or empty."""

    id: str
    type: str
    version: str
    subscription_id: str
    organization_id: str
    updated_at: str
    payload: dict[str, Any]

    @property
    def is_known(self) -> bool:
        """Whether BILL documents this type and version."""
        return (self.type, self.version) in KNOWN


def parse(body: bytes | str) -> object:
    """The JSON document of a body. Raises UnreadableError."""
    try:
        document = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    # UnicodeDecodeError is a ValueError.
    except (ValueError, RecursionError):
        raise UnreadableError("it is not JSON") from None
    if _is_deeper(document, _MOST_LEVELS):
        raise UnreadableError("it is nested too deeply")
    return document


def event_of(document: object, organization_id: str = "") -> Event:
    """The event in a delivery, or in an entry of BILL's event list.

    ``organization_id`` is the organization of an entry that does not name one. Raises UnreadableError.
    """
    body = _object(document)
    metadata = body.get("metadata")
    if metadata is None and "payload" in body:
        outer, body = body, _object(body["payload"])
        metadata = body.get("metadata") or _metadata_of_entry(outer)
    if not isinstance(metadata, dict):
        raise UnreadableError("it has no metadata")
    payload = {key: value for key, value in body.items() if key != "metadata"}
    return Event(
        id=_text(metadata, "eventId"),
        type=_text(metadata, "eventType"),
        # Observed: one integration sent the number 1 and "1.0" where BILL documents "1".
        version=str(metadata.get("version", "")),
        subscription_id=_text(metadata, "subscriptionId"),
        organization_id=str(metadata.get("organizationId") or organization_id),
        updated_at=_updated_at(payload),
        payload=payload,
    )


def seconds_of(time: str) -> float | None:
    """The seconds since 1970 of a time as BILL writes it (ISO 8601), or None if it is not such a time."""
    # Documented by BILL: the pattern yyyy-MM-dd'T'HH:mm:ss.SSSX. Before Python 3.11, fromisoformat only knows offsets like +00:00.
    found = _TIME.fullmatch(time)
    if not found:
        return None
    hours, minutes = found["hours"] or "+00", found["minutes"] or "00"
    try:
        return datetime.fromisoformat(f"{found['local']}{hours}:{minutes}").timestamp()
    except ValueError:
        return None


def text_of(seconds: float) -> str:
    """The time in UTC as BILL writes it, for example 2026-12-15T23:15:23.127Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    # Python reads 1e999 as infinity, and then writes it in a way that is not JSON.
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is too large")
    return number


def _is_deeper(document: object, levels: int) -> bool:
    """Whether a document has more levels. Not recursive, because Python limits recursion, and that limit is what a document could hit."""
    level = [document]
    for _each in range(levels):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _object(document: object) -> dict[str, Any]:
    if isinstance(document, str):
        document = parse(document)
    if not isinstance(document, dict):
        raise UnreadableError("it is not an object")
    return document


def _metadata_of_entry(entry: dict[str, Any]) -> dict[str, Any]:
    names = {"id": "eventId", "type": "eventType", "version": "version", "subscriptionId": "subscriptionId"}
    return {name: entry[key] for key, name in names.items() if key in entry}


def _text(metadata: dict[str, Any], name: str) -> str:
    value = metadata.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise UnreadableError(f"its metadata has no {name}")
    return value


def _updated_at(payload: dict[str, Any]) -> str:
    """The time of the entity. The metadata has none (documented by BILL)."""
    entities = [value for value in payload.values() if isinstance(value, dict)]
    times = [entity.get(name) for name in ("updatedTime", "createdTime") for entity in entities]
    return next((time for time in times if isinstance(time, str)), "")
