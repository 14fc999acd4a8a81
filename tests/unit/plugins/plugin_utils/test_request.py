# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request in BILL's terms: what the user wrote, and what is sent."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from ansible_collections.bill.connect.plugins.plugin_utils._client.request import METHODS, Request
from ansible_collections.bill.connect.plugins.plugin_utils._client.verification import verification_query
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from tests.unit.plugins.plugin_utils.malformed import any_json, any_text, assert_clean

API_URL = "https://gateway.stage.bill.com/connect"
SECRETS = ("PASSWORD-findme", "DEVKEY/findme", "KEY&findme", "pin")

# The ids have the form of BILL's: those of AP and AR, and those of Spend & Expense.
IDS = ("00n02JVFTMUBGNH3l1o2", "QnVkZ2V0OjEyMw==", "4f8b0c1e-0e9f-4a53-9b7e-6f1f3a0c9d11")


def endpoints() -> list[tuple[str, str]]:
    rows = (Path(__file__).parent / "endpoints.tsv").read_text().splitlines()
    return [(row.split("\t")[0], row.split("\t")[1]) for row in rows if not row.startswith("#")][1:]


ENDPOINTS = endpoints()


def of(
    path: Any = "/v3/vendors", api_url: str = API_URL, secrets: tuple[str, ...] = SECRETS, **options: Any
) -> Request:
    return Request.of({"path": path, **options}, api_url, secrets)


def refusal(path: Any = "/v3/vendors", **options: Any) -> str:
    with pytest.raises(OptionError) as refused:
        of(path, **options)
    assert refused.value.options == ()
    assert_clean(refused.value)
    return str(refused.value)


def test_request_with_only_a_path_is_a_read() -> None:
    request = Request.of(
        {"path": "/v3/vendors", "query": None, "body": None, "filters": "", "paginate": False}, API_URL, []
    )
    assert request == Request("GET", "/v3/vendors")
    assert request.is_read
    assert request.target == "/v3/vendors"
    assert request.body is None


@pytest.mark.parametrize(("method", "template"), ENDPOINTS, ids=lambda part: part)
def test_request_to_each_endpoint_has_its_path(method: str, template: str) -> None:
    for identifier in IDS:
        path = re.sub(r"\{\w+\}", identifier, template)
        request = of(path, method=method)
        assert (request.method, unquote(request.path), request.query) == (method, path, ())
        assert request.target == path.replace("=", "%3D")
        assert request.is_spend == template.startswith("/v3/spend/")
        assert of(API_URL + path, method=method) == request


def test_endpoints_list_is_complete() -> None:
    assert len(ENDPOINTS) == len(set(ENDPOINTS)) == 238
    assert {method for method, _template in ENDPOINTS} == set(METHODS)


# After these writes, no read shows whether they happened.
UNSEEN = {
    "/v3/login",
    "/v3/logout",
    "/v3/mfa/challenge",
    "/v3/mfa/challenge/validate",
    "/v3/mfa/setup",
    "/v3/mfa/setup/validate",
    "/v3/mfa/step-up",
    "/v3/network/invitation/accept",
    "/v3/partner/login",
    "/v3/partner/login-as-user",
    "/v3/partner/risk-verifications/{userId}/phone",
    "/v3/spend/reimbursements/image-upload-url",
}
READABLE = {template for method, template in ENDPOINTS if method == "GET"}


@pytest.mark.parametrize(
    ("method", "template"), [each for each in ENDPOINTS if each[0] != "GET"], ids=lambda part: part
)
def test_verification_query_for_each_write_names_a_readable_path(method: str, template: str) -> None:
    hint = None if method == "GET" else verification_query(method, template)
    if template in UNSEEN:
        assert hint is None
        return
    assert hint is not None
    assert hint["path"] in READABLE
    assert template.startswith(hint["path"])
    assert "sort" not in hint or "/spend/" not in template


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("POST", "/v3/payments", {"path": "/v3/payments", "sort": "createdTime:desc"}),
        ("POST", "/v3/payments/bulk", {"path": "/v3/payments", "sort": "createdTime:desc"}),
        ("POST", "/v3/payments/1/void", {"path": "/v3/payments/1"}),
        ("POST", "/v3/bills/1/archive", {"path": "/v3/bills/1"}),
        ("PATCH", "/v3/bills/1", {"path": "/v3/bills/1"}),
        ("PUT", "/v3/spend/budgets/1/members/bulk", {"path": "/v3/spend/budgets/1/members"}),
        ("POST", "/v3/spend/budgets", {"path": "/v3/spend/budgets"}),
        ("DELETE", "/v3/spend/cards/1", {"path": "/v3/spend/cards/1"}),
        ("POST", "/v3/invoices/record-payment", {"path": "/v3/invoices", "sort": "updatedTime:desc"}),
        (
            "POST",
            "/v3/classifications/items/bulk/archive",
            {"path": "/v3/classifications/items", "sort": "updatedTime:desc"},
        ),
        (
            "PATCH",
            "/v3/classifications/items/bulk",
            {"path": "/v3/classifications/items", "sort": "updatedTime:desc"},
        ),
        ("POST", "/v3/funding-accounts/banks/users/1/archive", {"path": "/v3/funding-accounts/banks/users"}),
        ("POST", "/v3/attachments/vendors/1", {"path": "/v3/attachments/vendors/1"}),
        ("POST", "/connect-events/v3/subscriptions", {"path": "/connect-events/v3/subscriptions"}),
        ("PUT", "/connect-events/v3/subscriptions/1", {"path": "/connect-events/v3/subscriptions/1"}),
        ("POST", "/connect-events/v3/subscriptions/1/test", {"path": "/connect-events/v3/events/subscription/1"}),
        (
            "POST",
            "/connect-events/v3/events/subscription/1/event/2",
            {"path": "/connect-events/v3/events/subscription/1"},
        ),
        ("POST", "/connect-events/v3/subscriptions/1/security_key", None),
        ("POST", "/v3/archive", None),
        ("GET", "/v3/payments", None),
    ],
)
def test_verification_query_has_the_path_and_the_newest_first(
    method: str, path: str, hint: dict[str, str] | None
) -> None:
    assert (None if method == "GET" else verification_query(method, path)) == hint


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (" /v3/vendors\n", "/v3/vendors"),
        ("/v3/vendors/a b", "/v3/vendors/a%20b"),
        ("/v3/vendors/a%20b", "/v3/vendors/a%20b"),
        ("/v3/vendors/100%", "/v3/vendors/100%25"),
        ("/v3/vendors/M\u00fcller", "/v3/vendors/M%C3%BCller"),
        ("/v3/%73pend/cards", "/v3/spend/cards"),
        ("/v3/vendors/a;b:c@d", "/v3/vendors/a%3Bb%3Ac%40d"),
        ("/v3/vendors/...", "/v3/vendors/..."),
    ],
)
def test_request_path_is_encoded_once(written: str, path: str) -> None:
    assert of(written).path == path


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("written", "api_url", "path"),
    [
        ("https://gateway.stage.bill.com/connect/v3/vendors", API_URL, "/v3/vendors"),
        ("HTTPS://Gateway.Stage.BILL.com:443/connect/v3/vendors", API_URL, "/v3/vendors"),
        ("http://127.0.0.1:8000/v3/vendors", "http://127.0.0.1:8000", "/v3/vendors"),
        ("http://[::1]/v3/vendors", "http://[::1]:80", "/v3/vendors"),
    ],
)
def test_request_path_can_be_a_url_below_api_url(written: str, api_url: str, path: str) -> None:
    assert of(written, api_url).path == path


WEBHOOKS_URL = "https://gateway.stage.bill.com/connect-events"
SUBSCRIPTIONS = "/connect-events/v3/subscriptions"


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("written", "api_url", "path"),
    [
        (SUBSCRIPTIONS, API_URL, SUBSCRIPTIONS),
        (f"{WEBHOOKS_URL}/v3/subscriptions", API_URL, SUBSCRIPTIONS),
        ("/v3/subscriptions", WEBHOOKS_URL, SUBSCRIPTIONS),
        (SUBSCRIPTIONS, f"{WEBHOOKS_URL}/", SUBSCRIPTIONS),
        (f"{WEBHOOKS_URL}/v3/subscriptions", WEBHOOKS_URL, SUBSCRIPTIONS),
        ("/connect/v3/vendors", WEBHOOKS_URL, "/v3/vendors"),
        (f"{API_URL}/v3/vendors", WEBHOOKS_URL, "/v3/vendors"),
        (SUBSCRIPTIONS, "http://127.0.0.1:8000/connect", SUBSCRIPTIONS),
        ("http://127.0.0.1:8000/connect-events/v3/a b", "http://127.0.0.1:8000/connect", "/connect-events/v3/a%20b"),
    ],
)
def test_request_path_of_webhooks_is_known_with_both_bases(written: str, api_url: str, path: str) -> None:
    assert of(written, api_url).path == path


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("written", "api_url", "message"),
    [
        ("/connect-events/subscriptions", API_URL, "A path of BILL's webhooks begins with /connect-events/v3/."),
        ("/connect-events", API_URL, "A path of BILL's webhooks begins with /connect-events/v3/."),
        ("/connect-eventsx/v3/subscriptions", API_URL, "A path of BILL's webhooks begins with /connect-events/v3/."),
        ("/connect/v3/connect-events/v3/subscriptions", API_URL, "path must begin with /v3/."),
        ("/subscriptions", WEBHOOKS_URL, "path must begin with /v3/."),
        ("/connect-events/v3/", API_URL, "Perhaps a variable in it is empty"),
        ("/connect-events/v3/../x", API_URL, "path has a part that could lead to another path"),
        ("/connect-events/v3/%2e%2e/x", API_URL, "path has a part that could lead to another path"),
        ("https://gateway.prod.bill.com/connect-events/v3/subscriptions", API_URL, "Credentials go only to api_url"),
        ("https://gateway.stage.bill.com/connect-events/x", API_URL, "Credentials go only to api_url"),
        (SUBSCRIPTIONS, "http://127.0.0.1:8000", "Set api_url to an address that ends in /connect."),
        ("http://127.0.0.1:8000/connect-events/v3/x", "http://127.0.0.1:8000", "Credentials go only to api_url"),
    ],
)
def test_request_path_of_webhooks_that_is_wrong_is_an_option_error(written: str, api_url: str, message: str) -> None:
    with pytest.raises(OptionError) as failure:
        of(written, api_url)
    assert message in str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "path", ["/v3/documents/bills/00n1", "/v3/attachments/vendors/0091", "/v3/attachments/invoices/00e1"]
)
def test_request_to_upload_a_file_is_refused_with_a_way_and_json_is_sent(path: str) -> None:
    with pytest.raises(OptionError) as failure:
        of(path, method="POST", query={"name": "a.pdf"}, body="%PDF-1.4 findme")
    assert str(failure.value).startswith(f"POST {path} was not sent: BILL takes a file as its body, and bill.connect")
    assert "Send other files with ansible.builtin.uri" in str(failure.value)
    assert "findme" not in str(failure.value)
    assert of(path, method="POST", body='{"a": 1}').body == {"a": 1}
    assert of(path).is_read


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example/connect/v3/vendors",
        "https://gateway.stage.bill.com.evil.example/connect/v3/vendors",
        "https://gateway.stage.bill.com@evil.example/connect/v3/vendors",
        "https://user@gateway.stage.bill.com/connect/v3/vendors",
        "https://gateway.stage.bill.com./connect/v3/vendors",
        "https://gateway.stage.bill.com:8443/connect/v3/vendors",
        "http://gateway.stage.bill.com/connect/v3/vendors",
        "http://gateway.stage.bill.com:443/connect/v3/vendors",
        "https://gateway.stage.bill.com/v3/vendors",
        "https://gateway.stage.bill.com/connect/authx/token",
        "https://gateway.stage.bill.com/connect/../v3/vendors",
        "https://gateway.stage.bill.com/connectx/v3/vendors",
        "https://gateway.prod.bill.com/connect/v3/vendors",
        "https://[evil/connect/v3/vendors",
        "https:/v3/vendors",
        "file:///v3/vendors",
        "javascript:/v3/vendors",
    ],
)
def test_request_path_with_another_url_is_an_option_error(written: str) -> None:
    assert "Credentials go only to api_url" in refusal(written)


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("written", "message"),
    [
        (None, "path is missing."),
        ("", "path is missing."),
        (["/v3/vendors"], "path must be a text."),
        ("vendors", "path must begin with /v3/."),
        ("v3/vendors", "path must begin with /v3/."),
        ("/v3", "path must begin with /v3/."),
        ("/v2/vendors", "path must begin with /v3/."),
        ("//evil.example/v3/vendors", "path must begin with /v3/."),
        ("/connect/v3/vendors", "What comes before that is api_url."),
        ("/v3/", "Perhaps a variable in it is empty"),
        ("/v3/vendors/", "Perhaps a variable in it is empty"),
        ("/v3/vendors//archive", "Perhaps a variable in it is empty"),
        ("/v3/vendors/../../x", "path has a part that could lead to another path"),
        ("/v3/./vendors", "path has a part that could lead to another path"),
        ("/v3/%2e%2E/vendors", "path has a part that could lead to another path"),
        ("/v3/.%2e/vendors", "path has a part that could lead to another path"),
        ("/v3/%C0%AE%C0%AE/vendors", "path has a part that could lead to another path"),
        ("/v3/%252e%252e/vendors", "path has a part that could lead to another path"),
        ("/v3/%25%32%65/vendors", "path has a part that could lead to another path"),
        ("/v3/..%2fvendors", "path has a part that could lead to another path"),
        ("/v3/a%5cb", "path has a part that could lead to another path"),
        ("/v3/a%0d%0ab", "path has a part that could lead to another path"),
        ("/v3/..\\vendors", "path must not contain a backslash"),
        ("/v3/vendors\r\nX: y", "path holds a carriage return"),
        ("/v3/a\ud800b", "path holds a byte that is not UTF-8"),
        ("/v3/vendors#top", "path must not contain a #"),
        ("/v3/vendors?name=%ff", "path has a query that cannot be read."),
        ("/v3/vendors?name=%0a", "path.name holds a line break"),
        ("/v3/vendors?=x", "path has a parameter whose name is empty, or is not a text."),
        ("/v3/vendors/None", "a variable in it is empty"),
        ("/v3/vendors/{vendorId}", "path has a placeholder, or a variable in it is empty"),
        ("/v3/vendors/009}/archive", "path has a placeholder, or a variable in it is empty"),
    ],
)
def test_request_path_that_is_unsafe_is_an_option_error(written: Any, message: str) -> None:
    assert message in refusal(written)


@pytest.mark.parametrize(
    ("path", "options", "target"),
    [
        ("/v3/vendors?max=5&page=a%3D", {}, "/v3/vendors?max=5&page=a%3D"),
        ("/v3/vendors?", {}, "/v3/vendors"),
        ("/v3/vendors?a=&b=x+y", {"query": {"c": 1}}, "/v3/vendors?a=&b=x%20y&c=1"),
        (
            "/v3/x",
            {"query": {"b": True, "n": 1.5, "l": ["x", None, 2], "none": None, "d": date(2026, 1, 2)}},
            "/v3/x?b=true&n=1.5&l=x&l=2&d=2026-01-02",
        ),
        (
            "/v3/vendors",
            {"filters": [{"field": "createdTime", "op": "gte", "value": "2026-01-01"}], "sort": "name:asc"},
            "/v3/vendors?filters=createdTime%3Agte%3A%222026-01-01%22&sort=name%3Aasc",
        ),
        ("/v3/vendors", {"filters": "a:eq:M\u00fc&ll", "sort": []}, "/v3/vendors?filters=a%3Aeq%3AM%C3%BC%26ll"),
        ("/v3/vendors", {"paginate": True}, "/v3/vendors?max=100"),
        ("/v3/vendors", {"page_size": 7}, "/v3/vendors?max=7"),
        # BILL documents a smaller limit for this list.
        ("/v3/spend/transactions", {"paginate": True}, "/v3/spend/transactions?max=50"),
        ("/v3/spend/transactions", {"paginate": True, "max_results": 75}, "/v3/spend/transactions?max=50"),
        ("/v3/spend/transactions", {"paginate": True, "max_results": 30}, "/v3/spend/transactions?max=30"),
        ("/v3/spend/transactions", {"page_size": 100}, "/v3/spend/transactions?max=50"),
        ("/v3/spend/budgets", {"page_size": 100}, "/v3/spend/budgets?max=100"),
        ("/v3/vendors", {"paginate": True, "max_results": 30}, "/v3/vendors?max=30"),
        ("/v3/vendors", {"paginate": True, "max_results": 30, "page_size": 20}, "/v3/vendors?max=20"),
        ("/v3/vendors", {"paginate": True, "max_results": 1000}, "/v3/vendors?max=100"),
        ("/v3/vendors?max=3", {"paginate": True}, "/v3/vendors?max=3"),
        ("/v3/login/organizations", {"paginate": True, "page_size": 7}, "/v3/login/organizations"),
        ("/v3/vendors", {"method": "DELETE", "query": {"a": 1}}, "/v3/vendors?a=1"),
    ],
)
def test_request_query_is_encoded(path: str, options: dict[str, Any], target: str) -> None:
    assert of(path, **options).target == target


@pytest.mark.parametrize(
    ("filters", "sort"),
    [
        ([{"field": "name", "op": "in", "value": ["Oak", "Elm"]}], ["name:asc", "id:desc"]),
        ('[{"field": "name", "op": "in", "value": ["Oak", "Elm"]}]', '["name:asc", "id:desc"]'),
        ("[{'field': 'name', 'op': 'in', 'value': ['Oak', 'Elm']}]", "['name:asc', 'id:desc']"),
        ('{"field": "name", "op": "in", "value": ["Oak", "Elm"]}', "name:asc, id:desc"),
        ('name:in:"Oak,Elm"', "name:asc,id:desc"),
    ],
)
def test_list_is_written_as_a_list_or_as_text(filters: Any, sort: Any) -> None:
    request = of(filters=filters, sort=sort)
    assert request.query == (("filters", 'name:in:"Oak,Elm"'), ("sort", "name:asc,id:desc"))
    assert of(filters="[]", sort="[]").query == ()


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("/v3/x", {"query": "a=b"}, "query must be a dictionary of parameters"),
        ("/v3/x", {"query": {1: 2}}, "query has a parameter whose name is empty, or is not a text."),
        ("/v3/x", {"query": {"a": {"b": 1}}}, "query.a is not a text"),
        ("/v3/x", {"query": {"a": ["x", "y\n"]}}, "query.a holds a line break"),
        ("/v3/x?a=1", {"query": {"a": 1}}, "query has a parameter that path also has."),
        (
            "/v3/x?filters=a",
            {"filters": "b"},
            "The option filters sets the parameter filters, but the parameter is also in the query.",
        ),
        ("/v3/x", {"query": {"sort": "a"}, "sort": "name:asc"}, "The option sort sets the parameter sort"),
        ("/v3/x?max=1", {"page_size": 1}, "The option page_size sets the parameter max"),
        ("/v3/x?page=1", {"paginate": True}, "The option paginate sets the parameter page"),
        (
            "/v3/x",
            {"query": {"nextPage": "a"}, "paginate": True},
            "The option paginate sets the parameter nextPage",
        ),
        ("/v3/x", {"max_results": 5}, "max_results is a limit for paginate: true."),
        ("/v3/x", {"filters": 5}, "filters must be a list"),
        ("/v3/x", {"method": "FETCH"}, "method must be one of GET, POST, PUT, PATCH, DELETE."),
        ("/v3/x", {"body": {}}, "body is for writes."),
        ("/v3/x", {"method": "POST", "filters": "a:eq:b"}, "filters is for reading lists"),
        ("/v3/x", {"method": "PUT", "sort": "a:asc"}, "sort is for reading lists"),
        ("/v3/x", {"method": "POST", "paginate": True}, "paginate is for reading lists"),
        ("/v3/x", {"method": "POST", "page_size": 5}, "page_size is for reading lists"),
        ("/v3/x", {"method": "POST", "max_results": 5}, "max_results is for reading lists"),
    ],
)
def test_request_with_conflicting_options_is_an_option_error(path: str, options: dict[str, Any], message: str) -> None:
    assert message in refusal(path, **options)


@pytest.mark.promise(5)
@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/v3/vendors/PASSWORD-findme", {}),
        ("/v3/vendors/PASSWORD%2Dfindme", {}),
        ("/v3/vendors/KEY&findme", {}),
        ("/v3/vendors?x=aPASSWORD-findme", {}),
        ("/v3/vendors?PASSWORD-findme=1", {}),
        ("/v3/vendors", {"query": {"x": ["a", "DEVKEY/findme"]}}),
        ("/v3/vendors", {"filters": [{"field": "name", "op": "eq", "value": "DEVKEY/findme"}]}),
        ("/v3/vendors?sessionId=x", {}),
        ("/v3/vendors", {"query": {"dev_key": "x"}}),
        ("/v3/vendors", {"method": "POST", "query": {"apiToken": "x"}}),
    ],
)
def test_request_url_with_a_credential_is_an_option_error(path: str, options: dict[str, Any]) -> None:
    assert "contains a credential. Servers log addresses" in refusal(path, **options)


def test_request_url_with_a_short_secret_is_accepted() -> None:
    assert of("/v3/pin", query={"pin": "pin"}).target == "/v3/pin?pin=pin"


def test_request_with_query_replaces_parameters_of_the_same_name() -> None:
    request = Request("GET", "/v3/x", (("page", "a"), ("max", "5"), ("page", "b")), {"a": "b"})
    assert request.has("page")
    assert not request.has("nextPage")
    assert request.with_query(page="c d", nextPage="e").target == "/v3/x?max=5&page=c%20d&nextPage=e"
    assert request.with_query(page="c").headers == {"a": "b"}


def test_request_with_other_headers_sends_them() -> None:
    assert of(headers={"organizationId": "008", "X-Idempotent-Key": "a b"}).headers == {
        "organizationId": "008",
        "X-Idempotent-Key": "a b",
    }


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "name",
    [
        *("sessionId", "SESSIONID", "devKey", "appKey", "apiToken", "Authorization", "Proxy-Authorization", "Cookie"),
        *("Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Accept-Encoding"),
        # With this header a read could become a write.
        "X-HTTP-Method-Override",
        # Servers on the way take these for another address, host or client.
        *("X-Original-URL", "X-Original-Method", "X-Rewrite-URL", "X-Forwarded-Host", "X-Forwarded-For", "Forwarded"),
        *("X-Host", "X-Real-IP", "X-Envoy-Original-Path", "Expect", "TE", "Trailer", "Upgrade", "Via", "Keep-Alive"),
    ],
)
def test_request_header_that_bill_connect_sets_is_an_option_error(name: str) -> None:
    assert f"headers.{name} cannot be set" in refusal(headers={name: "findme"})


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ("a: b", "headers must be a dictionary"),
        ({"a b": "c"}, "headers has a name that is not valid for a header"),
        ({"a:": "c"}, "headers has a name that is not valid for a header"),
        ({1: "c"}, "headers has a name that is not valid for a header"),
        ({"": "c"}, "headers has a name that is not valid for a header"),
        ({"a": 1}, "headers.a must be a text of printable ASCII characters"),
        ({"a": None}, "headers.a must be a text of printable ASCII characters"),
        ({"a": ""}, "headers.a must be a text of printable ASCII characters"),
        ({"a": " b"}, "headers.a must be a text of printable ASCII characters"),
        ({"a": "b\r\nX: findme"}, "headers.a must be a text of printable ASCII characters"),
        ({"a": "b\n"}, "headers.a must be a text of printable ASCII characters"),
        ({"a": "b\u00a0c"}, "at the beginning or the end. Character 2 is another one."),
        ({"a": "b", "A": "c"}, "headers.A is given twice"),
        ({"a": "Bearer PASSWORD-findme"}, "headers.a contains a credential."),
    ],
)
def test_request_header_that_is_invalid_is_an_option_error(headers: Any, message: str) -> None:
    assert message in refusal(headers=headers)


# Ansible's own texts behave this way: their conversion to a text returns the same object.
Text = type("Text", (str,), {"__str__": lambda text: text})


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({}, {}),
        ([], []),
        ({"a": [1, 2.5, True, None, "x", {"b": ()}]}, {"a": [1, 2.5, True, None, "x", {"b": []}]}),
        (OrderedDict(a=OrderedDict(b=1)), {"a": {"b": 1}}),
        (
            {"on": date(2026, 1, 2), "at": datetime(2026, 1, 2, 3, tzinfo=timezone.utc)},
            {"on": "2026-01-02", "at": "2026-01-02T03:00:00.000Z"},
        ),
        (' {"a": [1, "b"]}\n', {"a": [1, "b"]}),
        ("[1]", [1]),
        ("{'a': [True, None, 'b']}", {"a": [True, None, "b"]}),
        ({"many\nlines": "a\nb\u2028c"}, {"many\nlines": "a\nb\u2028c"}),
    ],
)
def test_request_body_is_converted_to_plain_json(body: Any, sent: Any) -> None:
    request = of(method="POST", body=body)
    assert request.body == sent
    assert json.loads(json.dumps(request.body, allow_nan=False)) == sent


def test_request_with_text_types_of_ansible_has_plain_texts() -> None:
    request = of(
        Text("/v3/x"),
        method=Text("POST"),
        query={Text("a"): Text("b")},
        headers={Text("c"): Text("d")},
        body={Text("e"): [Text("f")]},
    )
    assert isinstance(request.body, dict)
    found = [
        request.method,
        request.path,
        *request.query[0],
        *request.headers,
        *request.headers.values(),
        *request.body,
        *request.body["e"],
    ]
    assert [each.__class__ for each in found] == [str] * 8


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("findme", "body must be a dictionary or a list, or a text that holds a JSON object or array."),
        ('"findme"', "body must be a dictionary or a list"),
        ("[" * 100_000, "body must be a dictionary or a list"),
        (7, "body must be a dictionary or a list"),
        (
            {"billLineItems": [{"amount": float("nan")}]},
            "body.billLineItems[0].amount has a value that JSON cannot have",
        ),
        ('{"a": [1, NaN]}', "body.a[1] has a value that JSON cannot have"),
        ([float("inf")], "body[0] has a value that JSON cannot have"),
        ({"a": b"findme"}, "body.a has a value that JSON cannot have"),
        ({"a": {"findme"}}, "body.a has a value that JSON cannot have"),
        ({"a": 10**5000}, "body.a has a value that JSON cannot have"),
        ({"a": "findme\ud800"}, "body.a has a value that JSON cannot have"),
        ({"a": {7: "findme"}}, "body.a has a key that is not a text."),
        ({"a": {"findme\udc00": 1}}, "body.a has a key that is not a text."),
        ({"findme in a key": b""}, "body[...] has a value that JSON cannot have"),
    ],
)
def test_request_body_that_is_not_json_names_the_place(body: Any, message: str) -> None:
    assert message in refusal(method="POST", body=body)


def test_request_body_that_contains_itself_is_an_option_error() -> None:
    body: dict[str, Any] = {}
    body["a"] = [body]
    assert "body is nested more than 50 levels deep" in refusal(method="POST", body=body)


@pytest.mark.promise(5)
def test_request_representation_hides_headers_and_body() -> None:
    request = of(method="POST", headers={"a": "findme"}, body={"a": "findme"})
    assert "findme" not in repr(request)


pieces = st.one_of(
    st.sampled_from(
        ["/", "/v3/", "..", ".", "%2e", "%2F", "%5c", "%25", "\\", "?", "#", "@", ":", "//", ";", "connect", "%"]
    ),
    st.sampled_from(
        [API_URL, "https://", "gateway.stage.bill.com", "evil.example", "vendors", "\t", "\n", "\u2024", "\uff0e"]
    ),
    any_text,
)


def outcome_of(options: dict[str, Any]) -> Request | OptionError:
    try:
        return Request.of(options, API_URL, ())
    except OptionError as error:
        return error


def assert_below_api_url(request: Request) -> None:
    url = parse_url(API_URL + request.target)
    assert (url.scheme, url.host, url.port, url.auth, url.fragment) == (
        "https",
        "gateway.stage.bill.com",
        None,
        None,
        None,
    )
    assert url.path is not None
    # This also holds for a server on the way that decodes the path once or twice.
    for path in (url.path, unquote(url.path), unquote(unquote(url.path))):
        assert str(parse_url(f"https://x{path}").path).startswith("/connect/v3/")
    assert url.path == "/connect" + request.path
    assert url.path.startswith("/connect/v3/")
    assert not {"", ".", ".."} & set(unquote(unquote(url.path)).split("/")[1:])
    assert tuple(parse_qsl(url.query or "", keep_blank_values=True)) == request.query
    # The checked text is the one that goes over the wire.
    assert requests.Request("GET", API_URL + request.target).prepare().url == API_URL + request.target


@pytest.mark.promise(7)
@given(
    st.lists(pieces, max_size=8).map("".join),
    st.sampled_from(["", "/v3/", "/v3/vendors/", f"{API_URL}/v3/", "https://"]),
)
@example("vendors?a=%26b%3Dc&d=%23", "/v3/")
def test_request_with_any_path_stays_below_api_url(text: str, start: str) -> None:
    request = outcome_of({"path": start + text})
    if isinstance(request, Request):
        assert_below_api_url(request)
    else:
        assert 20 < len(str(request)) < 400


@pytest.mark.promise(8)
@given(
    st.sampled_from(METHODS),
    st.dictionaries(
        st.sampled_from(["path", "query", "filters", "sort", "headers", "body"]),
        st.one_of(any_json, st.dictionaries(st.text(max_size=3), any_json, max_size=3)),
    ),
)
def test_request_with_any_options_is_valid_or_an_option_error(method: str, options: dict[str, Any]) -> None:
    request = outcome_of({"path": "/v3/x", "method": method, **options})
    if isinstance(request, Request):
        assert_below_api_url(request)
        json.dumps(request.body, allow_nan=False).encode("ascii")
    else:
        assert str(request).isprintable()
