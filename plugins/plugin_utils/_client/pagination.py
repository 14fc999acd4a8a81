# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads BILL's lists page by page.

Private to bill.connect. Documented by BILL: a list is an object with ``results``. Every page except the last one contains the cursor of
the next page in ``nextPage``. Observed: an empty page may also have a next page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .._core.errors import InvalidResponseError
from .._http.messages import HttpRequest, Response

# The maximum number of consecutive empty pages. The limit only stops an endless list.
_MAX_EMPTY_PAGES = 1000


class PageRequest(Protocol):
    """Creates the requests for the pages of a list."""

    def page(self, cursor: str | None) -> HttpRequest:
        """The request for the page of this cursor. None is the cursor of the first page."""


@dataclass(frozen=True)
class Page:
    """One page of a list.

    - ``number`` is the number of the page, starting with 1.
    - ``read`` is the number of records up to the end of this page.
    - ``status`` is the HTTP status.
    - ``signed_in`` is true if bill.connect created a session for this list.
    """

    records: list[Any] = field(repr=False)
    number: int
    read: int
    status: int
    signed_in: bool


class PageReader:
    """Reads the pages of one list.

    - ``what`` is the name of the records in messages.
    - ``remedy`` is the advice to the user if a response is not a list.
    - ``max_results`` is the maximum number of records. None if there is no maximum.
    """

    def __init__(self, request: PageRequest, *, what: str, remedy: str, max_results: int | None = None) -> None:
        self._request = request
        self._what = what
        self._remedy = remedy
        self._max_results = max_results
        self._cursor: str | None = None
        self._is_done = False
        self._pages = 0
        self._read = 0
        self._empty = 0
        self._seen: str | None = None

    def next_request(self) -> HttpRequest | None:
        """The request for the next page. None after the last page."""
        return None if self._is_done else self._request.page(self._cursor)

    def read(self, response: Response, signed_in: bool) -> Page:
        """The page in a response. Raises InvalidResponseError if the response is not a page, or if the list does not end."""
        # Some of BILL's lists are a plain array. Such a list has only one page.
        envelope = response.json if isinstance(response.json, dict) else {"results": response.json}
        records, cursor = envelope.get("results"), envelope.get("nextPage")
        if not isinstance(cursor, (str, type(None))):
            raise InvalidResponseError(
                f"BILL's list of {self._what} names a next page that bill.connect cannot request.",
                status=response.status,
            )
        if response.json is None:
            raise InvalidResponseError(
                f"The response to the request for the {self._what} is empty. Check api_url, and that no proxy answers instead of BILL.",
                status=response.status,
                options=("api_url",),
            )
        if not isinstance(records, list):
            raise InvalidResponseError(
                f"BILL's response to the request for the {self._what} is not a list. {self._remedy}",
                status=response.status,
            )
        if self._max_results is not None and self._read + len(records) >= self._max_results:
            records, cursor = records[: self._max_results - self._read], None
        self._pages += 1
        self._read += len(records)
        self._empty = 0 if records else self._empty + 1
        self._cursor = cursor or None
        self._is_done = self._cursor is None
        if not self._is_done and (self._cursor == self._seen or self._empty >= _MAX_EMPTY_PAGES):
            raise InvalidResponseError(
                f"BILL's list of {self._what} does not end: it names a page again, or more than a thousand empty pages.",
                status=response.status,
            )
        # All cursors together need too much memory. The cursors of the pages 1, 2, 4, 8 and so on are sufficient to detect a cycle.
        if self._pages & (self._pages - 1) == 0:
            self._seen = self._cursor
        return Page(records, self._pages, self._read, response.status, signed_in)
