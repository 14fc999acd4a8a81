# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the form needs from its caller: clients, and the place to which the caller writes the variables later.

Private to bill.connect. The form checks the place before every step that cannot be undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .._client.client import BillClient
from .._core.errors import BillError


class ClientBuilder(Protocol):
    """Builds a client for any values of the options."""

    def client_for(self, options: Mapping[str, Any]) -> BillClient:
        """A client for the credentials in these options."""


class Destination(Protocol):
    """A place for variables."""

    def refuse_if_unwritable(self) -> None:
        """Raise the BillError that would prevent a write. Nothing stays there."""


class _UnknownPlace:
    def refuse_if_unwritable(self) -> None:
        pass


# For a caller that does not say where it writes.
UNKNOWN_PLACE: Destination = _UnknownPlace()


def refuse_if_unwritable_now(destination: Destination) -> None:
    """Raise BillError if the place has changed since the form began. A person may have needed a long time."""
    try:
        destination.refuse_if_unwritable()
    except BillError as error:
        raise BillError(
            f"{error} BILL accepted the values, but they are not stored. bill.connect did not end the session of the old values. Correct "
            "this, and start again."
        ) from None
