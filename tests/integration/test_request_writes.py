# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes to BILL from a play: never twice, never in check mode, and BILL gets exactly what the user wrote."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import Any

import pytest

from tests.emulator import server, world
from tests.emulator.control_client import Control
from tests.integration.project import Project, secrets_in
from tests.integration.request_tasks import (
    LOGIN,
    ONE_PAYMENT,
    VENDORS,
    amounts_paid,
    bodies,
    call,
    calls_received,
    may_pay,
    pay,
    that,
)

PAYMENTS = "GET /v3/payments"
IGNORE = {"ignore_errors": True}
NEVER_TWICE = "bill.connect does not send it again. Read /v3/payments (sort: createdTime:desc), or check in BILL's web app, before you repeat it."

DONE, NOT_DONE, DONE_LATER = "there", "not there", "there later"
# How the response is lost, whether BILL pays, and the options and keywords of the task.
LOST: dict[str, tuple[dict[str, Any], str, dict[str, Any], dict[str, Any]]] = {
    "The connection is reset after BILL has paid": ({"reset": True, "acted": True}, DONE, {}, {}),
    "The connection is reset": ({"reset": True}, NOT_DONE, {}, {}),
    "The response is cut off": ({"cut": True}, DONE, {}, {}),
    "The response trickles": ({"drip": 4}, DONE, {"timeout": 1}, {}),
    "The response comes too late": ({"slow": 2}, DONE_LATER, {"timeout": 1}, {}),
    "The task runs out of its time": ({"slow": 4}, DONE_LATER, {}, {"timeout": 2}),
    "The response is not JSON": ({"not_json": True}, NOT_DONE, {}, {}),
    "A fault of a gateway before BILL": ({"status": 503}, NOT_DONE, {}, {}),
    "A fault of BILL": ({"code": "BDC_1001"}, NOT_DONE, {}, {}),
    "A fault after BILL has paid": ({"status": 502, "acted": True}, DONE, {}, {}),
    "The response leads elsewhere": ({"redirect": "https://bill.example.com/"}, NOT_DONE, {}, {}),
}


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.promise(15)
def test_payment_response_lost_is_sent_once_and_can_be_found(payer: Project, bill: Control) -> None:
    """In each case the play learns that the result is unknown, and finds it out where the message says."""
    may_pay(payer)
    tasks: list[dict[str, Any]] = []
    for number, (what, (fault, _paid, options, keywords)) in enumerate(LOST.items(), 1):
        bill.fault(ONE_PAYMENT, **fault)
        look: dict[str, Any] = {
            "path": "{{ ansible_failed_result.look_at.path }}",
            "sort": "{{ ansible_failed_result.look_at.sort }}",
            "task": {"register": "latest"},
        }
        tasks.append(
            {
                "name": what,
                "block": [pay(number, task=keywords, **options)],
                "rescue": [
                    that(
                        "answer.failed and answer.uncertain and not answer.changed",
                        "answer.sent == {'method': 'POST', 'url': bill_api_url ~ '/v3/payments', 'body': sent}",
                        "answer.look_at == {'path': '/v3/payments', 'sort': 'createdTime:desc'}",
                        f"never_twice in answer.msg and {number} == answer.sent.body.amount",
                    ),
                    call(**look),
                    {
                        "name": "Tell",
                        "ansible.builtin.debug": {
                            "msg": f"{number} is {{{{ 'there' if {number} in latest.json.results | map(attribute='amount')"
                            " else 'not there' }}"
                        },
                    },
                ],
                "vars": {"sent": {"vendorId": "00901VENDOR000000001", "amount": number}, "never_twice": NEVER_TWICE},
            }
        )
    run = payer.play(*tasks)
    assert run.code == 0, run.output
    assert run.recap()["rescued"] == len(LOST)
    assert run.recap()["changed"] == 0
    assert calls_received(bill) == [ONE_PAYMENT, PAYMENTS] * len(LOST)
    for number, (_fault, paid, _options, _keywords) in enumerate(LOST.values(), 1):
        assert paid == DONE_LATER or run.shows(f"{number} is {paid}"), number
    expected = [number for number, each in enumerate(LOST.values(), 1) if each[1] != NOT_DONE]
    until = time.monotonic() + 10
    while sorted(amounts_paid(bill)) != expected:
        assert time.monotonic() < until, amounts_paid(bill)
    assert bill.get("faults") == []


@pytest.mark.promise(10)
@pytest.mark.promise(5)
def test_payment_response_lost_with_until_or_loop_is_sent_once(payer: Project, bill: Control) -> None:
    may_pay(payer)
    lost = {"reset": True, "acted": True}
    bill.post("faults", on=ONE_PAYMENT, **lost)
    bill.post("faults", on=ONE_PAYMENT, after=1, **lost)
    run = payer.play(
        pay(1, task={**IGNORE, "until": "answer is success", "retries": 3, "delay": 0}),
        that("answer.uncertain and answer.attempts == 3 and answer.sent.body.amount == 1"),
        # The first of these has a response. The next task's payments have none.
        pay(2, "Pay in between"),
        pay("{{ item.amount }}", "Pay both", task={**IGNORE, "loop": "{{ due }}", "loop_control": {"label": "one"}}),
        that(
            "answer.results | map(attribute='failed') | list == [true, false]",
            "answer.results[0].uncertain and answer.results[1].status == 201",
        ),
        # The same task with other values is another payment.
        pay(5, "Pay more"),
        vars={"due": [{"amount": 3}, {"amount": 4}]},
    )
    assert run.code == 0, run.output
    assert [int(each["amount"]) for each in bodies(bill, ONE_PAYMENT)] == [1, 2, 3, 4, 5]
    assert [int(each) for each in amounts_paid(bill)] == [1, 2, 3, 4, 5]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_payment_done_with_until_is_not_sent_again(payer: Project, bill: Control) -> None:
    may_pay(payer)
    again = {"retries": 3, "delay": 0, **IGNORE}
    run = payer.play(
        # BILL returns 201, and the condition of until never becomes true.
        pay(1, expected_status=200, task={"until": "answer is succeeded", **again}),
        that("answer is failed and answer.changed and not answer.uncertain and answer.json.amount == 1"),
        pay(2, task={"until": "answer.json.amount == 3", **again}),
        that("answer.changed and answer.json.amount == 2 and answer.attempts == 3"),
    )
    assert run.code == 0, run.output
    assert amounts_paid(bill) == [1, 2]


@pytest.mark.promise(14)
def test_request_record_with_keys_of_results_does_not_affect_task(project: Project, bill: Control) -> None:
    odd = {"id": "1", "unreachable": True, "failed": True, "changed": True}
    bill.post("faults", on="GET /v3/vendors", json={"results": [odd, {"id": "2"}]})
    run = project.play(call(paginate=True), that("answer.results | length == 2 and answer is not changed"))
    assert run.code == 0, run.output


@pytest.mark.promise(5)
def test_request_session_id_in_url_is_not_sent(project: Project, bill: Control) -> None:
    run = project.play(
        {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"},
        call(query={"x": "{{ bill.session_id }}"}, task=IGNORE),
        that("answer is failed and 'contains a credential' in answer.msg"),
        call("/v3/vendors/{{ bill.session_id }}", task=IGNORE),
        that("answer is failed and 'contains a credential' in answer.msg"),
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert calls_received(bill) == []
    assert "SESSION-" not in run.output


@pytest.mark.promise(10)
def test_payment_refused_before_processing_is_retried(payer: Project, bill: Control) -> None:
    may_pay(payer)
    payer.leap_over_waits()
    bill.post("faults", on=ONE_PAYMENT, times=2, code="BDC_1322")
    run = payer.play(pay(1), that("answer.changed and answer.status == 201"), arguments=("-v",))
    assert run.code == 0, run.output
    assert run.shows("Trying again in")
    assert run.shows("(2 of 3).")
    bill.post("faults", on=ONE_PAYMENT, times=None, code="BDC_1322")
    run = payer.play(
        pay(2, retries=1, expected_status=[201, 422], task=IGNORE),
        that("answer is failed and answer.codes == ['BDC_1322'] and not answer.uncertain and 'sent' not in answer"),
    )
    assert run.code == 0, run.output
    assert calls_received(bill) == [ONE_PAYMENT] * 5
    assert amounts_paid(bill) == [1]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_payment_connection_refused_is_retried_and_not_uncertain(payer: Project) -> None:
    with server.running() as elsewhere:
        may_pay(payer, bill_api_url=elsewhere)
        payer.environ["BILL_API_URL"] = elsewhere
        assert payer.play(pay(1)).code == 0
        assert Control(elsewhere).get("state")["payments"] == 1
    payer.leap_over_waits()
    run = payer.play(
        pay(2, task=IGNORE),
        that(
            "answer is failed and not answer.uncertain and answer.status is none and answer.codes == []",
            "'sent' not in answer and 'refused the connection' in answer.msg",
        ),
        arguments=("-v",),
    )
    assert run.code == 0, run.output
    assert run.shows("(3 of 3).")


@pytest.mark.promise(8)
@pytest.mark.promise(9)
def test_payment_without_trust_does_not_sign_in_again(project: Project, bill: Control) -> None:
    """If trust is required, the task sends nothing, also in check mode. Otherwise BILL returns the error."""
    trust = "Run the role bill.connect.trust: a person enters the MFA code"
    run = project.play(
        pay(1, require_trusted=False, task=IGNORE),
        that(
            "answer.codes == ['BDC_1361'] and answer.status == 403 and not answer.uncertain",
            "'bill.connect.trust' in answer.msg",
        ),
    )
    assert run.code == 0, run.output
    assert bill.get("counts") == {LOGIN: 1, ONE_PAYMENT: 1}
    for arguments in ((), ("--check",)):
        run = project.play(
            pay(2, task=IGNORE), that("not answer.uncertain and not answer.changed"), arguments=arguments
        )
        assert run.code == 0, run.output
        assert run.shows(trust), run.output
        assert run.recap()["ignored"] == 1
    assert bill.get("counts")[LOGIN] == bill.get("counts")[ONE_PAYMENT] == 1


@pytest.mark.promise(12)
@pytest.mark.promise(5)
@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_request_check_mode_only_reads_and_diff_is_redacted(payer: Project, bill: Control, check: bool) -> None:
    may_pay(payer)
    bank = {"accountNumber": "3141592653589", "routingNumber": "121042882", "nameOnAccount": "Acorn"}
    body = {"name": "Acorn Paper", "address": {"city": "Portland"}, "paymentInformation": {"bankAccount": bank}}
    run = payer.play(
        call(page_size=1),
        that("answer.json.results | length == 1 and answer.status == 200 and not answer.changed"),
        call(method="POST", body=body),
        that("answer.changed"),
        that("answer.status is none and answer.json is none" if check else "answer.status == 201"),
        pay(7),
        that("answer.changed"),
        call("/v3/vendors/{{ vendor }}/archive", method="POST", task={"diff": False}),
        call(
            "/v3/vendors/{{ vendor }}",
            method="PATCH",
            body={"paymentInformation": {"bankAccount": bank}, "note": "a {{ bill_dev_key }} b"},
            task={"check_mode": True, "diff": True},
        ),
        that("answer.changed and answer.status is none"),
        call("/v3/vendors/{{ vendor }}", method="DELETE", task={"check_mode": True}),
        vars={"bill_dev_key": world.DEV_KEY, "vendor": world.vendors(world.ORGANIZATION.id)[0]["id"]},
        arguments=("--diff", *(["--check"] if check else [])),
    )
    assert run.code == 0, run.output
    api = f"+++ after: {{}} {payer.api_url}/v3"
    # BILL's response repeats a masked value, so the result is hidden. Its diff is shown.
    assert run.shows(f"{api.format('POST')}/vendors @@"), run.output
    assert run.shows(f"{api.format('POST')}/payments @@")
    assert run.shows('+ "amount": 7')
    assert run.shows(f"{api.format('PATCH')}/vendors/00901VENDOR000000001 @@")
    numbers = '+ "accountNumber": "********", + "routingNumber": "********", + "nameOnAccount": "Acorn"'
    assert run.times(numbers) == 2, run.output
    assert run.shows('+ "note": "********"')
    assert not run.shows("archive")
    assert "3141592653589" not in run.output
    assert "121042882" not in run.output
    assert secrets_in(run.output) == []
    written = [] if check else ["POST /v3/vendors", ONE_PAYMENT, "POST /v3/vendors/00901VENDOR000000001/archive"]
    assert calls_received(bill) == [VENDORS, *written]
    assert bodies(bill, "POST /v3/vendors") == ([] if check else [body])


@pytest.mark.promise(14)
def test_omitted_values_are_left_out_everywhere(project: Project, bill: Control) -> None:
    left_out = "{{ nobody_knows | default(omit) }}"
    in_list = [{"field": "accountType", "op": "in", "value": ["PERSON", left_out]}]
    deep = {"address": {"city": "Boston", "line2": left_out}, "notes": ["a", left_out, [left_out], {"b": left_out}]}
    lookup = "{{ query('bill.connect.bill_request', '/v3/vendors', nobody | default(omit), %s) | length }}"
    of_lookup = "filters=in_list, query={'max': 7, 'sort': nobody | default(omit)}, page_size=nobody | default(omit)"
    run = project.play(
        call(method="POST", body={"name": "Maple", **deep}),
        call(filters=in_list, query={"max": left_out, "sort": [left_out]}, headers={"X-One": left_out, "X-Two": "2"}),
        {"name": "Look up", "ansible.builtin.debug": {"msg": lookup % of_lookup}},
        vars={"in_list": in_list},
    )
    assert run.code == 0, run.output
    assert bodies(bill, "POST /v3/vendors") == [
        {"name": "Maple", "address": {"city": "Boston"}, "notes": ["a", [], {}]}
    ]
    # As for every module, a dictionary may be JSON, and a list may be JSON or have commas.
    options: dict[str, Any] = {"query": '{"max": 7}', "filters": '[{"field": "name", "op": "sw", "value": "Oak"}]'}
    texts = project.play(
        call(sort="name:asc, createdTime:desc", expected_status="200, 404", headers='{"X-Two": "2"}', **options),
    )
    assert texts.code == 0, texts.output
    last = bill.received()[-1]
    assert last["headers"]["x-two"] == "2"
    assert last["query"] == {"max": "7", "filters": 'name:sw:"Oak"', "sort": "name:asc,createdTime:desc"}
    if project.core < (2, 19):
        project.environ["ANSIBLE_ERROR_ON_UNDEFINED_VARS"] = "false"
        before = len(bill.received())
        run = project.play(call(method="POST", body={"name": "{{ nobody_knows }}"}))
        assert run.shows("The option body still contains a template, because the template refers to an undefined"), run
        assert len(bill.received()) == before
    read, looked_up, _texts = (each for each in bill.received() if each["method"] == "GET")
    assert read["query"] == {"filters": 'accountType:in:"PERSON"'}
    assert (read["headers"].get("x-one"), read["headers"]["x-two"]) == (None, "2")
    assert looked_up["query"] == {"max": "7", "filters": 'accountType:in:"PERSON"'}


@pytest.mark.promise(17)
def test_text_that_yaml_has_changed_is_refused_and_nothing_is_sent(project: Project, bill: Control) -> None:
    (project.folder / "site.yml").write_text(
        """\
- hosts: all
  gather_facts: false
  vars:
    routing: 021000021
  tasks:
    - name: A body
      bill.connect.bill_request:
        path: /v3/vendors
        method: POST
        body:
          name: Maple Paper Co.
          address: {line1: 1 Main Street, city: Boston, zipOrPostalCode: 02142, country: US}
      ignore_errors: true
    - name: A list in a body, and a variable
      bill.connect.bill_request:
        path: /v3/vendors/bulk
        method: POST
        body:
          - {name: Birch}
          - {name: Maple, paymentInformation: {bankAccount: {routingNumber: "{{ routing }}"}}}
      ignore_errors: true
    - name: Filters
      bill.connect.bill_request:
        path: /v3/vendors
        filters: [{field: address.country, op: eq, value: NO}]
      ignore_errors: true
    - name: A query
      bill.connect.bill_request:
        path: /v3/vendors/configuration/international-payments
        query: {country: NO}
      ignore_errors: true
    - name: A lookup
      ansible.builtin.debug:
        msg: "{{ query('bill.connect.bill_request', '/v3/vendors', filters=numbers) }}"
      vars:
        numbers: [{field: name, op: eq, value: 007}]
      ignore_errors: true
"""
    )
    run = project.run("ansible-playbook", "site.yml", "--diff")
    assert run.recap()["ignored"] == 5, run.output
    reason = "but BILL has a text here. YAML changes some values without quotes (021000021 becomes 4456465, NO becomes false)."
    for place, kind in (
        ("body.address.zipOrPostalCode", "a number"),
        ("body[1].paymentInformation.bankAccount.routingNumber", "a number"),
        ("filters: number 1 (address.country) has a value that", "true or false"),
        ("query.country", "true or false"),
        ("filters: number 1 (name) has a value that", "a number"),
    ):
        assert run.shows(f"{place} is {kind}, {reason} Put the value in quotes."), run.output
    assert bill.received() == []


@pytest.mark.promise(5)
@pytest.mark.promise(14)
def test_request_values_of_all_types_arrive_unchanged(project: Project, bill: Control) -> None:
    """Dates, numbers, and separately encrypted values arrive unchanged, whatever types ansible-core gives them."""
    encrypted = project.run("ansible-vault", "encrypt_string", "1234 findme 5678", "--name", "account").output
    lines = encrypted[encrypted.index("account") :].replace("Encryption successful", "").rstrip().splitlines()
    (project.folder / "group_vars" / "all" / "inline.yml").write_text("\n".join(lines) + "\n")
    (project.folder / "site.yml").write_text(
        f"""\
- hosts: all
  gather_facts: false
  tasks:
    - name: Write
      bill.connect.bill_request:
        path: /v3/vendors
        method: POST
        body:
          whole: 3
          part: 12.50
          big: 12345678901234567890
          word: "yes"
          flag: true
          nothing: null
          due: 2026-12-31
          at: 2026-12-30T10:20:30.5+02:00
          zip: "01234"
          code: "1e3"
          list: [1, "1", 1.5, false, {{deep: [null]}}]
          umlaut: "Käse & Söhne"
          unsafe: !unsafe "{{{{ not a template }}}}"
          of_vault: "{{{{ account }}}}"
          in_text: "no. {{{{ account }}}}"
          inline:
            {f"{chr(10)}            ".join(lines)}
      ignore_errors: true
    - name: Read
      bill.connect.bill_request:
        path: /v3/vendors
        query: {{flag: true, count: 3, none: null, due: 2026-12-31}}
        filters:
          - {{field: createdTime, op: gte, value: 2026-12-31}}
          - {{field: updatedTime, op: lt, value: 2026-12-30T10:20:30.5+02:00}}
          - {{field: amount, op: gt, value: 12.5}}
          - {{field: archived, op: ne, value: false}}
          - {{field: name, op: eq, value: "{{{{ account }}}}"}}
          - field: name
            op: sw
            {f"{chr(10)}            ".join(lines).replace("account:", "value:")}
      ignore_errors: true
"""
    )
    run = project.run("ansible-playbook", "site.yml")
    assert run.recap()["ignored"] == 2, run.output
    assert "1234 findme 5678" not in run.output
    [read] = [each for each in bill.received() if each["method"] == "GET"]
    assert read["query"] == {
        "flag": "true",
        "count": "3",
        "due": "2026-12-31",
        "filters": 'createdTime:gte:"2026-12-31",updatedTime:lt:"2026-12-30T08:20:30.500Z",amount:gt:12.5,'
        'archived:ne:false,name:eq:"1234 findme 5678",name:sw:"1234 findme 5678"',
    }
    [written] = bodies(bill, "POST /v3/vendors")
    assert as_json(written) == as_json(
        {
            "whole": 3,
            "part": 12.5,
            "big": 12345678901234567890,
            "word": "yes",
            "flag": True,
            "nothing": None,
            "due": "2026-12-31",
            "at": "2026-12-30T08:20:30.500Z",
            "zip": "01234",
            "code": "1e3",
            "list": [1, "1", 1.5, False, {"deep": [None]}],
            "umlaut": "Käse & Söhne",
            "unsafe": "{{ not a template }}",
            "of_vault": "1234 findme 5678",
            "in_text": "no. 1234 findme 5678",
            "inline": {"account": "1234 findme 5678"},
        }
    )
    # No output shows a value that was encrypted separately.
    shown = project.run("ansible-playbook", "site.yml", "--check", "--diff").output
    assert '"umlaut": "Käse & Söhne"' in shown
    assert '"account": "********"' in shown
    assert "1234 findme 5678" not in shown


def as_json(value: Any) -> str:
    """A form for comparison: in Python 1 equals True."""
    return json.dumps(value)


@pytest.mark.promise(14)
@pytest.mark.parametrize("native", [False, True], ids=["default", "jinja2_native"])
def test_request_templated_values_arrive_as_documented(project: Project, bill: Control, native: bool) -> None:
    """Up to ansible-core 2.18, a template turns a number into a text, unless it is only a variable's name."""
    if native:
        project.environ["ANSIBLE_JINJA2_NATIVE"] = "true"
    numbers = native or project.core >= (2, 19)
    whole = "{'amount': amount * 2, 'count': line.amount, 'flag': not flag, 'text': text ~ 4, 'nothing': none}"
    given: list[Any] = [
        {name: f"{{{{ {name} }}}}" for name in ("amount", "count", "flag", "text", "due")},
        {name: f"{{{{ {what} }}}}" for name, what in (("a", "amount * 2"), ("b", "line.amount"), ("c", "not flag"))},
        f"{{{{ {whole} }}}}",
        "{{ of_templates }}",
        "{{ of_json }}",
        "{{ {'due': due} }}",
    ]
    arrives = [
        {"amount": 12.5, "count": 3, "flag": True, "text": "0123", "due": "2026-12-31"},
        {"a": 25.0, "b": 2.5, "c": False} if numbers else {"a": "25.0", "b": "2.5", "c": False},
        {"amount": 25.0, "count": 2.5, "flag": False, "text": "01234", "nothing": None},
        {"amount": 25.0} if numbers else {"amount": "25.0"},
        {"amount": 12.5, "text": "0123"},
        # If the intended type is unclear, nothing is sent.
        *([{"due": "2026-12-31"}] if numbers else []),
    ]
    run = project.play(
        *(call(method="POST", body=body, task=IGNORE) for body in given),
        vars={
            **{"amount": 12.5, "count": 3, "flag": True, "text": "0123", "due": date(2026, 12, 31)},
            **{"line": {"amount": 2.5}, "of_templates": {"amount": "{{ amount * 2 }}"}},
            "of_json": '{"amount": 12.5, "text": "0123"}',
        },
    )
    assert run.recap()["ignored"] == len(given), run.output
    assert as_json(bodies(bill, "POST /v3/vendors")) == as_json(arrives)
    assert run.shows("body must be a dictionary or a list, or a text that holds a JSON object or array.") == (
        not numbers
    )
