# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request in BILL's terms: what a user wrote, checked before anything is sent.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from .._core.errors import OptionError
from .._core.redaction import SHORT, holds, of_credentials
from .filters import written_filters, written_sort
from .naming import name_of
from .request_body import checked_body
from .request_headers import checked_headers
from .request_target import checked_path, checked_query

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
        path, in_path = checked_path(given.get("path"), api_url)
        query = (*in_path, *checked_query(given.get("query", {})))
        if method != "GET" and (idle := [name for name in _OF_READS if given.get(name)]):
            raise OptionError(f"{idle[0]} is for reading lists, which method: GET does. Leave it out.")
        if method == "GET" and "body" in given:
            raise OptionError("body is for writing. Leave it out, or set method to what BILL documents for this path.")
        if "max_results" in given and not given.get("paginate"):
            raise OptionError("max_results is a limit for paginate: true. Set that too, or leave it out.")
        _refuse_twice(in_path, query, given)
        for name, written in (("filters", written_filters), ("sort", written_sort)):
            if text := written(given[name]) if name in given else "":
                query = (*query, (name, text))
        request = cls(
            str.__str__(method), path, query, checked_headers(given.get("headers", {})), checked_body(given.get("body"))
        )
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

    def refuse_secrets(self, secrets: Collection[str]) -> None:
        """OptionError if one of these is in the address, which is logged on the way (BILL itself warns against it), or in a header."""
        # Shorter ones are part of nearly everything.
        long = [secret for secret in secrets if len(secret) >= SHORT]
        for name, value in self.query:
            if of_credentials(name) or holds(name, long) or holds(value, long):
                raise OptionError(
                    "The query (in path, query or filters) holds a credential. Addresses are logged on their way, so none may be "
                    "in them; what signs the request in is sent by itself."
                )
        for name, value in self.headers.items():
            if holds(value, secrets):
                place = name_of("headers", name)
                raise OptionError(
                    f"{place} holds a credential. What signs the request in is sent by itself; leave it out."
                )
        if holds(self.path, long) or holds(unquote(self.path), long):
            raise OptionError(
                "path holds a credential. Addresses are logged on their way, so none may be in them; what signs the request in "
                "is sent by itself."
            )


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
