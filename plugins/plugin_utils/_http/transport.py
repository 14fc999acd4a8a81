# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends a request to BILL and reads the response: JSON, or the error that it means.

Private to bill.connect.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .._core.base_url import API_URLS, BaseUrl
from .._core.error_parser import codes, error_from_response
from .._core.errors import BillError, InvalidResponseError, note_sent
from .exchange import Exchange
from .messages import HttpRequest, RawResponse, Response

# What Ansible does with a response takes many times the time that it takes to read it, and Ansible loses what is nested too deeply.
_MAX_VALUES = 200_000
_MAX_DEPTH = 100


class Transport(Protocol):
    """BILL at one base URL."""

    @property
    def base_url(self) -> BaseUrl: ...

    @property
    def environment_label(self) -> str: ...

    def at(self, base_url: BaseUrl) -> Transport: ...

    def keep_alive(self) -> AbstractContextManager[None]: ...

    def send(self, request: HttpRequest) -> Response: ...


class HttpTransport:
    """BILL at one base URL, by HTTP."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def base_url(self) -> BaseUrl:
        return self.exchange.base_url

    def at(self, base_url: BaseUrl) -> HttpTransport:
        """The same for another base URL."""
        return HttpTransport(self.exchange.at(base_url))

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests meanwhile. Only for reads."""
        return self.exchange.keep_alive()

    @property
    def environment_label(self) -> str:
        """Which BILL this is, for messages: ``BILL's sandbox (gateway.stage.bill.com)``."""
        for name, url in API_URLS.items():
            if self.base_url.url == url:
                return f"BILL's {name} ({self.base_url.host})"
        return f"the BILL at {self.base_url.host}"

    def send(self, request: HttpRequest) -> Response:
        """Send one request once, and return BILL's response.

        Raises TransportError, RequestTimeoutError or TlsError if no response came; InvalidResponseError if it is none of BILL's; and the
        BillError that the BDC code or the status stands for. The error says whether the request was sent (``request_sent``).
        """
        raw = self.exchange.exchange(request)
        try:
            return self._read(raw, request)
        except BaseException as error:
            # Also on exceptions of Ansible, which ends a task wherever it is.
            note_sent(error, True)
            if isinstance(error, BillError):
                error.target = request.target
            raise

    def _read(self, raw: RawResponse, request: HttpRequest) -> Response:
        host, option = self.base_url.host, self.base_url.option
        if 300 <= raw.status < 400:
            raise InvalidResponseError(
                f"{host} answered with a redirect (HTTP status {raw.status}), which is never followed, so that "
                f"credentials reach no other place. Check {option}.",
                status=raw.status,
                concerns=(option,),
            )
        body, why_not = _parse_json(raw.body)
        if why_not and 200 <= raw.status < 300:
            raise InvalidResponseError(
                f"{host} answered with {why_not} (HTTP status {raw.status}). "
                f"Check {option}, and that no proxy or sign-in page answers in BILL's place.",
                status=raw.status,
                concerns=(option,),
            )
        # BILL's v2 rejects requests with status 200. If v3 ever does so too, the code still counts.
        if not 200 <= raw.status < 300 or codes(body):
            raise error_from_response(raw.status, body, self.environment_label, request.profile, option=option)
        return Response(raw.status, body)


def _parse_json(raw: bytes) -> tuple[Any, str | None]:
    """The JSON value of a body; or None, and what is there instead."""
    # BILL does not document the body of a logout's response. An empty one counts as no value.
    if not raw.strip():
        return None, None
    # Before it is decoded, since each value takes many times its bytes.
    if sum(raw.count(sign) for sign in (b"{", b"[", b",")) > _MAX_VALUES:
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
    level = [value]
    for _depth in range(_MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, (dict, list)) for each in level)
