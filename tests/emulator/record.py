# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the calls that BILL received: every call under /connect, /connect-events and /authx, when it arrives."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"


@dataclass
class ReceivedRequest:
    at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    fault: str | None
    # Set when BILL responds. They stay empty for a reset connection.
    status: int | None = None
    codes: list[str] = field(default_factory=list)


class Record:
    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []

    def counts(self) -> dict[str, int]:
        return dict(Counter(f"{received.method} {received.path}" for received in self.requests))


def read(body: bytes, content_type: str = "") -> Any:
    """The content of a body: parsed JSON, the fields of a form, or the text. None if there is no body."""
    if not body:
        return None
    if content_type.startswith(FORM):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def codes_in(body: bytes) -> list[str]:
    # Only a JSON list can contain errors. Other bodies are not parsed again, because a page of a long list takes time.
    response = read(body) if body.startswith(b"[") else None
    if not isinstance(response, list):
        return []
    return [error["code"] for error in response if isinstance(error, dict) and "code" in error]
