# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to BILL, created from the options of the user and checked before it is sent.

Private to bill.connect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from .._core.base_url import WEBHOOKS
from .._core.control_characters import IN_A_BLOCK
from .._core.errors import OptionError
from .._core.redaction import MIN_LENGTH, contains_any, is_credential_name
from .filters import written_filters, written_sort
from .naming import name_of
from .page_limits import largest_page
from .request_body import checked_body, refuse_file
from .request_headers import checked_headers
from .request_target import checked_path, checked_query
from .text_fields import text_fields

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# The options that only a read can have.
_OF_READS = ("filters", "sort", "page_size", "max_results", "paginate")
# The parameters that an option sets. The user must not set them in another way.
_STANDS_FOR = {
    "filters": ("filters",),
    "sort": ("sort",),
    "page_size": ("max",),
    "paginate": ("page", "nextPage", "prevPage"),
}


@dataclass(frozen=True)
class Request:
    """One request to BILL. ``body`` is None if there is no body.

    ``path`` is percent-encoded. It begins with ``/v3/``, or with ``/connect-events/v3/`` for the webhooks API.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    # repr() omits the headers and the body, because they may contain private data.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: dict[str, Any] | list[Any] | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        options: Mapping[str, Any],
        api_url: str,
        secrets: Sequence[str],
        remedies: Mapping[str, str] | None = None,
    ) -> Request:
        """The request for the options of a task or lookup. Raises OptionError.

        ``api_url`` is the base URL of BILL's API. ``secrets`` are the secrets of the credential. ``remedies`` say how to remove a control
        character from the value of an option, by name.
        """
        remedy = defaultdict(lambda: IN_A_BLOCK, remedies or {})
        given = {name: value for name, value in options.items() if value is not None and value != ""}
        method = given.get("method", "GET")
        if method not in METHODS:
            raise OptionError(f"method must be one of {', '.join(METHODS)}.")
        path, in_path = checked_path(given.get("path"), api_url, remedy["path"])
        texts = text_fields(path)
        query = (*in_path, *checked_query(given.get("query", {}), texts.query, remedy["query"]))
        if method != "GET" and (idle := [name for name in _OF_READS if given.get(name)]):
            raise OptionError(f"{idle[0]} is for reading lists with method: GET. Leave it out.")
        if method == "GET" and "body" in given:
            raise OptionError(
                "body is for writes. Leave it out, or set method to the method that BILL documents for this path."
            )
        refuse_file(method, path, given.get("body"))
        if "max_results" in given and not given.get("paginate"):
            raise OptionError(
                "max_results is a limit for paginate: true. Set paginate: true, or leave max_results out."
            )
        _refuse_twice(in_path, query, given)
        if "filters" in given and (text := written_filters(given["filters"], texts.filters, remedy["filters"])):
            query = (*query, ("filters", text))
        if "sort" in given and (text := written_sort(given["sort"], remedy["sort"])):
            query = (*query, ("sort", text))
        headers = checked_headers(given.get("headers", {}), remedy["headers"])
        request = cls(str.__str__(method), path, query, headers, checked_body(given.get("body"), texts))
        request.refuse_secrets(secrets)
        if (given.get("paginate") or "page_size" in given) and not request.has("max") and (limit := largest_page(path)):
            size = min(given.get("page_size", limit), given.get("max_results", limit), limit)
            request = request.with_query(max=str(size))
        return request

    @property
    def target(self) -> str:
        """The path with the query, percent-encoded."""
        return self.path + (
            f"?{urlencode(self.query, quote_via=quote, safe='', errors='replace')}" if self.query else ""
        )

    @property
    def label(self) -> str:
        """The request as messages show it."""
        return f"{self.method} {self.path}"

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing at BILL."""
        return self.method == "GET"

    @property
    def is_spend(self) -> bool:
        """Whether the request goes to Spend & Expense, which has its own pages and its own rate limit."""
        return self.path.startswith("/v3/spend/")

    @property
    def is_webhooks(self) -> bool:
        """Whether the request goes to the webhooks API, which has its own base."""
        return self.path.startswith(f"{WEBHOOKS}/")

    def has(self, name: str) -> bool:
        """Whether the query has a parameter of this name."""
        return any(each == name for each, _value in self.query)

    def with_query(self, **more: str) -> Request:
        """The same request with these parameters. They replace the parameters of the same names."""
        kept = tuple((name, value) for name, value in self.query if name not in more)
        return replace(self, query=(*kept, *more.items()))

    def with_half_pages(self) -> Request | None:
        """The same request with pages of half the size. None if its pages have no size, or only one record."""
        size = next((value for name, value in self.query if name == "max"), "")
        return self.with_query(max=str(int(size) // 2)) if size.isdecimal() and int(size) > 1 else None

    def refuse_secrets(self, secrets: Collection[str]) -> None:
        """Raise OptionError if the address or a header contains one of these secrets.

        Servers log addresses. BILL also warns against secrets in an address.
        """
        # Shorter secrets are not searched in an address, because nearly every text contains them.
        long = [secret for secret in secrets if len(secret) >= MIN_LENGTH]
        for name, value in self.query:
            if is_credential_name(name) or contains_any(name, long) or contains_any(value, long):
                raise OptionError(
                    "The query (in path, query or filters) contains a credential. Servers log addresses, so an address must not contain "
                    "a credential. Leave it out: bill.connect adds the session to the request."
                )
        for name, value in self.headers.items():
            if contains_any(value, secrets):
                place = name_of("headers", name)
                raise OptionError(
                    f"{place} contains a credential. Leave it out: bill.connect adds the session to the request."
                )
        if contains_any(self.path, long) or contains_any(unquote(self.path), long):
            raise OptionError(
                "path contains a credential. Servers log addresses, so an address must not contain a credential. Leave it out: "
                "bill.connect adds the session to the request."
            )


def _refuse_twice(
    in_path: Sequence[tuple[str, str]], query: Sequence[tuple[str, str]], given: Mapping[str, Any]
) -> None:
    """Raise OptionError if the same parameter is set in two places."""
    names = {name for name, _value in query}
    if {name for name, _value in in_path} & {name for name, _value in query[len(in_path) :]}:
        raise OptionError("query has a parameter that path also has. Keep it in one of them.")
    for option, parameters in _STANDS_FOR.items():
        for parameter in parameters:
            if given.get(option) and parameter in names:
                raise OptionError(
                    f"The option {option} sets the parameter {parameter}, but the parameter is also in the query. Keep one of them."
                )
