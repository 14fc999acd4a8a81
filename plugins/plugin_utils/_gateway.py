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
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import _errors as errors

try:
    import requests
    from urllib3 import disable_warnings
    from urllib3.exceptions import LocationParseError
except ImportError:
    # Said in words where it is needed, see _requests(). mypy knows no way to say "a module, or nothing".
    requests = None  # type: ignore[assignment]

# Documented by BILL: "Environmental differences" and "Get started in production".
API_URLS = {
    "sandbox": "https://gateway.stage.bill.com/connect",
    "production": "https://gateway.prod.bill.com/connect",
}

# Hosts that people try and that are not BILL's v3 API; each with what is known about it.
_NOT_THE_API = {
    "gateway.bill.com": "is none of the hosts that BILL documents",
    "api-sandbox.bill.com": "was retired by BILL in 2024",
    "app-sandbox.bill.com": "was retired by BILL in 2024",
    "api.bill.com": "serves BILL's v2 API",
    "api-stage.bill.com": "serves BILL's v2 API",
}

_USER_AGENT = "bill.connect (Ansible collection)"

_EXCHANGE = "bill.connect exchange"

# What to do where a certificate is not accepted, by OpenSSL's number of the fault (X509_V_ERR_...), and the options
# concerned; _UNKNOWN_AUTHORITY has its own remedies, and all other faults have _ANY_OTHER_FAULT.
_OTHER_NAME = ("Check api_url: it has to name the host as its certificate does.", ("api_url",))
_CERTIFICATE_REMEDIES: dict[int, tuple[str, tuple[str, ...]]] = {
    9: (
        "Check the controller's clock; if it is right, the certificate has to be replaced by one that is valid already.",
        ("api_url",),
    ),
    10: (
        "Check the controller's clock; if it is right, the certificate or that of its authority has to be renewed.",
        ("api_url",),
    ),
    18: (
        "No authority vouches for it; if that is meant to be so, name its own file with ca_path.",
        ("api_url", "ca_path"),
    ),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
_ANY_OTHER_FAULT = ("Whoever runs that host, or issued its certificate, has to put that right.", ("api_url", "ca_path"))

# OpenSSL's names for a version of TLS that one of the two sides does without.
_TOO_OLD = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")

# Far above any answer of BILL's, whose lists end at 100 objects a page; it only stops an endless one.
_LARGEST_ANSWER = 32 * 2**20


def _of_others(record: logging.LogRecord) -> bool:
    return record.threadName != _EXCHANGE


# urllib3 logs parts of an answer that it cannot read, and Ansible writes what is logged to a file where log_path is set.
for _logger in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_logger).addFilter(_of_others)


@dataclass(frozen=True)
class Answer:
    """What BILL answered: the HTTP status (200 to 299) and the decoded JSON."""

    status: int
    # Kept out of repr(): the answer to a sign-in holds the session.
    json: Any = field(repr=False)


class Gateway:
    """The way to one BILL environment.

    ``api_url`` ends before ``/v3``. ``timeout`` is in seconds and covers one whole exchange, from looking the name up
    to the last byte of the answer. ``ca_path`` is a file or directory of certificates to trust instead of the usual
    ones. ``place`` gives what each exchange holds while it is in flight; waiting for it is not part of ``timeout``. Proxies
    come from the usual environment names. Raises OptionError when ``api_url`` or ``ca_path`` cannot be used.
    """

    def __init__(
        self,
        api_url: str,
        *,
        timeout: float,
        validate_certs: bool = True,
        ca_path: str | None = None,
        place: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._timeout = timeout
        self._validate_certs = validate_certs
        self._ca_path = ca_path
        self._place = place
        parts = _checked(self.api_url)
        self.host = parts.netloc
        self._plain = parts.scheme == "http"
        if ca_path and not os.path.exists(ca_path):
            raise errors.OptionError(f"ca_path names {ca_path}, which does not exist.", concerns=("ca_path",))

    @property
    def place(self) -> str:
        """Which BILL this is, for messages: ``BILL's sandbox (gateway.stage.bill.com)``."""
        for name, url in API_URLS.items():
            if self.api_url == url:
                return f"BILL's {name} ({self.host})"
        return f"the BILL at {self.host}"

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send one request, once, and return BILL's answer.

        Raises ConnectionFailed, TimedOut or CertificateRefused when no answer came, UnexpectedAnswer when it is none
        of BILL's, the BillError that the BDC code stands for, and what ``place`` raises.
        """
        status, raw = self._within_timeout(lambda: self._exchange(method, path, headers or {}, body))
        if 300 <= status < 400:
            raise errors.UnexpectedAnswer(
                f"{self.host} answered with a redirect (HTTP status {status}), which is never followed, so that "
                f"credentials reach no other place. Check api_url.",
                status=status,
                concerns=("api_url",),
            )
        try:
            # BILL does not document the body of a sign-out's answer: an empty one is taken as no value.
            answer = json.loads(raw) if raw.strip() else None
        except (ValueError, RecursionError):
            answer = None
            if 200 <= status < 300:
                raise errors.UnexpectedAnswer(
                    f"{self.host} answered with something that is not JSON (HTTP status {status}). "
                    "Check api_url, and that no proxy or sign-in page answers in BILL's place.",
                    status=status,
                    concerns=("api_url",),
                ) from None
        # BILL's v2 says no with status 200; should v3 ever do so too, the code still counts.
        if not 200 <= status < 300 or errors.codes(answer):
            raise errors.from_answer(status, answer, self.place)
        return Answer(status, answer)

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        library = _requests()
        if not self._validate_certs:
            # Else urllib3 writes its own warning with every request; the user has had one in Ansible's way.
            disable_warnings()
        with library.Session() as http:
            # requests would otherwise send whatever ~/.netrc has for this host.
            http.auth = lambda request: request
            # requests would otherwise read where a redirect leads, and all of its body, although it does not follow.
            http.get_redirect_target = lambda _response: None
            # A proxy would carry what is meant for this machine in the clear to another one.
            http.trust_env = not self._plain
            try:
                with http.request(
                    method,
                    self.api_url + path,
                    headers={"Accept": "application/json", "User-Agent": _USER_AGENT, **headers},
                    json=body,
                    timeout=self._timeout,
                    allow_redirects=False,
                    verify=self._verify(),
                    stream=True,
                ) as response:
                    return response.status_code, self._read(response)
            except _unusable_addresses():
                # requests tells these apart from one another, but not whose address it was.
                raise errors.OptionError(
                    f"Neither {self.host} nor a proxy can be asked, because one of them is no address. Check api_url, "
                    "and HTTPS_PROXY in the environment.",
                    concerns=("api_url",),
                ) from None
            except library.exceptions.RequestException as error:
                # "from None": the original error carries the request, credentials included.
                raise self._failure(error) from None
            except OSError:
                # How requests says that it cannot find the certificates to trust.
                raise self._nobody_to_trust() from None
            except errors.BillError:
                raise
            except Exception:
                # What requests and the libraries below it did not foresee in an answer, such as a chunk of negative length.
                raise errors.UnexpectedAnswer(
                    f"{self.host} answered with something that is not HTTP. Check api_url, and that no proxy answers in "
                    "BILL's place.",
                    concerns=("api_url",),
                ) from None

    def _verify(self) -> bool | str | None:
        # None lets requests look at REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
        if not self._validate_certs:
            return False
        return self._ca_path

    def _read(self, response: requests.Response) -> bytes:
        # urllib3 before its version 2 would else take an answer that was cut off for a whole one.
        response.raw.enforce_content_length = True
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(65536):
            size += len(part)
            if size > _LARGEST_ANSWER:
                raise errors.UnexpectedAnswer(
                    f"{self.host} sent an answer of more than {_LARGEST_ANSWER // 2**20} MiB, which BILL never does. "
                    "Check api_url.",
                    concerns=("api_url",),
                )
            parts.append(part)
        # urllib3 knows no length where the headers tell none.
        if response.ok and not parts and not response.raw.chunked and response.raw.length_remaining is None:
            # Headers that were cut look like a success without a body.
            raise self._broken()
        return b"".join(parts)

    def _within_timeout(self, work: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        # The timeout of requests begins anew with every packet and does not cover the look-up of a name, so a trickle
        # could hold a task for ever. The exchange therefore runs in a thread that is left behind when its time is up.
        outcome: list[tuple[int, bytes] | BaseException] = []
        held = ExitStack()

        def run() -> None:
            # Held until the exchange has really ended: one that is left behind is still in flight.
            with held:
                try:
                    outcome.append(work())
                except BaseException as error:
                    outcome.append(error)

        thread = threading.Thread(target=run, name=_EXCHANGE, daemon=True)
        held.enter_context(self._place())
        try:
            thread.start()
        except RuntimeError:
            held.close()
            raise
        thread.join(self._timeout)
        if not outcome:
            raise self._timed_out()
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _timed_out(self) -> errors.TimedOut:
        return errors.TimedOut(
            f"{self.host} did not answer within {self._timeout:g} seconds (option timeout). "
            "Check the network and the proxy, or allow more time.",
            concerns=("timeout",),
        )

    def _failure(self, error: Exception) -> errors.BillError:
        """What an exception of requests means, in words that hold nothing of the request."""
        library = _requests()
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self._not_accepted(cause.verify_code, cause.verify_message)
            # Where OpenSSL's word on names is not enough for it, and before its version 2 always, urllib3 looks at them
            # itself; each version keeps its exception in another place.
            if type(cause).__name__ == "CertificateError":
                return self._not_accepted(62, "it is for another host")
        if isinstance(error, library.exceptions.SSLError):
            return self._no_tls(causes)
        if isinstance(error, library.exceptions.Timeout):
            return self._timed_out()
        for cause in causes:
            if isinstance(cause, socket.gaierror):
                return errors.ConnectionFailed(
                    f"The name {self.host} could not be found. Check api_url and the controller's DNS.",
                    concerns=("api_url",),
                )
        if isinstance(error, library.exceptions.ProxyError):
            return errors.ConnectionFailed(
                f"The proxy for {self.host} gave no connection. Check HTTPS_PROXY and NO_PROXY in the environment."
            )
        for cause in causes:
            if isinstance(cause, ConnectionRefusedError):
                return errors.ConnectionFailed(
                    f"{self.host} refused the connection. Check api_url, and the network or firewall in between.",
                    concerns=("api_url",),
                )
        return self._broken()

    def _broken(self) -> errors.ConnectionFailed:
        return errors.ConnectionFailed(
            f"The connection to {self.host} broke before a whole answer came. Check the network and the proxy."
        )

    def _not_accepted(self, number: int, fault: str) -> errors.CertificateRefused:
        remedy, concerns = _CERTIFICATE_REMEDIES.get(number, _ANY_OTHER_FAULT)
        if number in _UNKNOWN_AUTHORITY:
            remedy = self._how_to_name_the_authority()
        return errors.CertificateRefused(
            f"The certificate of {self.host} was not accepted ({fault.rstrip('.')}), so nothing was sent. {remedy}",
            concerns=concerns,
        )

    def _how_to_name_the_authority(self) -> str:
        if not self._ca_path:
            return "If it was issued by an authority of your own, name the file of that authority with ca_path."
        if os.path.isdir(self._ca_path):
            return (
                "ca_path is a directory: it has to hold the certificate of the authority that issued it, and to be "
                "prepared by openssl rehash."
            )
        return (
            "ca_path does not hold the authority that issued it. Add that authority's certificate there, or leave "
            "ca_path out if a public authority issued it."
        )

    def _no_tls(self, causes: Sequence[BaseException]) -> errors.CertificateRefused:
        """What keeps TLS from coming about before there is a certificate to look at."""
        for cause in causes:
            if isinstance(cause, PermissionError) or (isinstance(cause, ssl.SSLError) and cause.library == "X509"):
                return self._nobody_to_trust()
            if isinstance(cause, ssl.SSLError) and cause.reason in _TOO_OLD:
                return errors.CertificateRefused(
                    f"{self.host} speaks no version of TLS that is safe, so nothing was sent. Check api_url; if it is "
                    "right, TLS 1.2 or later has to be switched on there.",
                    concerns=("api_url",),
                )
        return errors.CertificateRefused(
            f"No TLS connection to {self.host} could be made, so nothing was sent. "
            "Check that api_url names an address that serves https.",
            concerns=("api_url",),
        )

    def _nobody_to_trust(self) -> errors.CertificateRefused:
        if self._ca_path:
            remedy = "Check that ca_path names a readable file of PEM certificates."
        else:
            remedy = "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment, or give ca_path."
        return errors.CertificateRefused(
            f"The certificates to trust for {self.host} cannot be read, so nothing was sent. {remedy}",
            concerns=("ca_path",),
        )


def _checked(api_url: str) -> Any:
    """The parts of an API address; OptionError if credentials must not go there, or would go astray there."""

    def wrong(why: str) -> errors.OptionError:
        return errors.OptionError(f"api_url {why}", concerns=("api_url",))

    try:
        parts = urlsplit(api_url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong("is not a web address. The sandbox's is " + API_URLS["sandbox"] + ".") from None
    if parts.scheme not in ("http", "https") or not host or any(sign.isspace() for sign in api_url):
        raise wrong("must begin with https:// and a host. The sandbox's is " + API_URLS["sandbox"] + ".")
    if "@" in parts.netloc:
        raise wrong("must not carry a user name or password; give those as username and password.")
    if parts.query or parts.fragment:
        raise wrong("must end before the ? or # part.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise wrong(
            f"would send the credentials to {host} unencrypted. Use https; http is only for localhost, 127.x.x.x and ::1."
        )
    if host in _NOT_THE_API:
        raise wrong(
            f"names {host}, which {_NOT_THE_API[host]}. Leave api_url out and set environment to sandbox "
            "(gateway.stage.bill.com) or production (gateway.prod.bill.com)."
        )
    if "/v3" in parts.path:
        raise wrong(f"must end before /v3, as in {API_URLS['sandbox']}.")
    for url in API_URLS.values():
        known = urlsplit(url)
        if host == known.hostname and parts.path != known.path:
            raise wrong(f"names {host} with another path than BILL's own; BILL's address is {url}.")
    return parts


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it was raised from; urllib3 also hides some in ``reason`` and in its arguments."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return iter(seen)


def _unusable_addresses() -> tuple[type[Exception], ...]:
    library = _requests().exceptions
    return (library.InvalidURL, library.InvalidSchema, library.MissingSchema, LocationParseError, UnicodeError)


def _requests() -> Any:
    if requests is None:
        raise errors.BillError(
            "bill.connect needs the Python library requests on the controller, in the Python that runs Ansible. "
            "Install it there, for example with: python3 -m pip install requests"
        )
    return requests
