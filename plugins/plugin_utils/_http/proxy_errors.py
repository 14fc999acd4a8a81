# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of exchanges that did not get past the proxy. BILL received nothing of them.

Private to bill.connect. Messages contain nothing that the proxy answered, except the numbers of statuses.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

from .._core import errors
from .proxy import Proxy
from .transport_errors import TransportErrors, causes_of

with suppress(Exception):
    # http_sender.py reports the missing library before it uses this module.
    from requests import exceptions

_TUNNEL = re.compile(r"Tunnel connection failed: ([1-5][0-9]{2})\b")
_SOCKS_REPLY = re.compile(r"0x([0-9a-f]{2}):", re.IGNORECASE)
_WANTS_CREDENTIALS = 407
# Meanings of the replies of a SOCKS5 proxy (RFC 1928), and whether another attempt is useless.
_SOCKS5_REPLIES = {
    1: ("a general failure", False),
    2: ("its rules do not allow the connection", True),
    3: ("it cannot reach the network", False),
    4: ("it cannot reach the host, or does not find its name", False),
    5: ("the host refused the connection", False),
    6: ("the connection took too many hops", False),
    7: ("it does not support this kind of connection", True),
    8: ("it does not support this kind of address", True),
}
# The replies of a SOCKS4 proxy that concern the user name. 0x5b is any other refusal.
_SOCKS4_USER = (0x5C, 0x5D)


@dataclass(frozen=True)
class ProxyErrors:
    """The errors of exchanges through one proxy with one ``host``. ``timeout`` and ``ca_path`` are those of the exchange."""

    proxy: Proxy
    host: str
    timeout: float
    ca_path: str | None
    option: str

    def of(self, error: Exception) -> errors.BillError:
        """The error that an exception of requests means."""
        causes = list(causes_of(error))
        for cause in causes:
            if status := _TUNNEL.match(str(cause)):
                return self._refused_with(int(status[1]))
        if self.proxy.is_socks and (found := self._of_socks(causes)):
            return found
        if any(isinstance(cause, (ssl.SSLError, ssl.CertificateError)) for cause in causes):
            return self._of_tls(error)
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return self._unreachable(
                f"The name of {self.proxy} could not be found",
                f"Check {self.proxy.name} and the controller's DNS. {self._without_proxy()}",
            )
        if isinstance(error, exceptions.Timeout):
            return self.timed_out()
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return self._unreachable(
                f"{self._subject()} refused the connection",
                f"Check the host and the port in {self.proxy.name}, and that the proxy runs. {self._without_proxy()}",
            )
        if any(isinstance(cause, HTTPException) for cause in causes):
            return self._no_answer_of_a_proxy()
        return self._unreachable(
            f"bill.connect got no connection to {self.host} through {self.proxy}",
            f"Check {self.proxy.name}, and the network or firewall before the proxy. {self._without_proxy()}",
        )

    def timed_out(self) -> errors.RequestTimeoutError:
        return errors.RequestTimeoutError(
            f"{self._subject()} made no connection to {self.host} within {self.timeout:g} seconds (option timeout). Check "
            f"{self.proxy.name} and the network up to the proxy, ask the owner of the proxy, or allow more time.",
            options=("timeout",),
        )

    def _refused_with(self, status: int) -> errors.BillError:
        if status == _WANTS_CREDENTIALS:
            return self._rejected(f"HTTP status {status}")
        error = errors.TransportError(
            f"{self._subject()} made no connection to {self.host}: it answered HTTP status {status}. This is not a response of BILL. "
            f"Ask the owner of the proxy to allow connections to {self.host}, and check {self.proxy.name}.",
            status=status,
        )
        # The proxy would refuse the same connection again, unless it says that it is overloaded or that the host did not answer.
        error.is_transient = status >= 500 or status in (408, 425, 429)
        return error

    def _rejected(self, how: str) -> errors.BillError:
        """The error for credentials of the proxy that are missing or wrong."""
        if self.proxy.has_credentials:
            why = f"did not accept the user name and password in {self.proxy.name} ({how})"
            then = "Correct them there. Write special characters percent-encoded, such as %23 for #."
        else:
            why = f"requires a user name and password ({how})"
            then = f"Write them into {self.proxy.name}, as in {self.proxy.scheme}://user:password@{self.proxy.address}."
        kinds = (
            "" if self.proxy.is_socks else " bill.connect supports Basic authentication, and neither NTLM nor Kerberos."
        )
        return errors.ProxyAuthenticationError(f"{self._subject()} {why}, so BILL received nothing. {then}{kinds}")

    def _of_socks(self, causes: Sequence[BaseException]) -> errors.BillError | None:
        # The classes of PySocks. The name decides, because the library is optional.
        kinds = {type(cause).__name__: cause for cause in causes}
        if "SOCKS5AuthError" in kinds:
            return self._rejected("SOCKS authentication")
        if "GeneralProxyError" in kinds and any(isinstance(cause, socket.gaierror) for cause in causes):
            return errors.TransportError(
                f"The name {self.host} could not be found. With {self.proxy.scheme}:// in {self.proxy.name}, the controller looks it up "
                f"itself. Check {self.option} and the controller's DNS, or write {_remote(self.proxy.scheme)}://, so that the proxy looks "
                "it up.",
                options=(self.option,),
            )
        for kind in ("SOCKS5Error", "SOCKS4Error"):
            if kind in kinds and (reply := _SOCKS_REPLY.match(str(kinds[kind]))):
                return self._refused_by_socks(kind, int(reply[1], 16))
        if "GeneralProxyError" in kinds and not any(isinstance(cause, TimeoutError) for cause in causes):
            return self._no_answer_of_a_proxy()
        return None

    def _refused_by_socks(self, kind: str, reply: int) -> errors.BillError:
        if kind == "SOCKS4Error" and reply in _SOCKS4_USER:
            return self._rejected(f"SOCKS reply {reply:#04x}")
        meaning, is_final = (
            _SOCKS5_REPLIES.get(reply, ("it refused", False)) if kind == "SOCKS5Error" else ("it refused", False)
        )
        error = errors.TransportError(
            f"{self._subject()} made no connection to {self.host}: {meaning} (SOCKS reply {reply:#04x}). Check {self.option}, and ask the "
            "owner of the proxy to allow this connection.",
            options=(self.option,),
        )
        error.is_transient = not is_final
        return error

    def _of_tls(self, error: Exception) -> errors.BillError:
        found = TransportErrors(str(self.proxy), self.timeout, self.ca_path, self.proxy.name).of(error)
        more = ""
        if isinstance(found, errors.TlsError):
            more = (
                " This concerns the proxy itself, because its address begins with https://. Most proxies are used with http://. ca_path must "
                "contain the authorities of both the proxy and BILL."
            )
        options = [name for name in found.options if name != self.proxy.name]
        return found.__class__(f"{found}{more}", options=options)

    def _no_answer_of_a_proxy(self) -> errors.BillError:
        kind = "a SOCKS" if self.proxy.is_socks else "an HTTP"
        return self._unreachable(
            f"{self._subject()} did not answer as {kind} proxy",
            f"Check the port in {self.proxy.name}, and its beginning: http:// and https:// are for HTTP proxies, socks5h:// is for SOCKS "
            "proxies.",
        )

    def _unreachable(self, what: str, then: str) -> errors.TransportError:
        return errors.TransportError(f"{what}, so BILL received nothing. {then}")

    def _subject(self) -> str:
        return str(self.proxy).replace("the", "The", 1)

    def _without_proxy(self) -> str:
        # NO_PROXY with a port does not match an IP address.
        name = urlsplit(f"//{self.host}").hostname
        return f"If this network needs no proxy, remove {self.proxy.name} or add {name} to NO_PROXY."


def _remote(scheme: str) -> str:
    return {"socks5": "socks5h", "socks4": "socks4a"}.get(scheme, scheme)
