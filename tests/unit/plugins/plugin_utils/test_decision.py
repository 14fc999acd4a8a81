# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do with a stored session: every case in one table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.decision import (
    Decision,
    can_send_at_once,
    decide,
    is_trust_unknown,
)
from ansible_collections.bill.connect.plugins.plugin_utils._auth.mfa_id import MfaId
from tests.unit.plugins.plugin_utils.fakes import SESSION

NOW = SESSION.answered_at
MFA_ID = MfaId("id", "ci")
REFUSED = replace(SESSION, refused_mfa_ids=[MFA_ID.fingerprint])
TRUSTED = replace(SESSION, trusted=True)
BYPASSED = replace(SESSION, mfa_bypass=True, mfa_asked=True)
TOKEN = replace(SESSION, idle_seconds=None, ends_at=NOW + 3600)
USE, VALIDATE, STEP_UP, LOG_IN = Decision.USE, Decision.VALIDATE, Decision.STEP_UP, Decision.LOG_IN


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("session", "age", "how", "decision"),
    [
        (None, 0, {}, LOG_IN),
        # BILL has just accepted the session.
        (SESSION, 0, {}, USE),
        (SESSION, 59, {}, USE),
        (SESSION, 60, {}, VALIDATE),
        (SESSION, 0, {"check_after": 0}, VALIDATE),
        (SESSION, 2099, {"check_after": 10_000}, USE),
        # The idle time is probably over, but only BILL decides that the session has ended.
        (SESSION, 2100, {"check_after": 10_000}, VALIDATE),
        # The clock was set back, so the age is unknown.
        (SESSION, -4.9, {}, USE),
        (SESSION, -5.1, {}, VALIDATE),
        # An MFA ID may make the session trusted.
        (SESSION, 0, {"mfa_id": MFA_ID}, STEP_UP),
        (SESSION, 60, {"mfa_id": MFA_ID}, STEP_UP),
        (TRUSTED, 0, {"mfa_id": MFA_ID}, USE),
        (REFUSED, 0, {"mfa_id": MFA_ID}, USE),
        (REFUSED, 60, {"mfa_id": MFA_ID}, VALIDATE),
        # Trust is required.
        (SESSION, 0, {"require_trusted": True}, VALIDATE),
        (TRUSTED, 0, {"require_trusted": True}, USE),
        (replace(SESSION, mfa_asked=True), 0, {"require_trusted": True}, USE),
        # BILL has no call that validates the token.
        (TOKEN, 0, {"can_validate": False}, USE),
        (TOKEN, 3479, {"can_validate": False}, USE),
        (TOKEN, 3480, {"can_validate": False}, LOG_IN),
        (TOKEN, -5.1, {"can_validate": False}, LOG_IN),
        (SESSION, 60, {"can_validate": False}, LOG_IN),
        (TOKEN, 3480, {}, VALIDATE),
    ],
)
def test_decision_follows_from_the_session_its_age_and_the_options(
    session: Any, age: float, how: dict[str, Any], decision: Decision
) -> None:
    usual = {"check_after": 60, "can_validate": True, "mfa_id": None, "require_trusted": False}
    assert decide(session, NOW + age, **{**usual, **how}) is decision


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("session", "age", "mfa_id", "require_trusted", "at_once"),
    [
        (None, 0, None, False, False),
        # The age does not matter: the response shows whether the session is valid.
        (SESSION, 100_000, None, False, True),
        (TOKEN, 3479, None, False, True),
        (TOKEN, 3480, None, False, False),
        (SESSION, 0, MFA_ID, False, False),
        (REFUSED, 0, MFA_ID, False, True),
        (SESSION, 0, None, True, False),
        (TRUSTED, 0, None, True, True),
        (BYPASSED, 0, None, True, True),
    ],
)
def test_request_with_a_stored_session_is_sent_at_once_if_no_check_is_due(
    session: Any, age: float, mfa_id: MfaId | None, require_trusted: bool, at_once: bool
) -> None:
    assert can_send_at_once(session, NOW + age, mfa_id, require_trusted) is at_once


@pytest.mark.parametrize(
    ("session", "require_trusted", "unknown"),
    [(SESSION, False, False), (SESSION, True, True), (TRUSTED, True, False), (BYPASSED, True, False)],
)
def test_trust_without_a_validation_is_unknown(session: Any, require_trusted: bool, unknown: bool) -> None:
    assert is_trust_unknown(session, require_trusted) is unknown
