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
with suppress(ImportError):
    from requests import exceptions


# The remedy and the related options for a rejected certificate, by OpenSSL's error number (X509_V_ERR_...). The errors in
# _UNKNOWN_AUTHORITY have their own remedies. All other errors use _ANY_OTHER_FAULT.
_OTHER_NAME = ("Check {option}: it has to name the host as its certificate does.", ("{option}",))
_CERTIFICATE_REMEDIES: dict[int, tuple[str, tuple[str, ...]]] = {
    9: (
        "Check the controller's clock; if it is right, the certificate has to be replaced by one that is valid already.",
        ("{option}",),
    ),
    10: (
        "Check the controller's clock; if it is right, the certificate or that of its authority has to be renewed.",
        ("{option}",),
    ),
    18: (
        "No authority vouches for it; if that is meant to be so, name its own file with ca_path.",
        ("{option}", "ca_path"),
    ),
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
_ANY_OTHER_FAULT = (
    "Whoever runs that host, or issued its certificate, has to put that right.",
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
    """

    host: str
    timeout: float
    ca_path: str | None
    option: str = "api_url"

    def of(self, error: Exception) -> errors.BillError:
        """The error that an exception of requests means."""
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self._not_accepted(cause.verify_code, cause.verify_message)
            # Before version 2, urllib3 always checks host names itself. Later versions do so if the check of OpenSSL is not sufficient.
            # Each version defines the exception in another module, so the name of the class decides.
            if type(cause).__name__ == "CertificateError":
                return self._not_accepted(62, "it is for another host")
        if isinstance(error, exceptions.SSLError):
            return self._no_tls(causes)
        if isinstance(error, exceptions.Timeout):
            return self.timed_out()
        for cause in causes:
            if isinstance(cause, socket.gaierror):
                return errors.TransportError(
                    f"The name {self.host} could not be found. Check {self.option} and the controller's DNS.",
                    concerns=(self.option,),
                )
        if isinstance(error, exceptions.ProxyError):
            return errors.TransportError(
                f"The proxy for {self.host} gave no connection. Check HTTPS_PROXY and NO_PROXY in the environment."
            )
        for cause in causes:
            if isinstance(cause, ConnectionRefusedError):
                return errors.TransportError(
                    f"{self.host} refused the connection. Check {self.option}, and the network or firewall in between.",
                    concerns=(self.option,),
                )
        return self.broken()

    def broken(self) -> errors.TransportError:
        return errors.TransportError(
            f"The connection to {self.host} broke before a whole answer came. Check the network and the proxy."
        )

    def _not_accepted(self, number: int, fault: str) -> errors.TlsError:
        remedy, concerns = _CERTIFICATE_REMEDIES.get(number, _ANY_OTHER_FAULT)
        if number in _UNKNOWN_AUTHORITY:
            remedy = self._how_to_name_the_authority()
        remedy = remedy.format(option=self.option)
        return errors.TlsError(
            f"The certificate of {self.host} was not accepted ({fault.rstrip('.')}), so nothing was sent. {remedy}",
            concerns=[each.format(option=self.option) for each in concerns],
        )

    def _how_to_name_the_authority(self) -> str:
        if not self.ca_path:
            return "If it was issued by an authority of your own, name the file of that authority with ca_path."
        if os.path.isdir(self.ca_path):
            return (
                "ca_path is a directory: it has to hold the certificate of the authority that issued it, and to be "
                "prepared by openssl rehash."
            )
        return (
            "ca_path does not hold the authority that issued it. Add that authority's certificate there, or leave "
            "ca_path out if a public authority issued it."
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
                    f"{self.host} speaks no version of TLS that is safe, so nothing was sent. Check {self.option}; if it is "
                    "right, TLS 1.2 or later has to be switched on there.",
                    concerns=(self.option,),
                )
        return errors.TlsError(
            f"No TLS connection to {self.host} could be made, so nothing was sent. "
            f"Check that {self.option} names an address that serves https.",
            concerns=(self.option,),
        )

    def nobody_to_trust(self) -> errors.TlsError:
        if self.ca_path:
            remedy = "Check that ca_path names a readable file of PEM certificates."
        else:
            remedy = "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment, or give ca_path."
        return errors.TlsError(
            f"The certificates to trust for {self.host} cannot be read, so nothing was sent. {remedy}",
            concerns=("ca_path",),
        )

    def timed_out(self) -> errors.RequestTimeoutError:
        return errors.RequestTimeoutError(
            f"{self.host} did not answer within {self.timeout:g} seconds (option timeout). "
            "Check the network and the proxy, or allow more time.",
            concerns=("timeout",),
        )

    def no_http(self) -> errors.InvalidResponseError:
        return errors.InvalidResponseError(
            f"{self.host} answered with something that is not HTTP. Check {self.option}, and that no proxy answers instead of BILL.",
            concerns=(self.option,),
        )


def _in_the_handshake(error: ssl.SSLError) -> bool:
    """Whether the error occurred before anything was sent. Only the traceback of the error shows this."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_name != "do_handshake":
        trace = trace.tb_next
    return trace is not None


def _is_an_end(error: ssl.SSLError) -> bool:
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all exceptions behind it. urllib3 also stores exceptions in ``reason`` and in ``args``."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and not any(each is other for other in seen):
            seen.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return iter(seen)
