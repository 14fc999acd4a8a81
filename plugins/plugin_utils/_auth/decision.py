# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do with the kept session: the only place that decides.

Private to bill.connect. Pure functions, so that one table of tests holds every case.
"""

from __future__ import annotations

from enum import Enum

from .mfa_id import MfaId
from .session import Session


class Decision(Enum):
    """What to do next to get a session that works."""

    USE = "use the kept session without asking BILL"
    VALIDATE = "ask BILL whether the kept session is valid"
    STEP_UP = "ask BILL to trust the kept session because of the MFA ID"
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
    """What to do for a task that wants a session.

    ``now`` is in seconds since the epoch. BILL is not asked about a session that it answered less than ``check_after`` seconds ago.
    ``can_validate`` says whether BILL has a call that tells if such a session is valid.
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
    """Whether a request may use the kept session without any question before: its response tells whether the session is valid."""
    if session is None or session.is_due(now) or mfa_id_to_try(session, mfa_id):
        return False
    return bool(not require_trusted or session.trusted or session.mfa_bypass)


def mfa_id_to_try(session: Session, mfa_id: MfaId | None) -> MfaId | None:
    """The MFA ID, if it may make the session trusted, as far as is known."""
    is_useless = not mfa_id or session.trusted or mfa_id.fingerprint in session.refused_mfa_ids
    return None if is_useless else mfa_id


def is_trust_unknown(session: Session, require_trusted: bool) -> bool:
    """Whether trust is required, and BILL has not said yet whether the session has it or needs none."""
    return require_trusted and not session.trusted and not session.mfa_asked


def _needs_validation(
    session: Session, now: float, check_after: float, can_validate: bool, require_trusted: bool
) -> bool:
    if session.is_due(now) or is_trust_unknown(session, require_trusted):
        return True
    if session.ends_at is not None and not can_validate:
        return False
    return not session.is_recent(now, check_after)
