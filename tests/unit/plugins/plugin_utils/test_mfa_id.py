# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MFA ID: two fields that belong together, an end date, and no output that shows it."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import MfaId, last_day
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError

ID = MfaId("findme", "ci", date(2026, 12, 22))
# The first and the last second of 2026-12-15 in UTC. Other time zones have another date at one of them.
FIRST, LAST = 1_797_292_800.0, 1_797_379_199.0


def test_mfa_id_is_made_from_the_options() -> None:
    options = {"remember_me_id": "findme", "device": "ci", "remember_me_id_expires_on": "2026-12-22"}
    assert MfaId.of(options) == ID
    assert MfaId.of({**options, "remember_me_id_expires_on": None}) == MfaId("findme", "ci")
    assert ID.body == {"rememberMeId": "findme", "device": "ci"}


@pytest.mark.parametrize("missing", [None, ""])
def test_mfa_id_without_remember_me_id_is_none(missing: str | None) -> None:
    assert MfaId.of({"remember_me_id": missing, "device": "ci", "remember_me_id_expires_on": "2026-12-22"}) is None
    assert MfaId.of({}) is None


@pytest.mark.parametrize("options", [{}, {"device": None}, {"device": ""}])
def test_mfa_id_without_a_device_is_an_option_error(options: dict[str, str | None]) -> None:
    with pytest.raises(OptionError, match="remember_me_id requires device") as failure:
        MfaId.of({"remember_me_id": "findme", **options})
    assert failure.value.options == ("remember_me_id",)
    assert "findme" not in str(failure.value)


def test_mfa_id_fingerprint_depends_on_id_and_device_only() -> None:
    same = [ID, MfaId("findme", "ci"), MfaId("findme", "ci", date(2027, 1, 1))]
    others = [MfaId("findme", "c"), MfaId("findmec", "i"), MfaId("ci", "findme"), MfaId('findme", "', "ci")]
    assert len({each.fingerprint for each in same}) == 1
    assert len({each.fingerprint for each in [ID, *others]}) == 1 + len(others)
    # The value is fixed, because it is stored: it has the length of SHA-256 and is the same in every process.
    assert ID.fingerprint == "46fe52c0233961a9a30ee84e020abde5e97a812632ecb3191994d14c2e3b01a8"


@pytest.mark.promise(5)
def test_mfa_id_representation_and_fingerprint_hide_the_id() -> None:
    assert "findme" not in repr(ID) + ID.fingerprint


@pytest.mark.parametrize("now", [FIRST, LAST])
def test_mfa_id_days_are_counted_in_utc(now: float) -> None:
    assert ID.days_left(now) == 7
    assert MfaId("findme", "ci").days_left(now) is None
    assert [MfaId("findme", "ci", date(2026, 12, day)).days_left(now) for day in (16, 15, 14)] == [1, 0, -1]
    assert last_day(now) == date(2027, 1, 14)
