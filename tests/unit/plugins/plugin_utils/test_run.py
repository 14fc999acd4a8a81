# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run remember together, where no managed host can write."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._run import EVERY_HOST, Run
from ansible_collections.bill.connect.plugins.plugin_utils._store import open_run_store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "run"


def another_task(directory: Path) -> Run:
    return Run(open_run_store(str(directory), warn=print))


@pytest.mark.promise(7)
def test_published_values_are_remembered_by_host(directory: Path) -> None:
    assert another_task(directory).published("web1") == {}
    another_task(directory).publish("web1", {"bill_organization_id": "008A", "bill_user_id": None})
    another_task(directory).publish("web1", {"bill_user_id": "006A"})
    another_task(directory).publish(EVERY_HOST, {"bill_organization_id": "008B"})
    assert another_task(directory).published("web1") == {"bill_organization_id": "008A", "bill_user_id": "006A"}
    assert another_task(directory).published("web2") == {"bill_organization_id": "008B"}


@pytest.mark.promise(6)
def test_nothing_in_the_directory_tells_what_is_remembered(directory: Path) -> None:
    run = another_task(directory)
    run.publish("web1", {"bill_organization_id": "008FINDME"})
    run.is_first("findme")
    for path in directory.iterdir():
        assert b"findme" not in path.read_bytes().lower()
        assert "web1" not in path.name


def test_warning_is_the_first_once(directory: Path) -> None:
    assert [another_task(directory).is_first(text) for text in ("a", "a", "b", "a")] == [True, False, True, False]


@pytest.mark.promise(13)
def test_run_without_a_usable_directory_warns_each_time_and_publishes_nothing(directory: Path) -> None:
    directory.touch()
    assert [another_task(directory).is_first("a") for _time in range(2)] == [True, True]
    another_task(directory).publish("web1", {"bill_organization_id": "008A"})
    assert another_task(directory).published("web1") == {}
