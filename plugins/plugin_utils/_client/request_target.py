# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the path and the query of a request.

Private to bill.connect.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

from .._core.base_url import API, WEBHOOKS, BaseUrl
from .._core.control_characters import IN_A_BLOCK, control_character
from .._core.errors import OptionError
from .filters import FilterError, explained
from .filters import plain as plain_text_of
from .naming import name_of
from .text_check import changed_by_yaml

_EXAMPLE = "Write the path from /v3 on, as in /v3/vendors."

Query = tuple[tuple[str, str], ...]


def checked_path(given: object, api_url: str, remedy: str = IN_A_BLOCK) -> tuple[str, Query]:
    """The path in normalized form, and the parameters of its query. Raises OptionError.

    The path begins with ``/v3/``, or with ``/connect-events/v3/`` for the webhooks API. ``remedy`` says how
    to remove a control character from a value of this source.
    """
    base_url = BaseUrl.of_api(api_url)
    if given is None:
        raise OptionError(f"path is missing. {_EXAMPLE}")
    if not isinstance(given, str):
        raise OptionError(f"path must be a text. {_EXAMPLE}")
    text = str.__str__(given).strip()
    if found := control_character(text):
        raise OptionError(f"path holds {found}. {remedy}")
    if "#" in text:
        raise OptionError("path must not contain a #. Write a # that is part of a name as %23.")
    path, mark, query = text.partition("?")
    if "\\" in path:
        raise OptionError(f"path must not contain a backslash. {_EXAMPLE}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path):
        path = _below(path, base_url)
    elif base_url.names_webhooks:
        # Only a complete path belongs to the other base then.
        if path.startswith("/v3/"):
            path = WEBHOOKS + path
        elif path.startswith(f"{API}/v3/"):
            path = path.removeprefix(API)
    base = WEBHOOKS if path.startswith(f"{WEBHOOKS}/") else ""
    if not path.startswith(f"{base}/v3/"):
        raise OptionError(
            f"path must begin with /v3/. What comes before that is api_url. {_EXAMPLE} A path of BILL's webhooks begins with {WEBHOOKS}/v3/."
        )
    if base and not base_url.has_webhooks:
        raise OptionError(
            f"path begins with {WEBHOOKS}, but api_url does not end in {API}. So bill.connect does not know the address of BILL's "
            f"webhooks API. Set api_url to an address that ends in {API}.",
            options=("api_url",),
        )
    segments = path.removeprefix(f"{base}/v3/").split("/")
    return f"{base}/v3/" + "/".join(_segment(each) for each in segments), _carried(query, remedy) if mark else ()


def _below(url: str, base_url: BaseUrl) -> str:
    """The path of a complete address. Raises OptionError if the address is not below a base of ``base_url``."""
    for base in ("", WEBHOOKS) if base_url.has_webhooks else ("",):
        try:
            ours, theirs = urlsplit(base_url.address_of(base)), urlsplit(url)
            same = _place(ours) == _place(theirs) and "@" not in theirs.netloc
        except ValueError:
            same = False
        if same and theirs.path.startswith(f"{ours.path}/v3/"):
            return base + theirs.path.removeprefix(ours.path)
    raise OptionError(
        "path is an address that does not begin with api_url and /v3/. Credentials go only to api_url. " + _EXAMPLE
    )


def _place(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _segment(text: str) -> str:
    if not text:
        raise OptionError(
            "path has nothing between two slashes, or after the last slash. BILL's paths have no empty parts. Perhaps a variable "
            "in it is empty."
        )
    if text == "None" or "{" in text or "}" in text:
        raise OptionError(
            "path has a placeholder, or a variable in it is empty. BILL's page shows placeholders in braces. Write a value in "
            "place of each, for example an id."
        )
    encoded = unquote_to_bytes(text)
    try:
        plain = encoded.decode()
    except UnicodeDecodeError:
        # Some servers read %C0%AE as a dot.
        plain = ".."
    # A server between bill.connect and BILL may decode the path twice. Therefore a part that is encoded twice is rejected.
    if plain in (".", "..") or re.search(r"[/\\]|%[0-9A-Fa-f]{2}", plain) or control_character(plain):
        raise OptionError(
            "path has a part that could lead to another path: one or two dots, an encoded slash, backslash or control character, bytes that "
            "are not UTF-8, or a text that is encoded twice. Write the complete path without it."
        )
    return quote(encoded, safe="")


def _carried(query: str, remedy: str) -> Query:
    """The parameters of a query in the path."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise OptionError("path has a query that cannot be read. Write its parameters into query instead.") from None
    return tuple(_parameter(name, value, "path", remedy) for name, value in pairs)


def checked_query(given: object, texts: Collection[str] = (), remedy: str = IN_A_BLOCK) -> Query:
    """The parameters of a dictionary. A list sets the parameter several times, and null omits it. Raises OptionError.

    ``texts`` are the parameters that BILL has as texts.
    """
    if not isinstance(given, Mapping):
        raise OptionError("query must be a dictionary of parameters, for example {archived: false}.")
    found = []
    for name, value in given.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if why := changed_by_yaml(each, (str(name),), texts):
                raise OptionError(f"{name_of('query', name)} {why}")
            if each is not None:
                found.append(_parameter(name, each, "query", remedy))
    return tuple(found)


def _parameter(name: object, value: object, option: str, remedy: str) -> tuple[str, str]:
    if not isinstance(name, str) or not name or control_character(name):
        raise OptionError(
            f"{option} has a parameter whose name is empty, or is not a text. Give each parameter a name."
        )
    try:
        return str.__str__(name), plain_text_of(value)
    except FilterError as why:
        raise OptionError(f"{name_of(option, name)} {explained(why, remedy)}") from None
