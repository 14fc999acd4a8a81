# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of an exchange, and its settings.

Private to bill.connect. A module that imports only this one does not import the library requests. That import takes longer than a task
with a stored session, which sends nothing.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from .._core.base_url import BaseUrl
from .._core.errors import OptionError
from .messages import HttpRequest, RawResponse


@dataclass(frozen=True)
class HttpSettings:
    """The settings of exchanges.

    - ``timeout`` is in seconds. It covers a whole exchange, from the DNS look-up to the last byte.
    - ``ca_path`` is a file or directory of certificates. They replace the default certificates.

    Raises OptionError if ``ca_path`` does not exist.
    """

    timeout: float
    validate_certs: bool = True
    ca_path: str | None = None

    def __post_init__(self) -> None:
        if self.ca_path and not os.path.exists(self.ca_path):
            raise OptionError(f"ca_path names {self.ca_path}, which does not exist.", options=("ca_path",))


class Limits(Protocol):
    """The limits on requests. An exchange waits for them before it begins."""

    def slot(self, target: str) -> AbstractContextManager[None]:
        """Hold a slot for a request to this target. Raises LimiterTimeoutError if no slot is free in time."""


class NoLimits:
    """Limits that never wait."""

    def slot(self, target: str) -> AbstractContextManager[None]:
        return nullcontext()


class Exchange(Protocol):
    """Sends requests to one base URL."""

    @property
    def base_url(self) -> BaseUrl:
        """The base URL of the requests."""

    def at(self, base_url: BaseUrl) -> Exchange:
        """An exchange with the same settings for another base URL."""

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests inside the context."""

    def exchange(self, request: HttpRequest) -> RawResponse:
        """The raw response to one request, which is sent once.

        Every exception has the attribute ``request_sent``: whether BILL may have received a part of the request.
        """
