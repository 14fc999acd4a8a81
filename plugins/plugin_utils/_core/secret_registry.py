# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of all secrets of one invocation.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .redaction import contains_secret, redact, redact_text, sanitize


class SecretRegistry:
    """The secrets of one invocation. Its methods redact the values that may be shown."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: set[str] = set(texts)

    @property
    def texts(self) -> frozenset[str]:
        return frozenset(self._texts)

    def add(self, texts: Iterable[str | None]) -> None:
        """Add secrets. A subclass can pass them to ansible-core, so that ansible-core hides them too."""
        self.add_quietly(texts)

    def add_quietly(self, texts: Iterable[str | None]) -> None:
        """Add texts that only bill.connect redacts, such as an account number in a body."""
        self._texts.update(text for text in texts if text)

    def contains(self, value: Any) -> bool:
        """Whether a JSON value contains one of the secrets, or a field whose name belongs to a session or credential."""
        return contains_secret(value, self._texts)

    def redact(self, value: Any) -> Any:
        """A copy of a JSON value that may be shown."""
        return redact(value, self._texts)

    def redact_text(self, message: str) -> str:
        """A message of bill.connect that may be shown."""
        return redact_text(message, self._texts)

    def sanitize(self, text: Any) -> str | None:
        """A message of BILL that may be shown. None if nothing is left."""
        return sanitize(text, self._texts)
