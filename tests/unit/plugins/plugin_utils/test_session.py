# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session is a value, and so is a refusal."""

from __future__ import annotations

import pytest

from tests.unit.plugins.plugin_utils.conversation import SESSION


def test_it_ends_its_idle_life_after_the_last_answer() -> None:
    assert SESSION.expires_at == "2027-01-15T08:35:00Z"
    assert SESSION.answered(SESSION.made_at + 60).expires_at == "2027-01-15T08:36:00Z"


@pytest.mark.promise(5)
def test_its_secrets_are_not_in_its_representation() -> None:
    assert "findme" not in repr(SESSION)
