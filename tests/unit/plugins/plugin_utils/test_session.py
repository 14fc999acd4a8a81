# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session is a value, and so is a refusal."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._session import Session

SESSION = Session(
    session_id="SESSION-findme",
    headers={"sessionId": "SESSION-findme", "devKey": "devkey-findme"},
    organization_id="00801EXAMPLEEXAMPLE1",
    user_id="00601EXAMPLEEXAMPLE1",
    trusted=False,
    idle_seconds=2100,
    made_at=1_800_000_000.0,
    answered_at=1_800_000_000.0,
)


def test_it_ends_its_idle_life_after_the_last_answer() -> None:
    assert SESSION.expires_at == "2027-01-15T08:35:00Z"
    assert SESSION.answered(SESSION.made_at + 60).expires_at == "2027-01-15T08:36:00Z"


@pytest.mark.promise(5)
def test_its_secrets_are_not_in_its_representation() -> None:
    assert "findme" not in repr(SESSION)
