# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transport that sends a request again after a transient error, as often as the retry policy allows.

Private to bill.connect.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from .._core.base_url import BaseUrl
from .._core.errors import BillError
from .messages import HttpRequest, Response
from .retry_policy import RetryPolicy
from .transport import Transport


class RetryingTransport:
    """A transport with retries. A request that is not repeatable is sent again only if BILL has certainly not processed it."""

    def __init__(self, transport: Transport, retry: RetryPolicy) -> None:
        self._transport = transport
        self._retry = retry

    @property
    def base_url(self) -> BaseUrl:
        return self._transport.base_url

    @property
    def environment_label(self) -> str:
        return self._transport.environment_label

    def at(self, base_url: BaseUrl) -> RetryingTransport:
        return RetryingTransport(self._transport.at(base_url), self._retry)

    def keep_alive(self) -> AbstractContextManager[None]:
        return self._transport.keep_alive()

    def send(self, request: HttpRequest) -> Response:
        for attempt in self._retry.attempts():
            try:
                return self._transport.send(request)
            except BillError as error:
                self._retry.wait_or_raise(attempt, error, repeatable=request.is_repeatable)
        raise AssertionError("unreachable: the last attempt returns or raises")
