# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to any endpoint: the possible results of a write, no write sent twice, and the messages about BILL's errors."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client import client as client_module
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.endpoint import ApiResult, EndpointClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import LateExchange
from ansible_collections.bill.connect.plugins.plugin_utils._client.request import Request
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.redaction import sensitive_values
from ansible_collections.bill.connect.plugins.plugin_utils._http import exchange, http_sender
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.emulator.certificates import self_signed
from tests.unit.plugins.plugin_utils.fake_bill import (
    API_URL,
    CHECK,
    LOGIN,
    MFA_ID,
    OAUTH,
    PARTNER_LOGIN,
    STEP_UP,
    THE_PARTNER,
    TOKEN,
    Bill,
    OpenClient,
    ScriptedResponse,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import (
    OPTIONS,
    Clock,
    Reply,
    ScriptedBill,
    breaks_off,
    refuses,
    resets,
    responds,
)

Start = Callable[..., ScriptedBill]
Wired = Callable[..., BillClient]

PAY = "POST /v3/payments"
READ = "GET /v3/vendors"
# The refusals in these tests repeat this text.
ECHO = "s3cret-findme"
BODY = {"vendorId": "009", "amount": 12.5, "bank": {"accountNumber": "12345findme"}}
SENT = {
    "method": "POST",
    "url": f"{API_URL}/v3/payments",
    "body": {"vendorId": "009", "amount": 12.5, "bank": {"accountNumber": "********"}},
}


def request(method: str = "POST", path: str = "/v3/payments", **options: Any) -> Request:
    body = {} if method == "GET" else {"body": BODY}
    return Request.of({"method": method, "path": path, **body, **options}, API_URL, ())


READING = request("GET", "/v3/vendors")


def call(client: BillClient, what: Request | None = None, *expected: int, **how: Any) -> ApiResult:
    what = what or request()
    client.secrets.add({OPTIONS["password"], OPTIONS["dev_key"], ECHO, *sensitive_values(what.body)})
    return EndpointClient(client, expected=expected, **how).call(what)


def failed(client: BillClient, what: Request | None = None, *expected: int, **how: Any) -> errors.BillError:
    with pytest.raises(errors.BillError) as failure:
        call(client, what, *expected, **how)
    error = failure.value
    # The error has no other error behind it, and the user sees no secret.
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert "findme" not in f"{error} {error.details}"
    assert error.details.keys() >= {"status", "codes", "errors"}
    return error


def certain(error: errors.BillError) -> bool:
    return not isinstance(error, errors.UncertainWriteError) and not error.details.keys() & {
        "uncertain",
        "sent",
        "look_at",
    }


# --- what is sent, and what is returned ---


@pytest.mark.promise(2)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_endpoint_request_sends_the_session_and_a_write_is_changed(
    open_client: OpenClient, bill: Bill, method: str
) -> None:
    bill.answer_to_check = {"id": "009"}
    what = request(method, "/v3/vendors/009", headers={"organizationId": "00802"})
    result = call(open_client(), what)
    assert result == ApiResult(200, changed=method != "GET", json={"id": "009"})
    assert bill.received == [LOGIN, f"{method} /v3/vendors/009"]
    received = bill.last(f"{method} /v3/vendors/009")
    assert received.headers == {"organizationId": "00802", "sessionId": "SESSION-1", "devKey": OPTIONS["dev_key"]}
    assert received.body == (None if method == "GET" else BODY)


@pytest.mark.promise(2)
@pytest.mark.parametrize(("status", "response"), [(201, {"id": "1"}), (202, [1, 2]), (204, None), (200, "done")])
def test_endpoint_request_with_any_success_status_succeeds(
    signed_in: OpenClient, bill: Bill, status: int, response: Any
) -> None:
    bill.will_answer((status, response), to=PAY)
    assert call(signed_in()) == ApiResult(status, changed=True, json=response)


@pytest.mark.promise(5)
def test_endpoint_result_representation_hides_the_response(open_client: OpenClient) -> None:
    assert "findme" not in repr(ApiResult(200, True, json={"a": "findme"}))
    assert "findme" not in repr(EndpointClient(open_client()))


@pytest.mark.promise(5)
def test_endpoint_request_is_shown_redacted(signed_in: OpenClient) -> None:
    endpoint = EndpointClient(signed_in())
    endpoint.secrets.add({OPTIONS["dev_key"]})
    assert endpoint.redacted(request()) == SENT
    assert endpoint.redacted(request("GET", "/v3/vendors", query={"max": 5})) == {
        "method": "GET",
        "url": f"{API_URL}/v3/vendors?max=5",
    }
    shown = endpoint.redacted(
        request(body={"memo": f"our key is {OPTIONS['dev_key']}", "list": [{"taxId": "1-findme"}]})
    )
    assert shown["body"] == {"memo": "********", "list": [{"taxId": "********"}]}


# --- a write that BILL may have done ---

LOST: dict[str, ScriptedResponse] = {
    "broken": errors.TransportError("The connection broke."),
    "late": errors.RequestTimeoutError("It did not answer."),
    "broken inside TLS": errors.TlsError("Nobody knows who answered."),
    "fault": (500, None),
    "bad gateway": (502, b"<html>Bad Gateway</html>"),
    "unavailable": (503, {"message": "later"}),
    "fault with a code": no("BDC_1001", 500),
    "that code with another status": no("BDC_1001", 400),
    "fault with an unknown code": no("BDC_7777", 500),
    "fault that names a field": (500, [{"message": "amount: is odd"}]),
    "redirect": (302, b""),
    "unchanged": (304, b""),
    "no HTML": (200, b"<html>"),
    "half a response": (201, b'{"id": "0'),
    "timeout of the request": (408, None),
    "half a status": (103, None),
}
# A success and an error at once, or an error and a server fault.
CONTRADICTORY: dict[str, ScriptedResponse] = {
    "success with an unknown code": (200, [{"code": "BDC_7777"}]),
    "success with a refusal": (200, [{"code": "BDC_1104"}]),
    "success without a session": (200, [{"code": "BDC_1109"}]),
    "success of too many": (200, [{"code": "BDC_1322"}]),
    "success in part": (200, {"results": [{"id": "stp1"}], "errors": [{"code": "BDC_1152"}]}),
    "fault with too many": (500, [{"code": "BDC_1001"}, {"code": "BDC_1322"}]),
    "fault without a session": (500, [{"code": "BDC_1001"}, {"code": "BDC_1109"}]),
    "unavailable and two refusals": (503, [{"code": "BDC_1322"}, {"code": "BDC_1104"}]),
    "refusal and a fault": (400, [{"code": "BDC_1104"}, {"code": "BDC_1001"}]),
    "fault in v2's envelope": (200, {"response_status": 1, "response_data": {"error_code": "BDC_1001"}}),
    "two codes in v2's envelope": (
        200,
        {"response_status": 1, "response_data": [{"error_code": "BDC_1104"}, {"error_code": "BDC_7777"}]},
    ),
    "too large": errors.InvalidResponseError("More than 8 MiB."),
}
TRANSIENT = {
    name
    for name in LOST
    if name.startswith(("broken", "late", "fault", "bad", "unavailable", "that code", "timeout of the"))
}
TRANSIENT -= {"broken inside TLS"}


@pytest.mark.promise(10)
@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("lost", [*LOST, *CONTRADICTORY])
def test_endpoint_write_with_a_lost_response_is_sent_once_and_uncertain(
    signed_in: OpenClient, bill: Bill, lost: str, retries: int
) -> None:
    response = {**LOST, **CONTRADICTORY}[lost]
    bill.will_answer(response, to=PAY)
    error = failed(signed_in(retries=retries))
    assert bill.received == [PAY]
    assert isinstance(error, errors.UncertainWriteError)
    assert (error.is_transient, error.not_processed) == (False, False)
    status = None if isinstance(response, errors.BillError) else response[0]
    assert {name: error.details[name] for name in ("status", "uncertain", "sent", "look_at")} == {
        "status": status,
        "uncertain": True,
        "sent": SENT,
        "look_at": {"path": "/v3/payments", "sort": "createdTime:desc"},
    }
    assert str(error).startswith(
        "BILL may have processed this write: POST /v3/payments was sent, and its outcome is unknown. "
    )
    assert (
        "bill.connect does not send it again. Read /v3/payments (sort: createdTime:desc), or check in BILL's web app, before"
        in str(error)
    )
    assert "Try again" not in str(error)


@pytest.mark.promise(10)
def test_endpoint_write_with_a_misread_failure_is_sent_once(
    signed_in: OpenClient, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second, independent check prevents another send."""
    monkeypatch.setattr(client_module, "may_be_processed", lambda _error: False)
    bill.will_answer((503, None), to=PAY)
    failed(signed_in())
    assert bill.received == [PAY]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize("lost", LOST)
def test_endpoint_read_after_a_transient_failure_is_sent_again(signed_in: OpenClient, bill: Bill, lost: str) -> None:
    bill.answer_to_check = {"results": []}
    bill.will_answer(LOST[lost], to=READ)
    if lost in TRANSIENT:
        assert call(signed_in(), READING).json == {"results": []}
        assert bill.received == [READ, READ]
    else:
        assert certain(failed(signed_in(), READING))
        assert bill.received == [READ]


@pytest.mark.promise(9)
def test_endpoint_read_after_all_retries_fails(signed_in: OpenClient, bill: Bill, clock: Clock) -> None:
    began = clock.now
    bill.will_answer(*[(503, None)] * 4, to=READ)
    error = failed(signed_in(retries=3), READING)
    assert isinstance(error, errors.ServerError)
    assert (error.details["status"], bill.received, clock.now - began) == (503, [READ] * 4, 1 + 2 + 4)


@pytest.mark.promise(10)
def test_endpoint_request_identity_ignores_notation_and_other_headers(open_client: OpenClient) -> None:
    endpoint = EndpointClient(open_client())
    first = request(
        query={"a": 1, "b": 2}, headers={"organizationId": "008A"}, body={"amount": 5, "lines": [{"price": 2.0}]}
    )
    again = request(
        # A tracing header may differ between hosts. It does not make another payment.
        query={"b": 2, "a": 1},
        headers={"OrganizationId": "008A", "X-Trace": "two"},
        body={"lines": [{"price": 2}], "amount": 5.0},
    )
    assert endpoint.identity_of(first) == endpoint.identity_of(again)
    others = [
        request(query={"a": 1, "b": 3}, headers={"organizationId": "008A"}),
        request(query={"a": 1, "b": 2}, headers={"organizationId": "008B"}),
        request(
            query={"a": 1, "b": 2}, headers={"organizationId": "008A"}, body={"amount": "5", "lines": [{"price": 2.0}]}
        ),
        request(method="PUT", query={"a": 1, "b": 2}, headers={"organizationId": "008A"}),
        request(query={"a": [1, 2]}),
        request(query={"a": [2, 1]}),
    ]
    identities = [endpoint.identity_of(each)["request"] for each in (first, *others)]
    assert len(set(identities)) == len(identities)
    assert EndpointClient(open_client(username="other")).identity_of(first) != endpoint.identity_of(first)


@pytest.mark.promise(10)
def test_endpoint_uncertain_write_without_a_read_path_names_the_web_app(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((500, None))
    error = failed(signed_in(), request(path="/v3/network/invitation"))
    assert error.details["look_at"] is None
    assert "bill.connect does not send it again. Check in BILL's web app before you repeat it." in str(error)


@pytest.mark.promise(10)
def test_endpoint_uncertain_write_to_one_object_names_its_path(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((500, None))
    error = failed(signed_in(), request("PATCH", "/v3/vendors/009"))
    assert error.details["look_at"] == {"path": "/v3/vendors/009"}
    assert "Read /v3/vendors/009, or check in BILL's web app," in str(error)


@pytest.mark.promise(10)
def test_endpoint_uncertain_write_reports_the_errors_of_bill(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((500, [{"code": "BDC_1001", "message": "A fault with 12345findme."}]), to=PAY)
    error = failed(signed_in())
    assert error.details["codes"] == ["BDC_1001"]
    assert error.details["errors"] == [{"code": "BDC_1001", "message": "A fault with ********."}]
    assert "BILL answered BDC_1001 (HTTP status 500), a fault on its side." in str(error)


def silent(peer: socket.socket) -> None:
    peer.recv(1)


def large(peer: socket.socket) -> None:
    responds(200, b'"' + b"x" * 2**17 + b'"')(peer)


ON_THE_WIRE: dict[str, tuple[Reply, bool]] = {
    "reset": (resets, True),
    "cut": (breaks_off, True),
    "cut in its headers": (lambda peer: peer.sendall(b"HTTP/1.1 201 Created\r\nContent-Ty"), True),
    "empty, and cut": (lambda peer: peer.sendall(b"HTTP/1.1 201 Created\r\n\r\n"), True),
    "closed without a word": (lambda _peer: None, True),
    "silent": (silent, True),
    "no HTTP": (lambda peer: peer.sendall(b"SSH-2.0\r\n"), True),
    "odd HTTP": (
        lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"),
        False,
    ),
    "no JSON": (responds(200, b"<html>"), False),
    "half of it": (responds(200, b'{"id": '), False),
    "fault": (responds(500, b""), True),
    "bad gateway": (responds(502, b"<html>"), True),
    "unavailable": (responds(503, b""), True),
    "fault with a code": (refuses(500, "BDC_1001"), True),
    "fault with an unknown code": (refuses(503, "BDC_7777"), True),
    "redirect": (responds(307, b"", Location="/connect/v3/payments"), False),
    "too large": (large, False),
    "too large refusal": (responds(400, b'"' + b"x" * 2**17 + b'"'), False),
    "timeout of the request": (responds(408, b""), True),
}


@pytest.mark.promise(10)
@pytest.mark.parametrize("lost", ON_THE_WIRE)
def test_endpoint_on_the_wire_write_with_a_lost_response_is_received_once(
    open_on_the_wire: Wired, scripted: Start, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setattr(http_sender, "_MAX_BYTES", 2**16)
    # A second send would succeed.
    bill = scripted(ON_THE_WIRE[lost][0], responds(201, {"id": "1"}))
    error = failed(open_on_the_wire(bill.url, timeout=1 if lost == "silent" else 30))
    assert isinstance(error, errors.UncertainWriteError)
    assert error.details["sent"] == {**SENT, "url": f"{bill.url}/v3/payments"}
    assert [each.split("\r\n")[0] for each in bill.received] == ["POST /connect/v3/payments HTTP/1.1"]


@pytest.mark.promise(9)
@pytest.mark.parametrize("lost", ON_THE_WIRE)
def test_endpoint_on_the_wire_read_after_a_transient_failure_is_sent_again(
    open_on_the_wire: Wired, scripted: Start, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setattr(http_sender, "_MAX_BYTES", 2**16)
    reply, transient = ON_THE_WIRE[lost]
    bill = scripted(reply, responds(200, {"id": "1"}))
    client = open_on_the_wire(bill.url, timeout=1 if lost == "silent" else 30)
    if transient:
        assert call(client, READING) == ApiResult(200, changed=False, json={"id": "1"})
    else:
        assert certain(failed(client, READING))
    assert len(bill.received) == 1 + transient


# --- a write that was not sent, or that BILL has certainly not processed ---


def not_processed(error: errors.BillError) -> errors.BillError:
    error.not_processed = True
    return error


UNSENT: dict[str, Callable[[], ScriptedResponse]] = {
    "no connection": lambda: not_processed(errors.TransportError("Refused.")),
    "not found in time": lambda: not_processed(errors.RequestTimeoutError("Late.")),
    "no slot": lambda: errors.LimiterTimeoutError("None free."),
    "too many at once": lambda: no("BDC_1322", 429),
}


@pytest.mark.promise(10)
@pytest.mark.parametrize("why", UNSENT)
def test_endpoint_write_that_was_not_sent_is_retried_until_it_is_sent(
    signed_in: OpenClient, bill: Bill, clock: Clock, why: str
) -> None:
    began = clock.now
    bill.will_answer(*[UNSENT[why]() for _time in range(3)], to=PAY)
    assert call(signed_in(retries=3)).changed
    assert bill.received == [PAY] * 4
    assert clock.now - began == 1 + 2 + 4


@pytest.mark.promise(10)
@pytest.mark.parametrize("why", UNSENT)
def test_endpoint_write_that_is_never_sent_is_not_uncertain(signed_in: OpenClient, bill: Bill, why: str) -> None:
    bill.will_answer(*[UNSENT[why]() for _time in range(3)], to=PAY)
    assert certain(failed(signed_in(retries=2)))
    assert bill.received == [PAY] * 3


@pytest.mark.promise(10)
def test_endpoint_write_lost_at_a_later_retry_is_uncertain(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer(UNSENT["no slot"](), no("BDC_1322"), errors.TransportError("Broken."), to=PAY)
    assert isinstance(failed(signed_in()), errors.UncertainWriteError)
    assert bill.received == [PAY] * 3


@pytest.mark.promise(10)
def test_endpoint_write_with_a_rejected_certificate_is_not_retried(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer(not_processed(errors.TlsError("Expired, so nothing was sent.")), to=PAY)
    error = failed(signed_in())
    assert certain(error)
    assert (str(error), bill.received) == ("Expired, so nothing was sent.", [PAY])


REFUSALS: dict[str, ScriptedResponse] = {
    "unknown code": no("BDC_7777"),
    "known code": no("BDC_1104", 403),
    "untrusted": no("BDC_1361", 403),
    "no such API": no("BDC_1121", 404),
    "organization": no("BDC_1123"),
    "hour": no("BDC_1144", 429),
    "credential": no("BDC_1101", 401),
    "field": (422, [{"message": "amount: must be positive"}]),
    "not found": (404, b"<html>"),
    "forbidden": (403, None),
    "conflict": (409, {}),
    "of another name": (400, {"errorCode": "BDC_1152", "errorMessage": "Invalid Process Date"}),
    "in v2's envelope": (
        200,
        {"response_status": 1, "response_data": {"error_code": "BDC_1152", "error_message": "Invalid Process Date"}},
    ),
    "in v2's envelope without a code": (200, {"response_status": 1, "response_message": "Error"}),
}


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_write_that_met_too_many_requests_is_sent_again_because_it_was_not_processed(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer((429, b"<html>Slow down</html>"), (429, None), to=PAY)
    assert call(signed_in(retries=2)).changed
    assert bill.received == [PAY] * 3

    bill.will_answer((429, None), to=PAY)
    error = failed(signed_in(retries=0))
    assert certain(error)
    assert "HTTP status 429 without a BDC code: there were too many requests." in str(error)
    # expected_status is about BILL's own refusals.
    bill.will_answer((429, None), to=PAY)
    assert isinstance(failed(signed_in(retries=0), request(), 429), errors.BusyError)


@pytest.mark.promise(10)
@pytest.mark.parametrize("why", REFUSALS)
def test_endpoint_write_after_a_refusal_is_sent_once_and_not_uncertain(
    signed_in: OpenClient, bill: Bill, why: str
) -> None:
    response = REFUSALS[why]
    bill.will_answer(response, to=PAY)
    error = failed(signed_in())
    assert certain(error)
    assert isinstance(response, tuple)
    assert error.status in (response[0], None)
    assert [each["code"] for each in error.details["errors"] if each["code"]] == error.details["codes"]
    assert bill.received == [PAY]


@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_without_a_listener_is_retried(
    open_on_the_wire: Wired, scripted: Start, clock: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    came: list[ScriptedBill] = []
    client = open_on_the_wire(f"http://127.0.0.1:{port}/connect")
    assert certain(failed(open_on_the_wire(f"http://127.0.0.1:{port}/connect", retries=1)))
    clock.at_next_move = lambda: came.append(scripted(responds(201, {"id": "1"}), port=port))
    assert call(client) == ApiResult(201, changed=True, json={"id": "1"})
    assert len(came[0].received) == 1


@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_without_a_resolved_name_is_retried(
    open_on_the_wire: Wired, scripted: Start, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = scripted(responds(201, {}))

    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert certain(failed(open_on_the_wire(bill.url, retries=1)))
    clock.at_next_move = lambda: monkeypatch.setattr(socket, "getaddrinfo", real)
    assert call(open_on_the_wire(bill.url)).changed
    assert len(bill.received) == 1


@pytest.mark.promise(10)
@pytest.mark.promise(11)
def test_endpoint_on_the_wire_write_without_a_free_slot_is_retried(
    open_on_the_wire: Wired, scripted: Start, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = scripted(responds(201, {}))
    transport = open_on_the_wire(bill.url).transport
    assert isinstance(transport, HttpTransport)
    assert isinstance(transport.exchange, LateExchange)
    others = transport.exchange.opened.limits
    with ExitStack() as held:
        for _slot in range(3):
            held.enter_context(others.slot("/v3/bills"))
        assert certain(failed(open_on_the_wire(bill.url, retries=1)))
        assert bill.received == []
        clock.at_next_move = held.close
        assert call(open_on_the_wire(bill.url)).changed
    assert len(bill.received) == 1


@pytest.mark.promise(7)
@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_to_an_untrusted_certificate_is_not_sent(
    open_on_the_wire: Wired, scripted: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    shown = self_signed(tmp_path / "self-signed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    bill = scripted(responds(201, {}), tls=context)
    error = failed(open_on_the_wire(bill.url))
    assert isinstance(error, errors.TlsError)
    assert certain(error)
    assert bill.received == []


@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_that_the_proxy_rejects_is_retried(
    open_on_the_wire: Wired, scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = scripted(responds(503, b"no"))
    for name in ("HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    assert certain(failed(open_on_the_wire("https://bill.example.com/connect", retries=2)))
    assert [each.split(" ")[0] for each in proxy.received] == ["CONNECT"] * 3


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_after_a_concurrency_refusal_is_retried(
    open_on_the_wire: Wired, scripted: Start
) -> None:
    bill = scripted(refuses(429, "BDC_1322"), refuses(429, "BDC_1322"), responds(201, {}))
    assert call(open_on_the_wire(bill.url)).changed
    assert len(bill.received) == 3


# --- a task that ends during a write ---


class Stopped(BaseException):
    """An exception without the base class Exception, like the one that ansible-core raises in a task that takes too long."""


def end_while_bill_thinks(bill: Bill, end: BaseException, *, sent: bool = True, at: str = PAY) -> None:
    """End the task with this exception during the request. ``sent`` says whether a part of the request was sent."""

    def ends() -> None:
        # The exchange does the same.
        errors.note_sent(end, sent)
        raise end

    bill.before_answering(at, ends)


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", [Stopped, RuntimeError, MemoryError])
def test_endpoint_write_of_an_interrupted_task_is_uncertain(
    signed_in: OpenClient, bill: Bill, kind: type[BaseException]
) -> None:
    client = signed_in()
    end_while_bill_thinks(bill, kind("findme"))
    error = failed(client)
    assert isinstance(error, errors.UncertainWriteError)
    assert f"The task ended early ({kind.__name__})." in str(error)
    assert (error.details["uncertain"], error.details["sent"], error.details["status"]) == (True, SENT, None)
    assert bill.received == [PAY]


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_endpoint_write_interrupted_by_the_user_raises_the_interruption(
    signed_in: OpenClient, bill: Bill, kind: type[BaseException]
) -> None:
    client = signed_in()
    end_while_bill_thinks(bill, kind("findme"))
    with pytest.raises(kind):
        call(client)
    assert bill.received == [PAY]


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("what", "sent"), [(None, False), (READING, True), (READING, False)], ids=["unsent", "read", "unsent read"]
)
@pytest.mark.parametrize("kind", [Stopped, RuntimeError, KeyboardInterrupt])
def test_endpoint_request_interrupted_without_a_write_raises_the_same_exception(
    signed_in: OpenClient, bill: Bill, warned: list[str], what: Request | None, sent: bool, kind: type[BaseException]
) -> None:
    client = signed_in()
    end = kind("findme")
    end_while_bill_thinks(bill, end, sent=sent, at=READ if what else PAY)
    with pytest.raises(kind) as failure:
        call(client, what)
    assert failure.value is end
    assert warned == []


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "waits", ["_limits.concurrency_limiter.ConcurrencyLimiter._wait", "_limits.rate_limiter.RateLimiter.wait"]
)
def test_endpoint_on_the_wire_task_interrupted_while_waiting_sends_nothing(
    open_on_the_wire: Wired, scripted: Start, warned: list[str], monkeypatch: pytest.MonkeyPatch, waits: str
) -> None:
    bill = scripted(responds(200, {}))
    client = open_on_the_wire(bill.url)
    # The client has sent a request before.
    call(client, request("GET", "/v3/spend/budgets"))

    def ended(*_any: object) -> None:
        raise Stopped

    monkeypatch.setattr(f"ansible_collections.bill.connect.plugins.plugin_utils.{waits}", ended)
    with pytest.raises(Stopped):
        call(client, request(path="/v3/spend/budgets"))
    assert (len(bill.received), warned) == (1, [])


@pytest.mark.promise(10)
def test_endpoint_on_the_wire_write_of_an_interrupted_task_is_aborted(
    open_on_the_wire: Wired, scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = threading.Event()

    def never(peer: socket.socket) -> None:
        received.set()
        silent(peer)

    def ended(_pending: object, _timeout: float) -> None:
        received.wait(10)
        raise Stopped

    bill = scripted(never)
    client = open_on_the_wire(bill.url)
    monkeypatch.setattr(exchange._Pending, "wait", ended)
    error = failed(client)
    assert isinstance(error, errors.UncertainWriteError)
    assert "The task ended early (Stopped)." in str(error)
    assert bill.left.acquire(timeout=10)
    assert len(bill.received) == 1


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", [Stopped, OSError, errors.StoreError, errors.LockTimeoutError, RuntimeError])
def test_endpoint_write_with_a_failure_after_the_response_succeeds(
    signed_in: OpenClient, bill: Bill, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    bill.will_answer((201, {"id": "1"}), to=PAY)
    client = signed_in()

    def fails(*_any: object, **_more: object) -> None:
        raise kind("no room")

    monkeypatch.setattr(client.sessions, "touch", fails)
    assert call(client) == ApiResult(201, changed=True, json={"id": "1"})
    assert bill.received == [PAY]


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_endpoint_interruption_by_the_user_after_the_response_is_raised(
    signed_in: OpenClient, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    client = signed_in()

    def ends(*_any: object, **_more: object) -> None:
        raise kind

    monkeypatch.setattr(client.sessions, "touch", ends)
    with pytest.raises(kind):
        call(client)


# --- the session that it needs ---


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize("what", [request(), READING], ids=["write", "read"])
def test_endpoint_request_with_an_expired_session_is_sent_again_once(
    signed_in: OpenClient, bill: Bill, what: Request
) -> None:
    name = f"{what.method} {what.path}"
    bill.valid_sessions.clear()
    assert call(signed_in(), what).status == 200
    assert bill.received == [name, CHECK, LOGIN, name]
    assert bill.last(name).headers["sessionId"] == "SESSION-3"


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize("what", [request(), READING], ids=["write", "read"])
def test_endpoint_request_rejected_with_a_valid_session_does_not_renew_it(
    signed_in: OpenClient, bill: Bill, what: Request
) -> None:
    name = f"{what.method} {what.path}"
    bill.will_answer(no("BDC_1109", 401), to=name)
    error = failed(signed_in(), what)
    assert certain(error)
    assert error.details["codes"] == ["BDC_1109"]
    assert bill.received == [name, CHECK]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_endpoint_write_sent_again_with_a_lost_response_is_uncertain(signed_in: OpenClient, bill: Bill) -> None:
    bill.valid_sessions.clear()
    bill.will_answer(no("BDC_1109", 401), (500, None), to=PAY)
    assert isinstance(failed(signed_in()), errors.UncertainWriteError)
    assert bill.received == [PAY, CHECK, LOGIN, PAY]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("to", "received"), [(CHECK, [PAY] + [CHECK] * 4), (LOGIN, [PAY, CHECK] + [LOGIN] * 4)], ids=["check", "sign-in"]
)
def test_endpoint_rejected_write_without_a_new_session_is_not_uncertain(
    signed_in: OpenClient, bill: Bill, to: str, received: list[str]
) -> None:
    bill.valid_sessions.clear()
    bill.will_answer(*[errors.RequestTimeoutError("Late.")] * 4, to=to)
    error = failed(signed_in())
    assert isinstance(error, errors.RequestTimeoutError)
    assert certain(error)
    assert bill.received == received


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_endpoint_request_with_a_session_rejected_twice_renews_it_once(signed_in: OpenClient, bill: Bill) -> None:
    bill.valid_sessions.clear()
    bill.will_answer(*[no("BDC_1109", 401)] * 2, to=PAY)
    error = failed(signed_in())
    assert certain(error)
    assert bill.received == [PAY, CHECK, LOGIN, PAY]


OLD_TOKEN = [no("BDC_1109", 401), (401, None), (401, b"<html>"), no("BDC_7777", 401)]


@pytest.mark.promise(9)
@pytest.mark.promise(10)
@pytest.mark.parametrize("response", OLD_TOKEN, ids=["expired", "no code", "no JSON", "unknown code"])
@pytest.mark.parametrize("what", [request(), READING], ids=["write", "read"])
def test_endpoint_request_with_a_rejected_token_renews_it_once_unless_it_is_new(
    open_client: OpenClient, bill: Bill, clock: Clock, response: ScriptedResponse, what: Request
) -> None:
    name = f"{what.method} {what.path}"
    open_client(**OAUTH).sessions.ensure()
    clock.advance(59.9)
    bill.will_answer(response, response, (200, {}), to=name)
    assert certain(failed(open_client(**OAUTH), what))
    assert bill.received == [TOKEN, name]
    clock.advance(0.1)
    assert call(open_client(**OAUTH), what).status == 200
    assert bill.received == [TOKEN, name, name, TOKEN, name]
    assert bill.last(name).headers == {"Authorization": "Bearer TOKEN-4"}


@pytest.mark.promise(9)
def test_endpoint_request_with_an_untrusted_session_reports_mfa_without_login(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer(no("BDC_1361", 403), to=PAY)
    error = failed(signed_in())
    assert isinstance(error, errors.MfaRequiredError)
    assert error.details["codes"] == ["BDC_1361"]
    assert certain(error)
    assert bill.received == [PAY]


@pytest.mark.promise(9)
def test_endpoint_request_that_requires_trust_steps_up_before_it_is_sent(signed_in: OpenClient, bill: Bill) -> None:
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    assert call(signed_in(**MFA_ID), require_trusted=True).changed
    assert bill.received == [STEP_UP, PAY]


@pytest.mark.promise(9)
def test_endpoint_request_that_requires_trust_without_an_mfa_id_is_not_sent(signed_in: OpenClient, bill: Bill) -> None:
    for _time in range(2):
        error = failed(signed_in(), require_trusted=True)
        assert isinstance(error, errors.MfaRequiredError)
        assert certain(error)
    assert PAY not in bill.received


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_endpoint_request_that_requires_trust_checks_the_renewed_session(open_client: OpenClient, bill: Bill) -> None:
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    open_client(**MFA_ID).sessions.ensure()
    bill.requests.clear()
    bill.valid_sessions.clear()
    assert call(open_client(**MFA_ID), require_trusted=True).changed
    bill.remembered.clear()
    bill.valid_sessions.clear()
    error = failed(open_client(**MFA_ID), require_trusted=True)
    assert isinstance(error, errors.MfaRequiredError)
    # Each time there was a stored session at first, and only BILL knew that it had ended.
    assert bill.received == [PAY, CHECK, LOGIN, PAY, PAY, CHECK, LOGIN, CHECK]


@pytest.mark.promise(9)
def test_endpoint_request_after_the_hourly_limit_is_not_sent_until_the_next_hour(
    signed_in: OpenClient, bill: Bill, clock: Clock
) -> None:
    clock.now = clock.now // 3600 * 3600 + 600
    signed_in().sessions.ensure(force=True)
    bill.requests.clear()
    bill.will_answer(no("BDC_1144", 429), to=READ)
    assert failed(signed_in(), READING).details["status"] == 429
    clock.advance(2999)
    for what in (READING, request()):
        error = failed(signed_in(), what)
        assert isinstance(error, errors.HourlyQuotaError)
        assert "did not send the request again" in str(error)
        assert error.details["codes"] == ["BDC_1144"]
        assert certain(error)
    assert bill.received == [READ]
    clock.advance(1)
    assert call(signed_in()).changed
    assert bill.received == [READ, PAY]


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v3/invoices/00e01/email", "Max number of allowed requests per hour reached: 20000."),
        ("/v3/invoices/00e01/email", "Slow down."),
        ("/v3/network/invitation/vendor/00901", "Max number of allowed requests per minute reached: 5."),
        ("/v3/payments", "Max number of allowed requests per minute reached: 5."),
    ],
)
@pytest.mark.parametrize("retries", [0, 1])
def test_endpoint_limit_of_a_minute_waits_and_does_not_block_other_calls(
    signed_in: OpenClient, bill: Bill, clock: Clock, path: str, message: str, retries: int
) -> None:
    began, mail = clock.now, request(path=path)
    bill.will_answer((422, [{"code": "BDC_1144", "message": message}]), (200, {}), to=f"POST {path}")
    if retries:
        assert call(signed_in(retries=1), mail).changed
        assert clock.now - began == 61
    else:
        error = failed(signed_in(retries=0), mail)
        assert isinstance(error, errors.RateLimitError)
        assert certain(error)
        assert "Wait a minute" in str(error)
    assert call(signed_in(), READING).json == {}
    assert bill.received == [*[f"POST {path}"] * (1 + retries), READ]


@pytest.mark.promise(9)
def test_endpoint_request_after_the_limit_of_sign_ins_is_sent_with_a_stored_session(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer((422, [{"code": "BDC_1144", "message": "Max number of allowed requests per hour reached: 200."}]))
    for _time in range(2):
        error = failed(signed_in(username="other@example.com"))
        assert isinstance(error, errors.SignInQuotaError)
        assert "does not sign in with this developer key before" in str(error)
    assert call(signed_in(), READING).json == {}
    assert bill.received == [LOGIN, READ]


@pytest.mark.promise(12)
def test_endpoint_check_only_sends_no_write_and_validates_trust_if_required(
    open_client: OpenClient, bill: Bill
) -> None:
    assert EndpointClient(open_client()).check_only() == ApiResult(None, changed=True)
    assert bill.received == []
    with pytest.raises(errors.MfaRequiredError):
        EndpointClient(open_client(), require_trusted=True).check_only()
    assert bill.received == [LOGIN, CHECK]
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    assert EndpointClient(open_client(**MFA_ID), require_trusted=True).check_only() == ApiResult(None, changed=True)
    assert bill.received == [LOGIN, CHECK, STEP_UP]


# --- expected_status ---


@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("response", "json"),
    [((404, [{"code": each}]), [{"code": each}]) for each in ("BDC_7777", "BDC_1120")],
)
@pytest.mark.parametrize("what", [request(), READING], ids=["write", "read"])
def test_endpoint_request_with_an_expected_refusal_succeeds_without_change(
    signed_in: OpenClient, bill: Bill, response: ScriptedResponse, json: Any, what: Request
) -> None:
    bill.will_answer(response)
    assert call(signed_in(), what, 200, 404) == ApiResult(404, changed=False, json=json)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "response", [b"<html>", None, [], {"message": "no Route matched"}, [{"code": "BDC_1121"}]], ids=str
)
@pytest.mark.parametrize("what", [request(), READING], ids=["write", "read"])
def test_endpoint_request_with_a_refusal_that_is_not_about_the_record_fails(
    signed_in: OpenClient, bill: Bill, response: Any, what: Request
) -> None:
    # A proxy may also return 404, and BILL returns it for a misspelt path. An existing record would count as missing.
    bill.will_answer((404, response))
    assert not failed(signed_in(), what, 200, 404).details.get("uncertain")


@pytest.mark.promise(2)
@pytest.mark.promise(10)
def test_endpoint_write_with_an_unexpected_success_status_fails_as_changed(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((201, {"id": "1", "account": "SESSION-1", "password": "findme"}), to=PAY)
    error = failed(signed_in(), request(), 200, 404)
    assert not error.details.get("uncertain")
    assert error.details == {
        "status": 201,
        "codes": [],
        "errors": [],
        "changed": True,
        "json": {"id": "1", "account": "********", "password": "********"},
    }
    assert str(error) == (
        "BILL answered POST /v3/payments with HTTP status 201. expected_status does not contain this status. "
        "BILL has processed the write."
    )


@pytest.mark.promise(2)
def test_endpoint_read_with_an_unexpected_success_status_fails_without_change(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer((202, {"findme": 1}), to=READ)
    error = failed(signed_in(), READING, 200)
    assert error.details == {"status": 202, "codes": [], "errors": []}
    assert str(error).endswith("expected_status does not contain this status.")


@pytest.mark.promise(9)
@pytest.mark.parametrize("code", ["BDC_1109", "BDC_1361", "BDC_1144", "BDC_1322", "BDC_1101", "BDC_1102", "BDC_1103"])
def test_endpoint_refusal_that_bill_connect_handles_is_never_expected(
    signed_in: OpenClient, bill: Bill, code: str
) -> None:
    bill.will_answer(*[no(code, 404)] * 4, to=PAY)
    error = failed(signed_in(), request(), 404)
    assert error.details["codes"] == [each["code"] for each in error.details["errors"]] == [code]


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "response", [(500, None), errors.RequestTimeoutError("Late."), (200, b"<html>"), no("BDC_7777", 408)], ids=str
)
def test_endpoint_write_with_a_lost_response_is_uncertain_despite_expected_status(
    signed_in: OpenClient, bill: Bill, response: ScriptedResponse
) -> None:
    bill.will_answer(response, to=PAY)
    assert isinstance(failed(signed_in(), request(), 200, 500, 404, 408), errors.UncertainWriteError)


@pytest.mark.promise(9)
def test_endpoint_refusal_of_a_new_login_is_never_expected(signed_in: OpenClient, bill: Bill) -> None:
    """The user expects a status for the request, and not for the login that it needs."""
    bill.valid_sessions.clear()
    bill.will_answer(no("BDC_1152", 404), to=LOGIN)
    error = failed(signed_in(), request("DELETE", "/v3/vendors/1", body=None), 404)
    assert str(error).startswith("BILL answered BDC_1152 (HTTP status 404). Look up the code")
    assert bill.received == ["DELETE /v3/vendors/1", CHECK, LOGIN]


@pytest.mark.promise(8)
def test_endpoint_refusal_that_is_not_expected_is_reported(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_7777", 400), to=PAY)
    assert failed(signed_in(), request(), 200, 404).details["codes"] == ["BDC_7777"]


# --- BILL's own words ---


@pytest.mark.promise(8)
def test_endpoint_error_lists_each_error_object_with_code_and_message(signed_in: OpenClient, bill: Bill) -> None:
    warned = [
        {"code": "BDC_1108", "message": "name: must not be blank", "severity": "ERROR"},
        {"code": "BDC_1108", "message": "address.line1: must not be blank"},
        {"code": "BDC_1171", "message": "name: must not be blank"},
        {"code": "odd findme", "message": "without a code of BILL's"},
        {"code": "BDC_1199"},
        {"code": None, "message": None},
        {"message": ""},
        "odd",
    ]
    bill.will_answer((400, warned), to=PAY)
    error = failed(signed_in())
    assert error.details == {
        "status": 400,
        "codes": ["BDC_1108", "BDC_1171", "BDC_1199"],
        "errors": [
            {"code": "BDC_1108", "message": "name: must not be blank"},
            {"code": "BDC_1108", "message": "address.line1: must not be blank"},
            {"code": "BDC_1171", "message": "name: must not be blank"},
            {"code": None, "message": "without a code of BILL's"},
            {"code": "BDC_1199", "message": None},
        ],
    }
    # Each text appears once.
    assert str(error) == (
        "BILL answered BDC_1108 (HTTP status 400) to POST /v3/payments: name: must not be blank; address.line1: must not be blank; "
        "without a code of BILL's"
    )


@pytest.mark.promise(8)
@pytest.mark.parametrize("field", ["userId", "organizationId", "device", "username", "token", "password"])
def test_endpoint_error_about_a_body_field_names_no_option(signed_in: OpenClient, bill: Bill, field: str) -> None:
    bill.will_answer((400, [{"code": "BDC_1108", "message": f"{field}: must not be blank"}]), to=PAY)
    error = failed(signed_in())
    assert error.options == ()
    assert str(error).endswith(f"to POST /v3/payments: {field}: must not be blank")


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("filters", "named"),
    [
        (
            [{"field": "nosuch", "op": "eq", "value": 1}, {"field": "name", "op": "sw", "value": "a,b:c"}],
            "nosuch, name",
        ),
        ('nosuch:eq:1,name:sw:"a,b:c"', "nosuch, name"),
    ],
)
def test_endpoint_error_about_a_filter_names_the_fields_of_the_filters_and_no_value(
    signed_in: OpenClient, bill: Bill, filters: Any, named: str
) -> None:
    what = request("GET", "/v3/vendors", filters=filters)
    refusal = [{"code": "BDC_1130", "message": "Invalid list filter field"}]
    bill.will_answer((400, refusal), to=f"GET {what.target}")
    error = failed(signed_in(), what)
    assert str(error).endswith(
        f"to GET /v3/vendors: Invalid list filter field. The filters use {named}. "
        "The fields of each list are at https://developer.bill.com/docs/filterable-fields"
    )


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("response", "doubt"),
    [
        ([{"message": "Not here."}], ""),
        *[
            (response, " The response has no BDC code. Check api_url, and that no proxy answers instead of BILL.")
            for response in ({"message": "Not here."}, {"errors": [{"message": "Not here."}]})
        ],
    ],
)
def test_endpoint_error_without_a_code_shows_the_message_of_bill(
    signed_in: OpenClient, bill: Bill, response: Any, doubt: str
) -> None:
    bill.will_answer((404, response), to=READ)
    error = failed(signed_in(), READING)
    assert str(error) == f"BILL answered HTTP status 404 to GET /v3/vendors: Not here.{doubt}"
    assert (error.details["codes"], error.details["errors"]) == ([], [{"code": None, "message": "Not here."}])


@pytest.mark.promise(8)
@pytest.mark.parametrize(("status", "expected"), [(200, ()), (204, ()), (200, (200,))])
def test_endpoint_read_with_an_empty_response_is_an_error(
    signed_in: OpenClient, bill: Bill, status: int, expected: tuple[int, ...]
) -> None:
    bill.will_answer((status, None), to=READ)
    error = failed(signed_in(), READING, *expected)
    assert str(error) == (
        f"The response to GET /v3/vendors is empty (HTTP status {status}). Check api_url, and that no proxy answers instead of BILL."
    )
    assert (error.options, error.details["status"]) == (("api_url",), status)


def test_endpoint_read_with_an_expected_status_204_succeeds(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((204, None), to=READ)
    assert call(signed_in(), READING, 204).json is None


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [None, [], {}, "findme", [{"message": 7}], [{"message": "  "}], b"<html>findme"])
def test_endpoint_error_without_a_message_names_the_status(signed_in: OpenClient, bill: Bill, response: Any) -> None:
    bill.will_answer((403, response), to=READ)
    error = failed(signed_in(), READING)
    assert "HTTP status 403 without a BDC code" in str(error)
    assert error.details == {"status": 403, "codes": [], "errors": []}


@pytest.mark.promise(8)
def test_endpoint_error_with_a_known_code_has_its_meaning_and_the_message_of_bill(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer((403, [{"code": "BDC_1104", "message": "Terms!"}]), to=READ)
    error = failed(signed_in(), READING)
    assert str(error).startswith("BILL answered BDC_1104: the developer terms are not accepted.")
    assert error.details["errors"] == [{"code": "BDC_1104", "message": "Terms!"}]


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_endpoint_error_that_echoes_a_secret_is_redacted(signed_in: OpenClient, bill: Bill) -> None:
    """The secret may come from the play, the session, or the body of the request."""
    echoes = {
        f"The key {OPTIONS['dev_key']} is odd.": "The key ******** is odd.",
        "SESSION-1 is no vendor": "******** is no vendor",
        "bank.accountNumber: 12345findme is too short": "bank.accountNumber: ******** is too short",
    }
    bill.will_answer((422, [{"code": "BDC_7777", "message": echo} for echo in echoes]), to=PAY)
    error = failed(signed_in())
    assert [each["message"] for each in error.details["errors"]] == list(echoes.values())
    assert str(error).endswith("; ".join(echoes.values()))
    assert "SESSION-1" not in f"{error}{error.details}"


@pytest.mark.promise(5)
def test_endpoint_error_that_echoes_a_new_session_is_redacted(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer((422, [{"message": "SESSION-1 is odd"}]), to=PAY)
    assert failed(open_client()).details["errors"] == [{"code": None, "message": "******** is odd"}]
    bill.valid_sessions.clear()
    bill.will_answer(no("BDC_1109", 401), (422, [{"message": "SESSION-1, SESSION-5"}]), to=PAY)
    assert failed(open_client()).details["errors"] == [{"code": None, "message": "********, ********"}]
    assert bill.received == [LOGIN, PAY, PAY, CHECK, LOGIN, PAY]


@pytest.mark.promise(8)
@pytest.mark.parametrize("text", ["{place} {0} {", "%s %(name)s", "{{ vault_bill_password }} {% raw %}", "\\1 \\g<0>"])
def test_endpoint_error_message_like_a_template_is_shown_unchanged(
    signed_in: OpenClient, bill: Bill, text: str
) -> None:
    bill.will_answer((422, [{"code": "BDC_7777", "message": text}]), to=PAY)
    error = failed(signed_in())
    assert error.details["errors"] == [{"code": "BDC_7777", "message": text}]
    assert str(error).endswith(f": {text}")


@pytest.mark.promise(8)
def test_endpoint_error_message_of_several_lines_becomes_one_line(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((422, [{"message": "name:\n  must not\x1b[31m be\u2028 blank\t"}]), to=PAY)
    assert str(failed(signed_in())).endswith(": name: must not [31m be blank")


@pytest.mark.promise(8)
def test_endpoint_error_message_that_is_too_long_is_truncated(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer((422, [{"message": "no " * 5000}]), to=PAY)
    error = failed(signed_in())
    assert [len(each["message"]) for each in error.details["errors"]] == [300]
    assert len(str(error)) < 400


OF_THE_CREDENTIAL = ["BDC_1101", "BDC_1102", "BDC_1103", "BDC_1107", "BDC_1110"]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", [*OF_THE_CREDENTIAL, "BDC_1123"])
@pytest.mark.parametrize("path", ["/v3/login", "/v3/partner/login", "/v3/partner/login-as-user"])
def test_endpoint_error_about_credentials_in_the_request_is_not_cached(
    signed_in: OpenClient, bill: Bill, path: str, code: str
) -> None:
    bill.will_answer(no(code, 401), to=f"POST {path}")
    error = failed(signed_in(), request(path=path))
    assert error.__class__ is errors.ApiError
    assert (error.options, error.details["codes"]) == ((), [code])
    assert "Correct" in str(error)
    # The error is not cached for the credentials, so they still work.
    assert call(signed_in()).changed
    signed_in().sessions.refusals.raise_if_refused()


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", OF_THE_CREDENTIAL)
def test_endpoint_error_about_credentials_in_a_partner_request_is_not_cached(
    open_client: OpenClient, bill: Bill, code: str
) -> None:
    open_client(**THE_PARTNER).sessions.ensure()
    bill.will_answer(no(code, 401), to=PARTNER_LOGIN)
    error = failed(open_client(**THE_PARTNER), request(path="/v3/partner/login"))
    assert error.__class__ is errors.ApiError
    assert error.options == ()
    open_client(**THE_PARTNER).sessions.refusals.raise_if_refused()


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", OF_THE_CREDENTIAL)
def test_endpoint_error_about_the_own_credentials_is_cached(signed_in: OpenClient, bill: Bill, code: str) -> None:
    bill.will_answer(no(code, 401), to=PAY)
    for says_so in (code, "did not send the request again"):
        error = failed(signed_in())
        assert isinstance(error, errors.AuthenticationError)
        assert says_so in str(error)
        assert error.details["codes"] == [code]
    assert bill.received == [PAY]


@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_endpoint_error_about_an_unknown_organization_names_the_request(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1123"), to=READ)
    error = failed(signed_in(), request("GET", "/v3/vendors", headers={"organizationId": "00802"}))
    assert error.__class__ is errors.ApiError
    assert str(error).endswith("Correct it in the request.")
    assert call(signed_in()).changed


@pytest.mark.promise(8)
def test_endpoint_error_about_an_unknown_path_names_path_and_method(signed_in: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1121", 404), to=READ)
    assert "there is no such API here. Check path and method" in str(failed(signed_in(), READING))
