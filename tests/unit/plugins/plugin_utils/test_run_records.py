# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records that the tasks of one run share, in a place where no managed host can write."""

from __future__ import annotations

import os
import signal
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.run_records import GuardedWrite, RunRecords
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    BillError,
    RepeatedWriteError,
    TransportError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._store.factory import open_run_store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "run"


def another_task(directory: Path) -> RunRecords:
    return RunRecords(open_run_store(str(directory), warn=print))


@pytest.mark.promise(7)
def test_run_records_return_published_values_for_their_receipt(directory: Path) -> None:
    first = another_task(directory).publish({"bill_organization_id": "008A", "bill_user_id": None})
    second = another_task(directory).publish({"bill_organization_id": "008B"})
    assert first != second
    assert another_task(directory).published(first) == {"bill_organization_id": "008A", "bill_user_id": None}
    assert another_task(directory).published(second) == {"bill_organization_id": "008B"}
    # Another host with the same values needs no second record.
    assert another_task(directory).publish({"bill_user_id": None, "bill_organization_id": "008A"}) == first


@pytest.mark.promise(7)
@pytest.mark.parametrize("receipt", [None, "", "0" * 32, 7, ["x"], {"a": 1}, "../key"])
def test_run_records_with_another_receipt_return_nothing(directory: Path, receipt: Any) -> None:
    another_task(directory).publish({"bill_organization_id": "008A"})
    assert another_task(directory).published(receipt) == {}


@pytest.mark.promise(7)
def test_run_records_with_the_receipt_of_another_run_return_nothing(directory: Path, tmp_path: Path) -> None:
    values = {"bill_organization_id": "008A"}
    receipt = another_task(directory).publish(values)
    assert another_task(tmp_path / "next").publish(values) != receipt
    assert another_task(tmp_path / "next").published(receipt) == {}


@pytest.mark.promise(6)
def test_run_records_on_disk_do_not_show_their_content(directory: Path) -> None:
    run = another_task(directory)
    run.publish({"bill_organization_id": "008FINDME"})
    run.is_first("findme")
    for path in directory.iterdir():
        assert b"findme" not in path.read_bytes().lower()


def test_run_records_report_a_warning_as_first_once(directory: Path) -> None:
    assert [another_task(directory).is_first(text) for text in ("a", "a", "b", "a")] == [True, False, True, False]


@pytest.mark.promise(13)
def test_run_records_without_a_directory_warn_each_time_and_publish_nothing(directory: Path) -> None:
    directory.touch()
    assert [another_task(directory).is_first("a") for _time in range(2)] == [True, True]
    assert another_task(directory).publish({"bill_organization_id": "008A"}) is None
    assert another_task(directory).published("0" * 32) == {}


WRITE = GuardedWrite({"task": "site.yml:3", "body": "1"}, "web1", "POST /v3/payments")
THEIRS = GuardedWrite(WRITE.identity, "web2", WRITE.label)


@pytest.mark.promise(10)
def test_guarded_write_repeated_during_or_after_the_first_is_refused(directory: Path) -> None:
    with (
        another_task(directory).once(WRITE),
        pytest.raises(RepeatedWriteError, match="the same task is sending the same write for web1 already"),
        another_task(directory).once(THEIRS),
    ):
        pass
    with another_task(directory).once(WRITE) as attempt:
        attempt.is_sent = True
    with pytest.raises(RepeatedWriteError) as failure, another_task(directory).once(THEIRS):
        pass
    assert str(failure.value) == (
        "POST /v3/payments was not sent for web2: in this run the same task has sent the same write for web1 already. To send it once, "
        "use one host, with hosts: localhost or run_once: true. "
        "(With serial, run_once applies to each batch.) To send it for each host or item, set repeat: true."
    )
    with another_task(directory).once(GuardedWrite({**WRITE.identity, "body": "2"}, "web2", WRITE.label)):
        pass


@pytest.mark.promise(10)
@pytest.mark.parametrize("error", [None, TransportError("No connection."), ValueError(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("is_sent", [True, False])
def test_guarded_write_that_was_not_sent_can_be_sent_again(
    directory: Path, error: BaseException | None, is_sent: bool
) -> None:
    """The note about the send counts, whatever error ends the write."""
    with suppress(BaseException), another_task(directory).once(WRITE) as attempt:
        attempt.is_sent = is_sent
        if error:
            raise error
    expected: Any = (
        pytest.raises(RepeatedWriteError, match="has sent the same write for web1") if is_sent else nullcontext()
    )
    with expected, another_task(directory).once(THEIRS):
        pass


@pytest.mark.promise(10)
def test_guarded_write_of_a_killed_task_is_not_sent_again(directory: Path) -> None:
    def send_and_die() -> None:
        with another_task(directory).once(WRITE):
            os.kill(os.getpid(), signal.SIGKILL)

    process = os.fork()
    if not process:
        send_and_die()
    assert os.WTERMSIG(os.waitpid(process, 0)[1]) == signal.SIGKILL
    with pytest.raises(RepeatedWriteError), another_task(directory).once(THEIRS):
        pass


@pytest.mark.promise(10)
def test_guarded_write_without_a_usable_directory_is_not_sent(directory: Path) -> None:
    directory.touch()
    with (
        pytest.raises(BillError, match="POST /v3/payments was not sent: .*cannot be used.*set repeat: true"),
        another_task(directory).once(WRITE),
    ):
        pytest.fail("It was sent.")
