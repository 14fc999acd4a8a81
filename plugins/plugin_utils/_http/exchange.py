# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange within its deadline: a request goes out, and bytes come back.

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
    # _requests() says so where it is needed.
    HAS_REQUESTS = False

_HEADERS = {
    "Accept": "application/json",
    # A compressed response of some kilobytes could grow to gigabytes, and only the newest urllib3 notices in time.
    "Accept-Encoding": "identity",
    "User-Agent": "bill.connect (Ansible collection)",
}
# One compression is harmless; several are not.
_ENCODINGS = ("", "identity", "gzip", "deflate")

_THREAD_NAME = "bill.connect exchange"

# Far above any response of BILL, whose lists end at 100 objects a page. What Ansible does with a response takes many times the memory
# and the time that it takes to read it.
_MAX_BYTES = 8 * 2**20


class Limits(Protocol):
    """What an exchange has to wait for before it begins."""

    def slot(self, target: str) -> AbstractContextManager[None]:
        """Hold a slot for a request to this target. LimiterTimeoutError if none is free in time."""


class NoLimits:
    """No limits at all."""

    def slot(self, target: str) -> AbstractContextManager[None]:
        return nullcontext()


class Exchange(Protocol):
    """Sends requests to one base URL."""

    @property
    def base_url(self) -> BaseUrl: ...

    def at(self, base_url: BaseUrl) -> Exchange:
        """The same for another base URL."""

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests meanwhile."""

    def exchange(self, request: HttpRequest) -> RawResponse:
        """Send one request once. Every exception has ``request_sent``: whether BILL may have received something."""


@dataclass(frozen=True)
class HttpSettings:
    """``timeout`` is in seconds and covers a whole exchange, from the look-up of the name to the last byte. ``ca_path`` is a file or directory
    of certificates to trust instead of the usual ones.
    """

    timeout: float
    validate_certs: bool = True
    ca_path: str | None = None


class HttpExchange:
    """Exchanges over requests. Each has a connection of its own, except within ``keep_alive``.

    Waiting for ``limits`` is not part of the timeout. Proxies come from the usual environment names. OptionError if ``ca_path`` cannot be
    used.
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
        """Use one connection for all requests meanwhile.

        Not for a write: a connection that has been idle may turn out to be dead only after something was sent over it.
        """
        self._keeps_alive = True
        try:
            yield
        finally:
            self._keeps_alive = False
            self._close()

    def exchange(self, request: HttpRequest) -> RawResponse:
        # The timeout of requests begins anew with every packet and does not cover the look-up of a name. So the exchange runs in a thread,
        # and its connection is aborted when its time is up, or when Ansible ends the task.
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
            # Also on exceptions of Ansible, which ends a task wherever it is. Nothing is sent while a request waits for its slot.
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
            # Noted before the abort: an aborted connection can look like the end of a response.
            is_late = not thread.is_done
            if is_late:
                adapter.abort()
                self._adapter = None
        if is_late:
            raise self.errors.timed_out()
        try:
            return thread.outcome()
        except BaseException:
            # Whatever is wrong with the connection, the next exchange has one of its own.
            self._close()
            raise

    def send_now(self, adapter: AbortableAdapter, request: HttpRequest) -> RawResponse:
        """The exchange itself, in the present thread and without a deadline."""
        library = _requests()
        if not self.settings.validate_certs:
            # urllib3 would write its own warning with every request. Ansible has shown one.
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
                # requests does not say whose address it was.
                raise OptionError(
                    f"Neither {self.base_url.host} nor a proxy can be asked, because one of them is no address. Check "
                    f"{self.base_url.option}, and HTTPS_PROXY in the environment.",
                    concerns=(self.base_url.option,),
                ) from None
            except library.exceptions.RequestException as error:
                # "from None": the original error carries the request, credentials included.
                raise self.errors.of(error) from None
            except OSError:
                # requests says this way that it cannot find the certificates to trust.
                raise self.errors.nobody_to_trust() from None
            except (ValueError, HTTPException, HTTPError):
                # What requests does not foresee in a response, such as a chunk of negative length.
                raise self.errors.no_http() from None

    def _open(self, adapter: AbortableAdapter) -> Any:
        _quiet_urllib3()
        http = _requests().Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, adapter)
        # requests would otherwise send whatever ~/.netrc has for this host.
        http.auth = lambda prepared: prepared
        # requests would otherwise send back, over a connection that stays open, the cookies of a response.
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # requests would otherwise read where a redirect leads, and all of its body, although it does not follow.
        http.get_redirect_target = lambda _response: None
        # A proxy would carry what is meant for this machine in the clear to another one.
        http.trust_env = not self.base_url.plain
        return http

    def _close(self) -> None:
        if self._adapter and self._adapter.http:
            self._adapter.http.close()
        self._adapter = None

    def _verify(self) -> bool | str | None:
        # None lets requests look at REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
        return self.settings.ca_path if self.settings.validate_certs else False

    def _read(self, response: requests.Response) -> bytes:
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            return b"?"  # which is no JSON
        # urllib3 before its version 2 would otherwise take a response that was cut off for a whole one.
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
        # urllib3 knows no length where the headers tell none.
        if response.ok and not parts and not response.raw.chunked and response.raw.length_remaining is None:
            # Headers that were cut off look like a success without a body.
            raise self.errors.broken()
        return b"".join(parts)


class _ExchangeThread(threading.Thread):
    """Runs one exchange. It holds its slot until the exchange has really ended, which a look-up of a name may delay."""

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
        """The response; or raise what went wrong."""
        if self._response is not None:
            return self._response
        raise self._error or AssertionError("unreachable: the exchange is done")


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != _THREAD_NAME


def _quiet_urllib3() -> None:
    """urllib3 logs parts of a response that it cannot read, and Ansible writes logs to a file where log_path is set."""
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
