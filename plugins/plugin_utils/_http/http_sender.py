# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one request with the library requests.

Private to bill.connect.
"""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

from .._core.base_url import BaseUrl
from .._core.errors import InvalidResponseError, OptionError, RequestTimeoutError
from .._core.libraries import library_error
from .abortable_adapter import AbortableAdapter
from .base import HttpSettings
from .messages import FormBody, HttpRequest, JsonBody, RawResponse
from .proxy import Proxy
from .proxy_errors import ProxyErrors
from .transport_errors import TransportErrors, unusable_key_log

try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError, LocationParseError

    IMPORT_ERROR: Exception | None = None
except Exception as error:
    # requests_library() reports the error when a task needs the library. A broken installation can raise any exception here.
    IMPORT_ERROR = error

_HEADERS = {
    "Accept": "application/json",
    # A compressed response of some kilobytes could grow to gigabytes. Only the newest urllib3 detects this in time.
    "Accept-Encoding": "identity",
    "User-Agent": "bill.connect (Ansible collection)",
}
# A single compression is harmless. Several compressions of the same body are not.
_ENCODINGS = ("", "identity", "gzip", "deflate")

# The name of a thread that sends a request.
THREAD_NAME = "bill.connect exchange"

# A page of a list has at most 100 objects, so a response of BILL should be much smaller. Ansible needs many times more memory and time
# to process a response than bill.connect needs to read it.
_MAX_BYTES = 8 * 2**20


class HttpSender:
    """Sends requests to one base URL, in the current thread and without a deadline."""

    def __init__(self, base_url: BaseUrl, settings: HttpSettings, errors: TransportErrors) -> None:
        self._base_url = base_url
        self._settings = settings
        self._errors = errors

    @property
    def proxy(self) -> Proxy | None:
        """The proxy for the base URL. None if there is none. Raises OptionError if its address cannot be used."""
        requests_library()
        # A plain base URL is on this machine. A proxy would send its unencrypted requests to another machine.
        return None if self._base_url.plain else Proxy.for_url(self._base_url.url)

    def timed_out(self, adapter: AbortableAdapter) -> RequestTimeoutError:
        """The error of an exchange that is not complete at its deadline."""
        return self._errors_at(adapter).timed_out()

    def send(self, adapter: AbortableAdapter, request: HttpRequest, *, keep_open: bool) -> RawResponse:
        """The raw response to a request. The current thread sends it, without a deadline."""
        library = requests_library()
        if not self._settings.validate_certs:
            # urllib3 would write a warning with every request. Ansible has already shown one.
            disable_warnings()
        http = adapter.http = adapter.http or self._open(adapter)
        with nullcontext() if keep_open else http:
            try:
                with http.request(
                    request.method,
                    self._base_url.address_of(request.target),
                    headers={**_HEADERS, **request.headers},
                    json=request.body.value if isinstance(request.body, JsonBody) else None,
                    data=request.body.fields if isinstance(request.body, FormBody) else None,
                    timeout=self._settings.timeout,
                    allow_redirects=False,
                    verify=self._verify(),
                    stream=True,
                ) as response:
                    return RawResponse(
                        response.status_code,
                        self._read(response),
                        self._retry_after(response.headers.get("Retry-After")),
                    )
            except _unusable_addresses():
                # requests does not report whether the address of the host or of the proxy is wrong.
                also, check = (f" or {proxy}", f" and {proxy.name}") if (proxy := self.proxy) else ("", "")
                raise OptionError(
                    f"bill.connect cannot send the request, because {self._base_url.host}{also} is not a valid address. Check "
                    f"{self._base_url.option}{check}.",
                    options=(self._base_url.option,),
                ) from None
            except library.exceptions.RequestException as error:
                # "from None" hides the original error, because it contains the request with its credentials.
                raise self._errors_at(adapter).of(error) from None
            except OSError as error:
                if log := unusable_key_log(error):
                    raise self._errors.no_key_log(log) from None
                # requests raises OSError if it cannot find the certificates to trust.
                raise self._errors.nobody_to_trust() from None
            except (ValueError, HTTPException, HTTPError):
                # requests does not handle these errors of a response, such as a chunk of negative length.
                raise self._errors.no_http() from None

    def _errors_at(self, adapter: AbortableAdapter) -> TransportErrors | ProxyErrors:
        """The errors of the hop that the exchange has reached: the proxy, or the host."""
        if not (proxy := self.proxy):
            return self._errors
        if adapter.is_past_proxy:
            # The proxy may have closed the connection to the host.
            return replace(self._errors, proxy=str(proxy))
        settings = self._settings
        return ProxyErrors(proxy, self._base_url.host, settings.timeout, settings.ca_path, self._base_url.option)

    def _open(self, adapter: AbortableAdapter) -> Any:
        _quiet_urllib3()
        http = requests_library().Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, adapter)
        # Without this, requests would send the credentials that ~/.netrc contains for this host.
        http.auth = lambda prepared: prepared
        # Without this, requests would send the cookies of a response with the next request of this session.
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # Without this, requests would read the target of a redirect and its whole body, although it does not follow the redirect.
        http.get_redirect_target = lambda _response: None
        # Without this, requests would use the proxy for a plain base URL too.
        http.trust_env = not self._base_url.plain
        return http

    def _verify(self) -> bool | str | None:
        # With None, requests uses REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
        return self._settings.ca_path if self._settings.validate_certs else False

    def _retry_after(self, given: str | None) -> float | None:
        """The seconds to wait, at most ``timeout``. The header may also hold a date (RFC 9110)."""
        try:
            seconds = float(given or "")
        except ValueError:
            try:
                seconds = parsedate_to_datetime(given or "").timestamp() - time.time()
            except (ValueError, TypeError, OverflowError, IndexError):
                return None
        # NaN is not between the two, so it counts as 0.
        return min(seconds, self._settings.timeout) if seconds > 0 else 0.0

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
                    f"{self._base_url.host} sent a response of more than {_MAX_BYTES // 2**20} MiB. That is more than bill.connect accepts. "
                    f"Check {self._base_url.option}.",
                    options=(self._base_url.option,),
                )
            parts.append(part)
        # length_remaining is None if the headers contain no length.
        if response.ok and not parts and not response.raw.chunked and response.raw.length_remaining is None:
            # Incomplete headers look like a success without a body.
            raise self._errors.broken()
        return b"".join(parts)


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != THREAD_NAME


def _quiet_urllib3() -> None:
    """Keep log records of urllib3 about exchanges out of the logs.

    urllib3 logs parts of a response that it cannot read. Ansible writes logs to a file if log_path is set.
    """
    for name in ("urllib3.connection", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        # Adding the same filter twice changes nothing.
        logger.addFilter(_of_others)


def _unusable_addresses() -> tuple[type[Exception], ...]:
    library = requests_library().exceptions
    return (library.InvalidURL, library.InvalidSchema, library.MissingSchema, LocationParseError, UnicodeError)


def requests_library() -> Any:
    """The library requests. Raises BillError if it cannot be imported."""
    if IMPORT_ERROR:
        raise library_error("requests", IMPORT_ERROR)
    return requests
