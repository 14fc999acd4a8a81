# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of an invocation to the user while it runs.

Private to bill.connect.
"""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Shows texts to the user, without secrets."""

    def warn(self, text: str) -> None:
        """Show a warning."""

    def log(self, text: str) -> None:
        """Log a decision (shown with ``-vv``)."""

    def progress(self, text: str) -> None:
        """Log that a long operation is still running (shown with ``-v``)."""
