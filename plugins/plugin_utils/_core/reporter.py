# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an invocation tells the user while it runs.

Private to bill.connect.
"""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Shows texts to the user. It takes the secrets out of them."""

    def warn(self, text: str) -> None:
        """Show a warning."""

    def log(self, text: str) -> None:
        """Say what was decided (shown with ``-vv``)."""

    def progress(self, text: str) -> None:
        """Say that a long operation is alive (shown with ``-v``)."""
