# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls to BILL's endpoints from a play: the recipes, sessions that end, and data that never leaves the controller."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import spend_world, world
from tests.emulator.control_client import Control
from tests.integration import payer as accounts
from tests.integration.project import Project, secrets_in
from tests.integration.request_tasks import LOGIN, VENDORS, bodies, call, calls_received, may_pay, that

HERE = world.ORGANIZATION.id
TRANSACTIONS = "/v3/spend/transactions"


def queries(bill: Control, path: str) -> list[dict[str, str]]:
    return [each["query"] for each in bill.received() if each["path"] == path]


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(14)
@pytest.mark.promise(15)
def test_request_ten_thousand_records_sends_hundred_requests_and_one_login(project: Project, bill: Control) -> None:
    project.without_vault()
    project.environ |= {
        "BILL_USERNAME": world.LARGE_USER.username,
        "BILL_PASSWORD": world.LARGE_USER.password,
        "BILL_ORGANIZATION_ID": world.LARGE_ORGANIZATION.id,
        "BILL_DEV_KEY": world.DEV_KEY,
    }
    run = project.play(
        # Without no_log, -v shows all records.
        call(paginate=True, sort="createdTime:asc", task={"no_log": True}),
        that(
            "answer.results | map(attribute='id') | unique | length == 10000 and answer.results | length == 10000",
            "answer.results[0].id == first and answer.results[9999].id == last",
            "answer.pages == 100 and answer.status == 200 and not answer.changed and 'json' not in answer",
        ),
        arguments=("-v",),
        vars={"first": "00905VENDOR000000001", "last": "00905VENDOR000010000"},
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts") == {LOGIN: 1, VENDORS: 100}
    assert {query["max"] for query in queries(bill, "/v3/vendors")} == {"100"}
    for pages in (1, 50, 100):
        assert run.shows(f"bill.connect: records of /v3/vendors: {pages * 100}, pages: {pages}\n"), pages


@pytest.mark.promise(2)
@pytest.mark.promise(9)
@pytest.mark.promise(14)
def test_request_vendor_bill_and_payment_in_one_play_are_created(payer: Project, bill: Control) -> None:
    may_pay(payer)
    vendor = {"name": "Acorn Paper", "address": {"line1": "1 Main Street", "city": "Portland", "country": "US"}}
    line = {"amount": 120.5, "description": "Paper, 10 % off"}
    of_bill = {"vendorId": "{{ vendor.json.id }}", "dueDate": "2026-12-31", "billLineItems": [line]}
    payment = {"billId": "{{ bill.json.id }}", "vendorId": "{{ vendor.json.id }}", "amount": 120.5}

    def make(what: str, body: Any, **options: Any) -> Any:
        task = {"register": what}
        return call(f"/v3/{what}s", f"Make the {what}", task, method="POST", body=body, **options)

    run = payer.play(
        make("vendor", vendor),
        make("bill", of_bill),
        make("payment", payment, require_trusted=True, expected_status=201),
        *(
            that(f"{each}.status == 201 and {each}.changed and {each}.json.id is string", f"'results' not in {each}")
            for each in ("vendor", "bill", "payment")
        ),
        call("/v3/vendors/{{ vendor.json.id }}/archive", method="POST"),
        that("answer.changed and answer.status == 200"),
        call("{{ bill_api_url }}/v3/vendors/{{ vendor.json.id }}"),
        that("answer.json.name == 'Acorn Paper' and answer.json.archived and not answer.changed"),
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    assert run.recap()["changed"] == 4
    made = bill.get(f"objects/vendors?organization_id={HERE}")[world.ORGANIZATION.vendors :]
    assert [each["name"] for each in made] == ["Acorn Paper"]
    [owed] = [each for each in bill.get(f"objects/bills?organization_id={HERE}") if each["vendorId"] == made[0]["id"]]
    assert owed["amount"] == 120.5
    [paid] = bill.get("payments")
    assert paid["payment"].items() >= {"billId": owed["id"], "vendorId": made[0]["id"], "amount": 120.5}.items()
    assert bodies(bill, "POST /v3/bills")[0]["billLineItems"] == [line]
    # One session serves all tasks, and it was trusted from the start.
    assert [each for each in bill.get("counts") if "login" in each or "mfa" in each] == [LOGIN]


@pytest.mark.promise(14)
def test_request_filters_and_sort_return_matching_records(project: Project, bill: Control) -> None:
    """The emulator reads the filters in BILL's syntax, and finds exactly the intended records."""
    everyone = world.vendors(HERE)
    names = sorted({each["name"] for each in everyone})[:2]
    wanted: list[tuple[Any, str, list[dict[str, Any]]]] = [
        (
            [{"field": "archived", "op": "eq", "value": True}],
            "archived:eq:true",
            [each for each in everyone if each["archived"]],
        ),
        (
            [
                {"field": "archived", "op": "eq", "value": "{{ no }}"},
                {"field": "createdTime", "op": "gte", "value": "2024-10-20"},
                {"field": "name", "op": "sw", "value": "Acorn P"},
            ],
            'archived:eq:false,createdTime:gte:"2024-10-20",name:sw:"Acorn P"',
            [
                each
                for each in everyone
                if not each["archived"] and each["createdTime"] >= "2024-10-20" and each["name"].startswith("Acorn P")
            ],
        ),
        (
            [{"field": "id", "op": "in", "value": [everyone[7]["id"], everyone[3]["id"]]}],
            f'id:in:"{everyone[7]["id"]},{everyone[3]["id"]}"',
            [everyone[7], everyone[3]],
        ),
        (
            [{"field": "name", "op": "eq", "value": names[1]}],
            f'name:eq:"{names[1]}"',
            [each for each in everyone if each["name"] == names[1]],
        ),
        (
            'accountType:ne:"BUSINESS",archived:eq:true',
            'accountType:ne:"BUSINESS",archived:eq:true',
            [each for each in everyone if each["accountType"] != "BUSINESS" and each["archived"]],
        ),
    ]
    tasks: list[dict[str, Any]] = []
    for filters, _text, records in wanted:
        expected = [each["id"] for each in sorted(records, key=lambda one: (one["name"], one["id"]))]
        assert 0 < len(expected) < 100
        tasks += [
            call(filters=filters, sort=["name:asc", "createdTime:desc"], page_size=100),
            that(
                f"answer.json.results | map(attribute='id') | sort == {sorted(expected)}",
                "answer.json.results | map(attribute='name') == answer.json.results | map(attribute='name') | sort",
            ),
            call(filters=filters, paginate=True, page_size=2, max_results=3, sort="createdTime:desc"),
            that(
                f"answer.results | map(attribute='id') == {[each['id'] for each in latest(records)[:3]]}",
                f"answer.pages == {min(2, (len(expected) + 1) // 2)}",
            ),
        ]
    run = project.play(*tasks, vars={"no": False})
    assert run.code == 0, run.output
    received = [key for key, _same in groupby(each["filters"] for each in queries(bill, "/v3/vendors"))]
    assert received == [text for _filters, text, _records in wanted]
    assert {each["sort"] for each in queries(bill, "/v3/vendors")} == {"name:asc,createdTime:desc", "createdTime:desc"}


def latest(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda one: one["createdTime"], reverse=True)


@pytest.mark.promise(1)
@pytest.mark.promise(14)
@pytest.mark.parametrize("method", [accounts.SPEND_TOKEN, accounts.CLIENT], ids=["spend_token", "oauth"])
def test_request_list_of_each_api_follows_its_own_page_cursor(
    project: Project, bill: Control, method: dict[str, Any]
) -> None:
    """With the task, and with the lookup in a loop, in a template and outside of one."""
    project.without_vault()
    of_spend = method is accounts.SPEND_TOKEN
    path, cursor = (TRANSACTIONS, "nextPage") if of_spend else ("/v3/vendors", "page")
    every = spend_world.transactions("") if of_spend else world.vendors(HERE)
    project.variables(bill_api_url=project.api_url, **method)
    (project.folder / "names.j2").write_text(
        "{% for each in query('bill.connect.bill_request', path, sort='createdTime:asc', page_size=3) %}"
        "<{{ each.id }}>{% endfor %}\n"
        "{{ lookup('bill.connect.bill_request', path ~ '/' ~ answer.results[1].id).id }}"
    )
    run = project.play(
        call(path, paginate=True, sort="createdTime:asc", max_results=250),
        that(
            f"answer.results | map(attribute='id') == {[each['id'] for each in every[:250]]}",
            # Documented by BILL: at most 50 transactions on a page.
            f"answer.pages == {5 if of_spend else 3} and answer.status == 200",
            "query('bill.connect.bill_request', path, paginate=true, sort='createdTime:asc', max_results=250) == answer.results",
            "query('bill.connect.bill_request', path, path, page_size=2) | length == 4",
            f"lookup('bill.connect.bill_request', path, paginate=true) | length == {len(every)}",
        ),
        {
            "name": "Loop",
            "ansible.builtin.debug": {"msg": "{{ index }}={{ item.id }}"},
            "loop": "{{ query('bill.connect.bill_request', path, sort='createdTime:desc', page_size=2) }}",
            "loop_control": {"index_var": "index", "label": "{{ item.id }}"},
        },
        {
            "name": "Loop with_",
            "ansible.builtin.debug": {"msg": "with={{ item.id }}"},
            "with_bill.connect.bill_request": [f"{path}/{every[4]['id']}"],
        },
        {"name": "Template", "ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', 'names.j2') }}"}},
        vars={"path": path},
    )
    assert run.code == 0, run.output
    for text in (f"0={every[-1]['id']}", f"1={every[-2]['id']}", f"with={every[4]['id']}"):
        assert run.shows(text), text
    assert run.shows("".join(f"<{each['id']}>" for each in every[:3]))
    # Each list of several pages follows the cursors of its earlier pages.
    assert [cursor in each for each in queries(bill, path)][:3] == [False, True, True]
    assert len({each[cursor] for each in queries(bill, path)[:3] if cursor in each}) == 2
    assert not any({"page", "nextPage"} - {cursor} & set(each) for each in queries(bill, path))
    assert bill.get("counts").get("POST /connect/authx/token", 0) == (not of_spend)


def test_request_of_partner_sends_organization_in_header(project: Project, bill: Control) -> None:
    project.without_vault()
    accounts.only(project, accounts.PARTNER)
    bill.fault("GET /v3/partner/users", json={"results": [{"id": "00601ALEXPARKER00001"}]})
    run = project.play(
        call("/v3/partner/users", headers={"organizationId": "{{ client }}"}, sort="createdTime:desc"),
        that("answer.json.results[0].id == '00601ALEXPARKER00001'"),
        call("/v3/partner/organizations", paginate=True),
        that("answer.results | length == 2 and answer.pages == 1"),
        vars={"client": HERE},
    )
    assert run.code == 0, run.output
    [users, organizations] = [each for each in bill.received() if each["method"] == "GET"]
    assert users["headers"]["organizationid"] == HERE
    assert users["headers"]["appkey"] == world.PARTNER.app_key
    assert users["query"] == {"sort": "createdTime:desc"}
    assert "organizationid" not in organizations["headers"]


END_SESSIONS = {
    "name": "Somebody signs everybody out",
    "ansible.builtin.uri": {
        "url": "{{ bill_api_url | replace('/connect', '/control/sessions/end') }}",
        "method": "POST",
        "body": {},
        "body_format": "json",
    },
}


@pytest.mark.promise(1)
@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_request_session_expired_between_tasks_is_renewed_and_sent_once_more(payer: Project, bill: Control) -> None:
    """For a read, a write and a lookup. A write that BILL did not do is done once."""
    may_pay(payer)
    run = payer.play(
        call("/v3/vendors", page_size=1),
        END_SESSIONS,
        call("/v3/vendors", page_size=1),
        that("answer.status == 200 and not answer.changed"),
        END_SESSIONS,
        call("/v3/payments", method="POST", require_trusted=True, body={"vendorId": "009", "amount": 1}),
        that("answer.status == 201 and answer.changed"),
        END_SESSIONS,
        that("query('bill.connect.bill_request', '/v3/vendors', page_size=1) | length == 1"),
    )
    assert run.code == 0, run.output
    assert [(each["method"], each["path"], each["status"]) for each in bill.received()] == [
        ("POST", "/v3/login", 200),
        ("GET", "/v3/vendors", 200),
        ("GET", "/v3/vendors", 401),
        ("GET", "/v3/login/session", 401),
        ("POST", "/v3/login", 200),
        ("GET", "/v3/vendors", 200),
        ("POST", "/v3/payments", 401),
        ("GET", "/v3/login/session", 401),
        ("POST", "/v3/login", 200),
        ("POST", "/v3/payments", 201),
        ("GET", "/v3/vendors", 401),
        ("GET", "/v3/login/session", 401),
        ("POST", "/v3/login", 200),
        ("GET", "/v3/vendors", 200),
    ]
    assert bill.get("state")["payments"] == 1


@contextmanager
def ending_sessions_while(bill: Control, pages: int) -> Iterator[None]:
    """End all sessions after BILL has received this many page requests."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            if bill.get("counts").get(VENDORS, 0) >= pages:
                bill.post("sessions/end")
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_request_session_expired_between_pages_is_renewed_and_continues(project: Project, bill: Control) -> None:
    # The fourth page takes time, and the session ends before its response.
    bill.fault(VENDORS, after=3, slow=1)
    project.watch = lambda _pid: ending_sessions_while(bill, 4)
    run = project.play(
        call(paginate=True, page_size=50, sort="createdTime:asc"),
        that(
            f"answer.results | map(attribute='id') == {[each['id'] for each in world.vendors(HERE)]}",
            "answer.pages == 7 and not answer.changed",
        ),
    )
    assert run.code == 0, run.output
    read = [each for each in bill.received() if each["path"] == "/v3/vendors"]
    whose = [(sessions, len(list(same))) for sessions, same in groupby(each["headers"]["sessionid"] for each in read)]
    # The new session reads the page again for which the old session had ended.
    assert [count for _session, count in whose] == [4, 4]
    assert [each["status"] for each in read].count(200) == 7
    # No page with a response was read again.
    answered = [each["query"].get("page") for each in read if each["status"] == 200]
    assert len(set(answered)) == 7
    assert bill.get("counts")[LOGIN] == 2


@pytest.mark.promise(1)
@pytest.mark.promise(11)
def test_concurrency_limit_forty_hosts_send_at_most_three_requests_at_once(project: Project, bill: Control) -> None:
    project.hosts(*(f"host{number:02}" for number in range(40)))
    bill.post("settings", latency=0.05)
    run = project.play(
        call(page_size=3), that("answer.json.results | length == 3"), arguments=("--forks", "40"), strategy="free"
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    assert {code for each in bill.received() for code in each["codes"]} == set()
    # At least two, otherwise no requests ran at the same time.
    assert 2 <= bill.get("state")["peak_in_flight"] <= 3
    assert bill.get("counts") == {LOGIN: 1, VENDORS: 40}


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_request_read_with_server_or_connection_error_is_retried(project: Project, bill: Control) -> None:
    project.leap_over_waits()
    faults: tuple[dict[str, Any], ...] = (
        {"status": 503},
        {"code": "BDC_1001"},
        {"reset": True},
        {"cut": True},
        {"code": "BDC_1322"},
    )
    for fault in faults:
        bill.fault(VENDORS, **fault)
    run = project.play(call(retries=5), that("answer.json.results | length == 20"), arguments=("-v",))
    assert run.code == 0, run.output
    assert bill.get("counts") == {LOGIN: 1, VENDORS: 6}
    assert run.shows("Trying again in")
    assert run.shows("(5 of 5).")


@pytest.mark.promise(9)
def test_too_many_requests_are_waited_for_and_a_refused_write_is_not_done(project: Project, bill: Control) -> None:
    project.leap_over_waits()
    bill.fault("POST /v3/login", status=429, retry_after=7)
    bill.fault("GET /v3/vendors", status=429, retry_after=7)
    bill.fault("GET /v3/vendors", status=408)
    refused = {"response_status": 1, "response_data": {"error_code": "BDC_1152", "error_message": "Invalid date"}}
    bill.fault("POST /v3/vendors", json=refused)
    run = project.play(
        call(page_size=1),
        that("answer.status == 200"),
        call(method="POST", body={"name": "Oak"}, task={"ignore_errors": True}),
        that("answer is failed and not answer.changed and not answer.uncertain and answer.codes == ['BDC_1152']"),
    )
    assert run.code == 0, run.output
    assert run.shows("BILL answered BDC_1152 (HTTP status 200) to POST /v3/vendors: Invalid date"), run.output
    assert received_by(bill) == ["POST /v3/login"] * 2 + [VENDORS] * 3 + ["POST /v3/vendors"]

    # In every envelope a refused credential is sent once.
    envelope = '{"errorCode": "BDC_1101", "errorMessage": "User name and/or password do not match our records."}'
    bill.post("reset")
    bill.fault("POST /v3/login", times=None, status=401, body=envelope, content_type="application/json")
    project.hosts("one", "two")
    run = project.play({"name": "Sign in", "bill.connect.bill_login": {"session_store": str(project.home / "other")}})
    assert run.shows("BILL answered BDC_1101: the user name, the password or the token is wrong."), run.output
    assert run.recap("two")["failed"] == 1
    assert received_by(bill) == ["POST /v3/login"]


def received_by(bill: Control) -> list[str]:
    return [f"{each['method']} {each['path']}" for each in bill.received()]


@pytest.mark.promise(9)
def test_request_hourly_limit_reached_sends_nothing_until_next_hour(project: Project, bill: Control) -> None:
    """No later task, lookup or run sends a request."""
    # The time is late enough for the session to reach the next hour.
    bill.post("clock", set="2026-03-02T10:40:00Z")
    ahead_of(project, bill)
    bill.fault("GET /v3/bills", times=None, code="BDC_1144")
    ignore = {"ignore_errors": True}
    run = project.play(
        call("/v3/bills", expected_status=[200, 422], task=ignore),
        that("answer.codes == ['BDC_1144'] and answer.status == 422 and not answer.uncertain"),
        call(task=ignore),
        that("answer is failed and answer.codes == ['BDC_1144'] and 'BDC_1144' in answer.msg"),
        call("/v3/vendors", method="POST", body={}, task=ignore),
        that("answer is failed and not answer.uncertain"),
        call(task={**ignore, "until": "answer is success", "retries": 2, "delay": 0}),
        {**that("query('bill.connect.bill_request', '/v3/vendors')"), **ignore},
    )
    assert run.code == 0, run.output
    assert run.recap()["ignored"] == 5
    assert project.play(call()).code == 2
    assert calls_received(bill) == ["GET /v3/bills"]
    bill.advance(1260)
    ahead_of(project, bill)
    assert project.play(call()).code == 0
    assert calls_received(bill) == ["GET /v3/bills", VENDORS]


def ahead_of(project: Project, bill: Control) -> None:
    """Set the controller's clock to BILL's time."""
    project.environ |= {
        "PYTHONPATH": str(Path(__file__).with_name("clock")),
        "CONTROLLER_AHEAD": str(bill.get("clock")["offset"]),
    }


@pytest.mark.promise(8)
@pytest.mark.promise(9)
def test_request_error_response_is_reported_in_words_of_bill(project: Project, bill: Control) -> None:
    body = {"email": "x", "note": "{{ bill_dev_key }}"}
    bill.fault(
        "PATCH /v3/vendors/*",
        status=400,
        content_type="application/json",
        body=f'[{{"code": "BDC_1119", "message": "note: not this: {world.DEV_KEY}"}}, {{"message": "email: no e-mail"}}]',
    )
    ignore = {"ignore_errors": True}
    run = project.play(
        call(method="POST", body=body, task=ignore),
        that(
            "answer.status == 400 and answer.codes == ['BDC_1108'] and not answer.changed and not answer.uncertain",
            "answer.errors == [{'code': 'BDC_1108', 'message': 'name: must not be blank'},"
            " {'code': 'BDC_1108', 'message': 'address: must not be null'}]",
            "'sent' not in answer and 'look_at' not in answer",
        ),
        call(f"/v3/vendors/{world.vendors(HERE)[0]['id']}", method="PATCH", body={"note": "x"}, task=ignore),
        that(
            "answer.codes == ['BDC_1119']",
            "answer.errors[1] == {'code': none, 'message': 'email: no e-mail'}",
            "answer.errors[0].message == 'note: not this: ********'",
        ),
        call("/v3/bills/00n01NOSUCHBILL00001", expected_status=[200, 404]),
        that("answer.status == 404 and answer.json[0].code == 'BDC_1120' and not answer.changed and answer is success"),
        call("/v3/bills/00n01NOSUCHBILL00001", task=ignore),
        that("answer.status == 404 and answer.codes == ['BDC_1120']"),
        call("/v3/bill", task=ignore),
        that("answer.status == 404 and 'Check path and method' in answer.msg"),
        call(filters="archived:is:false", task=ignore),
        that("answer.codes == ['BDC_1131'] and 'Invalid list filter operator' in answer.msg"),
        call(expected_status=204, task=ignore),
        that("answer.status == 200 and 'expected_status' in answer.msg and answer.codes == []"),
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert run.shows("name: must not be blank; address: must not be null")
    assert secrets_in(run.output) == []
    assert bill.get("counts")["POST /v3/vendors"] == 1
    assert bill.get("counts")[LOGIN] == 1


BAD: dict[str, dict[str, Any]] = {
    "There is no option filter. Did you mean filters?": {"filter": "x"},
    "path must begin with /v3/. What comes before that is api_url.": {"path": "/vendors"},
    "path is an address that does not begin with api_url and /v3/.": {"path": "https://bill.example.com/v3/vendors"},
    "path has nothing between two slashes, or after the last slash. BILL's paths have no empty parts. Perhaps a variable in it is empty": {
        "path": "/v3/vendors/{{ nothing }}"
    },
    "filters: number 1 has an unknown key. Did you mean op?": {
        "filters": [{"field": "archived", "opp": "eq", "value": True}]
    },
    "filters: number 1 (archived) has an operator that BILL does not have. Did you mean eq?": {
        "filters": [{"field": "archived", "op": "eqs", "value": True}]
    },
    "body is for writes. Leave it out, or set method": {"body": {"name": "x"}},
    "max_results is a limit for paginate: true. Set paginate: true": {"max_results": 5},
    "The option page_size must be between 1 and 100.": {"page_size": 101},
    "The option expected_status must be one HTTP status or a list of them, each from 200 to 299 or from 400 to 499.": {
        "expected_status": 301
    },
    "The option page_size sets the parameter max, but the parameter is also in the query.": {
        "query": {"max": 5},
        "page_size": 5,
    },
    "sort: number 1 (name) has a direction that BILL does not have. Write one of asc, desc.": {
        "sort": "name:descending"
    },
    "The option method must be one of GET, POST, PUT, PATCH, DELETE.": {"method": "post"},
    "headers.devKey cannot be set: bill.connect sends this header itself": {"headers": {"devKey": "x"}},
    "The query (in path, query or filters) contains a credential.": {"query": {"note": "{{ bill_dev_key }}"}},
    "The option path is missing.": {"path": ""},
}


@pytest.mark.promise(8)
@pytest.mark.promise(15)
def test_request_invalid_option_is_reported_and_nothing_is_sent(project: Project, bill: Control) -> None:
    """The check needs no session, and check mode runs it as well."""
    tasks = [
        call(**{"path": "/v3/vendors", **options}, name=f"Bad {number}", task={"ignore_errors": True})
        for number, options in enumerate(BAD.values())
    ]
    looked_up = that("query('bill.connect.bill_request', '/v3/vendors', '/v3/vendors/', page_size=1)")
    for arguments in ((), ("--check",)):
        run = project.play(*tasks, looked_up, vars={"nothing": ""}, arguments=arguments)
        assert run.code == 2
        assert run.recap()["ignored"] == len(BAD), run.output
        for message in BAD:
            assert run.shows(message), message
        assert secrets_in(run.output) == []
    assert run.shows("path has nothing between two slashes")
    # The lookup read its first list before it came to the second.
    assert bill.get("counts") == {LOGIN: 1, VENDORS: 2}


@pytest.mark.promise(14)
def test_request_task_keywords_work_as_usual(project: Project, bill: Control) -> None:
    project.hosts("one", "two")
    no_such = {"group/bill.connect.bill": {"organization_id": world.SECOND_ORGANIZATION.id}}
    run = project.play(
        call(page_size=1, task={"module_defaults": no_such, "run_once": True}),
        that("answer.json.results[0].id is match('00902')", name="The defaults of the group reach it"),
        call(
            "/v3/vendors/{{ item }}",
            task={"loop": [f"00901VENDOR{number:09}" for number in (3, 4)], "register": "both", "run_once": True},
        ),
        that("both.results | map(attribute='json') | map(attribute='email') | list == mails"),
        call(task={"delegate_to": "elsewhere", "run_once": True}),
        call(task={"async": 5, "poll": 1, "ignore_errors": True, "run_once": True}),
        vars={"mails": [f"billing{number}@example.com" for number in (3, 4)]},
    )
    assert run.code == 0, run.output
    assert run.shows(
        "bill.connect.bill_request always runs on the controller; delegate_to does not change which machine sends the requests to BILL"
    )
    assert run.shows("async is not supported") or run.shows("does not support async"), run.output
    assert [each for each in calls_received(bill) if each == VENDORS] == [VENDORS] * 2
    assert bill.get("counts")[LOGIN] == 2
