# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of pages: one after the other, each as soon as the one before has named it.

Private to bill.connect. Plain Python, without Ansible. Documented by BILL ("Search operations with lists"): each page but the last
names the next as ``nextPage``. Observed: a page may be empty and name a next one all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._auth.session import Session
from .._auth.session_manager import SessionManager
from .._core.errors import InvalidResponseError, SessionExpiredError
from .._http.transport import Response

# How many pages in a row may be empty; it only stops an endless list.
_MOST_EMPTY = 1000

# After how many seconds it is noted that the session is alive, so that its idle life begins anew for others too.
_NOTED_EVERY = 20


@dataclass
class Pages:
    """What was read of a list so far: its records, the number of pages, and the HTTP status of the last one."""

    records: list[Any] = field(default_factory=list, repr=False)
    pages: int = 0
    status: int | None = None
    signed_in: bool = False
    done: bool = False
    _next: str | None = None
    _empty: int = 0
    _seen: str | None = None

    def take(self, answer: Response, what: str, remedy: str, most: int | None) -> None:
        """Add a page; UnexpectedAnswer if it is none, which ``remedy`` is for, or leads nowhere new."""
        # Some of BILL's lists come without an envelope, and are whole.
        envelope = answer.json if isinstance(answer.json, dict) else {"results": answer.json}
        results, following = envelope.get("results"), envelope.get("nextPage")
        if not isinstance(following, (str, type(None))):
            raise InvalidResponseError(
                f"BILL's list of {what} names its next page in a way that cannot be asked for.", status=answer.status
            )
        if not isinstance(results, list):
            raise InvalidResponseError(
                f"BILL's answer to the request for the {what} is no list. {remedy}", status=answer.status
            )
        self.records += results
        self.pages += 1
        self.status = answer.status
        self._empty = 0 if results else self._empty + 1
        self._next = following or None
        if most is not None and len(self.records) >= most:
            del self.records[most:]
            self._next = None
        self.done = self._next is None
        if not self.done and (self._next == self._seen or self._empty >= _MOST_EMPTY):
            raise InvalidResponseError(
                f"BILL's list of {what} comes to no end: it names a page again, or more than a thousand empty ones.",
                status=answer.status,
            )
        # Not every page is remembered, which takes memory; one now and then is enough to find any circle.
        if self.pages & (self.pages - 1) == 0:
            self._seen = self._next


def read_pages(
    sign_in: SessionManager,
    ask: Callable[[Session, str | None], Response],
    *,
    what: str,
    remedy: str,
    tell: Callable[[str], None],
    most: int | None = None,
    require_trusted: bool = False,
) -> Pages:
    """A whole list, or its first ``most`` records. ``what`` names the records, for messages, and ``remedy`` is what to
    do where there are none.

    ``ask`` is given the session to use and what the page before has named as the next one, None for the first. ``tell`` is told of
    each page. A session that ends in between is replaced, and the list goes on where it was. Raises BillError.
    """
    found = Pages()

    def read_on(session: Session) -> None:
        """As many pages as this session gives, but not for too long at a time."""
        began, first = sign_in.clock(), True
        while not found.done:
            try:
                answer = sign_in.ask(lambda: ask(session, found._next))
            except SessionExpiredError:
                if first:
                    raise
                # It was good for the page before, so it is lent again, and then looked at.
                return
            found.take(answer, what, remedy, most)
            tell(f"{what}: {len(found.records)}, pages: {found.pages}")
            first = False
            now = sign_in.clock()
            if session.is_due(now) or not 0 <= now - began < _NOTED_EVERY:
                return

    with sign_in.gateway.staying_open():
        while not found.done:
            _nothing, made = sign_in.lend(read_on, require_trusted=require_trusted)
            found.signed_in = found.signed_in or made
    return found
