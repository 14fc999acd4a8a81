# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source behind a reverse proxy with the configuration of the guide, word for word. `proxies.py` replaces ports and certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.eda.conftest import changes
from tests.eda.proxies import FILES, Proxy, needs_proxies
from tests.eda.subscriber import Subscriber
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Control
from tests.redis_servers import free_port
from tests.unit.extensions.sources import signature, signed

pytestmark = [
    pytest.mark.slow,
    needs_proxies,
]

MIB = 1024 * 1024
REFUSED = "A delivery without a valid signature was refused"


def accepts(url: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        return requests.post(url, data=body, headers=headers, timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture(params=sorted(FILES))
def proxy(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[Proxy]:
    certificate = authority.for_host("hooks.example.com")
    with closing(Proxy(request.param, tmp_path / "proxy", free_port(), free_port(), certificate)) as proxy:
        yield proxy


@pytest.fixture
def user(bill: Control, api_url: str, proxy: Proxy, authority: Authority, environ: dict[str, str]) -> Subscriber:
    """A subscriber whose events go to the proxy. BILL checks the certificate of the proxy."""
    bill.post("settings", webhook_ca=str(authority.file))
    user = Subscriber(api_url, proxy.url)
    environ["BILL_SECURITY_KEY"] = user.key
    return user


@pytest.fixture
def book(tmp_path: Path, proxy: Proxy, user: Subscriber) -> str:
    """A rulebook whose source listens where the proxy expects it. It does not read the event list, so each event comes through the proxy."""
    return changes(
        tmp_path / "changes.yml",
        "bill_webhook",
        port=proxy.source_port,
        security_keys_env=["BILL_SECURITY_KEY"],
        subscription_ids=[user.id],
        state_dir=str(tmp_path / "state"),
    )


@pytest.mark.promise(21)
def test_delivery_through_a_proxy_fires_a_rule_and_a_restart_of_the_proxy_or_the_source_loses_none(
    run: Callable[..., Any], bill: Control, proxy: Proxy, user: Subscriber, book: str
) -> None:
    # BILL sends only when it is told to, however long the proxy and the source take to start.
    bill.post("webhooks/pause")
    with run(book) as rulebook:
        assert rulebook.url == f"http://127.0.0.1:{proxy.source_port}/bill"
        user.create_vendor("Birch & S\u00f6hne \u201ena\u00efve\u201c")
        bill.deliver()
        rulebook.wait_for(lambda: len(rulebook.fired) == 1)
        # The proxy restarts while BILL delivers.
        proxy.stop()
        user.change_vendors(1, 2)
        assert [each["state"] for each in bill.deliver()] == ["delivered", "waiting", "waiting"]
        proxy.start()
        bill.advance(2)
        bill.deliver()
        rulebook.wait_for(lambda: len(rulebook.fired) == 3)
        fired = rulebook.fired
    # The source restarts. The proxy says so, and BILL tries again.
    user.change_vendors(3)
    *_others, refused = bill.deliver()
    assert [each["status"] for each in refused["attempts"]] == [503 if proxy.kind == "haproxy" else 502]
    with run(book) as rulebook:
        assert rulebook.url
        bill.advance(2)
        bill.deliver()
        rulebook.wait_for(lambda: len(rulebook.fired) == 1)
        fired += rulebook.fired
    assert fired == user.events
    assert {each["state"] for each in bill.get("webhooks")["deliveries"]} == {"delivered"}
    assert user.is_on


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
def test_reload_of_nginx_completes_the_delivery_in_flight(
    run: Callable[..., Any], proxy: Proxy, user: Subscriber, book: str, authority: Authority
) -> None:
    body = b'{"half": ' + b'"of the body"}'
    head = f"POST /bill HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    head += f"x-bill-sha-signature: {signature(body, user.key)}\r\n\r\n"
    context = ssl.create_default_context(cafile=str(authority.file))
    with run(book) as rulebook:
        assert rulebook.url
        with (
            socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(head.encode() + body[:10])
            proxy.reload()
            connection.sendall(body[10:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_proxy_stops_all_that_is_no_delivery_and_passes_the_bytes_on_as_they_are(
    run: Callable[..., Any], proxy: Proxy, user: Subscriber, book: str, authority: Authority
) -> None:
    def status(method: str = "POST", path: str = "/bill", body: Any = b"x", **headers: str) -> int:
        url = proxy.url.removesuffix("/bill") + path
        response = requests.request(
            method, url, data=body, headers=headers, verify=str(authority.file), timeout=10, allow_redirects=False
        )
        return response.status_code

    def is_too_large(body: Any, **headers: str) -> bool:
        try:
            return status(body=body, **headers) == 413
        except requests.ConnectionError:
            # The proxy may close the connection while the client is still sending. Then the client does not see the response.
            return True

    with run(book) as rulebook:
        assert rulebook.url
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert status(method) == 405, method
        for path in ("/", "/bill/", "/bills", "/bill/x", "/BILL", "/connect"):
            assert status(path=path) == 404, path
        assert is_too_large(b"x" * (MIB + 1))
        # Not one of these has reached the source.
        assert REFUSED not in rulebook.log
        # A large body without its length reaches a limit all the same.
        assert is_too_large((b"x" * 65536 for _part in range(17)), **signed(b""))
        # What is no delivery of BILL gets no further than the signature.
        assert status() == 401
        assert status(body=b"x" * MIB, **signed(b"another body", user.key)) == 401
        rulebook.wait_for(lambda: REFUSED in rulebook.log)
        # The source accepts the signature of exactly these bytes, also if they are no event, and also if the address has a query.
        body = bytes(range(256)) + b' {"a" : 1 }\r\n\r\n\xff\xfe' + "\u201e\u00e4\u201c".encode("utf-16")
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=latin-1"}
        assert status(body=body, **headers, **signed(body, user.key)) == 200
        assert status(path="/bill?a=%2F&b", body=body, **signed(body, user.key)) == 200
        assert rulebook.fired == []
        # Plain HTTP is no way in.
        assert not accepts(f"http://127.0.0.1:{proxy.port}/bill", body, signed(body, user.key))
        # The source listens at one address of this machine only.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", proxy.source_port), timeout=5)
