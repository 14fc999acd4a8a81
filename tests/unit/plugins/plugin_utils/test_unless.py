# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write with unless: it is sent only if BILL does not have the record yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import Mode, request_result
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import ApiError, OptionError
from tests.unit.plugins.plugin_utils.fake_bill import LOGIN, Bill, no

OpenContext = Callable[..., TaskContext]

CREATE = "POST /v3/bills"
LIST = "GET /v3/bills?filters=vendorId%3Aeq%3A009&max=100"
BODY = {"vendorId": "009", "dueDate": "2026-12-31", "invoice": {"invoiceNumber": "INV-7"}}
FILTERS = [{"field": "vendorId", "op": "eq", "value": "009"}]
MATCH = {"invoice.invoiceNumber": "INV-7"}
BEFORE = {"id": "00n", "vendorId": "009", "invoice": {"invoiceNumber": "INV-7"}, "amount": 12.5, "archived": False}
OTHER = {"id": "00x", "vendorId": "009", "invoice": {"invoiceNumber": "INV-8"}}


ONE = Mode(host="a")


def created(open_context: OpenContext, unless: Any, mode: Mode = ONE, **options: Any) -> dict[str, Any]:
    context = open_context(path="/v3/bills", method="POST", body=BODY, unless=unless, **options)
    return request_result(context, context.options, mode)


def has(bill: Bill, *records: dict[str, Any]) -> None:
    bill.will_answer((200, {"results": list(records)}), to=LIST)


@pytest.mark.promise(2)
@pytest.mark.promise(10)
def test_unless_that_finds_a_record_sends_no_write(open_context: OpenContext, bill: Bill) -> None:
    has(bill, OTHER, BEFORE)
    returned = created(open_context, {"filters": FILTERS, "match": MATCH})
    assert returned == {
        "status": None,
        "changed": False,
        "uncertain": False,
        "msg": "POST /v3/bills was not sent, because GET /v3/bills found a record.",
        "json": None,
        "found": [BEFORE],
    }
    assert bill.received == [LOGIN, LIST]


@pytest.mark.promise(2)
@pytest.mark.parametrize("records", [(), (OTHER,)])
def test_unless_that_finds_no_record_sends_the_write(
    open_context: OpenContext, bill: Bill, records: tuple[dict[str, Any], ...]
) -> None:
    has(bill, *records)
    returned = created(open_context, {"filters": FILTERS, "match": MATCH}, expected_status=[200])
    assert (returned["changed"], returned["status"], "found" in returned) == (True, 200, False)
    assert bill.received == [LOGIN, LIST, CREATE]


@pytest.mark.promise(12)
def test_unless_in_check_mode_reads_and_sends_no_write(open_context: OpenContext, bill: Bill) -> None:
    has(bill)
    returned = created(open_context, {"filters": FILTERS}, Mode(check_mode=True))
    assert (returned["changed"], bill.received) == (True, [LOGIN, LIST])
    has(bill, OTHER)
    assert created(open_context, {"filters": FILTERS}, Mode(check_mode=True))["changed"] is False


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"amount": 12.5}, True),
        ({"amount": "12.50"}, True),
        ({"amount": 13}, False),
        ({"archived": False}, True),
        ({"archived": True}, False),
        ({"archived": "False"}, False),
        ({"invoice.invoiceNumber": " INV-7 "}, True),
        ({"invoice.missing": "x"}, False),
        ({"vendorId": "009", "invoice.invoiceNumber": "INV-8"}, False),
    ],
    ids=str,
)
def test_unless_match_compares_all_fields(
    open_context: OpenContext, bill: Bill, match: dict[str, Any], *, fits: bool
) -> None:
    has(bill, BEFORE)
    assert ("found" in created(open_context, {"filters": FILTERS, "match": match})) is fits


def test_unless_with_a_path_that_is_no_list_takes_404_for_no_record(open_context: OpenContext, bill: Bill) -> None:
    unless = {"path": "/v3/bills/00n", "paginate": False}
    bill.will_answer(no("BDC_1205", 404), to="GET /v3/bills/00n")
    assert created(open_context, unless)["changed"] is True
    bill.will_answer((200, BEFORE), to="GET /v3/bills/00n")
    assert created(open_context, unless, Mode(task="another"))["found"] == [BEFORE]


@pytest.mark.promise(10)
def test_unless_read_that_fails_sends_no_write(open_context: OpenContext, bill: Bill) -> None:
    bill.will_answer(no("BDC_1145", 403), to=LIST)
    with pytest.raises(ApiError, match="BDC_1145"):
        created(open_context, {"filters": FILTERS})
    assert CREATE not in bill.received


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("unless", "message"),
    [
        ({}, "unless would find any record. Add filters, or match with the fields of the record."),
        ({"paginate": True}, "unless would find any record."),
        ("yes", "unless must be a dictionary. Its keys are: path, query, filters, sort, paginate, match."),
        ({"filter": FILTERS}, "unless has no key filter. Its keys are:"),
        (
            {"match": {"invoice.invoiceNumber": ""}},
            "match in unless has no value for invoice.invoiceNumber. Perhaps a variable",
        ),
        ({"match": ["x"]}, "match in unless must be a dictionary of fields and values."),
        ({"filters": FILTERS, "paginate": "x"}, "paginate in unless must be true or false."),
    ],
    ids=str,
)
def test_unless_that_is_not_usable_is_refused(open_context: OpenContext, bill: Bill, unless: Any, message: str) -> None:
    with pytest.raises(OptionError) as failure:
        created(open_context, unless)
    assert str(failure.value).startswith(message)
    assert CREATE not in bill.received


def test_unless_with_a_read_is_refused(open_context: OpenContext) -> None:
    context = open_context(path="/v3/bills", unless={"filters": FILTERS})
    with pytest.raises(OptionError, match="unless is for writes"):
        request_result(context, context.options)
