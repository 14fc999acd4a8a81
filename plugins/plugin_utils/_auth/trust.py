# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors and warnings about the MFA trust of a session.

Private to bill.connect.
"""

from __future__ import annotations

from .._core.errors import MfaRequiredError, OptionError
from .._core.reporter import Reporter
from .methods import AuthMethod
from .session import Session


def check_trust_can_be_required(method: AuthMethod) -> None:
    """Raise OptionError if sessions of this method are never MFA-trusted, and need the trust for payments."""
    if not method.is_mfa_exempt and not method.can_be_trusted():
        raise OptionError(
            f"Sessions of {method.title} are never MFA-trusted, but require_trusted is true. Use auth_method password with "
            "remember_me_id and device. The role bill.connect.trust returns these values.",
            options=("auth_method",),
        )


def report_trust(session: Session, method: AuthMethod, now: float, require_trusted: bool, reporter: Reporter) -> None:
    """Raise MfaRequiredError if trust is required and the session is not trusted.

    Warn if BILL does not accept the MFA ID, or if the MFA ID ends soon.
    """
    mfa_id = method.mfa_id
    days = mfa_id.days_left(now) if mfa_id else None
    if session.trusted or session.mfa_bypass:
        if mfa_id and days is not None and mfa_id.ends_soon(now):
            reporter.warn(
                f"The MFA ID in remember_me_id expires on {mfa_id.expires_on} (days left: {max(days, 0)}). Create a new one with the "
                "role bill.connect.trust."
            )
        return
    if mfa_id and mfa_id.fingerprint in session.refused_mfa_ids:
        why = (
            "BILL does not trust this session with the MFA ID in remember_me_id. BILL accepts an MFA ID for 30 days, and only "
            "with the device name that it was created with (device). The role bill.connect.trust creates a new MFA ID."
        )
    elif require_trusted:
        why = (
            "This session is not MFA-trusted, and require_trusted is true. Run the role bill.connect.trust: a person enters the "
            "MFA code, and the role returns remember_me_id and device for later sessions."
        )
    else:
        return
    if require_trusted:
        raise MfaRequiredError(why, options=("remember_me_id", "device") if mfa_id else ())
    reporter.warn(why)
