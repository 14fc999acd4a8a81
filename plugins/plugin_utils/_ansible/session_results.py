# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the return values of tasks and lookups that only need a session.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from .._auth.session import SessionResult
from .._client.client import BillClient
from .._core.errors import OptionError

# The return values of bill_login, in the order of its documentation.
LOGIN_FIELDS = (
    "session_id",
    "organization_id",
    "user_id",
    "headers",
    "api_url",
    "auth_method",
    "trusted",
    "expires_at",
    "remember_me_id_days_left",
    "changed",
)


def login_result(client: BillClient, result: SessionResult) -> dict[str, Any]:
    """Build the return values of bill_login. All values of the session are None if there is no session."""
    session = result.session
    return {
        "session_id": session and session.session_id,
        "organization_id": session and session.organization_id,
        "user_id": session and session.user_id,
        "headers": session and dict(session.headers),
        "api_url": client.transport.base_url.url,
        "auth_method": client.sessions.method.method,
        "trusted": session and session.trusted,
        "expires_at": session and session.expires_at,
        "remember_me_id_days_left": client.sessions.days_left,
        "changed": result.changed,
    }


def session_info_result(client: BillClient, result: SessionResult) -> dict[str, Any]:
    """Build the return values of bill_session_info. They contain no secret."""
    session = result.session
    ends = session.end if session else None
    return {
        "signed_in": session is not None,
        "organization_id": session and session.organization_id,
        "user_id": session and session.user_id,
        "api_url": client.transport.base_url.url,
        "auth_method": client.sessions.method.method,
        "trusted": session and session.trusted,
        "mfa_status": session and session.mfa_status,
        "mfa_bypass": session and session.mfa_bypass,
        "expires_at": session and session.expires_at,
        "expires_in": None if ends is None else max(0, int(ends - client.sessions.clock.time())),
        "remember_me_id_days_left": client.sessions.days_left,
        "changed": result.changed,
    }


def checked_terms(terms: Sequence[Any]) -> list[str]:
    """Return the terms of a lookup. Raises OptionError if a term is not the name of a return value."""
    if unknown := [str(term) for term in terms if term not in LOGIN_FIELDS]:
        # The message repeats only a term that resembles a field. A password that was given by mistake must not be shown.
        close = difflib.get_close_matches(unknown[0], LOGIN_FIELDS, n=1)
        named = f"field {unknown[0]}. Did you mean {close[0]}?" if close else "such field."
        raise OptionError(f"There is no {named} The fields are: {', '.join(LOGIN_FIELDS)}.")
    return [str(term) for term in terms]
