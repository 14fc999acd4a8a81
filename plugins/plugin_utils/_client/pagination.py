# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads BILL's lists, page by page.

Private to bill.connect. Documented by BILL: a list is an object with ``results``, and every page but the last names the next one as
``nextPage``. Observed: a page may be empty and name a next one all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .._core.errors import InvalidResponseError
from .._http.messages import HttpRequest, Response

# So many pages in a row may be empty. It only stops an endless list.
_MAX_EMPTY_PAGES = 1000


class PageRequest(Protocol):
    """The request for one page of a list."""

    def page(self, cursor: str | None) -> HttpRequest:
        """The request for the page that ``cursor`` names; for the first page without one."""


@dataclass(frozen=True)
class Page:
    """One page: its ``records``, its ``number`` from 1 on, how many records were ``read`` so far, and the HTTP ``status``.

    ``signed_in`` says that a session had to be made for this list.
    """

    records: list[Any] = field(repr=False)
    number: int
    read: int
    status: int
    signed_in: bool


class PageReader:
    """A list that is being read. ``what`` names its records in messages, and ``remedy`` says what to do if a response is no list.

    With ``max_results`` the list ends after so many records.
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
        """The request for the next page; None after the last one."""
        return None if self._is_done else self._request.page(self._cursor)

    def read(self, response: Response, signed_in: bool) -> Page:
        """The page that a response holds. InvalidResponseError if it is none, or leads nowhere new."""
        # Some of BILL's lists come without an envelope, and are whole.
        envelope = response.json if isinstance(response.json, dict) else {"results": response.json}
        records, cursor = envelope.get("results"), envelope.get("nextPage")
        if not isinstance(cursor, (str, type(None))):
            raise InvalidResponseError(
                f"BILL's list of {self._what} names its next page in a way that cannot be asked for.",
                status=response.status,
            )
        if not isinstance(records, list):
            raise InvalidResponseError(
                f"BILL's answer to the request for the {self._what} is no list. {self._remedy}", status=response.status
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
                f"BILL's list of {self._what} comes to no end: it names a page again, or more than a thousand empty ones.",
                status=response.status,
            )
        # Remembering every cursor takes memory. One now and then is enough to find any cycle.
        if self._pages & (self._pages - 1) == 0:
            self._seen = self._cursor
        return Page(records, self._pages, self._read, response.status, signed_in)
