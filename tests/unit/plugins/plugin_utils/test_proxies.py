# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies: every kind works, can be aborted, and gets the blame for its own failures, with the name of its variable."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.write_outcome import may_be_processed
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.asker import Asker
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.http_sender import THREAD_NAME
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from tests.emulator.certificates import Authority, self_signed
from tests.proxies import DrippingSocksProxy, ForwardingProxy, HttpProxy, SocksProxy
from tests.unit.plugins.plugin_utils.fakes import (
    OPTIONS,
    Clock,
    Reply,
    ScriptedBill,
    breaks_off,
    responds,
    responds_and_stays,
)

Start = Callable[..., ScriptedBill]
GOOD = responds(200, {"secure": True})
SECRET = "s3cret-findme"
USER = ("me", SECRET)
KINDS = ["http", "https", "socks5h"]


@pytest.fixture(autouse=True)
def _nothing_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    shown = authority.good()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    return context


@pytest.fixture
def start_proxy(context: ssl.SSLContext) -> Iterator[Callable[..., ForwardingProxy]]:
    """A proxy of a kind."""
    started: list[ForwardingProxy] = []

    def start(kind: str, **how: Any) -> ForwardingProxy:
        if kind.startswith("socks"):
            started.append(SocksProxy(**how))
        else:
            started.append(HttpProxy(tls=context if kind == "https" else None, **how))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def bill_with_tls(scripted: Start, context: ssl.SSLContext) -> Callable[..., ScriptedBill]:
    return lambda *replies, **how: scripted(*(replies or (GOOD,)), tls=context, **how)


Log_in = Callable[..., Response]


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Log_in:
    """Log in at an address through the proxy of an address."""

    def log_in(
        url: str, proxy: str, *, variable: str = "HTTPS_PROXY", timeout: float = 10, ca_path: str | None = None
    ) -> Response:
        monkeypatch.setenv(variable, proxy)
        exchange = HttpExchange(BaseUrl.of_api(url), HttpSettings(timeout, True, ca_path or str(authority.file)))
        body = JsonBody({"password": SECRET})
        return HttpTransport(exchange).send(HttpRequest("POST", "/v3/login", {"devKey": SECRET}, body))

    return log_in


@pytest.fixture
def failure(log_in: Log_in) -> Callable[..., errors.BillError]:
    """The error of a login that did not reach BILL. It shows no secret."""

    def failure(*arguments: Any, **keywords: Any) -> errors.BillError:
        with pytest.raises(errors.BillError) as caught:
            log_in(*arguments, **keywords)
        error = caught.value
        assert "findme" not in str(error)
        assert not error.request_sent
        assert error.not_processed or not isinstance(error, (errors.TransportError, errors.TlsError))
        return error

    return failure


Fail = Callable[..., errors.BillError]
StartProxy = Callable[..., ForwardingProxy]


def with_user(proxy: ForwardingProxy, user: str = ":".join(USER)) -> str:
    return proxy.url.replace("://", f"://{user}@")


def no_exchange_runs() -> bool:
    """Whether the threads of all exchanges end soon, long before their timeouts."""
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join(5)
    return not any(thread.name == THREAD_NAME for thread in threading.enumerate())


# --- every kind of proxy works ---


@pytest.mark.promise(7)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("user", [None, USER], ids=["open", "with a password"])
def test_exchange_through_a_proxy_reaches_bill(
    start_proxy: StartProxy, bill_with_tls: Start, log_in: Log_in, kind: str, user: tuple[str, str] | None
) -> None:
    bill = bill_with_tls()
    proxy = start_proxy(kind, user=user)
    assert log_in(bill.url, with_user(proxy) if user else proxy.url).json == {"secure": True}
    assert proxy.asked == [("127.0.0.1", bill.port)]
    [received] = bill.received
    assert received.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "proxy-authorization" not in received.lower()


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_exchange_uses_the_proxy_of_each_variable(
    start_proxy: StartProxy, bill_with_tls: Start, log_in: Log_in, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    bill, proxy = bill_with_tls(), start_proxy("http")
    assert log_in(bill.url, proxy.address, variable=variable).json == {"secure": True}
    assert len(proxy.asked) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert log_in(bill.url, proxy.address, variable=variable).json == {"secure": True}
    assert len(proxy.asked) == 1


def test_exchange_with_socks5h_lets_the_proxy_look_up_the_name(
    start_proxy: StartProxy, bill_with_tls: Start, failure: Fail, log_in: Log_in
) -> None:
    bill = bill_with_tls()
    proxy = start_proxy("socks5h", names={"localhost": "127.0.0.1", "bill.corp.invalid": "127.0.0.1"})
    assert log_in(bill.url.replace("127.0.0.1", "localhost"), proxy.url).json == {"secure": True}
    assert proxy.asked == [("localhost", bill.port)]
    error = failure(f"https://bill.corp.invalid:{bill.port}/connect", proxy.url.replace("socks5h", "socks5"))
    assert f"The name bill.corp.invalid:{bill.port} could not be found. With socks5:// in HTTPS_PROXY" in str(error)
    assert "write socks5h://" in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_keep_alive_through_a_proxy_uses_one_connection(
    start_proxy: StartProxy, bill_with_tls: Start, monkeypatch: pytest.MonkeyPatch, authority: Authority, kind: str
) -> None:
    bill, proxy = bill_with_tls(responds_and_stays(200, {}), stays=True), start_proxy(kind)
    monkeypatch.setenv("https_proxy", proxy.url)
    transport = HttpTransport(HttpExchange(BaseUrl.of_api(bill.url), HttpSettings(10, True, str(authority.file))))
    with transport.keep_alive():
        for _time in range(3):
            transport.send(HttpRequest("GET", "/v3/vendors"))
    assert len(proxy.asked) == 1
    assert [len(caller) for caller in bill.callers] == [3]


@pytest.mark.promise(10)
@pytest.mark.promise(15)
@pytest.mark.parametrize("kind", KINDS)
def test_exchange_through_a_proxy_is_aborted_at_its_deadline(
    start_proxy: StartProxy, bill_with_tls: Start, log_in: Log_in, kind: str
) -> None:
    stop = threading.Event()
    bill, proxy = bill_with_tls(lambda _peer: stop.wait(10)), start_proxy(kind)
    with pytest.raises(
        errors.RequestTimeoutError, match=f"127.0.0.1:{bill.port} did not answer within 1 seconds"
    ) as failure:
        log_in(bill.url, proxy.url, timeout=1)
    assert (failure.value.request_sent, failure.value.is_transient) == (True, True)
    # The connection is closed, although BILL still works on the request.
    assert proxy.left.acquire(timeout=5)
    assert no_exchange_runs()
    stop.set()


@pytest.mark.promise(8)
@pytest.mark.parametrize("kind", KINDS)
def test_connection_that_ends_behind_a_proxy_names_the_proxy_too(
    start_proxy: StartProxy, bill_with_tls: Start, log_in: Log_in, kind: str
) -> None:
    bill, proxy = bill_with_tls(breaks_off), start_proxy(kind)
    with pytest.raises(errors.TransportError) as failure:
        log_in(bill.url, proxy.url)
    assert str(failure.value) == (
        f"The connection to 127.0.0.1:{bill.port} broke before the response was complete. Check the network and the proxy "
        f"{proxy.address} (HTTPS_PROXY in the environment)."
    )


@pytest.mark.promise(8)
@pytest.mark.promise(15)
@pytest.mark.parametrize("kind", ["http", "https"])
def test_exchange_with_silent_proxy_is_aborted_and_blames_the_proxy(
    start_proxy: StartProxy, failure: Fail, kind: str
) -> None:
    proxy = start_proxy(kind, stalls=True)
    error = failure("https://bill.example.com/connect", proxy.url, timeout=0.5)
    assert isinstance(error, errors.RequestTimeoutError)
    assert str(error).startswith(
        f"The proxy {proxy.address} (HTTPS_PROXY in the environment) made no connection to bill.example.com within 0.5 seconds"
    )
    assert proxy.left.acquire(timeout=5)
    assert no_exchange_runs()


@pytest.mark.promise(8)
@pytest.mark.promise(15)
def test_exchange_with_silent_socks_proxy_times_out_and_blames_the_proxy(
    start_proxy: StartProxy, failure: Fail
) -> None:
    proxy = start_proxy("socks5h", stalls=True)
    error = failure("https://bill.example.com/connect", proxy.url, timeout=0.5)
    assert isinstance(error, errors.RequestTimeoutError)
    assert str(error).startswith(f"The proxy {proxy.address} (HTTPS_PROXY in the environment) made no connection to")
    assert no_exchange_runs()


@pytest.mark.promise(15)
def test_exchange_with_socks_proxy_that_never_ends_its_reply_is_aborted(
    bill_with_tls: Callable[..., ScriptedBill], failure: Fail
) -> None:
    """Each byte starts the timeout of a read again. Without an abort, the request would hold its slot for ever."""
    bill = bill_with_tls()
    proxy = DrippingSocksProxy(names={"bill.example.com": "127.0.0.1"})
    error = failure(f"https://bill.example.com:{bill.port}/connect", proxy.url, timeout=0.5)
    assert isinstance(error, errors.RequestTimeoutError)
    assert str(error).startswith(f"The proxy {proxy.address} (HTTPS_PROXY in the environment) made no connection to")
    assert proxy.left.acquire(timeout=5)
    assert no_exchange_runs()
    proxy.close()


@pytest.mark.promise(15)
def test_exchange_with_server_that_stalls_in_the_handshake_is_aborted(scripted: Start, log_in: Log_in) -> None:
    stop = threading.Event()
    bill = scripted(lambda _peer: stop.wait(10))
    began = time.monotonic()
    with pytest.raises(errors.RequestTimeoutError):
        log_in(bill.url.replace("http:", "https:"), "", timeout=1)
    assert no_exchange_runs()
    # The read of the handshake has the same timeout, and began later.
    assert time.monotonic() - began < 1.9
    stop.set()


# --- the proxy gets the blame, BILL does not ---


@pytest.mark.promise(8)
@pytest.mark.parametrize("scheme", [*KINDS, "socks5", "socks4a"])
def test_proxy_with_unknown_name_is_named(failure: Fail, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:

    def resolve(*_arguments: Any, **_keywords: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    error = failure("https://bill.example.com/connect", f"{scheme}://me:{SECRET}@proxy.corp.invalid:3128")
    assert str(error).startswith(
        "The name of the proxy proxy.corp.invalid:3128 (HTTPS_PROXY in the environment) could not be found, so BILL received nothing. "
        "Check HTTPS_PROXY and the controller's DNS. If this network needs no proxy, remove HTTPS_PROXY"
    )
    assert error.options == ()


@pytest.mark.promise(8)
@pytest.mark.parametrize("scheme", KINDS)
@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY"])
def test_proxy_that_refuses_the_connection_is_named(failure: Fail, scheme: str, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure("https://bill.example.com/connect", f"{scheme}://127.0.0.1:{port}", variable=variable)
    assert str(error).startswith(f"The proxy 127.0.0.1:{port} ({variable} in the environment) refused the connection")
    assert error.is_transient


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sent", [f"me:{SECRET}-old", None], ids=["wrong", "none"])
def test_proxy_that_rejects_the_password_is_final_and_named(
    start_proxy: StartProxy, failure: Fail, kind: str, sent: str | None
) -> None:
    proxy = start_proxy(kind, user=USER)
    error = failure("https://bill.example.com/connect", with_user(proxy, sent) if sent else proxy.url)
    assert isinstance(error, errors.ProxyAuthenticationError)
    assert not error.is_transient
    assert f"The proxy {proxy.address} (HTTPS_PROXY in the environment)" in str(error)
    why = "did not accept the user name and password in HTTPS_PROXY" if sent else "requires a user name and password"
    assert why in str(error)
    assert ("(HTTP status 407)" in str(error)) is not kind.startswith("socks")
    assert proxy.asked == []


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("kind", "refusal", "text", "is_transient"),
    [
        ("http", 403, "it answered HTTP status 403. This is not a response of BILL.", False),
        ("http", 503, "it answered HTTP status 503. This is not a response of BILL.", True),
        ("https", 403, "it answered HTTP status 403. This is not a response of BILL.", False),
        ("socks5h", 2, "its rules do not allow the connection (SOCKS reply 0x02)", False),
        ("socks5h", 4, "it cannot reach the host, or does not find its name (SOCKS reply 0x04)", True),
        ("socks5h", 5, "the host refused the connection (SOCKS reply 0x05)", True),
    ],
)
def test_proxy_that_refuses_the_host_is_named(
    start_proxy: StartProxy, failure: Fail, kind: str, refusal: int, text: str, is_transient: bool
) -> None:
    proxy = start_proxy(kind, refusal=refusal)
    error = failure("https://bill.example.com/connect", proxy.url)
    named = f"The proxy {proxy.address} (HTTPS_PROXY in the environment) made no connection to bill.example.com: "
    assert str(error).startswith(named + text)
    assert error.is_transient is is_transient
    assert proxy.asked == [("bill.example.com", 443)]


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_proxy_with_its_own_certificate_is_named(
    failure: Fail, authority: Authority, tmp_path_factory: pytest.TempPathFactory, start_proxy: StartProxy
) -> None:
    other = Authority(tmp_path_factory.mktemp("tls") / "another", "another authority")
    proxy = start_proxy("https")
    error = failure("https://bill.example.com/connect", with_user(proxy), ca_path=str(other.file))
    named = (
        f"bill.connect did not accept the certificate of the proxy {proxy.address} (HTTPS_PROXY in the environment) ("
    )
    assert str(error).startswith(named)
    assert "ca_path must contain the authorities of both the proxy and BILL" in str(error)
    assert error.options == ("ca_path",)
    assert proxy.credentials == []


@pytest.mark.promise(8)
@pytest.mark.parametrize("kind", KINDS)
def test_certificate_of_bill_behind_a_proxy_is_bills(
    failure: Fail, scripted: Start, start_proxy: StartProxy, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    shown = self_signed(tmp_path_factory.mktemp("tls") / "self-signed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    bill = scripted(GOOD, tls=context)
    error = failure(bill.url, start_proxy(kind).url)
    assert str(error).startswith(f"bill.connect did not accept the certificate of 127.0.0.1:{bill.port} (")
    assert "proxy" not in str(error)


def silent(_peer: socket.socket) -> None:
    """Close the connection without an answer."""


@pytest.mark.promise(8)
@pytest.mark.parametrize("reply", [lambda peer: peer.sendall(b"SSH-2.0-OpenSSH\r\n"), silent], ids=["ssh", "silent"])
@pytest.mark.parametrize("scheme", KINDS)
def test_something_else_in_the_place_of_the_proxy_is_named(
    failure: Fail, scripted: Start, reply: Reply, scheme: str
) -> None:
    other = scripted(reply)
    error = failure("https://bill.example.com/connect", f"{scheme}://me:{SECRET}@127.0.0.1:{other.port}", timeout=2)
    assert f"proxy 127.0.0.1:{other.port} (HTTPS_PROXY in the environment)" in str(error)
    assert "api_url" not in str(error)


@pytest.mark.promise(8)
def test_proxy_without_tls_at_an_address_with_https_is_named(failure: Fail, start_proxy: StartProxy) -> None:
    proxy = start_proxy("http")
    error = failure("https://bill.example.com/connect", proxy.url.replace("http", "https"))
    named = f"bill.connect could not open a TLS connection to the proxy {proxy.address} (HTTPS_PROXY in the environment), so it sent nothing."
    assert str(error).startswith(named)
    assert "Check that HTTPS_PROXY is an address that supports https. This concerns the proxy itself" in str(error)
    assert isinstance(error, errors.TlsError)
    assert error.options == ()


# --- a rejected password is sent once ---


@pytest.fixture
def sign_in(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., BillClient], authority: Authority
) -> Callable[..., str]:
    """Sign in as a new task through a proxy. Returns the error, or an empty text."""

    def sign_in(url: str, proxy: str, **options: Any) -> str:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        try:
            build(None, api_url=url, ca_path=str(authority.file), timeout=10, retries=2, **options).sessions.ensure()
        except errors.BillError as error:
            return str(error)
        return ""

    return sign_in


@pytest.mark.promise(4)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("store", ["shared", "none"])
def test_rejected_password_of_a_proxy_is_sent_once(
    start_proxy: StartProxy, bill_with_tls: Start, sign_in: Callable[..., str], clock: Clock, kind: str, store: str
) -> None:
    session = {"sessionId": "SESSION-findme", "organizationId": OPTIONS["organization_id"], "userId": "00601"}
    bill = bill_with_tls(responds(200, session))
    proxy = start_proxy(kind, user=USER)
    options = {} if store == "shared" else {"session_store": "none"}
    for number in range(3):
        # Other credentials of BILL do not matter to the proxy.
        message = sign_in(bill.url, with_user(proxy, "me:old-findme"), username=f"user{number}", **options)
        assert "did not accept the user name and password in HTTPS_PROXY" in message
        assert ("bill.connect did not send them again now" in message) == (number > 0)
        assert "findme" not in message
    assert proxy.credentials == ["me:old-findme"]
    # A corrected password is tried at once.
    assert sign_in(bill.url, with_user(proxy), **options) == ""
    assert proxy.credentials == ["me:old-findme", ":".join(USER)]
    clock.advance(601)
    sign_in(bill.url, with_user(proxy, "me:old-findme"), username="later", **options)
    assert proxy.credentials[2:] == ["me:old-findme"]
    assert len(bill.received) == 1


@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_rejected_password_of_a_proxy_is_explained_once_and_sent_again_with_force(
    start_proxy: StartProxy, bill_with_tls: Start, sign_in: Callable[..., str]
) -> None:
    bill = bill_with_tls(GOOD)
    proxy = start_proxy("http", user=USER)
    stale = with_user(proxy, "me:old-findme")
    short = (
        "The proxy did not accept its user name and password for the host web1 in this run, so bill.connect did not send them again: do "
        "what the message there says."
    )
    for run in ("run 1", "run 2"):
        whole, *others = [sign_in(bill.url, stale, asker=Asker(run, host)) for host in ("web1", "web2", "web3")]
        assert "did not accept the user name and password in HTTPS_PROXY" in whole
        assert ("To send the same values now, use the task bill_login with force: true." in whole) == (run == "run 2")
        assert others == [short] * 2
    assert proxy.credentials == ["me:old-findme"]
    message = sign_in(bill.url, stale, force=True)
    assert "did not send them again" not in message
    assert proxy.credentials == ["me:old-findme"] * 2
    proxy.user = ("me", "old-findme")
    sign_in(bill.url, stale, force=True)
    assert proxy.credentials == ["me:old-findme"] * 3
    assert len(bill.received) == 1


@pytest.mark.promise(4)
def test_password_that_a_proxy_rejects_later_is_cached_too(
    start_proxy: StartProxy, bill_with_tls: Start, sign_in: Callable[..., str]
) -> None:
    session = {"sessionId": "SESSION-findme", "organizationId": OPTIONS["organization_id"], "userId": "00601"}
    bill = bill_with_tls(responds(200, session))
    proxy = start_proxy("http", user=USER)
    assert sign_in(bill.url, with_user(proxy)) == ""
    proxy.user = ("me", "changed")
    for number in range(3):
        assert "did not accept" in sign_in(bill.url, with_user(proxy), username=f"user{number}")
    assert len(proxy.credentials) == 2


def test_proxy_that_requires_a_password_is_asked_again_without_one(
    start_proxy: StartProxy, sign_in: Callable[..., str]
) -> None:
    """Nothing can lock an account here, and the owner of the proxy may allow the host at any time."""
    proxy = start_proxy("http", user=USER)
    for _task in range(2):
        message = sign_in("https://bill.example.com/connect", proxy.url)
        assert "requires a user name and password" in message
        assert "did not send them again now" not in message


@pytest.mark.promise(4)
def test_many_tasks_at_once_send_the_rejected_password_of_a_proxy_once(
    start_proxy: StartProxy, sign_in: Callable[..., str]
) -> None:
    proxy = start_proxy("http", user=USER)
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(
                lambda number: sign_in(
                    "https://bill.example.com/connect", with_user(proxy, "me:old"), username=f"user{number}"
                ),
                range(8),
            )
        )
    assert ["did not accept" in message for message in found] == [True] * 8
    assert proxy.credentials == ["me:old"]


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", KINDS)
def test_write_that_a_proxy_has_rejected_is_not_uncertain(
    start_proxy: StartProxy,
    open_on_the_wire: Callable[..., BillClient],
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """Neither the first rejection nor a cached one lets anything reach BILL."""
    proxy = start_proxy(kind, user=USER)
    monkeypatch.setenv("HTTPS_PROXY", with_user(proxy, "me:old-findme"))
    client = open_on_the_wire("https://bill.example.com/connect", ca_path=str(authority.file))
    for message in ("so BILL received nothing", "bill.connect did not send them again now"):
        with pytest.raises(errors.ProxyAuthenticationError, match=message) as caught:
            client.request(HttpRequest("POST", "/v3/payments", {}, JsonBody({}), is_repeatable=False))
        assert caught.value.not_processed
        assert not caught.value.request_sent
    assert proxy.credentials == ["me:old-findme"]


@pytest.mark.promise(10)
def test_write_that_ansible_ends_before_its_turn_at_the_proxy_is_not_uncertain(
    start_proxy: StartProxy,
    open_on_the_wire: Callable[..., BillClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only one request at a time uses a password that the proxy has not accepted yet. The others wait, and nothing of them is sent."""

    class TaskEndedError(BaseException):
        pass

    def end(_entry: object, _timeout: float) -> None:
        raise TaskEndedError

    monkeypatch.setenv("HTTPS_PROXY", with_user(start_proxy("http", user=USER)))
    client = open_on_the_wire("https://bill.example.com/connect")
    monkeypatch.setattr(EncryptedEntry, "lock", end)
    with pytest.raises(TaskEndedError) as caught:
        client.transport.send(HttpRequest("POST", "/v3/payments", {}, JsonBody({}), is_repeatable=False))
    assert not may_be_processed(caught.value)


# --- addresses that cannot be used ---


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://", "has no host"),
        ("http://:3128", "has no host"),
        (f"http://me:{SECRET}@", "has no host"),
        (f"http://me:{SECRET}@:3128", "has no host"),
        (f"http://me:{SECRET}@a..b:3128", "has no valid host name"),
        (f"http://me:pass/{SECRET}@proxy:3128", "has no valid host and port"),
        (f"http://me:12/{SECRET}@proxy:3128", "has no valid host and port"),
        (f"http://me:pass#{SECRET}@proxy:3128", "has no valid host and port"),
        (f"http://me:12?{SECRET}@proxy:3128", "has no valid host and port"),
        (f"http://me:{SECRET}@proxy:99999", "has no valid host and port"),
        (f"http://me:{SECRET}@[::1", "has no valid host and port"),
        (f"http://me:{SECRET} @proxy:3128", "contains a blank, a line end"),
        (f"http://me:{SECRET}@proxy:3128\n", "contains a blank, a line end"),
        (f"http://me:{SECRET}\u65e5@proxy:3128", "has a user name or password with characters that"),
        (f"ftp://me:{SECRET}@proxy:3128", "does not begin with one of http://, https://, socks5h://"),
        (f"'http://me:{SECRET}@proxy:3128'", "is in quotation marks"),
        (f"http:/me:{SECRET}@proxy:3128", "has a slash, but not ://"),
        (f"socks://me:{SECRET}@proxy:3128", "does not begin with one of http://, https://, socks5h://"),
    ],
)
def test_proxy_address_that_cannot_be_used_says_why(failure: Fail, address: str, why: str) -> None:
    error = failure("https://bill.example.com/connect", address)
    assert isinstance(error, errors.OptionError)
    assert str(error).startswith(
        f"The address of the proxy (HTTPS_PROXY in the environment) cannot be used, because it {why}"
    )
    assert "http://proxy.example.com:3128" in str(error)
    assert "12" not in str(error).replace("3128", "")


@pytest.mark.promise(8)
@pytest.mark.parametrize("scheme", ["socks5h", "socks5", "socks4a", "SOCKS5"])
def test_socks_proxy_without_pysocks_names_the_library(
    failure: Fail, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    error = failure("https://bill.example.com/connect", f"{scheme}://me:{SECRET}@127.0.0.1:1080")
    assert "the Python library PySocks for the SOCKS proxy 127.0.0.1:1080 (HTTPS_PROXY in the environment)" in str(
        error
    )
    assert f"{sys.executable} -m pip install PySocks" in str(error)
    assert not error.is_transient
