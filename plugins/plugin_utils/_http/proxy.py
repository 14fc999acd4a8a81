# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy that the environment selects for an address.

Private to bill.connect. The library requests selects the same proxy. It must be known here, so that messages can name it, and so that an
address that cannot be used is reported with its variable and without its password.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from .._core.errors import OptionError
from .._core.libraries import library_error

with suppress(Exception):
    # http_sender.py reports the missing library before it uses this module.
    from requests.utils import get_environ_proxies, select_proxy

_SCHEMES = ("http", "https", "socks5h", "socks5", "socks4a", "socks4")
_EXAMPLE = "Write it as http://proxy.example.com:3128, or as http://user:password@proxy.example.com:3128."


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    - ``address`` is its host, and its port if it is given. It contains no user name and no password.
    - ``source`` is text for messages that says where the proxy comes from, such as ``HTTPS_PROXY in the environment``.
    - ``name`` is the name of the variable, such as ``HTTPS_PROXY``.
    - ``url`` is the whole address, which may contain a password.
    """

    scheme: str
    address: str
    name: str
    source: str
    has_credentials: bool
    # repr() omits the address, because it may contain a password.
    url: str = field(repr=False)

    def __str__(self) -> str:
        return f"the proxy {self.address} ({self.source})"

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    @classmethod
    def for_url(cls, url: str) -> Proxy | None:
        """The proxy for requests to an address. None if the environment selects none.

        Raises OptionError if the proxy's address cannot be used, and BillError if a library is missing.
        """
        proxies = get_environ_proxies(url)
        text = select_proxy(url, proxies)
        if not text:
            return None
        scheme = urlsplit(url).scheme
        name = _variable(scheme if proxies.get(scheme) == text else "all")
        proxy = cls._of(text, name or "the proxy", f"{name} in the environment" if name else "settings of this machine")
        if proxy.is_socks:
            _require_pysocks(proxy)
        return proxy

    @classmethod
    def _of(cls, text: str, name: str, source: str) -> Proxy:
        if any(sign.isspace() or not sign.isprintable() for sign in text):
            raise _unusable(source, "contains a blank, a line end or another invisible character")
        if text[0] in "\"'":
            raise _unusable(source, "is in quotation marks, which are part of its value")
        if "://" not in text and "/" in text.rstrip("/"):
            raise _unusable(source, "has a slash, but not :// after its beginning")
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            # A part of the password can stand in the place of the port. So the message shows nothing of the address.
            raise _unusable(source, "has no valid host and port", is_encoding=True) from None
        if "@" in parts.path + parts.query + parts.fragment:
            raise _unusable(source, "has no valid host and port", is_encoding=True)
        if parts.scheme not in _SCHEMES:
            begins = ", ".join(f"{each}://" for each in _SCHEMES)
            raise _unusable(source, f"does not begin with one of {begins}")
        if not host:
            raise _unusable(source, "has no host")
        try:
            host.encode("idna")
        except UnicodeError:
            raise _unusable(source, "has no valid host name") from None
        user = unquote(parts.username or ""), unquote(parts.password or "")
        if not parts.scheme.startswith("socks"):
            try:
                ":".join(user).encode("latin-1")
            except UnicodeError:
                raise _unusable(
                    source, "has a user name or password with characters that the library requests cannot send"
                ) from None
        shown = f"[{host}]" if ":" in host else host
        return cls(parts.scheme, f"{shown}:{port}" if port else shown, name, source, any(user), text)


def _variable(scheme: str) -> str | None:
    """The name of the environment variable, as it is written. Python prefers names in lower case."""
    wanted = f"{scheme}_proxy"
    found = [name for name in os.environ if name.lower() == wanted and os.environ[name]]
    return wanted if wanted in found else next(iter(found), None)


def _unusable(source: str, why: str, *, is_encoding: bool = False) -> OptionError:
    encoding = (
        " Write special characters of the user name and password percent-encoded, such as %23 for #."
        if is_encoding
        else ""
    )
    return OptionError(f"The address of the proxy ({source}) cannot be used, because it {why}. {_EXAMPLE}{encoding}")


def _require_pysocks(proxy: Proxy) -> None:
    try:
        # urllib3 imports the module too, and reports every error as a missing library.
        importlib.import_module("socks")
    except Exception as error:
        raise library_error(
            "PySocks", error, module="socks", purpose=f"for the SOCKS proxy {proxy.address} ({proxy.source})"
        ) from None
