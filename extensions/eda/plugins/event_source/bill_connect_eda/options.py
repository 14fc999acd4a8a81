# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the arguments of a source. Private to bill.connect."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import OptionError
from .events import seconds_of

# Documented by BILL: "Environmental differences" and "Get started in production".
_API_URLS = {
    "sandbox": "https://gateway.stage.bill.com/connect",
    "production": "https://gateway.prod.bill.com/connect",
}
_API = "/connect"
_WEBHOOKS = "/connect-events"

_CREDENTIALS = {
    "username": "BILL_USERNAME",
    "password": "BILL_PASSWORD",
    "organization_id": "BILL_ORGANIZATION_ID",
    "dev_key": "BILL_DEV_KEY",
    "api_token": "BILL_API_TOKEN",
}
# ansible-rulebook itself uses these.
_OF_RULEBOOK = ("feedback", "eda_feedback_queue")


@dataclass(frozen=True)
class InboxOptions:
    """What to take in, and where to store it. Times are in seconds."""

    subscription_ids: tuple[str, ...]
    organization_ids: tuple[str, ...]
    state_dir: Path
    max_queue: int
    max_ids: int
    max_age: float | None


@dataclass(frozen=True)
class ReceiverOptions:
    """Where to listen, and what to accept."""

    host: str
    port: int
    path: str
    security_keys: tuple[bytes, ...] = field(repr=False)
    certfile: str | None
    keyfile: str | None
    max_body: int
    read_seconds: float


@dataclass(frozen=True)
class Account:
    """Who reads BILL's event list: a user of an organization, or a token of Spend & Expense."""

    api_url: str
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def webhooks_url(self) -> str:
        """The address of the webhooks API, which is beside the other one (documented by BILL)."""
        return self.api_url.removesuffix(_API) + _WEBHOOKS

    @property
    def foreign_host(self) -> str | None:
        """The host that gets the credentials, if it is neither one of BILL's nor this machine."""
        host = urlsplit(self.api_url).hostname or ""
        is_expected = self.api_url in _API_URLS.values() or _is_loopback(host)
        return None if is_expected else host


@dataclass(frozen=True)
class ListOptions:
    """How to read BILL's event list. ``since`` is in seconds since 1970, and only the first start uses it."""

    interval: float
    reenable: bool
    since: float | None


class Arguments:
    """The arguments that a rulebook gives to a source. ``finish`` refuses those that nothing has read."""

    def __init__(self, given: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> None:
        self._given = dict(given)
        self._environ = os.environ if environ is None else environ
        for name in _OF_RULEBOOK:
            self._given.pop(name, None)

    def inbox(self) -> InboxOptions:
        """The options of the inbox. Raises OptionError."""
        subscription_ids = self._texts("subscription_ids")
        if not subscription_ids:
            raise OptionError(
                "subscription_ids is missing. Give the ids of the subscriptions, as bill.connect.bill_webhook_subscription returns them."
            )
        state_dir = self._text("state_dir")
        if not state_dir:
            raise OptionError(
                "state_dir is missing. Give a folder that survives a restart, and that no other source uses."
            )
        return InboxOptions(
            subscription_ids=subscription_ids,
            organization_ids=self._texts("organization_ids"),
            state_dir=Path(state_dir).expanduser(),
            max_queue=self._number("max_queue", 10_000, least=1),
            max_ids=self._number("max_ids", 1_000_000, least=1000),
            max_age=self._number("max_age", 0, least=0) or None,
        )

    def receiver(self) -> ReceiverOptions:
        """The options of the receiver. Raises OptionError."""
        path = self._text("path", "/bill")
        if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", path):
            raise OptionError("path must begin with / and have only letters, digits and the characters . _ ~ / -.")
        certfile, keyfile = self._text("certfile"), self._text("keyfile")
        if keyfile and not certfile:
            raise OptionError("keyfile is given without certfile. Give both, or neither if a proxy ends TLS.")
        return ReceiverOptions(
            host=self._text("host", "127.0.0.1"),
            port=self._number("port", None, least=0, most=65535),
            path=path,
            security_keys=self._security_keys(),
            certfile=certfile or None,
            keyfile=keyfile or None,
            max_body=self._number("max_body", 1024 * 1024, least=1024),
            read_seconds=self._number("read_seconds", 5, least=1, most=60),
        )

    def event_list(self, interval: int) -> ListOptions:
        """The options of the event list. ``interval`` is the default. Raises OptionError."""
        since = self._text("since")
        if since and seconds_of(since) is None:
            raise OptionError("since is not a time. Write it like 2026-12-15T23:15:23Z.")
        return ListOptions(
            interval=self._number("interval", interval, least=5, most=86400),
            reenable=self._boolean("reenable"),
            since=seconds_of(since),
        )

    def account(self) -> Account | None:
        """The account that reads BILL's event list, or None if neither environment nor api_url is given. Raises OptionError."""
        environment, api_url, names = self._text("environment"), self._text("api_url"), self._credential_names()
        if not environment and not api_url:
            return None
        if not api_url and environment not in _API_URLS:
            raise OptionError("environment must be sandbox or production.")
        api_url = _checked(api_url or _API_URLS[environment])
        # A value from a file often ends with a line break.
        values = {name: self._environ.get(variable, "").rstrip("\r\n") for name, variable in names.items()}
        if not values["api_token"] or values["username"]:
            missing = [names[name] for name in names if name != "api_token" and not values[name]]
            if missing:
                raise OptionError(
                    f"The environment of ansible-rulebook lacks {', '.join(missing)}. The source needs them to read BILL's event list. "
                    "credentials_env can name other environment variables."
                )
            del values["api_token"]
        return Account(api_url, values)

    def finish(self) -> None:
        """Raises OptionError for an argument that the source does not have."""
        if self._given:
            raise OptionError(
                f"The source has no argument {', '.join(sorted(map(str, self._given)))}. Check the spelling."
            )

    def _security_keys(self) -> tuple[bytes, ...]:
        variables = self._texts("security_keys_env")
        from_environ = [self._environ.get(variable, "").strip() for variable in variables]
        missing = [variable for variable, key in zip(variables, from_environ, strict=True) if not key]
        if missing:
            raise OptionError(
                f"The environment of ansible-rulebook lacks {', '.join(missing)}, which security_keys_env names."
            )
        keys = (*self._texts("security_keys"), *from_environ)
        if not keys:
            raise OptionError(
                "security_keys is missing or empty. The source does not start without a key, because it could not tell BILL's events from "
                "forged ones. BILL shows the key once, when the subscription is created."
            )
        return tuple(key.encode() for key in keys)

    def _credential_names(self) -> dict[str, str]:
        given = self._given.pop("credentials_env", None) or {}
        if (
            not isinstance(given, Mapping)
            or not all(isinstance(name, str) for name in given.values())
            or set(given) - set(_CREDENTIALS)
        ):
            raise OptionError(
                f"credentials_env must be a mapping of {', '.join(_CREDENTIALS)} to the names of environment variables."
            )
        return {**_CREDENTIALS, **given}

    def _text(self, name: str, default: str = "") -> str:
        value = self._given.pop(name, None)
        if value is None:
            return default
        if not isinstance(value, str):
            raise OptionError(f"{name} must be a text. YAML read it as another type: write it in quotes.")
        return value.strip() or default

    def _texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list. Empty ones are left out, so a variable for a previous key can be empty."""
        value = self._given.pop(name, None)
        values = [] if value is None else [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise OptionError(
                f"{name} must be a list of texts. YAML reads some values as numbers: write them in quotes."
            )
        return tuple(each.strip() for each in values if each.strip())

    def _number(self, name: str, default: int | None, *, least: int, most: int | None = None) -> int:
        value = self._given.pop(name, default)
        if value is None:
            raise OptionError(f"{name} is missing.")
        # A template in a rulebook gives a text.
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (most is not None and value > most)
        ):
            limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
            raise OptionError(f"{name} must be a whole number {limits}.")
        return value

    def _boolean(self, name: str) -> bool:
        value = self._given.pop(name, False)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        if not isinstance(value, bool):
            raise OptionError(f"{name} must be true or false.")
        return value


def _checked(url: str) -> str:
    """The address without a slash at its end. Raises OptionError if credentials must not be sent there."""
    try:
        parts = urlsplit(url.rstrip("/"))
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise OptionError("api_url is not an address. Check its host and port.") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise OptionError("api_url must begin with https://. Only an address of this machine may begin with http://.")
    if not host or "@" in parts.netloc or parts.query or parts.fragment or not parts.path.endswith(_API):
        raise OptionError(f"api_url must be an address that ends with {_API}, as in {_API_URLS['sandbox']}.")
    return parts.geturl()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
