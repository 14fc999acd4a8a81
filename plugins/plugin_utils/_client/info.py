# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gets BILL's information about the session, and the list of organizations that the session can access.

Private to bill.connect. This package does not import Ansible.
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
from .late_exchange import EXCHANGE_FACTORY
from .pagination import Page, PageReader

# These tasks always send a request. So the main process of Ansible imports the library for it, once for all workers.
EXCHANGE_FACTORY.module()


def session_info(sessions: SessionManager, *, may_sign_in: bool) -> SessionResult:
    """The stored session with BILL's current information about it. Raises BillError.

    Without a stored session, the result contains None. With ``may_sign_in``, bill.connect creates a session instead.
    """
    if session := sessions.describe():
        return SessionResult(session, changed=False)
    if not may_sign_in:
        return SessionResult(None, changed=False)
    result = sessions.ensure()
    return SessionResult(sessions.describe() or result.session, result.changed)


@dataclass(frozen=True)
class _Organizations:
    """The requests for the pages of the list of organizations."""

    path: str

    def page(self, cursor: str | None) -> HttpRequest:
        if not cursor:
            return HttpRequest("GET", self.path)
        sign = "&" if "?" in self.path else "?"
        # A text in JSON may contain a surrogate (half a character), which is not valid in an address.
        return HttpRequest("GET", self.path + sign + urlencode({"page": cursor}, errors="replace"))


def organizations(client: BillClient) -> Iterator[Page]:
    """The organizations that the session can access, page by page, in BILL's format. Raises BillError.

    Documented by BILL: every page except the last one contains the cursor of the next page in ``nextPage``. BILL does not document the
    fields of an organization.
    """
    path = client.sessions.method.organizations_path
    if path is None:
        raise OptionError(f"{client.sessions.method.title} has no list of organizations.", options=("auth_method",))
    remedy = "Check api_url, and that no proxy answers instead of BILL."
    return client.paginate(PageReader(_Organizations(path), what="organizations", remedy=remedy))
