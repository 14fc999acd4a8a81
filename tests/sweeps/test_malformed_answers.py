# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten thousand malformed responses through the real transport and real sockets."""

from __future__ import annotations

import gc
import logging
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError
from tests.unit.plugins.plugin_utils.malformed import (
    LogListener,
    RawAnswer,
    RawServer,
    any_answers,
    assert_answer_or_clean,
)

# Several workers share the errors.
PARTS = 5
ERRORS = 10_000 // PARTS
EACH_ROUND = 500
TIMEOUT = 0.3

# More seconds for a machine that also runs other programs.
SLACK = 2.0


# If the lengths in a response contradict each other, urllib3 leaves the socket to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.promise(15)
@pytest.mark.parametrize("part", range(PARTS))
def test_exchange_with_ten_thousand_malformed_responses_raises_clean_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], first_seed: int, part: int
) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))
    bill, log_listener = RawServer(TIMEOUT), LogListener()
    logging.getLogger().addHandler(log_listener)
    errors = 0

    @settings(
        max_examples=EACH_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(any_answers)
    def exchange(answer: RawAnswer) -> None:
        nonlocal errors
        outcome = bill.outcome(answer)
        assert_answer_or_clean(outcome)
        errors += isinstance(outcome, BillError)

    rounds = 2 * ERRORS // EACH_ROUND
    for number in range(rounds):
        if errors < ERRORS:
            seed(first_seed + part * rounds + number)(exchange)()
    bill.close()
    logging.getLogger().removeHandler(log_listener)

    assert errors >= ERRORS
    assert bill.slowest < TIMEOUT + SLACK
    for thread in threading.enumerate():
        if thread.name == "bill.connect exchange":
            thread.join(TIMEOUT + SLACK)
            assert not thread.is_alive()
    gc.collect()
    assert [line for line in log_listener.received if "findme" in line] == []
    assert capfd.readouterr() == ("", "")
