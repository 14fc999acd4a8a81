# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation of each authentication method, thousands of times. BILL responds with anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.fake_bill import METHODS
from tests.unit.plugins.plugin_utils.fuzz import any_answers_to, use_everything

CONVERSATIONS = 300


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize("method", METHODS)
def test_method_with_hundreds_of_arbitrary_conversations_returns_clean_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], first_seed: int, method: str
) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))

    @settings(
        max_examples=CONVERSATIONS,
        # With the settings of the unit tests, every run has the same conversations.
        derandomize=False,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(any_answers_to[method], any_answers_to[method], st.booleans())
    def converse(answers: dict[str, object], later: dict[str, object], require_trusted: bool) -> None:
        use_everything(tmp_path, method, answers, later, require_trusted)

    seed(first_seed)(converse)()
    assert capfd.readouterr() == ("", "")
