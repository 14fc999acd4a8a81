# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one HTTP request and returns the raw response before a deadline.

Private to bill.connect.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

from .._core.base_url import BaseUrl
from .._core.errors import BillError, InvalidResponseError, OptionError, TlsError, TransportError, note_sent
from .abortable_adapter import AbortableAdapter
from .messages import FormBody, HttpRequest, JsonBody, RawResponse
from .transport_errors import TransportErrors

try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError, LocationParseError

    HAS_REQUESTS = True
except ImportError:
    # _requests() reports the missing library when it is needed.
    HAS_REQUESTS = False

_HEADERS = {
    "Accept": "application/json",
    # A compressed response of some kilobytes could grow to gigabytes. Only the newest urllib3 detects this in time.
    "Accept-Encoding": "identity",
    "User-Agent": "bill.connect (Ansible collection)",
}
# A single compression is harmless. Several compressions of the same body are not.
_ENCODINGS = ("", "identity", "gzip", "deflate")

_THREAD_NAME = "bill.connect exchange"

# Every response of BILL is much smaller, because a page of a list has at most 100 objects. Ansible needs many times more memory and time
# to process a response than bill.connect needs to read it.
_MAX_BYTES = 8 * 2**20


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
    def base_url(self) -> BaseUrl: ...

    def at(self, base_url: BaseUrl) -> Exchange:
        """An exchange with the same settings for another base URL."""

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests inside the context."""

    def exchange(self, request: HttpRequest) -> RawResponse:
        """The raw response to one request, which is sent once.

        Every exception has the attribute ``request_sent``: whether BILL may have received a part of the request.
        """


@dataclass(frozen=True)
class HttpSettings:
    """The settings of exchanges.

    - ``timeout`` is in seconds. It covers a whole exchange, from the DNS look-up to the last byte.
    - ``ca_path`` is a file or directory of certificates. They replace the default certificates.
    """

    timeout: float
    validate_certs: bool = True
    ca_path: str | None = None


class HttpExchange:
    """Exchanges through the library requests. Each exchange has its own connection, except inside ``keep_alive``.

    The wait for ``limits`` is not part of the timeout. The usual environment variables name the proxies. Raises OptionError if ``ca_path``
    does not exist.
    """

    def __init__(self, base_url: BaseUrl, settings: HttpSettings, limits: Limits | None = None) -> None:
        self.base_url = base_url
        self.settings = settings
        self.limits = limits or NoLimits()
        self.errors = TransportErrors(base_url.host, settings.timeout, settings.ca_path, base_url.option)
        self._keeps_alive = False
        self._adapter: AbortableAdapter | None = None
        if settings.ca_path and not os.path.exists(settings.ca_path):
            raise OptionError(f"ca_path names {settings.ca_path}, which does not exist.", concerns=("ca_path",))

    def at(self, base_url: BaseUrl) -> HttpExchange:
        return HttpExchange(base_url, self.settings, self.limits)

    @contextmanager
    def keep_alive(self) -> Iterator[None]:
        """Use one connection for all requests inside the context.

        Do not use it for a write. An idle connection may be closed, and the client may notice this only after it has sent the write.
        """
        self._keeps_alive = True
        try:
            yield
        finally:
            self._keeps_alive = False
            self._close()

    def exchange(self, request: HttpRequest) -> RawResponse:
        # The timeout of requests starts again with every packet and does not cover the DNS look-up. Therefore the exchange runs in a thread.
        # This method aborts the connection at the deadline, or when Ansible ends the task.
        _requests()
        adapter: AbortableAdapter | None = None
        try:
            with ExitStack() as held:
                held.enter_context(self.limits.slot(request.target))
                adapter = self._adapter or AbortableAdapter()
                if self._keeps_alive:
                    self._adapter = adapter
                thread = _ExchangeThread(self, adapter, request, held.pop_all())
            return self._outcome(thread, adapter)
        except BaseException as error:
            # This includes exceptions of Ansible, which can end a task at any point. Nothing is sent while a request waits for its slot.
            is_sent = adapter is not None and adapter.connected
            note_sent(error, is_sent)
            if isinstance(error, (TransportError, TlsError)):
                error.undone = not is_sent
            raise

    def _outcome(self, thread: _ExchangeThread, adapter: AbortableAdapter) -> RawResponse:
        try:
            thread.start_or_release()
            thread.join(self.settings.timeout)
        finally:
            # Check this before the abort, because an aborted connection can look like the end of a response.
            is_late = not thread.is_done
            if is_late:
                adapter.abort()
                self._adapter = None
        if is_late:
            raise self.errors.timed_out()
        try:
            return thread.outcome()
        except BaseException:
            # The connection may be broken. The next exchange opens a new one.
            self._close()
            raise

    def send_now(self, adapter: AbortableAdapter, request: HttpRequest) -> RawResponse:
        """The raw response to a request. The current thread sends it, without a deadline."""
        library = _requests()
        if not self.settings.validate_certs:
            # urllib3 would write a warning with every request. Ansible has already shown one.
            disable_warnings()
        http = adapter.http = adapter.http or self._open(adapter)
        with nullcontext() if adapter is self._adapter else http:
            try:
                with http.request(
                    request.method,
                    self.base_url.url + request.target,
                    headers={**_HEADERS, **request.headers},
                    json=request.body.value if isinstance(request.body, JsonBody) else None,
                    data=request.body.fields if isinstance(request.body, FormBody) else None,
                    timeout=self.settings.timeout,
                    allow_redirects=False,
                    verify=self._verify(),
                    stream=True,
                ) as response:
                    return RawResponse(response.status_code, self._read(response))
            except _unusable_addresses():
                # requests does not report whether the address of the host or of the proxy is wrong.
                raise OptionError(
                    f"Neither {self.base_url.host} nor a proxy can be asked, because one of them is no address. Check "
                    f"{self.base_url.option}, and HTTPS_PROXY in the environment.",
                    concerns=(self.base_url.option,),
                ) from None
            except library.exceptions.RequestException as error:
                # "from None" hides the original error, because it contains the request with its credentials.
                raise self.errors.of(error) from None
            except OSError:
                # requests raises OSError if it cannot find the certificates to trust.
                raise self.errors.nobody_to_trust() from None
            except (ValueError, HTTPException, HTTPError):
                # requests does not handle these errors of a response, such as a chunk of negative length.
                raise self.errors.no_http() from None

    def _open(self, adapter: AbortableAdapter) -> Any:
        _quiet_urllib3()
        http = _requests().Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, adapter)
        # Without this, requests would send the credentials that ~/.netrc contains for this host.
        http.auth = lambda prepared: prepared
        # Without this, requests would send the cookies of a response with the next request of this session.
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # Without this, requests would read the target of a redirect and its whole body, although it does not follow the redirect.
        http.get_redirect_target = lambda _response: None
        # A plain base URL is on this machine. A proxy would send its unencrypted requests to another machine.
        http.trust_env = not self.base_url.plain
        return http

    def _close(self) -> None:
        if self._adapter and self._adapter.http:
            self._adapter.http.close()
        self._adapter = None

    def _verify(self) -> bool | str | None:
        # With None, requests uses REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
        return self.settings.ca_path if self.settings.validate_certs else False

    def _read(self, response: requests.Response) -> bytes:
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            return b"?"  # This is not JSON, so the caller rejects the response.
        # Without this, urllib3 before version 2 would accept an incomplete response as complete.
        response.raw.enforce_content_length = True
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(65536):
            size += len(part)
            if size > _MAX_BYTES:
                raise InvalidResponseError(
                    f"{self.base_url.host} sent an answer of more than {_MAX_BYTES // 2**20} MiB, which BILL never does. "
                    f"Check {self.base_url.option}.",
                    concerns=(self.base_url.option,),
                )
            parts.append(part)
        # length_remaining is None if the headers contain no length.
        if response.ok and not parts and not response.raw.chunked and response.raw.length_remaining is None:
            # Incomplete headers look like a success without a body.
            raise self.errors.broken()
        return b"".join(parts)


class _ExchangeThread(threading.Thread):
    """Runs one exchange and holds its slot until the exchange has ended. A DNS look-up may continue after the deadline."""

    def __init__(
        self, exchange: HttpExchange, adapter: AbortableAdapter, request: HttpRequest, held: ExitStack
    ) -> None:
        super().__init__(name=_THREAD_NAME, daemon=True)
        self._exchange = exchange
        self._adapter = adapter
        self._request = request
        self._held = held
        self._response: RawResponse | None = None
        self._error: BaseException | None = None

    def start_or_release(self) -> None:
        try:
            self.start()
        except RuntimeError:
            self._held.close()
            raise

    def run(self) -> None:
        with self._held:
            try:
                self._response = self._exchange.send_now(self._adapter, self._request)
            except BaseException as error:
                self._error = error

    @property
    def is_done(self) -> bool:
        return self._response is not None or self._error is not None

    def outcome(self) -> RawResponse:
        """The response. Raises the error of the exchange if there is no response."""
        if self._response is not None:
            return self._response
        raise self._error or AssertionError("unreachable: the exchange is done")


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != _THREAD_NAME


def _quiet_urllib3() -> None:
    """Keep log records of urllib3 about exchanges out of the logs.

    urllib3 logs parts of a response that it cannot read. Ansible writes logs to a file if log_path is set.
    """
    for name in ("urllib3.connection", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        # Adding the same filter twice changes nothing.
        logger.addFilter(_of_others)


def _unusable_addresses() -> tuple[type[Exception], ...]:
    library = _requests().exceptions
    return (library.InvalidURL, library.InvalidSchema, library.MissingSchema, LocationParseError, UnicodeError)


def _requests() -> Any:
    if not HAS_REQUESTS:
        raise BillError(
            "bill.connect needs the Python library requests on the controller, in the Python that runs Ansible. "
            "Install it there, for example with: python3 -m pip install requests"
        )
    return requests
