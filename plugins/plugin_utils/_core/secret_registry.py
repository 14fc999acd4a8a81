# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All secrets that one invocation knows.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .redaction import contains_secret, redact, redact_text, sanitize


class SecretRegistry:
    """The secrets of one invocation: it learns them where they come up, and takes them out of what is shown."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: set[str] = set(texts)

    @property
    def texts(self) -> frozenset[str]:
        return frozenset(self._texts)

    def add(self, texts: Iterable[str | None]) -> None:
        """Learn secrets that ansible-core has to hide as well, where it can."""
        self.add_quietly(texts)

    def add_quietly(self, texts: Iterable[str | None]) -> None:
        """Learn texts that only bill.connect takes out of what it shows, such as an account number in a body."""
        self._texts.update(text for text in texts if text)

    def contains(self, value: Any) -> bool:
        """Whether a JSON value holds one of them, or something of a session or credential by the name of its field."""
        return contains_secret(value, self._texts)

    def redact(self, value: Any) -> Any:
        """A copy of a JSON value to show."""
        return redact(value, self._texts)

    def redact_text(self, message: str) -> str:
        """A message of bill.connect to show."""
        return redact_text(message, self._texts)

    def sanitize(self, text: Any) -> str | None:
        """A message of BILL to show; None if nothing is left of it."""
        return sanitize(text, self._texts)
