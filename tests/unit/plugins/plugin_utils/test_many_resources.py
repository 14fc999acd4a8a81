# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many objects in one task: one list, bulk requests, and a result for each object."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    ApiError,
    OptionError,
    TransportError,
    UncertainWriteError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.calls import Calls
from ansible_collections.bill.connect.plugins.plugin_utils._resources.children import with_children
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.customer import CUSTOMER
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks, sample

ACCOUNTS = CLASSIFICATIONS["chart_of_accounts"]


@pytest.fixture
def vendors(open_tasks: Callable[[Resource], ResourceTasks]) -> ResourceTasks:
    return open_tasks(VENDOR)


@pytest.fixture
def accounts(open_tasks: Callable[[Resource], ResourceTasks]) -> ResourceTasks:
    return open_tasks(ACCOUNTS)


def numbered(resource: Resource, numbers: range, **more: Any) -> list[dict[str, Any]]:
    return [{**sample(resource, 1, only_required=True), "name": f"Object {number:03d}", **more} for number in numbers]


def actions(results: list[Any]) -> set[tuple[str, ...]]:
    return {each.outcome.actions for each in results}


@pytest.mark.promise(20)
def test_many_objects_need_one_list_and_bulk_requests(accounts: ResourceTasks) -> None:
    wanted = numbered(ACCOUNTS, range(120))
    assert actions(accounts.many(wanted)) == {("create",)}
    bulk = f"POST {ACCOUNTS.path}/bulk"
    assert accounts.writes() == [bulk] * 3
    before = len(accounts.requests())
    assert actions(accounts.many(wanted)) == {()}
    # Two pages of active objects.
    assert accounts.requests()[before:] == [f"GET {ACCOUNTS.path}"] * 2
    assert "accounts: 100 of 120 created" in accounts.reporter.progressed


@pytest.mark.promise(20)
def test_many_objects_change_restore_and_archive_only_what_differs(accounts: ResourceTasks) -> None:
    accounts.many(numbered(ACCOUNTS, range(4)))
    accounts.task("absent", name="Object 001")
    wanted = numbered(ACCOUNTS, range(6))
    wanted[0]["description"] = "new"
    found = [each.outcome.actions for each in accounts.many(wanted) if each.outcome]
    assert found == [("change",), ("restore",), (), (), ("create",), ("create",)]
    assert actions(accounts.many(wanted)) == {()}
    assert actions(accounts.many([{"name": "Object 000"}, {"name": "Object 003"}], "absent")) == {("archive",)}


@pytest.mark.promise(20)
def test_many_objects_in_a_batch_that_bill_refuses_are_sent_alone(accounts: ResourceTasks) -> None:
    accounts.bill.fault(f"POST {ACCOUNTS.path}/bulk", code="BDC_1246", status=400)
    body = '[{"code": "BDC_1143", "message": "name: is not liked"}]'
    accounts.bill.fault(f"POST {ACCOUNTS.path}", after=1, status=400, body=body, content_type="application/json")
    results = accounts.many(numbered(ACCOUNTS, range(3)))
    assert [type(each.error) for each in results] == [type(None), ApiError, type(None)]
    assert str(results[1].error).startswith("The account 'Object 001' was not created. BILL answered BDC_1143")
    assert accounts.writes() == [f"POST {ACCOUNTS.path}/bulk"] + [f"POST {ACCOUNTS.path}"] * 3
    assert [each.outcome.actions for each in accounts.many(numbered(ACCOUNTS, range(3))) if each.outcome] == [
        (),
        ("create",),
        (),
    ]


@pytest.mark.promise(10)
@pytest.mark.parametrize("acted", [True, False])
def test_many_objects_in_a_batch_whose_response_is_lost_are_looked_up(accounts: ResourceTasks, *, acted: bool) -> None:
    accounts.bill.fault(f"POST {ACCOUNTS.path}/bulk", cut=True, acted=acted)
    results = accounts.many(numbered(ACCOUNTS, range(3)))
    if acted:
        assert actions(results) == {("create",)}
    else:
        assert {type(each.error) for each in results} == {UncertainWriteError}
    assert accounts.writes() == [f"POST {ACCOUNTS.path}/bulk"]
    assert actions(accounts.many(numbered(ACCOUNTS, range(3)))) == {() if acted else ("create",)}


@pytest.mark.promise(20)
def test_many_objects_with_purge_archive_what_is_not_listed(accounts: ResourceTasks) -> None:
    accounts.many(numbered(ACCOUNTS, range(4)))
    listed = numbered(ACCOUNTS, range(2))
    predicted = accounts.many(listed, purge=True, check_mode=True)
    assert [each.outcome.actions for each in predicted if each.outcome] == [(), (), ("archive",), ("archive",)]
    # The user did not write these objects, so the messages have their names.
    ids = [each["id"] for each in accounts.stored()]
    assert [each.desired.label for each in predicted[2:]] == [
        f"account 'Object 002' ({ids[2]})",
        f"account 'Object 003' ({ids[3]})",
    ]
    assert [each.outcome.actions for each in accounts.many(listed, purge=True) if each.outcome] == [
        (),
        (),
        ("archive",),
        ("archive",),
    ]
    assert [each["archived"] for each in accounts.stored()] == [False, False, True, True]
    assert actions(accounts.many(listed, purge=True)) == {()}


@pytest.mark.promise(20)
def test_many_objects_with_purge_and_an_unclear_object_archive_nothing(accounts: ResourceTasks) -> None:
    accounts.many(numbered(ACCOUNTS, range(3)))
    before = len(accounts.writes())
    with pytest.raises(OptionError, match="With purge, every object must be clear, and nothing was changed"):
        accounts.many([{"name": "Object 000"}, {"name": "object 001"}], purge=True)
    assert len(accounts.writes()) == before


def test_many_objects_with_the_same_key_are_refused(accounts: ResourceTasks) -> None:
    with pytest.raises(OptionError, match=r"objects\[0\] and objects\[2\] both mean account 'OBJECT  0'"):
        accounts.many([{"name": "Object 0"}, {"name": "Object 1"}, {"name": "OBJECT  0"}])
    assert accounts.requests() == []


def test_many_objects_name_the_element_of_a_wrong_field(accounts: ResourceTasks) -> None:
    with pytest.raises(OptionError, match=r"The option objects\[1\].name must be a text, but it is a number"):
        accounts.many([{"name": "x"}, {"name": 7}])


@pytest.mark.slow
@pytest.mark.promise(20)
def test_500_vendors_need_few_requests(vendors: ResourceTasks) -> None:
    vendors.empty()
    wanted = numbered(VENDOR, range(500))
    assert actions(vendors.many(wanted)) == {("create",)}
    assert len(vendors.requests()) <= 40
    before = len(vendors.requests())
    assert actions(vendors.many(wanted)) == {()}
    assert len(vendors.requests()) - before <= 6


@pytest.mark.promise(2)
def test_many_objects_after_a_failure_of_the_network_report_what_was_done(accounts: ResourceTasks) -> None:
    accounts.bill.fault(f"POST {ACCOUNTS.path}/bulk", after=1, status=503, times=None)
    accounts.bill.fault("GET *", after=2, reset=True, times=None)
    results = accounts.many(numbered(ACCOUNTS, range(120)))
    assert [each.outcome.changed for each in results[:50] if each.outcome] == [True] * 50
    assert all(each.error for each in results[50:])


@pytest.mark.promise(20)
def test_many_objects_with_purge_and_absent_are_refused(accounts: ResourceTasks) -> None:
    accounts.many(numbered(ACCOUNTS, range(3)))
    before = len(accounts.requests())
    with pytest.raises(OptionError, match="purge with state absent would archive all accounts"):
        accounts.many([{"name": "Object 000"}], "absent", purge=True)
    assert len(accounts.requests()) == before


@pytest.mark.promise(2)
def test_many_objects_after_an_error_that_is_not_about_an_object_are_not_tried(
    accounts: ResourceTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.many(numbered(ACCOUNTS, range(4)))
    tried: list[str] = []
    real = Calls.change

    def change(calls: Calls, id_: str, body: Any) -> None:
        tried.append(id_)
        if len(tried) > 1:
            raise TransportError("There is no network.")
        real(calls, id_, body)

    monkeypatch.setattr(Calls, "change", change)
    results = accounts.many(numbered(ACCOUNTS, range(4), description="new"))
    assert [each.outcome.changed for each in results[:1] if each.outcome] == [True]
    assert [str(each.error) for each in results[1:]] == ["There is no network."] * 3
    assert len(tried) == 2


@pytest.mark.promise(20)
def test_list_and_single_task_that_change_one_object_at_the_same_time_lose_nothing(
    vendors: ResourceTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sample(VENDOR)
    vendors.task(**first)
    begin, both_have_read = Barrier(2), Barrier(2)
    real = Calls.change

    def change(calls: Calls, id_: str, body: Any) -> None:
        # Without a lock, both tasks read the vendor before one of them writes, and the second write undoes the first one.
        with suppress(BrokenBarrierError):
            both_have_read.wait(timeout=0.2)
        both_have_read.reset()
        real(calls, id_, body)

    monkeypatch.setattr(Calls, "change", change)

    def listed(number: int) -> set[tuple[str, ...]]:
        inner: dict[str, Any] = {"payment_information": {"payee_name": f"Payee {number}"}, "phone": f"555-020{number}"}
        begin.wait()
        return actions(vendors.many([{"name": first["name"], **inner}]))

    def single(number: int) -> tuple[str, ...]:
        inner: dict[str, Any] = {
            "payment_information": {"email": f"pay{number}@example.com"},
            "short_name": f"Short {number}",
        }
        begin.wait()
        return vendors.task(name=first["name"], **inner).actions

    with ThreadPoolExecutor(2) as both:
        for number in range(2):
            of_list, of_single = both.submit(listed, number), both.submit(single, number)
            assert (of_list.result(), of_single.result()) == ({("change",)}, ("change",))
            found = vendors.stored()[-1]
            assert found["paymentInformation"] == {"payeeName": f"Payee {number}", "email": f"pay{number}@example.com"}
            assert (found["phone"], found["shortName"]) == (f"555-020{number}", f"Short {number}")
    others: dict[str, Any] = {name: first[name] for name in ("name", "address", "additional_info")}
    assert vendors.task(**others).actions == ()
    assert vendors.writes() == ["POST /v3/vendors"] + [f"PATCH /v3/vendors/{found['id']}"] * 4


@pytest.mark.promise(20)
def test_customers_that_purge_archives_get_no_contacts_of_the_listed_ones(
    open_tasks: Callable[[Resource], ResourceTasks],
) -> None:
    tasks = open_tasks(CUSTOMER)
    listed = {"name": "Fir Cafe", "email": "office@fir.example", "contacts": [{"email": "ann@fir.example"}]}
    results = tasks.many([listed], purge=True, check_mode=True)
    assert len(results) > 1
    assert [bool(each.desired.children) for each in results] == [True] + [False] * (len(results) - 1)


@pytest.mark.promise(20)
def test_contact_that_did_not_take_a_value_is_warned_about(
    open_tasks: Callable[[Resource], ResourceTasks],
) -> None:
    tasks = open_tasks(CUSTOMER)
    tasks.bill.post("settings", empty_clears=False)
    customer = {"name": "Fir Cafe", "email": "office@fir.example"}
    contact = {"email": "ann@fir.example", "phone": "555-0100"}
    for contacts in ([contact], [{"email": contact["email"], "clear": ["phone"]}]):
        (result,) = tasks.many([{**customer, "contacts": contacts}])
        done = with_children(tasks.calls(), result, check_mode=False)
    assert done.errors == []
    assert done.warnings[0].startswith(
        "BILL accepted the request for contact 'ann@fir.example', but it has other values"
    )
