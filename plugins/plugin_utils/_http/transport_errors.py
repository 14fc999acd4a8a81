# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of exchanges without a complete response. Their messages contain nothing of the request or the response.

Private to bill.connect.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from .._core import errors

# exchange.py reports the missing library before it uses this module.
with suppress(Exception):
    from requests import exceptions
    from requests.utils import DEFAULT_CA_BUNDLE_PATH


# The remedy and the related options for a rejected certificate, by OpenSSL's error number (X509_V_ERR_...). The errors in
# _UNKNOWN_AUTHORITY have their own remedies. All other errors use _ANY_OTHER_FAULT.
_OTHER_NAME = ("Check {option}: the certificate must contain the host of this address.", ("{option}",))
_CERTIFICATE_REMEDIES: dict[int, tuple[str, tuple[str, ...]]] = {
    9: (
        "Check the controller's clock. If it is right, the owner of the host must install a certificate that is already valid.",
        ("{option}",),
    ),
    10: (
        "Check the controller's clock. If it is right, the certificate or the certificate of its authority must be renewed.",
        ("{option}",),
    ),
    18: (
        "No authority signed this certificate. If this is intended, set ca_path to the file of this certificate.",
        ("{option}", "ca_path"),
    ),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
# OpenSSL finds these faults only with VERIFY_X509_STRICT, which Python sets from 3.13 on. 79, an invalid authority, is found without
# it, too, but then also for other reasons.
_STRICT = range(80, 95)
_INVALID_AUTHORITY = 79
_BY_STRICT = (
    "Only the strict check of this Python refuses it (VERIFY_X509_STRICT, set from Python 3.13 on): the certificate, or that of its "
    "authority, does not follow RFC 5280. If your company's network inspects TLS, this is your company's authority and not BILL's. Ask its "
    "owner for certificates that follow RFC 5280. Until then, run Ansible with Python 3.12 or earlier.",
    ("ca_path",),
)
_ANY_OTHER_FAULT = (
    "The owner of the host, or the authority of the certificate, must correct this.",
    ("{option}", "ca_path"),
)

# OpenSSL's names of the error that one side does not support the TLS version.
_TOO_OLD = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")


@dataclass(frozen=True)
class TransportErrors:
    """The errors of the exchanges with one ``host``.

    - ``timeout`` is the deadline of an exchange in seconds.
    - ``ca_path`` is the file or directory of trusted certificates, or None.
    - ``option`` is the name of the option that holds the host's address.
    - ``proxy`` is the proxy of the exchange, as text for messages.
    """

    host: str
    timeout: float
    ca_path: str | None
    option: str = "api_url"
    proxy: str = "the proxy"

    def of(self, error: Exception) -> errors.BillError:
        """The error that an exception of requests means."""
        causes = list(causes_of(error))
        for cause in causes:
            if log := unusable_key_log(cause):
                return self.no_key_log(log)
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self._not_accepted(cause.verify_code, cause.verify_message)
            # Before version 2, urllib3 always checks host names itself. Later versions do so if the check of OpenSSL is not sufficient.
            # Each version defines the exception in another module, so the name of the class decides.
            if type(cause).__name__ == "CertificateError":
                return self._not_accepted(62, "it is for another host")
        # For a failure of TLS with the proxy itself, requests raises its ProxyError.
        is_of_proxy = isinstance(error, exceptions.ProxyError) and any(
            isinstance(each, ssl.SSLError) for each in causes
        )
        if is_of_proxy or isinstance(error, exceptions.SSLError):
            return self._no_tls(causes)
        if isinstance(error, exceptions.Timeout):
            return self.timed_out()
        for cause in causes:
            if isinstance(cause, socket.gaierror):
                return errors.TransportError(
                    f"The name {self.host} could not be found. Check {self.option} and the controller's DNS.",
                    options=(self.option,),
                )
        for cause in causes:
            if isinstance(cause, ConnectionRefusedError):
                return errors.TransportError(
                    f"{self.host} refused the connection. Check {self.option}, and the network or firewall in between.",
                    options=(self.option,),
                )
        return self.broken()

    def broken(self) -> errors.TransportError:
        return errors.TransportError(
            f"The connection to {self.host} broke before the response was complete. Check the network and {self.proxy}."
        )

    def _not_accepted(self, number: int, fault: str) -> errors.TlsError:
        remedy, concerns = _CERTIFICATE_REMEDIES.get(number, _ANY_OTHER_FAULT)
        if number in _UNKNOWN_AUTHORITY:
            remedy = self._how_to_name_the_authority()
        elif number in _STRICT or (number == _INVALID_AUTHORITY and _is_strict()):
            remedy, concerns = _BY_STRICT
        remedy = remedy.format(option=self.option)
        return errors.TlsError(
            f"bill.connect did not accept the certificate of {self.host} ({fault.rstrip('.')}), so it sent nothing. {remedy}",
            options=[each.format(option=self.option) for each in concerns],
        )

    def _how_to_name_the_authority(self) -> str:
        if not self.ca_path:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
            return (
                "If your own authority or your company's issued the certificate, set ca_path to the file of that authority. bill.connect trusts "
                f"only the authorities in {bundle}, and not those in another certificate store of this machine."
            )
        if os.path.isdir(self.ca_path):
            return (
                "ca_path is a directory. Put the certificate of the authority that issued the host's certificate "
                "there, and run openssl rehash on the directory."
            )
        return (
            "ca_path does not contain the authority that issued the certificate. Add the certificate of that authority there, or leave "
            "ca_path out if a public authority issued the certificate."
        )

    def _no_tls(self, causes: Sequence[BaseException]) -> errors.BillError:
        """The error for a TLS failure that does not concern the server's certificate."""
        for cause in causes:
            if isinstance(cause, PermissionError) or (isinstance(cause, ssl.SSLError) and cause.library == "X509"):
                return self.nobody_to_trust()
            if isinstance(cause, ssl.SSLError) and (not _in_the_handshake(cause) or _is_an_end(cause)):
                return self.broken()
            if isinstance(cause, ssl.SSLError) and cause.reason in _TOO_OLD:
                return errors.TlsError(
                    f"bill.connect found no safe version of TLS at {self.host}, so it sent nothing. Check {self.option}. If it is "
                    "right, the owner of the host must enable TLS 1.2 or later.",
                    options=(self.option,),
                )
        return errors.TlsError(
            f"bill.connect could not open a TLS connection to {self.host}, so it sent nothing. "
            f"Check that {self.option} is an address that supports https.",
            options=(self.option,),
        )

    def nobody_to_trust(self) -> errors.TlsError:
        if self.ca_path:
            remedy = "Check that ca_path names a readable file of PEM certificates."
        else:
            remedy = "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment, or set ca_path."
        return errors.TlsError(
            f"bill.connect cannot read the trusted certificates for {self.host}, so it sent nothing. {remedy}",
            options=("ca_path",),
        )

    def no_key_log(self, path: str) -> errors.TlsError:
        return errors.TlsError(
            f"bill.connect got no TLS connection to {self.host}, because Python cannot write {path}, so it sent nothing. SSLKEYLOGFILE in "
            "the environment names this file. Remove SSLKEYLOGFILE there: with such a file, other people could read the credentials."
        )

    def timed_out(self) -> errors.RequestTimeoutError:
        return errors.RequestTimeoutError(
            f"{self.host} did not answer within {self.timeout:g} seconds (option timeout). "
            f"Check the network and {self.proxy}, or allow more time.",
            options=("timeout",),
        )

    def no_http(self) -> errors.InvalidResponseError:
        return errors.InvalidResponseError(
            f"{self.host} answered with something that is not HTTP. Check {self.option}, and that no proxy answers instead of BILL.",
            options=(self.option,),
        )


def unusable_key_log(error: BaseException) -> str | None:
    """The file that SSLKEYLOGFILE names, if the error says that it cannot be written. Python opens it for every TLS connection."""
    path = os.environ.get("SSLKEYLOGFILE")
    return path if path and isinstance(error, OSError) and error.filename == path else None


def _is_strict() -> bool:
    return bool(ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT)


def _in_the_handshake(error: ssl.SSLError) -> bool:
    """Whether the error occurred before anything was sent. Only the traceback of the error shows this."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_name != "do_handshake":
        trace = trace.tb_next
    return trace is not None


def _is_an_end(error: ssl.SSLError) -> bool:
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all exceptions behind it. urllib3 also stores exceptions in ``reason`` and in ``args``."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return iter(seen)
