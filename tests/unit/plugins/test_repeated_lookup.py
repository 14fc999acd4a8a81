# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bill_login again and again in one worker of Ansible, as in a large template."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.bill.connect.plugins.lookup.bill_login import LookupModule
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import lookup, repeated_lookup, runner
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.running import trusted
from ansible_collections.bill.connect.plugins.plugin_utils._auth import usable_session
from ansible_collections.bill.connect.plugins.plugin_utils._core.clock import SystemClock
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, CHECK, LOGIN, Bill
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, VARIABLES
from tests.unit.plugins.tasks import ConnectTasks, FakeTask


class Worker:
    """A worker of Ansible, the variables of its host, and its clock."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.ahead = 0.0
        # How many lookups resolved their options.
        self.operations = 0

    def look_up(self, *terms: str, **given: Any) -> Any:
        templar = Templar(loader=DataLoader(), variables=self.variables)
        return LookupModule(DataLoader(), templar).run(list(terms), variables=self.variables, **given)

    def operations_of(self, *terms: str, **given: Any) -> int:
        before = self.operations
        self.look_up(*terms, **given)
        return self.operations - before


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, connect_tasks: ConnectTasks, bill: Bill, tmp_path: Path) -> Worker:
    connect_tasks(bill)
    worker = Worker(
        {
            **VARIABLES,
            "bill_password": trusted("{{ vault_bill_password }}"),
            "vault_bill_password": OPTIONS["password"],
            "bill_api_url": API_URL,
            "bill_session_store": str(tmp_path / "bill"),
            "inventory_hostname": "localhost",
        }
    )
    operation = runner.operation

    def counted(*arguments: Any) -> Any:
        worker.operations += 1
        return operation(*arguments)

    monkeypatch.setattr(lookup, "operation", counted)
    task = FakeTask()
    monkeypatch.setattr(repeated_lookup, "task_of_worker", lambda: task)
    monkeypatch.setattr(repeated_lookup, "_RETURNED", {})
    now, monotonic = SystemClock.time, SystemClock.monotonic
    monkeypatch.setattr(SystemClock, "time", lambda clock: now(clock) + worker.ahead)
    monkeypatch.setattr(SystemClock, "monotonic", lambda clock: monotonic(clock) + worker.ahead)
    return worker


@pytest.mark.promise(1)
def test_repeated_lookups_resolve_their_options_once_and_return_the_same_session(worker: Worker, bill: Bill) -> None:
    [first] = worker.look_up()
    assert first["changed"] is True
    again = [worker.look_up()[0] for _number in range(3)]
    assert again == [{**first, "changed": False}] * 3
    assert worker.look_up("organization_id", "changed") == [OPTIONS["organization_id"], False]
    assert worker.look_up("session_id", wantlist=True) == [first["session_id"]]
    assert worker.operations == 1
    assert bill.received == [LOGIN]
    # A template that changes its result changes no other result.
    again[0]["headers"].clear()
    assert worker.look_up("headers") == [first["headers"]]


@pytest.mark.promise(3)
@pytest.mark.promise(4)
def test_repeated_lookup_with_another_password_in_a_variable_is_refused_at_once(worker: Worker, bill: Bill) -> None:
    worker.look_up("user_id")
    for name, value in (("vault_bill_password", "stale-findme"), ("bill_password", "old-findme")):
        worker.variables[name] = value
        with pytest.raises(AnsibleLookupError, match="BDC_1101"):
            worker.look_up("user_id")
    assert bill.received == [LOGIN] * 3
    # The right one again needs no sign-in.
    worker.variables["bill_password"] = OPTIONS["password"]
    assert worker.operations_of("user_id") == 0
    with pytest.raises(AnsibleLookupError, match="BDC_1101"):
        worker.look_up("user_id", password="false-findme")
    assert bill.received == [LOGIN] * 4


@pytest.mark.promise(3)
@pytest.mark.parametrize(
    "change",
    [
        lambda worker: worker.variables.update(bill_organization_id="00802EXAMPLEEXAMPLE2"),
        lambda worker: worker.variables.update(bill_organization_id=trusted("{{ 'x' if no else '00802EXAMPLEEXAMPLE2' }}"), no=False),
        lambda worker: worker.variables.update(bill_dev_key="other-findme-devkey"),
        lambda worker: worker.variables.update(bill_session_store=worker.variables["bill_session_store"] + "2"),
        lambda worker: worker.variables.update(bill_check_after=0),
        lambda worker: worker.variables.update(bill_timeout="29"),
        lambda worker: worker.variables.update(bill_connect_receipt="another"),
        lambda worker: worker.variables.update(inventory_hostname="web1"),
        lambda worker: os.environ.update(BILL_RETRIES="1"),
    ],
    ids=["organization", "template", "dev_key", "store", "check_after", "timeout", "receipt", "host", "environment"],
)  # fmt: skip
def test_repeated_lookup_after_a_change_of_an_option_resolves_all_options(
    worker: Worker, change: Callable[[Worker], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILL_RETRIES", "0")
    worker.look_up("user_id")
    assert worker.operations_of("user_id") == 0
    change(worker)
    assert worker.operations_of("user_id") == 1


def test_repeated_lookup_with_templates_notices_each_new_value(worker: Worker, bill: Bill) -> None:
    worker.variables |= {"bill_organization_id": trusted("{{ number ~ 'EXAMPLEEXAMPLE1' }}"), "number": "00801"}
    assert worker.look_up("organization_id") == ["00801EXAMPLEEXAMPLE1"]
    assert worker.operations_of("organization_id") == 0
    worker.variables["number"] = "00802"
    assert worker.look_up("organization_id") == ["00802EXAMPLEEXAMPLE1"]
    worker.variables["number"] = "00801"
    assert worker.look_up("organization_id") == ["00801EXAMPLEEXAMPLE1"]
    assert bill.received == [LOGIN, LOGIN]


@pytest.mark.promise(1)
def test_repeated_lookup_after_check_after_seconds_validates_the_session(worker: Worker, bill: Bill) -> None:
    worker.look_up()
    worker.ahead = 59
    assert worker.operations_of() == 0
    worker.ahead = 61
    assert worker.operations_of() == 1
    assert bill.received == [LOGIN, CHECK]
    # From now on, the validated session is used.
    assert worker.operations_of() == 0
    worker.ahead = 61 + 36 * 60
    bill.valid_sessions.clear()
    worker.look_up()
    assert bill.received == [LOGIN, CHECK, CHECK, LOGIN]


def test_repeated_lookup_after_a_change_of_the_stored_session_uses_the_new_one(worker: Worker, bill: Bill) -> None:
    [first] = worker.look_up("session_id")
    store = Path(worker.variables["bill_session_store"])
    for file in store.glob("*.session"):
        file.unlink()
    worker.ahead = 2 * usable_session._FRESH_SECONDS
    [second] = worker.look_up("session_id")
    assert second != first
    assert bill.received == [LOGIN, LOGIN]


@pytest.mark.promise(5)
def test_repeated_lookup_remembers_no_password(worker: Worker) -> None:
    worker.variables["bill_password"] = trusted("{{ 's3cret-findme' ~ '-password' }}")
    worker.look_up()
    worker.look_up(password=worker.variables["vault_bill_password"])
    known = repeated_lookup._RETURNED
    assert len(known) == 2
    todo: list[Any] = [known]
    seen: dict[int, Any] = {}
    while todo:
        each = todo.pop()
        if id(each) not in seen and not isinstance(each, (type, FunctionType, ModuleType)):
            seen[id(each)] = each
            todo += gc.get_referents(each)
    texts = [str(each) for each in seen.values() if isinstance(each, (str, bytes))]
    assert any(OPTIONS["dev_key"] in text for text in texts)
    assert [text for text in texts if OPTIONS["password"] in text] == []


def test_lookups_outside_of_a_worker_or_with_vv_resolve_their_options_each_time(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.look_up()
    with monkeypatch.context() as patch:
        patch.setattr(repeated_lookup, "task_of_worker", lambda: None)
        assert worker.operations_of() == 1
    with monkeypatch.context() as patch:
        patch.setattr(repeated_lookup.display, "verbosity", 2)
        assert worker.operations_of() == 1
    assert worker.operations_of() == 0


@pytest.mark.promise(8)
def test_repeated_lookup_with_a_wrong_field_or_argument_still_fails(worker: Worker) -> None:
    worker.look_up()
    with pytest.raises(AnsibleLookupError, match="There is no field session. Did you mean session_id"):
        worker.look_up("session")
    with pytest.raises(AnsibleLookupError, match="There is no option passwort"):
        worker.look_up(passwort="x")
    with pytest.raises(AnsibleLookupError, match="require_trusted must be true or false"):
        worker.look_up(require_trusted="perhaps")


def test_repeated_lookup_that_requires_trust_is_refused_also_after_one_that_does_not(worker: Worker) -> None:
    worker.look_up()
    for _number in range(2):
        with pytest.raises(AnsibleLookupError, match="not MFA-trusted"):
            worker.look_up(require_trusted=True)


def test_repeated_lookup_counts_the_days_of_the_mfa_id_and_warns_before_its_end(
    worker: Worker, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill.remembered.add(("MFA-findme", "laptop"))
    mfa = {"bill_remember_me_id": "MFA-findme", "bill_device": "laptop", "bill_remember_me_id_expires_on": "2999-12-22"}
    worker.variables |= mfa
    [days] = worker.look_up("remember_me_id_days_left")
    assert worker.operations_of("remember_me_id_days_left") == 0
    worker.ahead = 24 * 60 * 60
    assert worker.look_up("remember_me_id_days_left") == [days - 1]
