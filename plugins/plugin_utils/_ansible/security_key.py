# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the security key of a subscription in an encrypted variables file, and rotates it.

Private to bill.connect. BILL shows the key only in the response that creates it (documented).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .._client.client import BillClient
from .._client.endpoint import EndpointClient
from .._client.request import Request
from .._client.write_locks import WriteLocks
from .._core.errors import ApiError, BillError, InvalidResponseError, OptionError, reworded
from .._options.spec import Option
from .._vault.vault_edit import inspect_file, refuse_if_unwritable, set_variables
from .._vault.vault_file import read_variables

KEY_OPTIONS = (
    Option("rotate_security_key", kind="bool", default=False, shared=False),
    Option("vault_variable", shared=False),
    Option("vault_file", kind="path"),
    Option("vault_id"),
)

# Documented by BILL, in two ways: the reference has the first path, and the general rules have the second one.
_PATHS = ("security_key", "security-key")
_NO_SUCH_CALL = 404
_ROTATE = "Set rotate_security_key to true to get a new key."


@dataclass(frozen=True)
class KeptKey:
    """The variable that keeps the key of one subscription: its name, its file, and the vault id to encrypt a new file with."""

    variable: str
    path: str
    vault_id: str | None
    loader: Any
    by: str

    @contextmanager
    def exclusive(self, client: BillClient) -> Iterator[None]:
        """Exclude every other task of the same store that keeps a key in this variable, until BILL has created the key and it is written."""
        with WriteLocks(client).held({"kind": "security key", "variable": self.variable, "path": self.path}):
            yield

    def refuse_if_unwritable(self) -> None:
        """Raise BillError if the file could not be written. Then BILL must not create a key."""
        refuse_if_unwritable(self.path, self.loader, vault_id=self.vault_id)

    @property
    def is_kept(self) -> bool:
        """Whether the file has the variable."""
        return self.variable in inspect_file(self.path, self.loader).names

    def keep(self, key: str) -> bool:
        """Write the key. The key before stays in the variable ``..._previous``, so that a receiver can accept both. Raises BillError."""
        before = read_variables(self.loader, self.path).get(self.variable) if self.is_kept else None
        if before == key:
            return False
        values = {self.variable: key, **({f"{self.variable}_previous": before} if before else {})}
        try:
            set_variables(self.path, values, self.loader, by=self.by, vault_id=self.vault_id)
        except BillError as error:
            raise reworded(
                error, f"BILL has created a security key, but it was not written to {self.path}. {_ROTATE} {error}"
            ) from None
        return True


def refuse_lost_key(kept: KeptKey) -> None:
    """Raise OptionError if the subscription exists and its key is not in the file."""
    if not kept.is_kept:
        raise OptionError(
            f"The subscription exists, and {kept.path} has no variable {kept.variable}. BILL shows a security key only once. {_ROTATE}"
        )


def rotated_key(client: BillClient, id_: str, writes: list[Any]) -> str:
    """A new security key for a subscription. Raises BillError."""
    for number, name in enumerate(_PATHS, 1):
        endpoint = EndpointClient(client)
        request = Request("POST", f"/connect-events/v3/subscriptions/{id_}/{name}")
        writes.append((endpoint, request))
        try:
            response = endpoint.call(request).json
        except ApiError as error:
            if number == len(_PATHS) or error.status != _NO_SUCH_CALL:
                raise
            continue
        key = response.get("securityKey") if isinstance(response, Mapping) else None
        if not isinstance(key, str) or not key:
            raise InvalidResponseError(f"BILL's response has no security key. {_ROTATE}")
        return key
    raise AssertionError("The last path either answers or raises.")
