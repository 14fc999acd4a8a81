# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what to do with the stored session. No other module makes this decision.

Private to bill.connect. All functions are pure, so that one table of tests covers every case.
"""

from __future__ import annotations

from enum import Enum

from .mfa_id import MfaId
from .session import Session


class Decision(Enum):
    """The next step to get a valid session."""

    USE = "use the stored session without validation"
    VALIDATE = "validate the stored session"
    STEP_UP = "ask BILL to trust the stored session because of the MFA ID"
    LOG_IN = "log in"


def decide(
    session: Session | None,
    now: float,
    *,
    check_after: float,
    can_validate: bool,
    mfa_id: MfaId | None,
    require_trusted: bool,
) -> Decision:
    """The next step for a task that needs a session.

    - ``now`` is in seconds since the epoch.
    - ``check_after`` is in seconds. A session is not validated if BILL accepted it less than this time ago.
    - ``can_validate`` is true if BILL has a call that validates such a session.
    """
    if session is None:
        return Decision.LOG_IN
    step_up = mfa_id_to_try(session, mfa_id)
    if not step_up and not _needs_validation(session, now, check_after, can_validate, require_trusted):
        return Decision.USE
    if not can_validate:
        return Decision.LOG_IN
    return Decision.STEP_UP if step_up else Decision.VALIDATE


def can_send_at_once(session: Session | None, now: float, mfa_id: MfaId | None, require_trusted: bool) -> bool:
    """Whether a request may use the stored session without validation. The response shows whether the session is valid."""
    if session is None or session.is_due(now) or mfa_id_to_try(session, mfa_id):
        return False
    return bool(not require_trusted or session.trusted or session.mfa_bypass)


def mfa_id_to_try(session: Session, mfa_id: MfaId | None) -> MfaId | None:
    """The MFA ID if it may make the session trusted. None if it is missing, not needed, or already rejected."""
    is_useless = not mfa_id or session.trusted or mfa_id.fingerprint in session.refused_mfa_ids
    return None if is_useless else mfa_id


def is_trust_unknown(session: Session, require_trusted: bool) -> bool:
    """Whether trust is required, and BILL has not yet reported whether the session is trusted or needs no MFA."""
    return require_trusted and not session.trusted and not session.mfa_asked


def _needs_validation(
    session: Session, now: float, check_after: float, can_validate: bool, require_trusted: bool
) -> bool:
    if session.is_due(now) or is_trust_unknown(session, require_trusted):
        return True
    if session.ends_at is not None and not can_validate:
        return False
    return not session.is_recent(now, check_after)
