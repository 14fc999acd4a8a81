# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may decide where credentials go.

Private to bill.connect. Plain Python, without Ansible. In AWX and Automation Controller the owner of a credential puts it into the
environment of a job. Other people may set variables: at launch, in an inventory, in a workflow, in the defaults of a role. So
secrets from the environment go only to three kinds of addresses: from the environment, from the task itself, or BILL's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from .._auth.methods import METHODS
from .._core.base_url import BaseUrl
from .._core.errors import OptionError
from . import source as _source
from .convert import convert
from .resolve import ResolvedOptions
from .source import Kind, Source
from .spec import OPTIONS, Option

_BY_NAME = {option.name: option for option in OPTIONS}

# The value of a former name is checked as the value of its option.
DESTINATIONS = tuple(option.name for option in OPTIONS if option.is_destination and option.target == option.name)


@dataclass(frozen=True)
class ForeignHost:
    """A host that gets credentials and is neither BILL's nor this machine. ``source`` says where its name comes from."""

    host: str
    option: str
    source: Source

    @property
    def warning(self) -> str:
        return (
            f"bill.connect sends the credentials to {self.host}, which is not a host of BILL ({self.option} comes from {self.source}). "
            f"If you do not want this, remove {self.option} there and change the credentials at BILL."
        )


def check_destinations(
    options: ResolvedOptions, environ: Mapping[str, str] | None = None, default_store: str = ""
) -> None:
    """Raise OptionError if a variable decides where secrets from the environment go.

    ``default_store`` is the store that applies if nobody names one.
    """
    environ = os.environ if environ is None else environ
    secrets = _secrets_of_environment(options, environ)
    if not secrets:
        return
    for name in DESTINATIONS:
        source = options.sources.get(name)
        if source and source.is_variable and not _is_harmless(name, options, environ, default_store):
            option = _BY_NAME[name]
            raise OptionError(
                f"{name} comes from {source}, but the secrets come from the environment ({', '.join(secrets)}). A person who may "
                f"set a variable does not always own these secrets, so bill.connect does not send them. Set {option.environment_name} in "
                f"the same environment, or give the option {name} in the task itself.",
                options=(),
            )


def foreign_hosts(options: ResolvedOptions) -> Iterator[ForeignHost]:
    """The hosts that get credentials and are neither BILL's nor this machine. Raises OptionError for an address that is not allowed."""
    for name, address in _addresses(options):
        if not address.is_bill_host and not address.is_loopback:
            yield ForeignHost(address.host, name, options.sources[name])


def steering_values(options: ResolvedOptions) -> Iterator[tuple[Option, str]]:
    """The options that decide where secrets go, with their values. An environment value and an address of BILL are left out."""
    addresses = dict(_addresses(options))
    for name in DESTINATIONS:
        value, source = options.values[name], options.sources.get(name)
        of_bill = name in addresses and addresses[name].is_bill_host
        if isinstance(value, str) and source and source.kind is not Kind.ENVIRONMENT and not of_bill:
            yield _BY_NAME[name], value


def _secrets_of_environment(options: ResolvedOptions, environ: Mapping[str, str]) -> list[str]:
    """The environment names of the secrets that the method uses, whatever their source.

    A variable or the task may read such a secret with a template such as ``lookup('env', ...)``.
    """
    used = METHODS[options.values["auth_method"]].options_used()
    values = [str(value) for name in used if (value := options.values.get(name))]
    secrets = {option.environment_name: environ.get(option.environment_name) for option in OPTIONS if option.secret}
    return [name for name, secret in secrets.items() if secret and any(secret in value for value in values)]


def _addresses(options: ResolvedOptions) -> Iterator[tuple[str, BaseUrl]]:
    if url := options.values["api_url"]:
        yield "api_url", BaseUrl.of_api(url)
    if (url := options.values["token_url"]) and "token_url" in METHODS[options.values["auth_method"]].options_used():
        yield "token_url", BaseUrl.of_option(url, "token_url")


def _is_same(name: str, first: object, second: object) -> bool:
    """Whether two values lead to the same place. Both base paths of BILL's APIs belong to one address."""
    if name == "api_url" and isinstance(first, str) and isinstance(second, str):
        return BaseUrl.of_api(first).url == BaseUrl.of_api(second).url
    return first == second


def _is_harmless(name: str, options: ResolvedOptions, environ: Mapping[str, str], default_store: str) -> bool:
    """Whether the value exposes nothing, or is the same as the value in the environment."""
    value, option = options.values[name], _BY_NAME[name]
    text = environ.get(option.environment_name)
    # An unusable value in the environment is another value. It is not used here, so it is no error.
    with suppress(OptionError):
        if text and _is_same(name, convert(option, text, _source.environment(option.environment_name)), value):
            return True
    if name == "validate_certs":
        return bool(value)
    if name == "session_store" and value in ("none", default_store):
        return True
    if name == "token_url" and name not in METHODS[options.values["auth_method"]].options_used():
        return True
    return any(each == name and address.is_bill_host for each, address in _addresses(options))
