# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What BILL says of the session, and of the organizations that it reaches.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from .._auth.session import SessionResult
from .._auth.session_manager import SessionManager
from .._core.errors import OptionError
from .._http.messages import HttpRequest
from .client import BillClient
from .pagination import Page, PageReader


def session_info(sessions: SessionManager, *, may_sign_in: bool) -> SessionResult:
    """The session with what BILL says of it now; None if there is none. One is made only if it may be. Raises BillError."""
    if session := sessions.describe():
        return SessionResult(session, changed=False)
    if not may_sign_in:
        return SessionResult(None, changed=False)
    result = sessions.ensure()
    return SessionResult(sessions.describe() or result.session, result.changed)


@dataclass(frozen=True)
class _Organizations:
    """The requests for the pages of the list."""

    path: str

    def page(self, cursor: str | None) -> HttpRequest:
        if not cursor:
            return HttpRequest("GET", self.path)
        sign = "&" if "?" in self.path else "?"
        # JSON may hold half a character, which no address can.
        return HttpRequest("GET", self.path + sign + urlencode({"page": cursor}, errors="replace"))


def organizations(client: BillClient) -> Iterator[Page]:
    """The organizations that the session reaches, page by page, each as BILL writes it.

    Documented by BILL: a list of pages, of which each but the last names the next as ``nextPage``. The fields of an organization
    are not documented. Raises BillError.
    """
    path = client.sessions.method.organizations_path
    if path is None:
        raise OptionError(f"{client.sessions.method.title} has no list of organizations.", concerns=("auth_method",))
    remedy = "Check api_url, and that no proxy answers instead of BILL."
    return client.paginate(PageReader(_Organizations(path), what="organizations", remedy=remedy))
