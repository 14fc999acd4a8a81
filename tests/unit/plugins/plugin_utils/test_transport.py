# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange: the request, the response, and the message to the user."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import pytest
import requests

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ErrorCode
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_parser import ErrorProfile
from ansible_collections.bill.connect.plugins.plugin_utils._core.run import UnwatchedRun
from ansible_collections.bill.connect.plugins.plugin_utils._http import http_sender
from ansible_collections.bill.connect.plugins.plugin_utils._http.abortable_adapter import AbortableAdapter
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings, Limits
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.http_sender import HttpSender
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import (
    FormBody,
    HttpRequest,
    JsonBody,
    RawResponse,
    Response,
)
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport_errors import TransportErrors
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, Bill, BillExchange
from tests.unit.plugins.plugin_utils.fakes import (
    Reply,
    ScriptedBill,
    breaks_off,
    refuses,
    resets,
    responds,
    responds_and_stays,
    trickles,
)

Start = Callable[..., ScriptedBill]
SECRET = "s3cret-findme"
LOGIN = HttpRequest("POST", "/v3/login", {"devKey": SECRET}, JsonBody({"password": SECRET}))
PAYMENT = HttpRequest("POST", "/v3/payments", {"devKey": SECRET}, JsonBody({}), is_repeatable=False)
VENDORS = HttpRequest("GET", "/v3/vendors")
TOKEN = HttpRequest("POST", "")


class ListLimits:
    """Limits that record the target of each taken slot, and the moment of its release."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    @contextmanager
    def slot(self, target: str) -> Iterator[None]:
        self.noted.append(target)
        yield
        self.noted.append("free")


class TaskEnded(BaseException):
    """An exception without the base class Exception, like the one that ansible-core raises in a task that takes too long."""

    request_sent: bool


def open_transport(url: str, *, timeout: float = 10, limits: Limits | None = None) -> HttpTransport:
    return HttpTransport(HttpExchange(BaseUrl.of_api(url), HttpSettings(timeout), limits))


def log_in(url: str, *, timeout: float = 10) -> Response:
    return open_transport(url, timeout=timeout).send(LOGIN)


def resolve_no_name(*_arguments: object, **_keywords: object) -> NoReturn:
    raise socket.gaierror(-2, "Name or service not known")


def refused_port() -> int:
    """A port without a listening server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


# --- requests and responses ---


def test_transport_sends_request_and_decodes_response(scripted: Start) -> None:
    bill = scripted(responds(200, {"sessionId": "abc"}))
    request = HttpRequest("POST", "/v3/login", {"devKey": "key"}, JsonBody({"a": "b"}))
    response = open_transport(bill.url + "/").send(request)
    assert (response.status, response.json) == (200, {"sessionId": "abc"})
    [received] = bill.received
    assert received.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "\r\ndevKey: key\r\n" in received
    assert "\r\nUser-Agent: bill.connect (Ansible collection)\r\n" in received
    assert received.endswith('{"a": "b"}')


@pytest.mark.promise(9)
@pytest.mark.promise(15)
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("4", 4.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("3600", 10.0),
        ("inf", 10.0),
        ("nan", 0.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 10.0),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 408, 503])
def test_header_retry_after_says_how_long_to_wait_up_to_timeout(
    scripted: Start, status: int, header: str, wait: float
) -> None:
    bill = scripted(responds(status, b"", **{"Retry-After": header}))
    with pytest.raises(errors.BillError) as busy:
        open_transport(bill.url, timeout=10).send(LOGIN)
    assert (busy.value.min_wait, busy.value.is_transient) == (wait, True)


def test_header_retry_after_counts_with_a_code_too(scripted: Start) -> None:
    bill = scripted(responds(429, [{"code": "BDC_1322"}], **{"Retry-After": "7"}))
    with pytest.raises(errors.BillError) as busy:
        open_transport(bill.url, timeout=10).send(LOGIN)
    assert (busy.value.code, busy.value.min_wait) == ("BDC_1322", 7.0)


@pytest.mark.promise(5)
def test_exchange_with_form_body_sends_every_field_unchanged(scripted: Start) -> None:
    form = {"grant_type": "client_credentials", "client_id": "an app", "client_secret": 'a&b=c+d%20;é\u2028 ~\n"/?#'}
    bill = scripted(responds(200, {"access_token": "t"}))
    base_url = BaseUrl.of_option(bill.url + "/token/", "token_url")
    HttpTransport(HttpExchange(base_url, HttpSettings(10))).send(HttpRequest("POST", "", body=FormBody(form)))
    [received] = bill.received
    head, _blank, body = received.partition("\r\n\r\n")
    assert received.startswith("POST /connect/token/ HTTP/1.1\r\n")
    assert "\r\nContent-Type: application/x-www-form-urlencoded\r\n" in head + "\r\n"
    assert body.isascii()
    assert dict(parse_qsl(body, strict_parsing=True)) == form
    # The secret is only in the body, neither in the address nor in a header.
    assert "a%26b" not in head
    assert "a&b" not in head


def test_exchange_encodes_json_and_form_bodies_differently(scripted: Start) -> None:
    bill = scripted(responds(200, {}))
    transport = open_transport(bill.url)
    transport.send(HttpRequest("POST", "/v3/mfa/challenge", body=JsonBody({})))
    transport.send(HttpRequest("POST", "/v3/logout"))
    transport.send(HttpRequest("POST", "/v3/token", body=FormBody({"a": "b"})))
    assert [each.partition("\r\n\r\n")[2] for each in bill.received] == ["{}", "", "a=b"]
    assert ["Content-Type: application/json" in each for each in bill.received] == [True, False, False]


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "body", [JsonBody({"name": SECRET}), FormBody({"name": SECRET})], ids=["a password", "a client secret"]
)
def test_request_and_response_representations_hide_headers_and_body(body: JsonBody | FormBody) -> None:
    own = ErrorProfile({SECRET: ErrorCode(errors.ApiError, "", "")})
    request = HttpRequest("POST", "/v3/login", {"sessionId": SECRET}, body, own)
    assert "POST" in repr(request)
    assert "findme" not in f"{request!r} {Response(200, {'name': SECRET})!r} {RawResponse(200, SECRET.encode())!r}"


@pytest.mark.promise(11)
def test_exchange_requests_a_slot_for_its_target(scripted: Start) -> None:
    bill = scripted(responds(200, {}))
    limits = ListLimits()
    transport = open_transport(bill.url, limits=limits)
    transport.send(HttpRequest("GET", "/v3/spend/budgets?max=1"))
    # A request for a token has no target, because the base URL is its whole URL.
    transport.at(BaseUrl.of_option(bill.url + "/v3/spend/token", "token_url")).send(TOKEN)
    assert limits.noted == ["/v3/spend/budgets?max=1", "free", "", "free"]


@pytest.mark.promise(7)
def test_transport_at_another_base_url_keeps_settings_and_limits(scripted: Start, tmp_path: Path) -> None:
    stop = threading.Event()
    bill, other = (
        scripted(responds(200, {"from": "bill"})),
        scripted(responds(200, {"from": "other"}), trickles(b" ", stop)),
    )
    limits, settings = ListLimits(), HttpSettings(0.3, validate_certs=False, ca_path=str(tmp_path))
    first = HttpTransport(HttpExchange(BaseUrl.of_api(bill.url), settings, limits))
    base_url = BaseUrl.of_option(other.url + "/token", "token_url")
    second = first.at(base_url)
    assert second.send(TOKEN).json == {"from": "other"}
    assert second.base_url == base_url
    assert limits.noted == ["", "free"]
    with pytest.raises(errors.RequestTimeoutError, match=r"within 0\.3 seconds"):
        second.send(TOKEN)
    stop.set()
    assert isinstance(second.exchange, HttpExchange)
    assert second.exchange.settings == settings
    assert first.send(HttpRequest("GET", "/")).json == {"from": "bill"}
    assert other.received[0].startswith("POST /connect/token HTTP/1.1\r\n")


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "reply",
    [
        responds(302, b"", Location="/"),
        responds(200, b"<html>"),
        responds(403, b"<html>"),
        lambda peer: peer.sendall(b"SSH-2.0\r\n"),
    ],
    ids=["redirect", "no JSON", "no code", "no HTTP"],
)
def test_transport_error_at_another_base_url_concerns_its_option(scripted: Start, reply: Reply) -> None:
    base_url = BaseUrl.of_option(scripted(reply).url, "token_url")
    with pytest.raises(errors.BillError) as failure:
        HttpTransport(HttpExchange(base_url, HttpSettings(10))).send(TOKEN)
    assert "api_url" not in str(failure.value)
    assert failure.value.options in (("token_url",), ())


@pytest.mark.promise(9)
def test_transport_uses_error_profile_of_the_request(scripted: Start) -> None:
    transport = open_transport(scripted(refuses(401, "BDC_1109")).url)
    own = {"BDC_1109": ErrorCode(errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("a",))}
    with pytest.raises(errors.AuthenticationError) as failure:
        transport.send(HttpRequest("GET", "/", profile=ErrorProfile(own)))
    assert (
        str(failure.value)
        == f"BILL answered BDC_1109: the token is wrong. Correct it at {transport.environment_label}."
    )
    with pytest.raises(errors.SessionExpiredError):
        transport.send(HttpRequest("GET", "/"))


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "reply",
    [refuses(401, "BDC_1109"), responds(200, b"<html>"), responds(302, b"", Location="/")],
    ids=["a code", "no JSON", "redirect"],
)
def test_transport_error_of_a_response_names_target_and_was_sent(scripted: Start, reply: Reply) -> None:
    with pytest.raises(errors.BillError) as failure:
        open_transport(scripted(reply).url).send(HttpRequest("GET", "/v3/vendors?max=1"))
    assert (failure.value.target, failure.value.request_sent, failure.value.not_processed) == (
        "/v3/vendors?max=1",
        True,
        False,
    )


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_transport_success_with_empty_body_has_no_json(scripted: Start, body: bytes) -> None:
    assert open_transport(scripted(responds(200, body)).url).send(HttpRequest("POST", "/v3/logout")).json is None


@pytest.mark.promise(7)
def test_exchange_with_this_machine_uses_no_proxy(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, bill = scripted(responds(200, {})), scripted(responds(200, {"from": "bill"}))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert open_transport(bill.url).send(HttpRequest("GET", "/v3/health")).json == {"from": "bill"}
    assert proxy.received == []


@pytest.mark.promise(7)
def test_transport_redirect_is_an_error_and_not_followed(scripted: Start) -> None:
    elsewhere = scripted(responds(200, {"sessionId": "abc"}))
    for status in (301, 302, 303, 307, 308):
        bill = scripted(responds(status, b"", Location=f"{elsewhere.url}/v3/login?{SECRET}"))
        with pytest.raises(errors.InvalidResponseError, match=f"redirect .HTTP status {status}.") as failure:
            log_in(bill.url)
        assert SECRET not in str(failure.value)
        assert len(bill.received) == 1
    assert elsewhere.received == []


@pytest.mark.promise(8)
def test_exchange_with_an_unknown_host_name_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve_no_name)
    with pytest.raises(errors.TransportError, match="The name bill.example.com could not be found"):
        log_in("https://bill.example.com/connect")


@pytest.mark.promise(8)
def test_exchange_with_a_broken_connection_names_the_reason(scripted: Start) -> None:
    port = refused_port()
    cases = {
        f"http://127.0.0.1:{port}/connect": f"127.0.0.1:{port} refused the connection",
        scripted(resets).url: "broke before the response was complete",
        scripted(breaks_off).url: "broke before the response was complete",
    }
    for url, why in cases.items():
        with pytest.raises(errors.TransportError) as failure:
            log_in(url)
        assert why in str(failure.value)
        assert SECRET not in str(failure.value)
        assert failure.value.__suppress_context__ or failure.value.__context__ is None


@pytest.mark.promise(9)
def test_exchange_with_old_urllib3_detects_a_truncated_response(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = requests.adapters.HTTPAdapter.send

    def as_before_version_2(*arguments: Any, **keywords: Any) -> requests.Response:
        response = send(*arguments, **keywords)
        response.raw.enforce_content_length = False
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", as_before_version_2)
    with pytest.raises(errors.TransportError, match="broke before the response was complete"):
        log_in(scripted(breaks_off).url)


@pytest.mark.promise(9)
@pytest.mark.parametrize("cut", [b"", b"\r\nContent-Ty", b"\r\nContent-Length: ", b"\r\nTransfer-Encoding: chu"])
def test_exchange_with_truncated_headers_is_an_error(scripted: Start, cut: bytes) -> None:
    with pytest.raises(errors.TransportError, match="broke before the response was complete"):
        log_in(scripted(lambda peer: peer.sendall(b"HTTP/1.1 200 OK" + cut)).url)


@pytest.mark.promise(8)
@pytest.mark.parametrize("location", [b"http://[findme", b"\xff\xfe", b"https://a..findme/"])
def test_transport_redirect_to_an_invalid_url_is_an_invalid_response(scripted: Start, location: bytes) -> None:
    response = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with pytest.raises(errors.InvalidResponseError, match="redirect .HTTP status 302.") as failure:
        log_in(scripted(lambda peer: peer.sendall(response)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(8)
def test_exchange_with_a_negative_chunk_length_is_an_invalid_response(scripted: Start) -> None:
    # urllib3 reads -5 bytes from Python's http.client, which raises ValueError.
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nfindme\r\n0\r\n\r\n"
    with pytest.raises(errors.InvalidResponseError, match="something that is not HTTP") as failure:
        log_in(scripted(lambda peer: peer.sendall(response)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(5)
def test_exchange_does_not_log_the_response(scripted: Start, caplog: pytest.LogCaptureFixture) -> None:
    # urllib3 logs a line that it cannot read as a header. Without the blank line, that is the session.
    response = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{\n"sessionId": "SESSION-findme"}\r\n\r\n{}'
    caplog.set_level("DEBUG")
    open_transport(scripted(lambda peer: peer.sendall(response)).url).send(HttpRequest("GET", "/"))
    assert "findme" not in caplog.text
    logging.getLogger("urllib3.connection").warning("of another program in this process")
    assert "of another program" in caplog.text


@pytest.mark.promise(8)
@pytest.mark.parametrize("url", ["https://a..b/connect", "https://" + "a" * 70 + ".example.com/connect"])
def test_exchange_with_an_unusable_url_is_not_transient(url: str) -> None:
    with pytest.raises(errors.OptionError, match="is not a valid address. Check api_url") as failure:
        log_in(url)
    assert not failure.value.is_transient


@pytest.mark.promise(15)
def test_exchange_timeout_covers_the_whole_exchange(scripted: Start) -> None:
    stop = threading.Event()

    def silent(_peer: socket.socket) -> None:
        stop.wait(20)

    try:
        for reply in (silent, trickles(b" ", stop)):
            begin = time.monotonic()
            with pytest.raises(errors.RequestTimeoutError, match=r"did not answer within 1 seconds .option timeout."):
                log_in(scripted(reply).url, timeout=1)
            # The limit is several times the timeout, so a busy machine does not fail the test.
            assert time.monotonic() - begin < 5
        for thread in threading.enumerate():
            if thread.name == "bill.connect exchange":
                # A thread that does not end at once must not keep Ansible running.
                assert thread.daemon
                thread.join(10)
                assert not thread.is_alive()
    finally:
        stop.set()


class OneSlot:
    """Limits with one slot. Only an explicit release frees it, unlike a slot made from a generator."""

    def __init__(self) -> None:
        self.is_held = False

    def slot(self, _target: str) -> OneSlot:
        return self

    def __enter__(self) -> None:
        self.is_held = True

    def __exit__(self, *_error: object) -> None:
        self.is_held = False


@pytest.mark.promise(11)
def test_exchange_without_a_thread_releases_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = OneSlot()

    def start_no_thread(_thread: threading.Thread) -> None:
        assert limits.is_held
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start_no_thread)
    with pytest.raises(errors.TransportError, match="could not start a thread to send the request, so it sent nothing"):
        open_transport("http://127.0.0.1:9/connect", timeout=1, limits=limits).send(HttpRequest("GET", "/"))
    assert not limits.is_held


@pytest.mark.promise(9)
def test_exchange_with_an_endless_response_is_an_error(scripted: Start) -> None:
    stop = threading.Event()
    with pytest.raises(errors.InvalidResponseError, match="more than 8 MiB"):
        log_in(scripted(trickles(b"x" * 2**20, stop)).url)
    stop.set()


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """No object of another test is deleted here: the stack of Python is nearly full, so its ``__del__`` would fail, and this test with it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("response", "says_what"),
    [
        (b"[" * 101 + b"]" * 101, "JSON that is nested more than 100 levels deep"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "JSON that is nested more than 100 levels deep"),
        (b"[" * 150_000, "JSON that is nested more than 100 levels deep"),
        (b"[" * 200_001, "more than 200000 values"),
        (b"[" + b"{}," * 140_000 + b"{}]", "more than 200000 values"),
        (b"[" + b"1," * 200_001 + b"1]", "more than 200000 values"),
    ],
    ids=["deep lists", "deep dictionaries", "deeper than Python goes", "endless lists", "many objects", "many numbers"],
)
def test_transport_response_that_ansible_cannot_process_is_invalid(
    scripted: Start, response: bytes, says_what: str, no_garbage_collection: None
) -> None:
    with pytest.raises(errors.InvalidResponseError, match=rf"answered with {says_what} .HTTP status 200."):
        log_in(scripted(responds(200, response)).url)
    # An error status decides, whatever the body contains.
    with pytest.raises(errors.BillError) as failure:
        log_in(scripted(responds(403, response)).url)
    assert failure.value.status == 403


def test_transport_response_of_a_full_page_is_accepted(scripted: Start) -> None:
    record = {f"field{number}": {"a": [1, "text, with {braces} and [brackets]"]} for number in range(60)}
    page = {"results": [record] * 100, "nextPage": "x"}
    assert log_in(scripted(responds(200, page)).url).json == page
    deep: Any = 1
    for _level in range(100):
        deep = [deep]
    assert log_in(scripted(responds(200, deep)).url).json == deep


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "interim", [[b"103 Early Hints"], [b"100 Continue", b"102 Processing", b"103 Early Hints"] * 3]
)
def test_exchange_skips_interim_responses(scripted: Start, interim: list[bytes]) -> None:
    """A CDN may send early hints. They are not the response."""
    final = responds(201, {"id": "1"})

    def reply(peer: socket.socket) -> None:
        for status in interim:
            peer.sendall(b"HTTP/1.1 " + status + b"\r\nLink: </a>; rel=preload\r\nContent-Length: 5\r\n\r\n")
        final(peer)

    response = log_in(scripted(reply).url)
    assert (response.status, response.json) == (201, {"id": "1"})


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [b"<html>s3cret-findme</html>", b'{"sessionId": ', b"\xff\xfe\x00"])
def test_transport_success_that_is_not_json_is_invalid(scripted: Start, response: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"not JSON .HTTP status 200.") as failure:
        log_in(scripted(responds(200, response)).url)
    assert SECRET not in str(failure.value)


@pytest.mark.promise(9)
def test_transport_failure_that_is_not_json_depends_on_its_status(scripted: Start) -> None:
    with pytest.raises(errors.ServerError):
        log_in(scripted(responds(502, b"<html>Bad Gateway</html>")).url)
    with pytest.raises(errors.InvalidResponseError, match="HTTP status 401 without a BDC code"):
        log_in(scripted(responds(401, b"<html>Sign in</html>")).url)


@pytest.mark.promise(9)
def test_exchange_with_an_unknown_encoding_depends_on_its_status(scripted: Start) -> None:
    for status, kind in (
        (200, errors.InvalidResponseError),
        (401, errors.InvalidResponseError),
        (503, errors.ServerError),
    ):
        bill = scripted(responds(status, b"packed-findme", **{"Content-Encoding": "br"}))
        with pytest.raises(kind, match=f"HTTP status {status}"):
            log_in(bill.url)
        assert "\r\nAccept-Encoding: identity\r\n" in bill.received[0]


@pytest.mark.promise(9)
def test_transport_failure_with_a_code_depends_on_the_code_only(scripted: Start) -> None:
    for status in (200, 401, 422, 500):
        with pytest.raises(errors.SessionExpiredError):
            log_in(scripted(refuses(status, "BDC_1109")).url)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ModuleNotFoundError("No module named 'requests'", name="requests"), "does not have it"),
        (
            ModuleNotFoundError("No module named 'urllib3'", name="urllib3"),
            "(ModuleNotFoundError: No module named 'urllib3')",
        ),
        (RuntimeError("the legacy provider failed to load"), "cannot import it (RuntimeError: the legacy provider"),
    ],
)
def test_exchange_without_requests_names_the_python_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    monkeypatch.setattr(http_sender, "IMPORT_ERROR", error)
    with pytest.raises(errors.BillError) as failure:
        log_in("http://127.0.0.1:1/connect")
    assert f"the Python library requests. The Python that runs Ansible on the controller ({sys.executable})" in str(
        failure.value
    )
    assert why in str(failure.value)
    assert f"{sys.executable} -m pip install" in str(failure.value)


# --- whether a request was sent ---


@pytest.mark.promise(10)
def test_exchange_without_a_connection_sends_nothing(monkeypatch: pytest.MonkeyPatch, scripted: Start) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    plain = scripted(lambda peer: peer.sendall(b"SSH-2.0\r\n"))
    refusing_proxy = scripted(responds(403, b"no tunnel"))

    def failure_at(url: str) -> errors.BillError:
        with pytest.raises(errors.BillError) as failure:
            open_transport(url).send(PAYMENT)
        return failure.value

    failures = [
        failure_at(f"http://127.0.0.1:{refused_port()}/connect"),
        failure_at(f"https://127.0.0.1:{plain.port}/connect"),
    ]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{refusing_proxy.port}")
    failures.append(failure_at("https://bill.example.com/connect"))
    monkeypatch.delenv("https_proxy")
    monkeypatch.setattr(socket, "getaddrinfo", resolve_no_name)
    failures.append(failure_at("https://bill.example.com/connect"))
    assert [(error.request_sent, error.not_processed) for error in failures] == [(False, True)] * 4
    assert [type(error).__name__ for error in failures] == [
        "TransportError",
        "TlsError",
        "TransportError",
        "TransportError",
    ]
    [asked] = refusing_proxy.received
    assert asked.startswith("CONNECT bill.example.com:443 HTTP/1.")
    assert SECRET not in asked


@pytest.mark.promise(10)
def test_exchange_with_slow_name_lookup_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()

    def resolve_slowly(*_arguments: object, **_keywords: object) -> None:
        found.wait(10)
        resolve_no_name()

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    with pytest.raises(errors.RequestTimeoutError) as failure:
        open_transport("https://bill.example.com/connect", timeout=0.2).send(PAYMENT)
    found.set()
    assert (failure.value.request_sent, failure.value.not_processed) == (False, True)


@pytest.mark.promise(10)
def test_exchange_that_timed_out_before_it_connected_sends_nothing_later(
    monkeypatch: pytest.MonkeyPatch, scripted: Start
) -> None:
    """The name is resolved only after the deadline, and the error says that the request was not sent."""
    bill = scripted(responds(200, {}))
    found, resolve = threading.Event(), socket.getaddrinfo

    def resolve_slowly(*arguments: Any, **keywords: Any) -> Any:
        found.wait(10)
        return resolve(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    with pytest.raises(errors.RequestTimeoutError) as failure:
        open_transport(bill.url, timeout=0.2).send(PAYMENT)
    assert (failure.value.request_sent, failure.value.not_processed) == (False, True)
    found.set()
    # The thread connects, and then closes the connection.
    assert bill.left.acquire(timeout=10)
    assert bill.received == []


@pytest.mark.promise(10)
@pytest.mark.parametrize("reply", [resets, breaks_off, lambda _peer: time.sleep(1)], ids=["resets", "cuts", "silent"])
def test_exchange_that_failed_after_it_connected_may_have_been_sent(scripted: Start, reply: Reply) -> None:
    with pytest.raises(errors.TransportError) as failure:
        open_transport(scripted(reply).url, timeout=0.5).send(PAYMENT)
    assert (failure.value.request_sent, failure.value.not_processed) == (True, False)


class EndingLimits:
    """Limits with a slot for each request until ``is_ended``. After that, the task ends while it waits for a slot."""

    is_ended = False

    @contextmanager
    def slot(self, _target: str) -> Iterator[None]:
        if self.is_ended:
            raise TaskEnded
        yield


@pytest.mark.promise(10)
def test_exchange_interrupted_while_waiting_for_a_slot_sends_nothing(scripted: Start) -> None:
    """The request before does not matter, even if its connection is still open."""
    limits = EndingLimits()
    transport = open_transport(scripted(responds_and_stays(200, {}), stays=True).url, limits=limits)
    with transport.keep_alive():
        transport.send(VENDORS)
        limits.is_ended = True
        with pytest.raises(TaskEnded) as failure:
            transport.send(PAYMENT)
    assert failure.value.request_sent is False
    limits.is_ended = False
    transport.send(VENDORS)
    limits.is_ended = True
    with pytest.raises(TaskEnded) as failure:
        transport.send(PAYMENT)
    assert failure.value.request_sent is False


@pytest.mark.promise(10)
def test_exchange_that_is_interrupted_at_the_start_of_its_thread_closes_its_connection(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def silent(_peer: socket.socket) -> None:
        asked.set()

    def ended(thread: threading.Thread) -> None:
        real(thread)
        # A signal can also arrive during the start, when the thread runs already.
        if thread.name == "bill.connect exchange":
            asked.wait(10)
            raise TaskEnded

    bill = scripted(silent, stays=True)
    real = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", ended)
    with pytest.raises(TaskEnded) as failure:
        open_transport(bill.url).send(PAYMENT)
    assert failure.value.request_sent is True
    # The connection is closed.
    assert bill.left.acquire(timeout=10)


@pytest.fixture
def end_task(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[socket.socket], None]]:
    """A reply of BILL during which the task ends: a signal arrives, as at the end of a task's timeout."""

    def ended(_number: int, _frame: object) -> NoReturn:
        raise TaskEnded

    before = signal.signal(signal.SIGUSR1, ended)
    yield lambda _peer: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.promise(10)
def test_exchange_that_is_interrupted_while_it_waits_closes_its_connection(
    scripted: Start, end_task: Callable[[socket.socket], None]
) -> None:
    bill = scripted(end_task, stays=True)
    with pytest.raises(TaskEnded) as failure:
        open_transport(bill.url).send(PAYMENT)
    assert failure.value.request_sent is True
    # The connection is closed.
    assert bill.left.acquire(timeout=10)


@pytest.mark.promise(15)
def test_list_has_one_thread_and_ends_it(scripted: Start, end_task: Callable[[socket.socket], None]) -> None:
    """After the last page, and after a task that ends during a page."""
    for last in (responds_and_stays(200, {}), end_task):
        transport = open_transport(scripted(responds_and_stays(200, {}), last, stays=True).url)
        with suppress(TaskEnded), transport.keep_alive():
            transport.send(VENDORS)
            (thread,) = exchange_threads()
            transport.send(VENDORS)
            assert exchange_threads() == [thread]
        thread.join(10)
        assert exchange_threads() == []


def exchange_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bill.connect exchange"]


class EndingBody(bytes):
    """The body of a response. The task ends while it is decoded."""

    def strip(self, *_arguments: Any) -> NoReturn:
        raise TaskEnded


@pytest.mark.promise(10)
def test_transport_interrupted_while_decoding_reports_that_it_sent_the_request(bill: Bill) -> None:
    bill.will_answer((200, EndingBody(b"{}")))
    with pytest.raises(TaskEnded) as failure:
        HttpTransport(BillExchange(bill, BaseUrl.of_api(API_URL))).send(PAYMENT)
    assert failure.value.request_sent is True


# --- keep_alive ---


def hangs_up(peer: socket.socket) -> None:
    """A reply that closes the connection in the middle of a response."""
    breaks_off(peer)
    peer.shutdown(socket.SHUT_RDWR)


@pytest.mark.promise(7)
def test_keep_alive_sends_the_same_requests_over_one_connection(scripted: Start) -> None:
    bill = scripted(responds_and_stays(200, {"a": "vendor"}), stays=True)
    transport = open_transport(bill.url)

    def read() -> object:
        return transport.send(HttpRequest("GET", "/v3/vendors", {"devKey": "key"})).json

    with transport.keep_alive():
        assert [read() for _time in range(5)] == [{"a": "vendor"}] * 5
        assert not bill.left.acquire(blocking=False)
    assert bill.left.acquire(timeout=10)
    for _time in range(2):
        read()
        assert bill.left.acquire(timeout=10)
    # The requests are equal byte by byte.
    assert bill.callers == [bill.received[:1] * each for each in (5, 1, 1)]


@pytest.mark.promise(10)
@pytest.mark.parametrize("fails", [False, True])
def test_keep_alive_connection_is_not_used_for_a_later_write(scripted: Start, fails: bool) -> None:
    bill = scripted(responds_and_stays(200, {}), stays=True)
    transport = open_transport(bill.url)
    # The second pass comes after the connection was used for a write.
    for _time in range(2):
        with suppress(ZeroDivisionError), transport.keep_alive():
            transport.send(VENDORS)
            if fails:
                raise ZeroDivisionError
        transport.send(PAYMENT)
        transport.send(PAYMENT)
    assert [len(caller) for caller in bill.callers] == [1] * 6


@pytest.mark.promise(7)
@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (hangs_up, errors.TransportError),
        (lambda _peer: None, errors.RequestTimeoutError),
        (
            lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"),
            errors.InvalidResponseError,
        ),
    ],
    ids=["cut", "late", "no HTTP"],
)
def test_keep_alive_after_a_failed_exchange_uses_another_connection(
    scripted: Start, reply: Reply, kind: type[errors.BillError]
) -> None:
    good = responds_and_stays(200, {})
    bill = scripted(good, reply, good, stays=True)
    transport = open_transport(bill.url, timeout=1 if kind is errors.RequestTimeoutError else 30)
    with transport.keep_alive():
        transport.send(VENDORS)
        with pytest.raises(kind):
            transport.send(VENDORS)
        assert bill.left.acquire(timeout=10)
        transport.send(VENDORS)
        transport.send(VENDORS)
    assert [len(caller) for caller in bill.callers] == [2, 2]
    assert bill.left.acquire(timeout=10)


def test_keep_alive_with_connection_closed_by_bill_opens_another(scripted: Start) -> None:
    bill = scripted(responds(200, {}))
    transport = open_transport(bill.url)
    with transport.keep_alive():
        for _time in range(3):
            transport.send(VENDORS)
    assert len(bill.callers) == 3


@pytest.mark.promise(9)
def test_keep_alive_after_an_error_of_bill_keeps_the_connection(scripted: Start) -> None:
    warned = [responds_and_stays(status, [{"code": "BDC_7777"}]) for status in (400, 503)]
    bill = scripted(*warned, responds_and_stays(302, b"", Location="/"), responds_and_stays(200, {}), stays=True)
    transport = open_transport(bill.url)
    with transport.keep_alive():
        for _time in range(3):
            with pytest.raises(errors.BillError):
                transport.send(VENDORS)
        transport.send(VENDORS)
    assert [len(caller) for caller in bill.callers] == [4]


@pytest.mark.promise(7)
@pytest.mark.parametrize("status", [200, 302, 401, 503])
def test_keep_alive_requests_share_no_header_body_or_cookie(scripted: Start, status: int) -> None:
    first = responds_and_stays(status, {}, **{"Set-Cookie": "SESSIONID=findme; Path=/"})
    bill = scripted(first, responds_and_stays(200, {}), stays=True)
    transport = open_transport(bill.url)
    with transport.keep_alive():
        with suppress(errors.BillError):
            transport.send(
                HttpRequest("GET", "/v3/vendors", {"organizationId": "008findme"}, JsonBody({"only": "here"}))
            )
        transport.send(HttpRequest("GET", "/v3/bills", {"devKey": "key"}))
    assert len(bill.callers) == 1
    assert "findme" in bill.received[0]
    assert not any(each in bill.received[1] for each in ("findme", "Cookie", "only", "vendors"))


@pytest.mark.promise(11)
def test_keep_alive_requests_need_a_slot_each(scripted: Start) -> None:
    limits = ListLimits()
    transport = open_transport(scripted(responds_and_stays(200, {}), stays=True).url, limits=limits)
    with transport.keep_alive():
        transport.send(VENDORS)
        transport.send(HttpRequest("GET", "/v3/spend/cards"))
    assert limits.noted == ["/v3/vendors", "free", "/v3/spend/cards", "free"]


@pytest.mark.promise(15)
def test_exchange_aborted_while_it_connects_closes_its_socket(scripted: Start) -> None:
    bill = scripted(b"")
    adapter = AbortableAdapter(UnwatchedRun())
    adapter.abort()
    sender = HttpSender(BaseUrl.of_api(bill.url), HttpSettings(5), TransportErrors("bill", 5, None, "api_url"))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(errors.TransportError):
            sender.send(adapter, HttpRequest("GET", "/v3/vendors"), keep_open=False)
        gc.collect()
    assert not adapter.connected
    assert [each for each in seen if issubclass(each.category, ResourceWarning)] == []
