# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures that the tests of the plugins share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import context as _context
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import templates
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import open_run_records
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, Bill, BillExchange
from tests.unit.plugins.plugin_utils.fakes import OPTIONS
from tests.unit.plugins.tasks import REQUEST_OPTIONS, ConnectTasks, OpenContext


@pytest.fixture(autouse=True)
def run_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make each test a run of Ansible of its own, without the writes and warnings of other tests."""
    directories: dict[str, Path] = {}

    def of_this_test(name: str) -> str:
        # The directory is made on demand, because most tests need none.
        if name not in directories:
            directories[name] = tmp_path_factory.mktemp("run") / name
        return str(directories[name])

    monkeypatch.setattr(ansible_paths, "run_store", lambda: of_this_test("bill"))
    monkeypatch.setattr(ansible_paths, "memory_of_the_run", lambda: of_this_test("bill-run"))


@pytest.fixture
def bill() -> Bill:
    """The BILL that every client of this test talks to."""
    return Bill()


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of an option is defined."""
    monkeypatch.setattr(templates, "variables_of", lambda *_any: lambda _name: None)


@pytest.fixture
def connect_tasks(monkeypatch: pytest.MonkeyPatch) -> ConnectTasks:
    """Connect the clients of tasks and lookups to a BILL of the test."""

    def connect_tasks(bill: Bill) -> None:
        exchange = BillExchange(bill, BaseUrl.of_api(API_URL))

        def build(options: Mapping[str, Any], around: Surroundings) -> BillClient:
            return build_client(options, replace(around, exchange=exchange))

        monkeypatch.setattr(_context, "build_client", build)

    return connect_tasks


@pytest.fixture
def open_context(connect_tasks: ConnectTasks, bill: Bill, tmp_path: Path) -> OpenContext:
    """The context of a new task of bill_request. It shares only the store, the run and BILL with the task before."""
    connect_tasks(bill)

    def open_context(**changes: Any) -> TaskContext:
        defaults = {option.name: option.default for option in TABLE}
        store = {"api_url": API_URL, "session_store": str(tmp_path / "bill")}
        options = {**defaults, **store, **OPTIONS, **REQUEST_OPTIONS, **changes}
        secrets = CoreSecretRegistry()
        option_secrets = [options[option.name] for option in TABLE if option.secret and options[option.name]]
        # The runner does the same.
        secrets.add(option_secrets)
        return TaskContext(options, option_secrets, {}, secrets, open_run_records())

    return open_context
