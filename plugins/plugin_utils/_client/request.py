# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request in BILL's terms: what a user wrote, checked before anything is sent.

Private to bill.connect.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes, urlencode, urlsplit

from .._core import redaction as _shown
from .._core.errors import OptionError
from . import filters as _filters

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Documented by BILL: the most that a page can hold.
LARGEST_PAGE = 100

# Documented by BILL: the only parameter of this list is page.
_WITHOUT_MAX = "/v3/login/organizations"

# What only a read can have.
_OF_READS = ("filters", "sort", "page_size", "max_results", "paginate")
# Which parameters an option stands for, so that nobody else may set them.
_STANDS_FOR = {
    "filters": ("filters",),
    "sort": ("sort",),
    "page_size": ("max",),
    "paginate": ("page", "nextPage", "prevPage"),
}

_EXAMPLE = "Write the path from /v3 on, as in /v3/vendors."

_NAME_OF_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE_OF_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")
# Besides those that are named as credentials. They say who asks, how the request travels, or that it is another one.
_OUR_HEADERS = {
    "cookie",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "accept-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "via",
    "forwarded",
    "x-host",
    "x-real-ip",
    "x-method-override",
}
# What servers on the way take for another address, host, client or method.
_BEGIN_OUR_HEADERS = ("proxy-", "x-forwarded", "x-original-", "x-rewrite-", "x-http-", "x-envoy-")

# BILL's bodies have a handful of levels.
_DEEPEST = 50

# The ends of paths that say what to do, not with what; documented by BILL.
_VERBS = {
    "accept",
    "action",
    "archive",
    "bulk",
    "cancel",
    "email",
    "record-payment",
    "restore",
    "verify",
    "void",
}
# Nothing that can be read tells of these.
_UNSEEN = re.compile(
    r"/v3(/(login|logout|mfa/.*|network/invitation|partner/login(-as-user)?|partner/risk-verifications/.*"
    r"|spend/reimbursements/image-upload-url))?"
)
# A user of a bank account, and one who is nominated, is found in the list only.
_ONE_BANK_USER = re.compile(r"(/v3/funding-accounts/banks/users)/[^/]+")
# The lists to sort by the time when something was made or changed. BILL documents that for nearly all of them ("Sortable fields"); of
# some classifications and of partner users it is an assumption.
_SORTED = re.compile(
    r"/v3/(bills|classifications/[^/]+|customers|funding-accounts/banks|invoices|(partner/)?users|payments|recurringbills|vendors)"
)


@dataclass(frozen=True)
class Request:
    """What is asked of BILL. ``path`` begins with ``/v3/`` and is percent-encoded; without a ``body`` that is None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    # Kept out of repr(): they may hold what is nobody's business.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: dict[str, Any] | list[Any] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, options: Mapping[str, Any], api_url: str, secrets: Sequence[str]) -> Request:
        """The request that the options of a task or lookup mean.

        ``api_url`` is where it will go, and ``secrets`` are those of the sign-in. Raises OptionError.
        """
        given = {name: value for name, value in options.items() if value is not None and value != ""}
        method = given.get("method", "GET")
        if method not in METHODS:
            raise OptionError(f"method must be one of {', '.join(METHODS)}.")
        path, in_path = _path(given.get("path"), api_url)
        query = (*in_path, *_query(given.get("query", {})))
        if method != "GET" and (idle := [name for name in _OF_READS if given.get(name)]):
            raise OptionError(f"{idle[0]} is for reading lists, which method: GET does. Leave it out.")
        if method == "GET" and "body" in given:
            raise OptionError("body is for writing. Leave it out, or set method to what BILL documents for this path.")
        if "max_results" in given and not given.get("paginate"):
            raise OptionError("max_results is a limit for paginate: true. Set that too, or leave it out.")
        _refuse_twice(in_path, query, given)
        for name, written in (("filters", _filters.written_filters), ("sort", _filters.written_sort)):
            if text := written(given[name]) if name in given else "":
                query = (*query, (name, text))
        request = cls(str.__str__(method), path, query, _headers(given.get("headers", {})), _body(given.get("body")))
        request.refuse_secrets(secrets)
        if (given.get("paginate") or "page_size" in given) and not request.has("max") and path != _WITHOUT_MAX:
            largest = min(given.get("page_size", LARGEST_PAGE), given.get("max_results", LARGEST_PAGE))
            request = request.with_query(max=str(largest))
        return request

    @property
    def target(self) -> str:
        """The path with the query, ready to be sent."""
        return self.path + (
            f"?{urlencode(self.query, quote_via=quote, safe='', errors='replace')}" if self.query else ""
        )

    @property
    def shown(self) -> str:
        """How messages name it."""
        return f"{self.method} {self.path}"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing at BILL."""
        return self.method == "GET"

    @property
    def spend(self) -> bool:
        """Whether it goes to Spend & Expense, which pages and counts in its own way."""
        return self.path.startswith("/v3/spend/")

    def has(self, name: str) -> bool:
        """Whether the query has a parameter of this name."""
        return any(each == name for each, _value in self.query)

    def with_query(self, **more: str) -> Request:
        """The same request with these parameters, in the place of any that have their names."""
        kept = tuple((name, value) for name, value in self.query if name not in more)
        return replace(self, query=(*kept, *more.items()))

    def look_at(self) -> dict[str, str] | None:
        """Where a read shows whether a write happened: its path, and a sort that brings what is new to the top of a list.

        None where there is no such read.
        """
        if self.reads:
            return None
        whole, _slash, last = self.path.rpartition("/")
        while last in _VERBS:
            whole, _slash, last = whole.rpartition("/")
        whole = f"{whole}/{last}"
        if _UNSEEN.fullmatch(whole):
            return None
        if one := _ONE_BANK_USER.fullmatch(whole):
            return {"path": one[1]}
        if not _SORTED.fullmatch(whole):
            return {"path": whole}
        made = self.method == "POST" and self.path in (whole, f"{whole}/bulk")
        return {"path": whole, "sort": "createdTime:desc" if made else "updatedTime:desc"}

    def refuse_secrets(self, secrets: Collection[str]) -> None:
        """OptionError if one of these is in the address, which is logged on the way (BILL itself warns against it), or in a header."""
        # Shorter ones are part of nearly everything.
        long = [secret for secret in secrets if len(secret) >= _shown.SHORT]
        for name, value in self.query:
            if _shown.of_credentials(name) or _shown.holds(name, long) or _shown.holds(value, long):
                raise OptionError(
                    "The query (in path, query or filters) holds a credential. Addresses are logged on their way, so none may be "
                    "in them; what signs the request in is sent by itself."
                )
        for name, value in self.headers.items():
            if _shown.holds(value, secrets):
                place = _named("headers", name)
                raise OptionError(
                    f"{place} holds a credential. What signs the request in is sent by itself; leave it out."
                )
        if _shown.holds(self.path, long) or _shown.holds(unquote(self.path), long):
            raise OptionError(
                "path holds a credential. Addresses are logged on their way, so none may be in them; what signs the request in "
                "is sent by itself."
            )


def _path(given: object, api_url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The path, in one way however it was written, and the query that it carries."""
    if given is None:
        raise OptionError(f"path is missing. {_EXAMPLE}")
    if not isinstance(given, str):
        raise OptionError(f"path must be a text. {_EXAMPLE}")
    text = str.__str__(given).strip()
    if _filters.CONTROL.search(text):
        raise OptionError(f"path {_filters.HOLDS_CONTROL}")
    if "#" in text:
        raise OptionError("path must not have a # in it. One that is part of a name is written %23.")
    path, mark, query = text.partition("?")
    if "\\" in path:
        raise OptionError(f"path must not have a backslash in it. {_EXAMPLE}")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path):
        path = _below(path, api_url)
    if not path.startswith("/v3/"):
        raise OptionError(f"path must begin with /v3/. What comes before that is api_url. {_EXAMPLE}")
    return "/v3/" + "/".join(_segment(each) for each in path.split("/")[2:]), _carried(query) if mark else ()


def _below(url: str, api_url: str) -> str:
    """The path of a whole address, which must be one below api_url."""
    try:
        ours, theirs = urlsplit(api_url), urlsplit(url)
        same = _place(ours) == _place(theirs) and "@" not in theirs.netloc
    except ValueError:
        same = False
    if not same or not theirs.path.startswith(f"{ours.path}/v3/"):
        raise OptionError(
            "path is an address that does not begin with api_url and /v3/. Credentials go only to api_url. " + _EXAMPLE
        )
    return theirs.path[len(ours.path) :]


def _place(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _segment(text: str) -> str:
    if not text:
        raise OptionError(
            "path has nothing between two slashes, or after the last. Perhaps a variable in it is empty; BILL's paths have no "
            "empty parts."
        )
    if text == "None" or "{" in text or "}" in text:
        raise OptionError(
            "path has a part that is to be filled in, or a variable in it is empty. Write what BILL's page has in braces, as an id, in "
            "its place."
        )
    plain = unquote(text)
    # Encoded twice: somebody on the way may decode it twice, too.
    if plain in (".", "..") or re.search(r"[/\\]|%[0-9A-Fa-f]{2}", plain) or _filters.CONTROL.search(plain):
        raise OptionError(
            "path has a part that could lead elsewhere: a dot or two, an encoded slash, backslash or control character, or "
            "something that is encoded twice. Write the whole path without it."
        )
    return quote(unquote_to_bytes(text), safe="")


def _carried(query: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query that was written into the path."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise OptionError("path has a query that cannot be read. Write its parameters into query instead.") from None
    return tuple(_parameter(name, value, "path") for name, value in pairs)


def _query(given: object) -> tuple[tuple[str, str], ...]:
    """The parameters of a dictionary; a list stands for the parameter several times, and null for none."""
    if not isinstance(given, Mapping):
        raise OptionError("query must be a dictionary of parameters, as {archived: false}.")
    found = []
    for name, value in given.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None:
                found.append(_parameter(name, each, "query"))
    return tuple(found)


def _parameter(name: object, value: object, option: str) -> tuple[str, str]:
    if not isinstance(name, str) or not name or _filters.CONTROL.search(name):
        raise OptionError(f"{option} has a parameter whose name is no text, or empty. Give each parameter its name.")
    try:
        return str.__str__(name), _filters.plain(value)
    except _filters.Unfit as why:
        raise OptionError(f"{_named(option, name)} {why}") from None


def _refuse_twice(
    in_path: Sequence[tuple[str, str]], query: Sequence[tuple[str, str]], given: Mapping[str, Any]
) -> None:
    """OptionError if two places set the same parameter."""
    names = {name for name, _value in query}
    if {name for name, _value in in_path} & {name for name, _value in query[len(in_path) :]}:
        raise OptionError("query has a parameter that path has, too. Keep it in one of them.")
    for option, parameters in _STANDS_FOR.items():
        for parameter in parameters:
            if given.get(option) and parameter in names:
                raise OptionError(
                    f"The parameter {parameter} is given although the option {option} takes care of it. Keep one of them."
                )


def _headers(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise OptionError("headers must be a dictionary, as {organizationId: 008...}.")
    found: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _NAME_OF_HEADER.fullmatch(name):
            raise OptionError("headers has a name that no header can have: letters, digits and - make one.")
        place = _named("headers", name)
        ours = name.lower() in _OUR_HEADERS or name.lower().startswith(_BEGIN_OUR_HEADERS)
        if _shown.of_credentials(name) or ours:
            raise OptionError(f"{place} cannot be set: bill.connect sends it itself where it is needed. Leave it out.")
        if not isinstance(value, str) or not _VALUE_OF_HEADER.fullmatch(value):
            raise OptionError(f"{place} must be a text of printable ASCII characters, without blanks around it.")
        if name.lower() in (each.lower() for each in found):
            raise OptionError(f"{place} is given twice, in capital and small letters. Keep one.")
        found[str.__str__(name)] = str.__str__(value)
    return found


def _body(given: object) -> dict[str, Any] | list[Any] | None:
    """The body as plain JSON values."""
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, (Mapping, list, tuple)):
        raise OptionError("body must be a dictionary or a list, or a text that holds a JSON object or array.")
    plain: dict[str, Any] | list[Any] = _json(given, "body", 0)
    return plain


def _json(value: Any, place: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise OptionError(
            f"body is nested more than {_DEEPEST} levels deep, which no body of BILL's is. Look where it ends."
        )
    if isinstance(value, Mapping):
        return {_json_name(name, place): _json(inner, _named(place, name), depth + 1) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner, f"{place}[{number}]", depth + 1) for number, inner in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and not _half_a_character(value):
        return str.__str__(value)
    if isinstance(value, int) and abs(value) < 10**100:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, date):
        try:
            return _filters.written_date(value)
        except _filters.Unfit as why:
            raise OptionError(f"{place} {why}") from None
    raise OptionError(
        f"{place} holds what JSON cannot: write a text, a finite number, a date, true, false, null, a list or a dictionary."
    )


def _json_name(name: object, place: str) -> str:
    if not isinstance(name, str) or _half_a_character(name):
        raise OptionError(f"{place} has a key that is no text. Put it in quotes: YAML changes some unquoted keys.")
    return str.__str__(name)


def _half_a_character(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _named(place: str, name: object) -> str:
    # What is no name at all may be anything that slipped, a secret too.
    return f"{place}.{name}" if isinstance(name, str) and re.fullmatch(r"[\w.-]{1,40}", name) else f"{place}[...]"
