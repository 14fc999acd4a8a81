# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends a request to BILL and returns the decoded response, or raises the error that the response means.

Private to bill.connect.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .._core.base_url import API_URLS, BaseUrl
from .._core.error_parser import codes, error_from_response, is_refusal_of_v2
from .._core.errors import BillError, InvalidResponseError, note_sent
from .base import Exchange
from .messages import HttpRequest, RawResponse, Response

# Ansible needs many times longer to process a response than bill.connect needs to read it. Ansible also loses values that are nested too
# deeply.
_MAX_VALUES = 200_000
# There are at least as many of the other signs in a JSON text as it has values.
_NO_SIGNS_OF_VALUES = bytes(set(range(256)) - set(b"{[,"))
_MAX_DEPTH = 100
# The types of decoded JSON values that have other values inside.
_NESTING = frozenset((dict, list))


class Transport(Protocol):
    """Sends requests to BILL at one base URL."""

    @property
    def base_url(self) -> BaseUrl:
        """The base URL of the requests."""

    @property
    def environment_label(self) -> str:
        """The name of the environment for messages."""

    def at(self, base_url: BaseUrl) -> Transport:
        """A transport with the same settings for another base URL."""

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests inside the context, which is for reads only."""

    def send(self, request: HttpRequest) -> Response:
        """BILL's response to a request. Raises a ``BillError`` if there is none, or if BILL answers with an error."""


class HttpTransport:
    """Sends requests to BILL at one base URL over HTTP."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def base_url(self) -> BaseUrl:
        return self.exchange.base_url

    def at(self, base_url: BaseUrl) -> HttpTransport:
        """A transport with the same settings for another base URL."""
        return HttpTransport(self.exchange.at(base_url))

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests inside the context. The context is for reads only."""
        return self.exchange.keep_alive()

    @property
    def environment_label(self) -> str:
        """The name of the environment for messages, such as ``BILL's sandbox (gateway.stage.bill.com)``."""
        for name, url in API_URLS.items():
            if self.base_url.url == url:
                return f"BILL's {name} ({self.base_url.host})"
        return f"the BILL at {self.base_url.host}"

    def send(self, request: HttpRequest) -> Response:
        """BILL's response to one request, which is sent once.

        Raises:

        - TransportError, RequestTimeoutError or TlsError if there is no complete response,
        - InvalidResponseError if the response does not come from BILL's API,
        - the BillError that the BDC code or the HTTP status means.

        The attribute ``request_sent`` of the error is true if BILL may have received a part of the request.
        """
        raw = self.exchange.exchange(request)
        try:
            return self._read(raw, request)
        except BaseException as error:
            # This includes exceptions of Ansible, which can end a task at any point.
            note_sent(error, True)
            if isinstance(error, BillError):
                error.target = request.target
            raise

    def _read(self, raw: RawResponse, request: HttpRequest) -> Response:
        host, option = self.base_url.host, self.base_url.option
        if 300 <= raw.status < 400:
            raise InvalidResponseError(
                f"{host} answered with a redirect (HTTP status {raw.status}). bill.connect does not follow it, so that the "
                f"credentials do not go to another address. Check {option}.",
                status=raw.status,
                options=(option,),
            )
        body, why_not = _parse_json(raw.body)
        if why_not and 200 <= raw.status < 300:
            raise InvalidResponseError(
                f"{host} answered with {why_not} (HTTP status {raw.status}). "
                f"Check {option}, and that no proxy or sign-in page answers instead of BILL.",
                status=raw.status,
                options=(option,),
            )
        # BILL's v2 API rejects requests with status 200. If the v3 API does the same one day, the code in the body decides.
        if not 200 <= raw.status < 300 or codes(body) or is_refusal_of_v2(body):
            error = error_from_response(raw.status, body, self.environment_label, request.profile, option=option)
            if raw.retry_after is not None:
                error.min_wait = max(error.min_wait, raw.retry_after)
            raise error
        return Response(raw.status, body)


def _parse_json(raw: bytes) -> tuple[Any, str | None]:
    """The JSON value of a body and None, or None and a description of the wrong content."""
    # BILL does not document the body of the response to a logout. An empty body counts as None.
    if not raw.strip():
        return None, None
    # Check this before decoding, because a decoded value needs many times more memory than its bytes.
    if len(raw.translate(None, _NO_SIGNS_OF_VALUES)) > _MAX_VALUES:
        return None, f"more than {_MAX_VALUES} values"
    try:
        value = json.loads(raw)
    except RecursionError:
        return None, f"JSON that is nested more than {_MAX_DEPTH} levels deep"
    except ValueError:
        return None, "something that is not JSON"
    if _is_too_deep(value):
        return None, f"JSON that is nested more than {_MAX_DEPTH} levels deep"
    return value, None


def _is_too_deep(value: Any) -> bool:
    """Whether a decoded JSON value is nested too deeply. Every value of a response is looked at, so this must be fast."""
    level = [value] if type(value) in _NESTING else []
    for _depth in range(_MAX_DEPTH):
        if not level:
            return False
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if type(inner) in _NESTING
        ]
    return bool(level)
