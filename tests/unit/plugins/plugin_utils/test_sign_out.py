# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a session, at BILL and in the store."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.fake_bill import CHECK, LOGIN, LOGOUT, Bill, Open, no


@pytest.mark.promise(2)
def test_logout_ends_the_session_at_bill_and_deletes_it(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    gone = open_sessions().end()
    assert (gone.session, gone.changed) == (None, True)
    assert bill.valid_sessions == set()
    assert not open_sessions().end().changed
    assert bill.received == [LOGIN, LOGOUT]
    assert open_sessions().ensure().changed


@pytest.mark.promise(6)
def test_logout_leaves_only_the_key_in_the_store(open_sessions: Open, bill: Bill, tmp_path: Path) -> None:
    open_sessions().ensure()
    open_sessions().end()
    assert [path.name for path in (tmp_path / "bill").iterdir()] == ["key"]


@pytest.mark.promise(6)
def test_refusal_entry_contains_its_end_and_is_removed_after_it(
    open_sessions: Open, bill: Bill, tmp_path: Path
) -> None:
    bill.will_answer(no("BDC_1101", 401))
    with pytest.raises(errors.AuthenticationError):
        open_sessions(password="mistyped").ensure()
    [refusal] = (tmp_path / "bill").glob("*.session")
    end = int.from_bytes(refusal.read_bytes()[:8], "big")
    assert 595 < end - time.time() < 605
    refusal.write_bytes(int(time.time() - 1).to_bytes(8, "big") + refusal.read_bytes()[8:])
    open_sessions().ensure()
    assert not refusal.exists()
    assert len(list((tmp_path / "bill").glob("*.session"))) == 1


@pytest.mark.promise(2)
def test_logout_of_concurrent_tasks_ends_one_session(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    changed: list[bool] = []
    threads = [threading.Thread(target=lambda: changed.append(open_sessions().end().changed)) for _time in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(changed) == [False] * 9 + [True]
    assert bill.received == [LOGIN, LOGOUT]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1103", "BDC_1144"])
def test_logout_with_force_deletes_a_session_that_bill_refuses_to_end(
    open_sessions: Open, bill: Bill, code: str
) -> None:
    open_sessions().ensure()
    bill.will_answer(no(code))
    with pytest.raises(errors.ApiError, match=code):
        open_sessions().end()
    bill.will_answer(no(code))
    assert not open_sessions().end(force=True).changed
    assert bill.received == [LOGIN, LOGOUT, LOGOUT]
    assert not open_sessions().end(check_only=True).changed


@pytest.mark.promise(2)
def test_logout_of_an_expired_session_is_not_changed(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    assert not open_sessions().end().changed
    assert open_sessions().ensure().changed


@pytest.mark.promise(1)
def test_logout_with_a_lost_response_makes_the_next_task_validate(open_sessions: Open, bill: Bill) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    bill.will_answer(*[errors.TransportError("gone")] * 4)
    with pytest.raises(errors.TransportError):
        open_sessions().end()
    assert open_sessions().ensure().changed
    assert bill.received[-2:] == [CHECK, LOGIN]


@pytest.mark.promise(12)
def test_logout_in_check_mode_sends_nothing(open_sessions: Open, bill: Bill) -> None:
    assert not open_sessions().end(check_only=True).changed
    open_sessions().ensure()
    assert open_sessions().end(check_only=True).changed
    assert bill.received == [LOGIN]
    assert not open_sessions().ensure().changed
