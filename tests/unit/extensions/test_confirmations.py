# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `feedback`: ansible-rulebook confirms each event, or does not."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.inbox import Inbox
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.options import Arguments
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore
from tests.unit.extensions.sources import SUBSCRIPTION, Queue, body_of, until

NO_DATABASE = "feedback is true, but ansible-rulebook has no database"
NOT_CONFIRMED = "ansible-rulebook has not confirmed the event event-1 yet, and all later events wait."


def hand_over_two(folder: Path, *, seconds: float, warned: int, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Confirm the first of two events after a number of warnings. Returns the ids that came before and after."""

    async def conversation() -> list[str]:
        options = Arguments({"subscription_ids": [SUBSCRIPTION], "state_dir": str(folder)}).inbox()
        queue, feedback = Queue(), Queue()
        with closing(EventStore.open(folder, max_ids=1000)) as store:
            inbox = Inbox(store, options, confirmation_seconds=seconds)
            handing = asyncio.ensure_future(inbox.hand_over(queue, feedback))
            await inbox.take(body_of("event-1"))
            await inbox.take(body_of("event-2"))
            await until(lambda: not queue.empty())
            await until(lambda: caplog.text.count(NOT_CONFIRMED) == warned)
            first = queue.get_nowait()
            assert queue.empty()
            await feedback.put(first)
            await until(lambda: not queue.empty())
            handing.cancel()
            await asyncio.gather(handing, return_exceptions=True)
        return [first["meta"]["id"], *queue.ids()]

    return asyncio.run(conversation())


@pytest.mark.parametrize(("seconds", "warned"), [(0.01, 1), (60.0, 0)])
def test_event_that_is_not_confirmed_for_long_is_named_in_one_warning_and_later_events_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seconds: float, warned: int
) -> None:
    assert hand_over_two(tmp_path, seconds=seconds, warned=warned, caplog=caplog) == ["event-1", "event-2"]
    assert caplog.text.count(NOT_CONFIRMED) == warned


@pytest.mark.parametrize(("has_database", "warns"), [(True, False), (False, True), (None, False)])
def test_confirmation_of_an_ansible_rulebook_without_a_database_causes_one_warning(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    has_database: bool | None,
    warns: bool,
) -> None:
    # The release of ansible-rulebook that says nothing about it has no such setting.
    settings = SimpleNamespace() if has_database is None else SimpleNamespace(persistence_enabled=has_database)
    monkeypatch.setitem(sys.modules, "ansible_rulebook.conf", SimpleNamespace(settings=settings))
    hand_over_two(tmp_path, seconds=60, warned=0, caplog=caplog)
    assert caplog.text.count(NO_DATABASE) == warns
