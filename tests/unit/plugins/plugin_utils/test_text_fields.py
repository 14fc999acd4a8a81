# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that YAML has changed does not reach BILL: a number, true or false for a field that BILL has as a text."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._client.request import Request
from ansible_collections.bill.connect.plugins.plugin_utils._client.text_fields import _ROWS, text_fields
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from tests.emulator import bills, customers, invoices, payments, spend, vendors
from tests.unit.plugins.plugin_utils.malformed import assert_clean

API_URL = "https://gateway.stage.bill.com/connect"
REASON = (
    "YAML changes some values without quotes (021000021 becomes 4456465, NO becomes false). Put the value in quotes."
)


def request(path: str, method: str = "POST", **options: Any) -> Request:
    return Request.of({"path": path, "method": method, **options}, API_URL, ())


def refusal(path: str, method: str = "POST", **options: Any) -> str:
    with pytest.raises(OptionError) as refused:
        request(path, method, **options)
    assert_clean(refused.value)
    return str(refused.value)


def nested(field: str, value: Any) -> Any:
    for name in reversed(field.split(".")):
        value = {name: value}
    return value


BODIES = [(path, field) for row in _ROWS for path in row.paths.split() for field in sorted(row.body)]


@pytest.mark.promise(17)
@pytest.mark.parametrize(("path", "field"), BODIES)
def test_body_with_a_changed_text_is_refused_with_field_reason_and_remedy(path: str, field: str) -> None:
    path = path.replace("{", "").replace("}", "")
    for value, kind in ((83, "a number"), (False, "true or false"), (1.5, "a number")):
        assert refusal(path, body=nested(field, value)).startswith(
            f"body.{field} is {kind}, but BILL has a text here. {REASON}"
        )
        assert refusal(path, "PATCH", body=json.dumps(nested(field, value))).startswith(f"body.{field} is {kind}")
        in_list = [{}, nested(field, value)]
        assert refusal(path, body=in_list).startswith(f"body[1].{field} is {kind}")
    for right in ("0123", "NO", None):
        assert request(path, body=nested(field, right)).body == nested(field, right)


# What people write, as YAML.
WRITTEN = [
    ("/v3/vendors", "name: 007", "body.name"),
    ("/v3/vendors", "address: {zipOrPostalCode: 02142}", "body.address.zipOrPostalCode"),
    ("/v3/vendors", "address: {stateOrProvince: ON}", "body.address.stateOrProvince"),
    ("/v3/vendors", "address: {country: NO}", "body.address.country"),
    ("/v3/vendors", "phone: 0612345678", None),
    ("/v3/vendors", "phone: 0612345670", "body.phone"),
    ("/v3/vendors", "phone: 12:30", "body.phone"),
    ("/v3/vendors", "accountNumber: 1_000", "body.accountNumber"),
    ("/v3/vendors", "accountNumber: 2026-12-01 10:00:00", "body.accountNumber"),
    ("/v3/vendors", "accountNumber: 2026-12-01", None),
    ("/v3/vendors", "shortName: .5", "body.shortName"),
    ("/v3/vendors", "shortName: 1e3", None),
    ("/v3/vendors", "shortName: 0x1F", "body.shortName"),
    ("/v3/vendors/bulk", "[{name: A}, {name: 12}]", "body[1].name"),
    ("/v3/vendors/bulk", "vendors: [{name: A}, {address: {line1: 10}}]", "body.vendors[1].address.line1"),
    ("/v3/bills", "invoice: {invoiceNumber: 000123}", "body.invoice.invoiceNumber"),
    ("/v3/bills", "invoice: {invoiceDate: 2026-12-01}", None),
    ("/v3/bills", "invoice: {invoiceDate: 20261201}", "body.invoice.invoiceDate"),
    ("/v3/bills", "billLineItems: [{amount: 1}, {amount: 2, description: 5}]", "body.billLineItems[1].description"),
    ("/v3/bills/00n1", "purchaseOrderNumber: 0042", "body.purchaseOrderNumber"),
    ("/v3/invoices", "customer: {name: No}", "body.customer.name"),
    ("/v3/customers", "billingAddress: {zipOrPostalCode: 01234}", "body.billingAddress.zipOrPostalCode"),
    ("/v3/customers", "contact: {lastName: Yes}", "body.contact.lastName"),
    ("/v3/classifications/chart-of-accounts", "account: {type: BANK, number: 0610}", "body.account.number"),
    ("/v3/classifications/items", "{name: Pen, price: 5.5, percentage: 7, purchaseCost: 4}", None),
    ("/v3/classifications/jobs/bulk", "[{name: 12}]", "body[0].name"),
    ("/v3/funding-accounts/banks", "routingNumber: 021000021", "body.routingNumber"),
    ("/v3/vendors/0091/bank-account", "accountNumber: 0012345", "body.accountNumber"),
    ("/v3/bill-approvals/policies", "rules: [{key: BILL_AMOUNT, op: gte, values: [1000]}]", "body.rules[0].values[0]"),
    ("/v3/organizations/0081", "taxId: 012345670", "body.taxId"),
    ("/v3/payments", "{vendorId: 0091A, amount: 12, processDate: 2026-12-01}", None),
    ("/v3/mfa/challenge/validate", "token: 012345", "body.token"),
    ("/v3/spend/users", "lastName: Off", "body.lastName"),
    # The table does not have this endpoint, so its fields may have any type.
    ("/v3/risk-verifications", "name: 12", None),
    ("/connect-events/v3/subscriptions", "events: [{type: bill.created, version: 1}]", "body.events[0].version"),
    ("/connect-events/v3/subscriptions/1", "status: {enabled: true}", None),
    ("/v3/spend/custom-fields", "{values: [A, 007], required: true}", "body.values[1]"),
    ("/v3/spend/budgets/1/members/bulk", "[{userId: 12, limit: 5}]", "body[0].userId"),
    ("/v3/mfa/validate", "token: 012345", "body.token"),
    # This field is not in the table.
    ("/v3/vendors", "additionalInfo: {track1099: true, leadTimeInDays: 3}", None),
]


@pytest.mark.promise(17)
@pytest.mark.parametrize(("path", "written", "place"), WRITTEN)
def test_body_as_people_write_it_is_sent_or_refused_at_its_place(path: str, written: str, place: str | None) -> None:
    body = yaml.safe_load(written)
    if place is None:
        assert request(path, body=body).body is not None
    else:
        assert refusal(path, body=body).startswith(f"{place} is ")


@pytest.mark.promise(17)
@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"path": "/v3/new", "body": {"vendorId": 9}}, "body.vendorId"),
        ({"path": "/v3/new", "body": [{"a": {"b": [{"zipOrPostalCode": 1122}]}}]}, "body[0].a.b[0].zipOrPostalCode"),
        (
            {"path": "/v3/credit-memos/bulk", "body": {"creditMemos": [{"customerId": 1}]}},
            "body.creditMemos[0].customerId",
        ),
        ({"path": "/v3/vendors", "body": {"new": {"otherId": 4456465}}}, "body.new.otherId"),
        ({"path": "/v3/partner/users", "body": {"lastName": False}}, "body.lastName"),
        ({"path": "/v3/new", "query": {"vendorIds": ["a", 12]}}, "query.vendorIds"),
        (
            {"path": "/v3/new", "method": "GET", "filters": [{"field": "a.jobId", "op": "in", "value": [1]}]},
            "filters: number 1",
        ),
    ],
)
def test_field_without_a_row_but_with_a_name_that_is_a_text_everywhere_is_refused(
    options: dict[str, Any], place: str
) -> None:
    message = refusal(**options)
    assert message.startswith(place)
    assert f"but a field with such a name is a text wherever BILL documents it. {REASON}" in message


def test_field_without_a_row_and_with_another_name_may_have_any_type() -> None:
    body = {
        "name": 12,
        "valid": True,
        "paid": False,
        "amount": 1.5,
        "Identity": 1,
        "accountNumber": "1",
        "vendorId": None,
    }
    assert request("/v3/new", body=body, query={"void": True, "max": 5}).body == body
    # BILL documents the fields of this endpoint, and this place is not among them.
    assert request("/v3/payments", body={"new": {"accountNumber": 1}}).body == {"new": {"accountNumber": 1}}


@pytest.mark.promise(17)
@pytest.mark.parametrize(
    ("path", "field", "op", "written"),
    [
        ("/v3/vendors", "name", "eq", "007"),
        ("/v3/vendors", "address.country", "eq", "NO"),
        ("/v3/vendors", "id", "in", "[a, 12]"),
        ("/v3/anything", "id", "eq", "12"),
        ("/v3/bills", "invoice.invoiceNumber", "eq", "000123"),
        ("/v3/bills", "dueDate", "gte", "20261201"),
        ("/v3/invoices", "customerId", "in", "[1]"),
        ("/v3/spend/transactions", "syncStatus", "eq", "ON"),
    ],
)
def test_filter_with_a_changed_text_is_refused(path: str, field: str, op: str, written: str) -> None:
    filters = [{"field": "createdTime", "op": "gt", "value": "2026-12-01"}]
    filters.append({"field": field, "op": op, "value": yaml.safe_load(written)})
    message = refusal(path, "GET", filters=filters)
    assert message.startswith(f"filters: number 2 ({field}) has a value that is ")
    assert REASON in message


def test_filter_with_a_number_where_bill_has_one_is_sent() -> None:
    sent = request(
        "/v3/bills",
        "GET",
        filters=[
            {"field": "amount", "op": "gt", "value": 12},
            {"field": "archived", "op": "eq", "value": False},
            {"field": "dueDate", "op": "gte", "value": yaml.safe_load("2026-12-01")},
        ],
    )
    assert sent.query == (("filters", 'amount:gt:12,archived:eq:false,dueDate:gte:"2026-12-01"'),)


@pytest.mark.promise(17)
@pytest.mark.parametrize(
    ("path", "query", "place"),
    [
        ("/v3/vendors/configuration/international-payments", "country: NO", "query.country"),
        ("/v3/classifications/items/bulk/archive", "ids: [0ii1, 0123]", "query.ids"),
        ("/v3/spend/cards/1", "reason: OFF", "query.reason"),
        ("/v3/documents/bills/1", "name: 007", "query.name"),
        ("/v3/documents/upload-status", "ids: 0123", "query.ids"),
        ("/connect-events/v3/events/subscription/1", "entityId: 0123", "query.entityId"),
    ],
)
def test_query_with_a_changed_text_is_refused(path: str, query: str, place: str) -> None:
    message = refusal(path, body=None, query=yaml.safe_load(query))
    assert message.startswith(f"{place} is ")
    assert REASON in message


def test_complete_path_comes_before_one_with_a_placeholder() -> None:
    assert text_fields("/v3/vendors/configuration/international-payments").query == {
        "country",
        "billCurrency",
        "accountType",
    }
    assert text_fields("/v3/classifications/items/bulk") is text_fields("/v3/classifications/items")
    assert not text_fields("/v3/vendors/1/archive").body


@pytest.mark.parametrize(
    "kind",
    [bills.KIND, customers.KIND, invoices.KIND, payments.KIND, spend.BUDGETS, vendors.KIND],
    ids=lambda kind: str(kind.name),
)
def test_emulator_is_as_strict_as_the_table(kind: Any) -> None:
    table = text_fields(f"/v3/{kind.name}")
    texts = {name for name in table.body if "paymentPurpose" not in name and "regulatoryFields" not in name}
    assert kind.texts == texts
    # Every text column that lists can be filtered by is a text here, too.
    assert {name for name, column in kind.columns.items() if column.type == "text"} <= table.filters | {"address.city"}
