# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange: what BILL hears, and what the user is told."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ansible_collections.bill.connect.plugins.plugin_utils import _errors as errors
from ansible_collections.bill.connect.plugins.plugin_utils import _gateway
from ansible_collections.bill.connect.plugins.plugin_utils._address import API_URLS, Address
from ansible_collections.bill.connect.plugins.plugin_utils._gateway import Gateway
from tests.unit.plugins.plugin_utils.conversation import ScriptedBill, cuts, refuses, resets, says, trickles

Start = Callable[..., ScriptedBill]
SECRET = "s3cret-findme"


def ask(url: str, timeout: float = 10) -> object:
    return Gateway(Address.of_api(url), timeout=timeout).ask(
        "POST", "/v3/login", headers={"devKey": SECRET}, body={"password": SECRET}
    )


def test_a_request_and_its_answer(scripted: Start) -> None:
    bill = scripted(says(200, {"sessionId": "abc"}))
    answer = Gateway(Address.of_api(bill.url + "/"), timeout=10).ask(
        "POST", "/v3/login", headers={"devKey": "key"}, body={"a": "b"}
    )
    assert (answer.status, answer.json) == (200, {"sessionId": "abc"})
    [heard] = bill.heard
    assert heard.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "\r\ndevKey: key\r\n" in heard
    assert "\r\nUser-Agent: bill.connect (Ansible collection)\r\n" in heard
    assert heard.endswith('{"a": "b"}')


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_answer_to_a_success_is_no_fault(scripted: Start, body: bytes) -> None:
    assert Gateway(Address.of_api(scripted(says(200, body)).url), timeout=10).ask("POST", "/v3/logout").json is None


@pytest.mark.promise(7)
def test_what_is_meant_for_this_machine_goes_through_no_proxy(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, bill = scripted(says(200, {})), scripted(says(200, {"from": "bill"}))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert Gateway(Address.of_api(bill.url), timeout=10).ask("GET", "/v3/health").json == {"from": "bill"}
    assert proxy.heard == []


@pytest.mark.promise(7)
def test_a_redirect_is_told_and_not_followed(scripted: Start) -> None:
    elsewhere = scripted(says(200, {"sessionId": "abc"}))
    for status in (301, 302, 303, 307, 308):
        bill = scripted(says(status, b"", Location=f"{elsewhere.url}/v3/login?{SECRET}"))
        with pytest.raises(errors.UnexpectedAnswer, match=f"redirect .HTTP status {status}.") as failure:
            ask(bill.url)
        assert SECRET not in str(failure.value)
        assert len(bill.heard) == 1
    assert elsewhere.heard == []


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("url", "says_why"),
    [
        ("http://192.0.2.7/connect", "would send the credentials to 192.0.2.7 unencrypted"),
        ("http://127.example.com/connect", "would send the credentials to 127.example.com unencrypted"),
        ("http://localhost.example.com/connect", "unencrypted"),
        ("http://gateway.stage.bill.com/connect", "unencrypted"),
        ("ftp://gateway.stage.bill.com/connect", "must begin with https://"),
        ("gateway.stage.bill.com/connect", "must begin with https://"),
        ("https:///connect", "must begin with https://"),
        ("https://gateway .stage.bill.com/connect", "must begin with https://"),
        ("https://[::1/connect", "is not a web address"),
        ("https://host:port/connect", "is not a web address"),
        (f"https://me:{SECRET}@bill.example.com/connect", "must not carry a user name or password"),
        ("https://bill.example.com/connect?x=1", "must end before the ?"),
    ],
)
def test_credentials_go_nowhere_unsafe(url: str, says_why: str) -> None:
    with pytest.raises(errors.OptionError) as failure:
        Gateway(Address.of_api(url), timeout=1)
    assert says_why in str(failure.value)
    assert str(failure.value).startswith("api_url ")
    assert SECRET not in str(failure.value)


@pytest.mark.promise(7)
@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8:99", "localhost:8080", "[::1]:8080"])
def test_http_is_allowed_on_this_machine(host: str) -> None:
    assert Gateway(Address.of_api(f"http://{host}/connect"), timeout=1).place == f"the BILL at {host}"


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("url", "says_why"),
    [
        ("https://gateway.bill.com/connect", "gateway.bill.com, which is none of the hosts that BILL documents"),
        ("https://api-sandbox.bill.com/api/v2", "which was retired by BILL in 2024"),
        ("https://app-sandbox.bill.com/", "which was retired by BILL in 2024"),
        ("https://api.bill.com/api/v2", "which serves BILL's v2 API"),
        ("https://api-stage.bill.com/api/v2", "which serves BILL's v2 API"),
        ("https://gateway.prod.bill.com", "BILL's address is https://gateway.prod.bill.com/connect"),
        ("https://gateway.stage.bill.com/connect/v3", "must end before /v3"),
        ("https://gateway.stage.bill.com/connect/v3/login", "must end before /v3"),
    ],
)
def test_typical_mistakes_are_named(url: str, says_why: str) -> None:
    with pytest.raises(errors.OptionError) as failure:
        Gateway(Address.of_api(url), timeout=1)
    assert says_why in str(failure.value)


def test_bills_own_addresses_are_good() -> None:
    for name, url in API_URLS.items():
        address = Address.of_api(url)
        assert Gateway(address, timeout=1).place == f"BILL's {name} ({address.host})"


@pytest.mark.promise(8)
def test_a_name_that_cannot_be_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(errors.ConnectionFailed, match="The name bill.example.com could not be found"):
        ask("https://bill.example.com/connect")


@pytest.mark.promise(8)
def test_each_broken_connection_is_told_apart(scripted: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    cases = {
        f"http://127.0.0.1:{port}/connect": f"127.0.0.1:{port} refused the connection",
        scripted(resets).url: "broke before a whole answer came",
        scripted(cuts).url: "broke before a whole answer came",
    }
    for url, why in cases.items():
        with pytest.raises(errors.ConnectionFailed) as failure:
            ask(url)
        assert why in str(failure.value)
        assert SECRET not in str(failure.value)
        assert failure.value.__suppress_context__ or failure.value.__context__ is None


@pytest.mark.promise(9)
def test_an_answer_that_was_cut_off_is_noticed_by_an_old_urllib3_as_well(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = requests.adapters.HTTPAdapter.send

    def as_before_version_2(*arguments: Any, **keywords: Any) -> requests.Response:
        response = send(*arguments, **keywords)
        response.raw.enforce_content_length = False
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", as_before_version_2)
    with pytest.raises(errors.ConnectionFailed, match="broke before a whole answer came"):
        ask(scripted(cuts).url)


@pytest.mark.promise(9)
@pytest.mark.parametrize("cut", [b"", b"\r\nContent-Ty", b"\r\nContent-Length: ", b"\r\nTransfer-Encoding: chu"])
def test_an_answer_cut_in_its_headers_is_no_success(scripted: Start, cut: bytes) -> None:
    with pytest.raises(errors.ConnectionFailed, match="broke before a whole answer came"):
        ask(scripted(lambda peer: peer.sendall(b"HTTP/1.1 200 OK" + cut)).url)


@pytest.mark.promise(8)
@pytest.mark.parametrize("location", [b"http://[findme", b"\xff\xfe", b"https://a..findme/"])
def test_a_redirect_to_nowhere_is_told_as_any_other(scripted: Start, location: bytes) -> None:
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with pytest.raises(errors.UnexpectedAnswer, match="redirect .HTTP status 302.") as failure:
        ask(scripted(lambda peer: peer.sendall(answer)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(8)
def test_an_answer_that_no_library_foresaw_is_told(scripted: Start) -> None:
    # urllib3 asks Python's http.client for -5 bytes, which raises ValueError.
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nfindme\r\n0\r\n\r\n"
    with pytest.raises(errors.UnexpectedAnswer, match="something that is not HTTP") as failure:
        ask(scripted(lambda peer: peer.sendall(answer)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(5)
def test_nothing_of_an_answer_gets_into_a_log(scripted: Start, caplog: pytest.LogCaptureFixture) -> None:
    # urllib3 logs what it cannot read as a header; where the blank line is missing, that is the session.
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{\n"sessionId": "SESSION-findme"}\r\n\r\n{}'
    caplog.set_level("DEBUG")
    Gateway(Address.of_api(scripted(lambda peer: peer.sendall(answer)).url), timeout=10).ask("GET", "/")
    assert "findme" not in caplog.text
    logging.getLogger("urllib3.connection").warning("of another program in this process")
    assert "of another program" in caplog.text


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://a..b/connect", None),
        ("https://" + "a" * 70 + ".example.com/connect", None),
        ("https://bill.example.com/connect", "http://findme:findme@a..b:3128"),
        ("https://bill.example.com/connect", "http://findme:日@127.0.0.1:1"),
        ("https://bill.example.com/connect", "ftp://findme:findme@127.0.0.1:1"),
    ],
)
def test_an_address_that_is_none_is_told_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    if proxy:
        monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(errors.BillError, match=r"HTTPS_PROXY|could not be found") as failure:
        ask(url)
    assert not failure.value.transient or "could not be found" in str(failure.value)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(8)
def test_a_proxy_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{taken.getsockname()[1]}")
    with pytest.raises(errors.ConnectionFailed, match="The proxy for bill.example.com gave no connection"):
        ask("https://bill.example.com/connect")


@pytest.mark.promise(15)
def test_the_timeout_covers_the_whole_exchange(scripted: Start) -> None:
    stop = threading.Event()

    def silent(_peer: socket.socket) -> None:
        stop.wait(20)

    try:
        for reply in (silent, trickles(b" ", stop)):
            with pytest.raises(errors.TimedOut, match=r"did not answer within 0\.3 seconds .option timeout."):
                ask(scripted(reply).url, timeout=0.3)
        for thread in threading.enumerate():
            if thread.name == "bill.connect exchange":
                # Should one not end at once, it must not keep Ansible from ending.
                assert thread.daemon
                thread.join(10)
                assert not thread.is_alive()
    finally:
        stop.set()


@pytest.mark.promise(9)
def test_an_endless_answer_is_given_up(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gateway, "_LARGEST_ANSWER", 2**20)
    stop = threading.Event()
    with pytest.raises(errors.UnexpectedAnswer, match="more than 1 MiB"):
        ask(scripted(trickles(b"x" * 2**18, stop)).url)
    stop.set()


@pytest.mark.promise(8)
@pytest.mark.parametrize("answer", [b"<html>s3cret-findme</html>", b'{"sessionId": ', b"\xff\xfe\x00", b"[" * 200_000])
def test_a_success_that_is_not_json_is_told(scripted: Start, answer: bytes) -> None:
    with pytest.raises(errors.UnexpectedAnswer, match=r"not JSON .HTTP status 200.") as failure:
        ask(scripted(says(200, answer)).url)
    assert SECRET not in str(failure.value)


@pytest.mark.promise(9)
def test_a_refusal_that_is_not_json_goes_by_its_status(scripted: Start) -> None:
    with pytest.raises(errors.ServerFault):
        ask(scripted(says(502, b"<html>Bad Gateway</html>")).url)
    with pytest.raises(errors.UnexpectedAnswer, match="HTTP status 401 without an error code of BILL's"):
        ask(scripted(says(401, b"<html>Sign in</html>")).url)


@pytest.mark.promise(9)
def test_what_is_packed_in_another_way_goes_by_its_status(scripted: Start) -> None:
    for status, kind in ((200, errors.UnexpectedAnswer), (401, errors.UnexpectedAnswer), (503, errors.ServerFault)):
        bill = scripted(says(status, b"packed-findme", **{"Content-Encoding": "br"}))
        with pytest.raises(kind, match=f"HTTP status {status}"):
            ask(bill.url)
        assert "\r\nAccept-Encoding: identity\r\n" in bill.heard[0]


@pytest.mark.promise(1)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTPS://Gateway.Stage.BILL.com/connect/", "https://gateway.stage.bill.com/connect"),
        ("https://gateway.stage.bill.com:443/connect", "https://gateway.stage.bill.com/connect"),
        ("http://LOCALHOST:80/connect", "http://localhost/connect"),
        ("http://[::1]:8080/connect", "http://[::1]:8080/connect"),
        ("https://bill.example.com:8443", "https://bill.example.com:8443"),
    ],
)
def test_one_address_is_one_bill_however_it_is_written(written: str, meant: str) -> None:
    assert Address.of_api(written).url == meant


@pytest.mark.promise(9)
def test_a_refusal_goes_by_its_code(scripted: Start) -> None:
    for status in (200, 401, 422, 500):
        with pytest.raises(errors.SessionEnded):
            ask(scripted(refuses(status, "BDC_1109")).url)


@pytest.mark.promise(8)
def test_without_requests_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gateway, "HAS_REQUESTS", False)
    with pytest.raises(errors.BillError, match="pip install requests"):
        ask("http://127.0.0.1:1/connect")
