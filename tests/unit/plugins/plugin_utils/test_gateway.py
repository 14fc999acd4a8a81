# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange: what BILL hears, and what the user is told."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http import transport as _gateway
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport, Response
from tests.unit.plugins.plugin_utils.conversation import ScriptedBill, cuts, goes_on, refuses, resets, says, trickles

Start = Callable[..., ScriptedBill]
SECRET = "s3cret-findme"


def ask(url: str, timeout: float = 10) -> Response:
    return HttpTransport(BaseUrl.of_api(url), timeout=timeout).ask(
        "POST", "/v3/login", headers={"devKey": SECRET}, body={"password": SECRET}
    )


def test_a_request_and_its_answer(scripted: Start) -> None:
    bill = scripted(says(200, {"sessionId": "abc"}))
    answer = HttpTransport(BaseUrl.of_api(bill.url + "/"), timeout=10).ask(
        "POST", "/v3/login", headers={"devKey": "key"}, body={"a": "b"}
    )
    assert (answer.status, answer.json) == (200, {"sessionId": "abc"})
    [heard] = bill.heard
    assert heard.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "\r\ndevKey: key\r\n" in heard
    assert "\r\nUser-Agent: bill.connect (Ansible collection)\r\n" in heard
    assert heard.endswith('{"a": "b"}')


@pytest.mark.promise(5)
def test_a_form_arrives_as_it_was_filled_in(scripted: Start) -> None:
    form = {"grant_type": "client_credentials", "client_id": "an app", "client_secret": 'a&b=c+d%20;é\u2028 ~\n"/?#'}
    bill = scripted(says(200, {"access_token": "t"}))
    HttpTransport(BaseUrl.of_option(bill.url + "/token/", "token_url"), timeout=10).ask("POST", "", form=form)
    [heard] = bill.heard
    head, _blank, body = heard.partition("\r\n\r\n")
    assert heard.startswith("POST /connect/token/ HTTP/1.1\r\n")
    assert "\r\nContent-Type: application/x-www-form-urlencoded\r\n" in head + "\r\n"
    assert body.isascii()
    assert dict(parse_qsl(body, strict_parsing=True)) == form
    # Nowhere but in the body: neither in the address nor in a header.
    assert "a%26b" not in head
    assert "a&b" not in head


def test_a_form_is_not_sent_as_json_and_json_not_as_a_form(scripted: Start) -> None:
    bill = scripted(says(200, {}))
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    gateway.ask("POST", "/v3/mfa/challenge", body={})
    gateway.ask("POST", "/v3/logout")
    gateway.ask("POST", "/v3/token", form={"a": "b"})
    assert [each.partition("\r\n\r\n")[2] for each in bill.heard] == ["{}", "", "a=b"]
    assert ["Content-Type: application/json" in each for each in bill.heard] == [True, False, False]


@pytest.mark.promise(5)
def test_neither_a_request_nor_an_answer_shows_what_it_holds() -> None:
    """Wherever one is printed: a form holds a client secret, a body a password, and headers and answers a session."""
    secret = {"name": "s3cret-findme"}
    request = _gateway._Request("POST", "/v3/login", headers=secret, body=secret, form=secret)
    assert "POST" in repr(request)
    assert "findme" not in f"{request!r} {_gateway.Response(200, secret)!r}"


@pytest.mark.promise(11)
def test_what_an_exchange_holds_depends_on_what_it_asks_for(scripted: Start) -> None:
    bill = scripted(says(200, {}))
    asked: list[str] = []

    def slot(path: str) -> AbstractContextManager[None]:
        asked.append(path)
        return nullcontext()

    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10, slot=slot)
    gateway.ask("GET", "/v3/spend/budgets?max=1")
    # The whole address is that of tokens.
    gateway.at(BaseUrl.of_option(bill.url + "/v3/spend/token", "token_url")).ask("POST", "")
    assert asked == ["/v3/spend/budgets?max=1", ""]


@pytest.mark.promise(7)
def test_another_address_is_asked_in_the_same_manner(scripted: Start, tmp_path: Path) -> None:
    slots: list[str] = []

    @contextmanager
    def slot(_path: str) -> Iterator[None]:
        slots.append("taken")
        yield
        slots.append("given back")

    stop = threading.Event()
    bill, other = scripted(says(200, {"from": "bill"})), scripted(says(200, {"from": "other"}), trickles(b" ", stop))
    first = HttpTransport(BaseUrl.of_api(bill.url), timeout=0.3, ca_path=str(tmp_path), validate_certs=False, slot=slot)
    address = BaseUrl.of_option(other.url + "/token", "token_url")
    second = first.at(address)
    assert second.ask("POST", "").json == {"from": "other"}
    assert second.address == address
    assert slots == ["taken", "given back"]
    with pytest.raises(errors.RequestTimeoutError, match=r"within 0\.3 seconds"):
        second.ask("POST", "")
    stop.set()
    assert (second._verify(), second._ca_path) == (False, str(tmp_path))
    assert first.ask("GET", "/").json == {"from": "bill"}
    assert other.heard[0].startswith("POST /connect/token HTTP/1.1\r\n")


@pytest.mark.promise(8)
def test_what_goes_wrong_at_another_address_blames_its_option(scripted: Start) -> None:
    for reply in (
        says(302, b"", Location="/"),
        says(200, b"<html>"),
        says(403, b"<html>"),
        lambda peer: peer.sendall(b"SSH-2.0\r\n"),
    ):
        gateway = HttpTransport(BaseUrl.of_option(scripted(reply).url, "token_url"), timeout=10)
        with pytest.raises(errors.BillError) as failure:
            gateway.ask("POST", "")
        assert "api_url" not in str(failure.value)
        assert failure.value.concerns in (("token_url",), ())


@pytest.mark.promise(9)
def test_a_request_can_give_a_code_a_meaning_of_its_own(scripted: Start) -> None:
    gateway = HttpTransport(BaseUrl.of_api(scripted(refuses(401, "BDC_1109")).url), timeout=10)
    own = {
        "BDC_1109": errors.ErrorCode(errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("a",))
    }
    with pytest.raises(errors.AuthenticationError) as failure:
        gateway.ask("GET", "/", meanings=own)
    assert str(failure.value) == f"BILL answered BDC_1109: the token is wrong. Correct it at {gateway.place}."
    with pytest.raises(errors.SessionExpiredError):
        gateway.ask("GET", "/")


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_answer_to_a_success_is_no_fault(scripted: Start, body: bytes) -> None:
    assert (
        HttpTransport(BaseUrl.of_api(scripted(says(200, body)).url), timeout=10).ask("POST", "/v3/logout").json is None
    )


@pytest.mark.promise(7)
def test_what_is_meant_for_this_machine_goes_through_no_proxy(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, bill = scripted(says(200, {})), scripted(says(200, {"from": "bill"}))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert HttpTransport(BaseUrl.of_api(bill.url), timeout=10).ask("GET", "/v3/health").json == {"from": "bill"}
    assert proxy.heard == []


@pytest.mark.promise(7)
def test_a_redirect_is_told_and_not_followed(scripted: Start) -> None:
    elsewhere = scripted(says(200, {"sessionId": "abc"}))
    for status in (301, 302, 303, 307, 308):
        bill = scripted(says(status, b"", Location=f"{elsewhere.url}/v3/login?{SECRET}"))
        with pytest.raises(errors.InvalidResponseError, match=f"redirect .HTTP status {status}.") as failure:
            ask(bill.url)
        assert SECRET not in str(failure.value)
        assert len(bill.heard) == 1
    assert elsewhere.heard == []


@pytest.mark.promise(8)
def test_a_name_that_cannot_be_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(errors.TransportError, match="The name bill.example.com could not be found"):
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
        with pytest.raises(errors.TransportError) as failure:
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
    with pytest.raises(errors.TransportError, match="broke before a whole answer came"):
        ask(scripted(cuts).url)


@pytest.mark.promise(9)
@pytest.mark.parametrize("cut", [b"", b"\r\nContent-Ty", b"\r\nContent-Length: ", b"\r\nTransfer-Encoding: chu"])
def test_an_answer_cut_in_its_headers_is_no_success(scripted: Start, cut: bytes) -> None:
    with pytest.raises(errors.TransportError, match="broke before a whole answer came"):
        ask(scripted(lambda peer: peer.sendall(b"HTTP/1.1 200 OK" + cut)).url)


@pytest.mark.promise(8)
@pytest.mark.parametrize("location", [b"http://[findme", b"\xff\xfe", b"https://a..findme/"])
def test_a_redirect_to_nowhere_is_told_as_any_other(scripted: Start, location: bytes) -> None:
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with pytest.raises(errors.InvalidResponseError, match="redirect .HTTP status 302.") as failure:
        ask(scripted(lambda peer: peer.sendall(answer)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(8)
def test_an_answer_that_no_library_foresaw_is_told(scripted: Start) -> None:
    # urllib3 asks Python's http.client for -5 bytes, which raises ValueError.
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nfindme\r\n0\r\n\r\n"
    with pytest.raises(errors.InvalidResponseError, match="something that is not HTTP") as failure:
        ask(scripted(lambda peer: peer.sendall(answer)).url)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(5)
def test_nothing_of_an_answer_gets_into_a_log(scripted: Start, caplog: pytest.LogCaptureFixture) -> None:
    # urllib3 logs what it cannot read as a header; where the blank line is missing, that is the session.
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{\n"sessionId": "SESSION-findme"}\r\n\r\n{}'
    caplog.set_level("DEBUG")
    HttpTransport(BaseUrl.of_api(scripted(lambda peer: peer.sendall(answer)).url), timeout=10).ask("GET", "/")
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
    with pytest.raises(errors.TransportError, match="The proxy for bill.example.com gave no connection"):
        ask("https://bill.example.com/connect")


@pytest.mark.promise(15)
def test_the_timeout_covers_the_whole_exchange(scripted: Start) -> None:
    stop = threading.Event()

    def silent(_peer: socket.socket) -> None:
        stop.wait(20)

    try:
        for reply in (silent, trickles(b" ", stop)):
            begin = time.monotonic()
            with pytest.raises(errors.RequestTimeoutError, match=r"did not answer within 1 seconds .option timeout."):
                ask(scripted(reply).url, timeout=1)
            # A ratio, so that only a wait of several times the timeout is noticed, and no busy machine is.
            assert time.monotonic() - begin < 5
        for thread in threading.enumerate():
            if thread.name == "bill.connect exchange":
                # Should one not end at once, it must not keep Ansible from ending.
                assert thread.daemon
                thread.join(10)
                assert not thread.is_alive()
    finally:
        stop.set()


@pytest.mark.promise(11)
def test_the_slot_is_given_back_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []

    @contextmanager
    def slot(_path: str) -> Iterator[None]:
        held.append("held")
        try:
            yield
        finally:
            held.clear()

    def no_thread(_thread: threading.Thread) -> None:
        assert held
        raise RuntimeError("can't start new thread")

    # Kept here, because what nobody holds any more gives back what it held by itself.
    stacks: list[ExitStack] = []

    def remembered() -> ExitStack:
        stacks.append(ExitStack())
        return stacks[0]

    monkeypatch.setattr(_gateway, "ExitStack", remembered)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        HttpTransport(BaseUrl.of_api("http://127.0.0.1:9/connect"), timeout=1, slot=slot).ask("GET", "/")
    assert held == []


@pytest.mark.promise(9)
def test_an_endless_answer_is_given_up(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gateway, "_MAX_BYTES", 2**20)
    stop = threading.Event()
    with pytest.raises(errors.InvalidResponseError, match="more than 1 MiB"):
        ask(scripted(trickles(b"x" * 2**18, stop)).url)
    stop.set()


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("answer", "says_what"),
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
def test_answer_that_ansible_cannot_take_is_none(scripted: Start, answer: bytes, says_what: str) -> None:
    with pytest.raises(errors.InvalidResponseError, match=rf"answered with {says_what} .HTTP status 200."):
        ask(scripted(says(200, answer)).url)
    # A no is a no, whatever else is in it.
    with pytest.raises(errors.BillError) as failure:
        ask(scripted(says(403, answer)).url)
    assert failure.value.status == 403


def test_answer_of_a_full_page_is_taken(scripted: Start) -> None:
    record = {f"field{number}": {"a": [1, "text, with {braces} and [brackets]"]} for number in range(60)}
    page = {"results": [record] * 100, "nextPage": "x"}
    assert ask(scripted(says(200, page)).url).json == page
    deep: Any = 1
    for _level in range(100):
        deep = [deep]
    assert ask(scripted(says(200, deep)).url).json == deep


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "interim", [[b"103 Early Hints"], [b"100 Continue", b"102 Processing", b"103 Early Hints"] * 3]
)
def test_interim_answers_are_skipped(scripted: Start, interim: list[bytes]) -> None:
    """A CDN may send early hints: they are not the answer."""
    final = says(201, {"id": "1"})

    def reply(peer: socket.socket) -> None:
        for status in interim:
            peer.sendall(b"HTTP/1.1 " + status + b"\r\nLink: </a>; rel=preload\r\nContent-Length: 5\r\n\r\n")
        final(peer)

    answer = ask(scripted(reply).url)
    assert (answer.status, answer.json) == (201, {"id": "1"})


@pytest.mark.promise(8)
@pytest.mark.parametrize("answer", [b"<html>s3cret-findme</html>", b'{"sessionId": ', b"\xff\xfe\x00"])
def test_a_success_that_is_not_json_is_told(scripted: Start, answer: bytes) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"not JSON .HTTP status 200.") as failure:
        ask(scripted(says(200, answer)).url)
    assert SECRET not in str(failure.value)


@pytest.mark.promise(9)
def test_a_refusal_that_is_not_json_goes_by_its_status(scripted: Start) -> None:
    with pytest.raises(errors.ServerError):
        ask(scripted(says(502, b"<html>Bad Gateway</html>")).url)
    with pytest.raises(errors.InvalidResponseError, match="HTTP status 401 without an error code of BILL's"):
        ask(scripted(says(401, b"<html>Sign in</html>")).url)


@pytest.mark.promise(9)
def test_what_is_packed_in_another_way_goes_by_its_status(scripted: Start) -> None:
    for status, kind in (
        (200, errors.InvalidResponseError),
        (401, errors.InvalidResponseError),
        (503, errors.ServerError),
    ):
        bill = scripted(says(status, b"packed-findme", **{"Content-Encoding": "br"}))
        with pytest.raises(kind, match=f"HTTP status {status}"):
            ask(bill.url)
        assert "\r\nAccept-Encoding: identity\r\n" in bill.heard[0]


@pytest.mark.promise(9)
def test_a_refusal_goes_by_its_code(scripted: Start) -> None:
    for status in (200, 401, 422, 500):
        with pytest.raises(errors.SessionExpiredError):
            ask(scripted(refuses(status, "BDC_1109")).url)


@pytest.mark.promise(8)
def test_without_requests_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gateway, "HAS_REQUESTS", False)
    with pytest.raises(errors.BillError, match="pip install requests"):
        ask("http://127.0.0.1:1/connect")


# --- what may have been sent ---


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.promise(10)
def test_where_no_connection_came_about_nothing_was_sent(monkeypatch: pytest.MonkeyPatch, scripted: Start) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    plain = scripted(lambda peer: peer.sendall(b"SSH-2.0\r\n"))
    refusing_proxy = scripted(says(403, b"no tunnel"))

    def failed(url: str) -> tuple[HttpTransport, errors.BillError]:
        gateway = HttpTransport(BaseUrl.of_api(url), timeout=10)
        with pytest.raises(errors.BillError) as failure:
            gateway.ask("POST", "/v3/payments", headers={"devKey": SECRET}, body={})
        return gateway, failure.value

    failures = [failed(f"http://127.0.0.1:{refused_port()}/connect"), failed(f"https://127.0.0.1:{plain.port}/connect")]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{refusing_proxy.port}")
    failures.append(failed("https://bill.example.com/connect"))
    monkeypatch.delenv("https_proxy")

    def nowhere(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    failures.append(failed("https://bill.example.com/connect"))
    assert [(gateway.sent, error.undone) for gateway, error in failures] == [(False, True)] * 4
    assert [type(error).__name__ for _gateway, error in failures] == [
        "TransportError",
        "TlsError",
        "TransportError",
        "TransportError",
    ]
    [asked] = refusing_proxy.heard
    assert asked.startswith("CONNECT bill.example.com:443 HTTP/1.")
    assert SECRET not in asked


@pytest.mark.promise(10)
def test_where_the_name_is_looked_up_for_too_long_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()

    def slow(*_args: object, **_kwargs: object) -> None:
        found.wait(10)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    gateway = HttpTransport(BaseUrl.of_api("https://bill.example.com/connect"), timeout=0.2)
    with pytest.raises(errors.RequestTimeoutError) as failure:
        gateway.ask("POST", "/v3/payments", body={})
    found.set()
    assert (gateway.sent, failure.value.undone) == (False, True)


@pytest.mark.promise(10)
def test_what_was_sent_late_is_not_sent_after_all(monkeypatch: pytest.MonkeyPatch, scripted: Start) -> None:
    """The name was found only when time was up, and the request is said not to have been sent."""
    bill = scripted(says(200, {}))
    found, real = threading.Event(), socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        found.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(errors.RequestTimeoutError) as failure:
        HttpTransport(BaseUrl.of_api(bill.url), timeout=0.2).ask("POST", "/v3/payments", body={})
    assert failure.value.undone
    found.set()
    # It comes that far, and then hangs up.
    assert bill.left.acquire(timeout=10)
    assert bill.heard == []


@pytest.mark.promise(10)
@pytest.mark.parametrize("reply", [resets, cuts, lambda _peer: time.sleep(1)], ids=["resets", "cuts", "silent"])
def test_where_a_connection_stood_something_may_have_been_sent(scripted: Start, reply: Any) -> None:
    gateway = HttpTransport(BaseUrl.of_api(scripted(reply).url), timeout=0.5)
    with pytest.raises(errors.TransportError) as failure:
        gateway.ask("POST", "/v3/payments", body={})
    assert (gateway.sent, failure.value.undone) == (True, False)


@pytest.mark.promise(10)
def test_what_the_last_request_sent_says_nothing_of_the_next(scripted: Start) -> None:
    """One that is stopped while it waits for its turn has sent nothing, whatever the one before did."""
    stopped = False

    @contextmanager
    def slot(_path: str) -> Iterator[None]:
        if stopped:
            raise KeyboardInterrupt
        yield

    gateway = HttpTransport(BaseUrl.of_api(scripted(says(200, {})).url), timeout=10, slot=slot)
    assert not gateway.sent
    gateway.ask("GET", "/v3/vendors")
    assert gateway.sent
    stopped = True
    with pytest.raises(KeyboardInterrupt):
        gateway.ask("POST", "/v3/payments", body={})
    assert not gateway.sent


class Stopped(BaseException):
    """What ansible-core raises in a task that takes too long is no Exception, either."""


@pytest.mark.promise(10)
@pytest.mark.parametrize("moment", ["start", "join"])
def test_a_task_that_is_ended_sends_nothing_any_more_and_knows_whether_it_has(
    scripted: Start, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    asked = threading.Event()

    def silent(_peer: socket.socket) -> None:
        asked.set()

    def ended(thread: threading.Thread, *args: Any) -> None:
        if thread.name != "bill.connect exchange":
            real(thread, *args)
        elif moment == "start":
            # A signal is heeded in the middle of this, too, when the thread is under way already.
            real(thread)
            asked.wait(10)
            raise Stopped
        else:
            asked.wait(10)
            raise Stopped

    bill = scripted(silent, stays=True)
    real = getattr(threading.Thread, moment)
    monkeypatch.setattr(threading.Thread, moment, ended)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    with pytest.raises(Stopped):
        gateway.ask("POST", "/v3/payments", body={})
    assert gateway.sent
    # It has hung up.
    assert bill.left.acquire(timeout=10)


# --- staying_open ---


def hangs_up(peer: socket.socket) -> None:
    """In the middle of an answer."""
    cuts(peer)
    peer.shutdown(socket.SHUT_RDWR)


@pytest.mark.promise(7)
def test_many_reads_take_one_connection_and_each_says_what_it_would_say_by_itself(scripted: Start) -> None:
    bill = scripted(goes_on(200, {"a": "vendor"}), stays=True)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)

    def read() -> object:
        return gateway.ask("GET", "/v3/vendors", headers={"devKey": "key"}).json

    with gateway.staying_open():
        assert [read() for _time in range(5)] == [{"a": "vendor"}] * 5
        assert not bill.left.acquire(blocking=False)
    assert bill.left.acquire(timeout=10)
    for _time in range(2):
        read()
        assert bill.left.acquire(timeout=10)
    # Byte by byte.
    assert bill.callers == [bill.heard[:1] * each for each in (5, 1, 1)]


@pytest.mark.promise(10)
def test_what_is_written_afterwards_goes_over_a_connection_of_its_own(scripted: Start) -> None:
    bill = scripted(goes_on(200, {}), stays=True)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    for fails in (False, True):
        with suppress(ZeroDivisionError), gateway.staying_open():
            gateway.ask("GET", "/v3/vendors")
            if fails:
                raise ZeroDivisionError
        gateway.ask("POST", "/v3/payments", body={})
        gateway.ask("POST", "/v3/payments", body={})
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
def test_after_a_failure_there_is_another_connection(scripted: Start, reply: Any, kind: type[errors.BillError]) -> None:
    good = goes_on(200, {})
    bill = scripted(good, reply, good, stays=True)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=1 if kind is errors.RequestTimeoutError else 30)
    with gateway.staying_open():
        gateway.ask("GET", "/v3/vendors")
        with pytest.raises(kind):
            gateway.ask("GET", "/v3/vendors")
        assert bill.left.acquire(timeout=10)
        gateway.ask("GET", "/v3/vendors")
        gateway.ask("GET", "/v3/vendors")
    assert [len(caller) for caller in bill.callers] == [2, 2]
    assert bill.left.acquire(timeout=10)


def test_bill_may_end_a_connection_after_any_answer(scripted: Start) -> None:
    bill = scripted(says(200, {}))
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    with gateway.staying_open():
        for _time in range(3):
            gateway.ask("GET", "/v3/vendors")
    assert len(bill.callers) == 3


@pytest.mark.promise(9)
def test_a_no_of_bill_is_no_reason_for_another_connection(scripted: Start) -> None:
    said = [goes_on(status, [{"code": "BDC_7777"}]) for status in (400, 503)]
    bill = scripted(*said, goes_on(302, b"", Location="/"), goes_on(200, {}), stays=True)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    with gateway.staying_open():
        for _time in range(3):
            with pytest.raises(errors.BillError):
                gateway.ask("GET", "/v3/vendors")
        gateway.ask("GET", "/v3/vendors")
    assert [len(caller) for caller in bill.callers] == [4]


@pytest.mark.promise(7)
@pytest.mark.parametrize("status", [200, 302, 401, 503])
def test_nothing_that_bill_sets_comes_back_to_it(scripted: Start, status: int) -> None:
    first = goes_on(status, {}, **{"Set-Cookie": "SESSIONID=findme; Path=/"})
    bill = scripted(first, goes_on(200, {}), stays=True)
    gateway = HttpTransport(BaseUrl.of_api(bill.url), timeout=10)
    with gateway.staying_open():
        with suppress(errors.BillError):
            gateway.ask("GET", "/v3/vendors", headers={"organizationId": "008findme"}, body={"only": "here"})
        gateway.ask("GET", "/v3/bills", headers={"devKey": "key"})
    assert len(bill.callers) == 1
    assert "findme" in bill.heard[0]
    assert not any(each in bill.heard[1] for each in ("findme", "Cookie", "only", "vendors"))


@pytest.mark.promise(11)
def test_each_of_many_reads_has_its_turn_and_its_slot(scripted: Start) -> None:
    taken: list[str] = []

    @contextmanager
    def slot(path: str) -> Iterator[None]:
        taken.append(path)
        yield
        taken.append("free")

    gateway = HttpTransport(BaseUrl.of_api(scripted(goes_on(200, {}), stays=True).url), timeout=10, slot=slot)
    with gateway.staying_open():
        gateway.ask("GET", "/v3/vendors")
        gateway.ask("GET", "/v3/spend/cards")
    assert taken == ["/v3/vendors", "free", "/v3/spend/cards", "free"]
