# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange with BILL: an answer, or a BillError.

Private to bill.connect.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

from .._core import errors
from .._core.base_url import API_URLS, BaseUrl
from .abortable_adapter import AbortableAdapter
from .transport_errors import TransportErrors

try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError, LocationParseError

    HAS_REQUESTS = True
except ImportError:
    # Said in words where it is needed, see _requests().
    HAS_REQUESTS = False

_HEADERS = {
    "Accept": "application/json",
    # A packed answer of some kilobytes could unpack to gigabytes, and only the newest urllib3 notices in time.
    "Accept-Encoding": "identity",
    "User-Agent": "bill.connect (Ansible collection)",
}
# Packed once all the same is harmless; packed several times it is not.
_CODINGS = ("", "identity", "gzip", "deflate")

_THREAD_NAME = "bill.connect exchange"

# Far above any answer of BILL's, whose lists end at 100 objects a page. What Ansible does with an answer costs many times the memory
# and the time that it takes to read it, and Ansible loses what is nested too deeply.
_MAX_BYTES = 8 * 2**20
_MAX_VALUES = 200_000
_MAX_DEPTH = 100


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != _THREAD_NAME


# urllib3 logs parts of an answer that it cannot read, and Ansible writes what is logged to a file where log_path is set.
for _logger in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_logger).addFilter(_of_others)


@dataclass(frozen=True)
class Response:
    """What BILL answered: the HTTP status (200 to 299) and the decoded JSON."""

    status: int
    # Kept out of repr(): the answer to a sign-in holds the session.
    json: Any = field(repr=False)


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    # Kept out of repr(), so that no message or traceback can show them.
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    form: Mapping[str, str] | None = field(repr=False)


class HttpTransport:
    """The way to one address of BILL. Each exchange has a connection of its own, except within ``staying_open``.

    ``timeout`` is in seconds and covers one whole exchange, from looking the name up to the last byte of the answer.
    ``ca_path`` is a file or directory of certificates to trust instead of the usual ones. ``slot`` gives what each exchange
    holds while it is in flight, by the path that is asked for; waiting for it is not part of ``timeout``. Proxies come from the usual
    environment names. Raises OptionError when ``ca_path`` cannot be used.
    """

    def __init__(
        self,
        address: BaseUrl,
        *,
        timeout: float,
        validate_certs: bool = True,
        ca_path: str | None = None,
        slot: Callable[[str], AbstractContextManager[None]] = lambda _path: nullcontext(),
    ) -> None:
        self.address = address
        self._timeout = timeout
        self._validate_certs = validate_certs
        self._ca_path = ca_path
        self._slot = slot
        # Whether something of the last request may have reached anybody.
        self.sent = False
        self._stays_open = False
        self._open: AbortableAdapter | None = None
        self._failures = TransportErrors(address.host, timeout, ca_path, address.option)
        if ca_path and not os.path.exists(ca_path):
            raise errors.OptionError(f"ca_path names {ca_path}, which does not exist.", concerns=("ca_path",))

    def at(self, address: BaseUrl) -> HttpTransport:
        """The way to another address, in the same manner."""
        return HttpTransport(
            address,
            timeout=self._timeout,
            validate_certs=self._validate_certs,
            ca_path=self._ca_path,
            slot=self._slot,
        )

    @contextmanager
    def staying_open(self) -> Iterator[None]:
        """Use one connection for all that is asked meanwhile.

        Not for what must not be done twice: a connection that has been waiting may turn out to be dead only after something was
        sent over it.
        """
        self._stays_open = True
        try:
            yield
        finally:
            self._stays_open = False
            self._hang_up()

    @property
    def place(self) -> str:
        """Which BILL this is, for messages: ``BILL's sandbox (gateway.stage.bill.com)``."""
        for name, url in API_URLS.items():
            if self.address.url == url:
                return f"BILL's {name} ({self.address.host})"
        return f"the BILL at {self.address.host}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        meanings: Mapping[str, errors.ErrorCode] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        """Send one request, once, and return BILL's answer. ``body`` is sent as JSON unless it is None, ``form`` as form data.

        ``meanings`` are those that some codes have for this request, by code; they come before the usual ones. ``fields`` are the
        options that its fields came from, by BILL's name; those of a sign-in if not given. Raises ConnectionFailed, TimedOut or
        CertificateRefused when no answer came, UnexpectedAnswer when it is none of BILL's, the BillError that the BDC code stands
        for, and what ``slot`` raises. Where no connection came about, its error is ``undone``.
        """
        request = _Request(method, path, {**_HEADERS, **(headers or {})}, body, form)
        status, raw = self._within_timeout(lambda line: self._exchange(line, request), path)
        if 300 <= status < 400:
            raise errors.InvalidResponseError(
                f"{self.address.host} answered with a redirect (HTTP status {status}), which is never followed, so that "
                f"credentials reach no other place. Check {self.address.option}.",
                status=status,
                concerns=(self.address.option,),
            )
        answer, why_not = _parse_json(raw)
        if why_not and 200 <= status < 300:
            raise errors.InvalidResponseError(
                f"{self.address.host} answered with {why_not} (HTTP status {status}). "
                f"Check {self.address.option}, and that no proxy or sign-in page answers in BILL's place.",
                status=status,
                concerns=(self.address.option,),
            )
        # BILL's v2 says no with status 200; should v3 ever do so too, the code still counts.
        if not 200 <= status < 300 or errors.codes(answer):
            option = self.address.option
            raise errors.error_from_response(status, answer, self.place, meanings, option=option, fields=fields)
        return Response(status, answer)

    def _exchange(self, line: AbortableAdapter, request: _Request) -> tuple[int, bytes]:
        library = _requests()
        if not self._validate_certs:
            # Else urllib3 writes its own warning with every request; the user has had one in Ansible's way.
            disable_warnings()
        http = line.http = line.http or self._opened(line)
        with nullcontext() if line is self._open else http:
            try:
                with http.request(
                    request.method,
                    self.address.url + request.path,
                    headers=request.headers,
                    json=request.body,
                    data=request.form,
                    timeout=self._timeout,
                    allow_redirects=False,
                    verify=self._verify(),
                    stream=True,
                ) as response:
                    return response.status_code, self._read(response)
            except _unusable_addresses():
                # requests tells these apart from one another, but not whose address it was.
                raise errors.OptionError(
                    f"Neither {self.address.host} nor a proxy can be asked, because one of them is no address. Check "
                    f"{self.address.option}, and HTTPS_PROXY in the environment.",
                    concerns=(self.address.option,),
                ) from None
            except library.exceptions.RequestException as error:
                # "from None": the original error carries the request, credentials included.
                raise self._failures.of(error) from None
            except OSError:
                # How requests says that it cannot find the certificates to trust.
                raise self._failures.nobody_to_trust() from None
            except (ValueError, HTTPException, HTTPError):
                # What requests does not foresee in an answer, such as a chunk of negative length.
                raise self._failures.no_http() from None

    def _opened(self, line: AbortableAdapter) -> Any:
        http = _requests().Session()
        for scheme in ("https://", "http://"):
            http.mount(scheme, line)
        # requests would otherwise send whatever ~/.netrc has for this host.
        http.auth = lambda prepared: prepared
        # requests would otherwise send back, over a connection that stays open, whatever an answer has set.
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # requests would otherwise read where a redirect leads, and all of its body, although it does not follow.
        http.get_redirect_target = lambda _response: None
        # A proxy would carry what is meant for this machine in the clear to another one.
        http.trust_env = not self.address.plain
        return http

    def _hang_up(self) -> None:
        if self._open and self._open.http:
            self._open.http.close()
        self._open = None

    def _verify(self) -> bool | str | None:
        # None lets requests look at REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
        if not self._validate_certs:
            return False
        return self._ca_path

    def _read(self, response: requests.Response) -> bytes:
        if response.headers.get("Content-Encoding", "").strip().lower() not in _CODINGS:
            return b"?"  # which is no JSON
        # urllib3 before its version 2 would else take an answer that was cut off for a whole one.
        response.raw.enforce_content_length = True
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(65536):
            size += len(part)
            if size > _MAX_BYTES:
                raise errors.InvalidResponseError(
                    f"{self.address.host} sent an answer of more than {_MAX_BYTES // 2**20} MiB, which BILL never does. "
                    f"Check {self.address.option}.",
                    concerns=(self.address.option,),
                )
            parts.append(part)
        # urllib3 knows no length where the headers tell none.
        if response.ok and not parts and not response.raw.chunked and response.raw.length_remaining is None:
            # Headers that were cut look like a success without a body.
            raise self._failures.broken()
        return b"".join(parts)

    def _within_timeout(self, work: Callable[[AbortableAdapter], tuple[int, bytes]], path: str) -> tuple[int, bytes]:
        # The timeout of requests begins anew with every packet and does not cover the look-up of a name, so a trickle
        # could hold a task for ever. The exchange therefore runs in a thread, and its line is cut when its time is up, or when
        # the task is ended from outside.
        _requests()
        self.sent = False
        line = self._open or AbortableAdapter()
        if self._stays_open:
            self._open = line
        outcome: list[tuple[int, bytes] | BaseException] = []
        held = ExitStack()

        def run() -> None:
            # Held until the exchange has really ended, which a look-up of a name may outlive.
            with held:
                try:
                    outcome.append(work(line))
                except BaseException as error:
                    outcome.append(error)

        thread = threading.Thread(target=run, name=_THREAD_NAME, daemon=True)
        held.enter_context(self._slot(path))
        try:
            # Within the same try, since a task can be ended from outside when its thread has just begun.
            try:
                # As far as is known, should the task be ended at the next step.
                self.sent = True
                thread.start()
            except RuntimeError:
                held.close()
                raise
            thread.join(self._timeout)
        finally:
            # Noted before: a line that was cut can look like the end of an answer.
            late = not outcome
            if late:
                line.cut()
                self._open = None
            elif isinstance(outcome[0], BaseException):
                # Whatever is wrong with it, the next exchange has one of its own.
                self._hang_up()
            self.sent = line.connected
        failure = self._failures.timed_out() if late else outcome[0]
        if isinstance(failure, (errors.TransportError, errors.TlsError)):
            failure.undone = not self.sent
        if isinstance(failure, BaseException):
            raise failure
        return failure


def _parse_json(raw: bytes) -> tuple[Any, str | None]:
    """The JSON value of an answer; or None, and in words what is there instead."""
    # BILL does not document the body of a sign-out's answer: an empty one is taken as no value.
    if not raw.strip():
        return None, None
    # Before it is decoded, since each value takes many times its bytes.
    if sum(raw.count(sign) for sign in (b"{", b"[", b",")) > _MAX_VALUES:
        return None, f"more than {_MAX_VALUES} values"
    try:
        answer = json.loads(raw)
    except RecursionError:
        return None, f"JSON that is nested more than {_MAX_DEPTH} levels deep"
    except ValueError:
        return None, "something that is not JSON"
    if _is_too_deep(answer):
        return None, f"JSON that is nested more than {_MAX_DEPTH} levels deep"
    return answer, None


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


def _unusable_addresses() -> tuple[type[Exception], ...]:
    library = _requests().exceptions
    return (library.InvalidURL, library.InvalidSchema, library.MissingSchema, LocationParseError, UnicodeError)


def _requests() -> Any:
    if not HAS_REQUESTS:
        raise errors.BillError(
            "bill.connect needs the Python library requests on the controller, in the Python that runs Ansible. "
            "Install it there, for example with: python3 -m pip install requests"
        )
    return requests
