# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what BILL heard: every call under /connect, written down when it arrives."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"


@dataclass
class Heard:
    at: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    fault: str | None
    # Filled in with the answer; a reset connection has none.
    status: int | None = None
    codes: list[str] = field(default_factory=list)


class Record:
    def __init__(self) -> None:
        self.requests: list[Heard] = []

    def counts(self) -> dict[str, int]:
        return dict(Counter(f"{heard.method} {heard.path}" for heard in self.requests))


def read(body: bytes, content_type: str = "") -> Any:
    """A body as parsed JSON, a form as its fields, or else as its text; None if there is none."""
    if not body:
        return None
    if content_type.startswith(FORM):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def codes_in(body: bytes) -> list[str]:
    # Only a list can hold errors; the pages of a long list are not worth reading again.
    answer = read(body) if body.startswith(b"[") else None
    if not isinstance(answer, list):
        return []
    return [error["code"] for error in answer if isinstance(error, dict) and "code" in error]
