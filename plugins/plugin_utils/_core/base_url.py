# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of BILL, and the checks of an address before credentials are sent to it.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from .errors import OptionError

# Documented by BILL: "Environmental differences" and "Get started in production".
API_URLS = {
    "sandbox": "https://gateway.stage.bill.com/connect",
    "production": "https://gateway.prod.bill.com/connect",
}

# Documented by BILL: its webhooks API has a base of its own, "connect-events", at the same hosts as the rest ("connect").
API = "/connect"
WEBHOOKS = "/connect-events"

_HOSTS_OF_BILL = {urlsplit(url).hostname for url in API_URLS.values()}

# Hosts that users may try, although they do not serve BILL's v3 API. Each text completes the message "names {host}, which ...".
_NOT_THE_API = {
    "gateway.bill.com": "is not a host that BILL documents",
    "api-sandbox.bill.com": "was retired by BILL in 2024",
    "app-sandbox.bill.com": "was retired by BILL in 2024",
    "api.bill.com": "serves BILL's v2 API",
    "api-stage.bill.com": "serves BILL's v2 API",
}


@dataclass(frozen=True)
class BaseUrl:
    """An address that credentials may be sent to, in normalized form.

    - ``option`` is the name of the option that holds the address.
    - ``host`` is the host as messages show it. It includes the port, unless the port is the default port of the scheme.
    - ``plain`` is true if the address does not use TLS.
    - ``names_webhooks`` is true if the user named the base of the webhooks API. ``url`` is then the base beside it, because sessions are
      only there.
    """

    url: str
    host: str
    plain: bool
    option: str
    names_webhooks: bool = False

    @classmethod
    def of_api(cls, url: str) -> BaseUrl:
        """The address of an API, which ends before ``/v3``.

        Raises OptionError if credentials must not be sent there, or if the path of a BILL host is wrong.
        """
        return _of_api(url)

    @classmethod
    def of_option(cls, url: str, option: str) -> BaseUrl:
        """The address that an option holds. Raises OptionError if credentials must not be sent there."""
        return cls._of(_checked(url, option), option)

    @classmethod
    def _of(cls, parts: Any, option: str) -> BaseUrl:
        host = _host_of(parts)
        return cls(f"{parts.scheme}://{host}{parts.path}", host, parts.scheme == "http", option)

    @property
    def is_bill_host(self) -> bool:
        """Whether the address uses TLS and one of the hosts that BILL documents for its API."""
        return not self.plain and self.host in _HOSTS_OF_BILL

    @property
    def is_loopback(self) -> bool:
        """Whether the address is on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    @property
    def has_webhooks(self) -> bool:
        """Whether the address of the webhooks API is known."""
        return self.url.endswith(API)

    @property
    def named(self) -> str:
        """The base that the user named: ``url``, or the base of the webhooks API."""
        return self.address_of(WEBHOOKS) if self.names_webhooks else self.url

    def address_of(self, target: str) -> str:
        """The complete address of a target, which is below ``url``, or begins with the base of the webhooks API."""
        if target.startswith(WEBHOOKS) and self.has_webhooks:
            return self.url.removesuffix(API) + target
        return self.url + target

    @property
    def root(self) -> str:
        """The address without its path."""
        return "/".join(self.url.split("/")[:3])


# A task reads its address several times.
@lru_cache(maxsize=16)
def _of_api(url: str) -> BaseUrl:
    parts = _checked(url.rstrip("/"), "api_url")
    if "/v3" in parts.path:
        raise _wrong("api_url", f"must end before /v3, as in {API_URLS['sandbox']}.")
    for each in API_URLS.values():
        known = urlsplit(each)
        if parts.hostname == known.hostname and parts.path not in (API, WEBHOOKS):
            raise _wrong("api_url", f"names the host {parts.hostname}, but not BILL's path. BILL's address is {each}.")
    if not parts.path.endswith(WEBHOOKS):
        return BaseUrl._of(parts, "api_url")
    beside = parts._replace(path=parts.path.removesuffix(WEBHOOKS) + API)
    return replace(BaseUrl._of(beside, "api_url"), names_webhooks=True)


def _wrong(option: str, why: str) -> OptionError:
    return OptionError(f"{option} {why}", options=(option,))


def _checked(url: str, option: str) -> Any:
    example = f"The address of the sandbox is {API_URLS['sandbox']}."
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(option, f"is not a web address. {example}") from None
    if parts.scheme not in ("http", "https") or not host or url.split() != [url]:
        raise _wrong(option, f"must begin with https:// and a host. {example}")
    if "@" in parts.netloc:
        raise _wrong(option, "must not contain a user name or password. Use the options for these values.")
    if parts.query or parts.fragment:
        raise _wrong(option, "must end before the ? or # part.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise _wrong(
            option,
            f"would send the credentials to {host} unencrypted. Use https; http is only for localhost, 127.x.x.x and ::1.",
        )
    if host in _NOT_THE_API:
        raise _wrong(
            option,
            f"names {host}, which {_NOT_THE_API[host]}. Leave {option} out and set environment to sandbox "
            "(gateway.stage.bill.com) or production (gateway.prod.bill.com).",
        )
    return parts


def _host_of(parts: Any) -> str:
    """The host as messages show it. It includes the port, unless the port is the default port of the scheme."""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return name if parts.port in (None, usual) else f"{name}:{parts.port}"


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())
