# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What BILL tells about the session, and about the organizations that it reaches.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from .._auth.session import Session
from .._auth.session_manager import SessionManager
from .._core.errors import OptionError
from .._http.transport import Response
from .pagination import read_pages


def session_info(sign_in: SessionManager, *, may_sign_in: bool) -> tuple[Session | None, bool]:
    """The session with what BILL says of it now, and whether it had to be made.

    None if there is none; one is made only if it may be. Raises BillError.
    """
    if session := sign_in.inquire():
        return session, False
    if not may_sign_in:
        return None, False
    outcome = sign_in.present()
    return sign_in.inquire() or outcome.session, outcome.changed


def organizations(sign_in: SessionManager, tell: Callable[[str], None]) -> tuple[list[Any], bool]:
    """The organizations that the session reaches, each as BILL writes it, and whether a session had to be made.

    Documented by BILL: a list of pages, of which each but the last names the next as ``nextPage``. The fields of an organization
    are not documented. ``tell`` is told of each page. Raises BillError.
    """
    path = sign_in.credential.organizations
    if path is None:
        raise OptionError(f"{sign_in.credential.title} has no list of organizations.", concerns=("auth_method",))
    sign = "&" if "?" in path else "?"

    def ask(session: Session, page: str | None) -> Response:
        # JSON may hold half a character, which no address can.
        query = sign + urlencode({"page": page}, errors="replace") if page else ""
        return sign_in.credential.ask(sign_in.gateway, session, "GET", path + query)

    remedy = "Check api_url, and that no proxy answers in BILL's place."
    found = read_pages(sign_in, ask, what="organizations", remedy=remedy, tell=tell)
    return found.records, found.signed_in
