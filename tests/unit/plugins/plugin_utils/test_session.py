# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session is a value with an expected end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from tests.unit.plugins.plugin_utils.fakes import SESSION

MADE = SESSION.made_at
TOKEN = replace(SESSION, idle_seconds=None, ends_at=MADE + 3600)
UNKNOWN = replace(SESSION, idle_seconds=None)
BOTH = replace(SESSION, ends_at=MADE + 3600)


def test_session_idle_time_starts_at_the_last_response() -> None:
    assert SESSION.expires_at == "2027-01-15T08:35:00Z"
    assert SESSION.answered(MADE + 60).expires_at == "2027-01-15T08:36:00Z"


def test_session_with_a_fixed_end_expires_then_although_it_is_used() -> None:
    assert TOKEN.expires_at == TOKEN.answered(MADE + 60).expires_at == "2027-01-15T09:00:00Z"
    # The earlier of the two ends counts.
    assert BOTH.end == MADE + 2100
    assert BOTH.answered(MADE + 3000).end == MADE + 3600


def test_session_without_a_known_end_has_no_expiry() -> None:
    assert (UNKNOWN.end, UNKNOWN.expires_at) == (None, None)
    assert replace(UNKNOWN, ends_at=0.0).expires_at == "1970-01-01T00:00:00Z"


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("session", "seconds", "after", "is_recent"),
    [
        (SESSION, 60, 0, True),
        (SESSION, 60, 59.9, True),
        (SESSION, 60, 60, False),
        (SESSION, 60, -4.9, True),
        (SESSION, 60, -5.1, False),
        (SESSION, 0, 0, False),
        (SESSION, 9999, 2099.9, True),
        (SESSION, 9999, 2100, False),
        (TOKEN, 9999, 3599, True),
        (TOKEN, 9999, 3600, False),
        (UNKNOWN, 9999, 9998, True),
    ],
)
def test_session_is_recent_until_its_last_response_is_old_or_it_expired(
    session: Session, seconds: float, after: float, is_recent: bool
) -> None:
    assert session.is_recent(MADE + after, seconds) is is_recent


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("scenario", "after", "is_due"),
    [
        (3600, 0, False),
        (3600, 3479.9, False),
        (3600, 3480, True),
        (3600, -4.9, False),
        (3600, -5.1, True),
        (600, 479.9, False),
        (600, 480, True),
        (100, 79.9, False),
        (100, 80, True),
        (0, 0, True),
        (None, 1e9, False),
        (None, -1e9, False),
    ],
)
def test_session_is_due_two_minutes_or_a_fifth_of_its_life_before_its_end(
    scenario: float | None, after: float, is_due: bool
) -> None:
    session = replace(SESSION, ends_at=None if scenario is None else MADE + scenario)
    assert session.is_due(MADE + after) is is_due


@pytest.mark.promise(5)
def test_session_representation_hides_its_secrets() -> None:
    assert "findme" not in repr(SESSION)


@pytest.mark.promise(5)
def test_session_secrets_are_its_header_values_with_and_without_the_scheme() -> None:
    assert SESSION.secrets == {"SESSION-findme", SESSION.headers["devKey"]}
    token = replace(SESSION, session_id=None, headers={"Authorization": "Bearer TOKEN-findme"})
    assert token.secrets == {"Bearer TOKEN-findme", "TOKEN-findme"}
    assert replace(token, session_id="SESSION-2").secrets == {"Bearer TOKEN-findme", "TOKEN-findme", "SESSION-2"}
