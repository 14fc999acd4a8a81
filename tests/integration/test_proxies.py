# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies in plays: a SOCKS proxy and an HTTPS proxy work, and a rejected password of a proxy is sent once for all hosts."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from tests.emulator import server
from tests.emulator.certificates import Authority, Certificate
from tests.emulator.control_client import Control
from tests.integration.project import Project, secrets_in
from tests.proxies import HttpProxy, SocksProxy

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def shown(authority: Authority) -> Certificate:
    return authority.good()


@pytest.fixture(scope="module")
def api_url(shown: Certificate) -> Iterator[str]:
    with server.running(shown.certificate, shown.private_key) as url:
        yield url


@pytest.fixture
def bill(api_url: str, authority: Authority) -> Control:
    control = Control(api_url, authority.file)
    control.post("reset")
    return control


@pytest.fixture
def context(shown: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    return context


@pytest.mark.promise(7)
@pytest.mark.parametrize("kind", ["https", "socks5h"])
def test_play_through_a_proxy_signs_in(
    project: Project, bill: Control, authority: Authority, context: ssl.SSLContext, kind: str
) -> None:
    proxy = HttpProxy(tls=context) if kind == "https" else SocksProxy()
    project.environ = {"HTTPS_PROXY": proxy.url}
    project.variables(bill_api_url=project.api_url, bill_ca_path=str(authority.file))
    run = project.play(LOGIN)
    proxy.close()
    assert run.code == 0, run.output
    assert len(proxy.asked) == 1
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_rejected_password_of_a_proxy_is_sent_once_for_all_hosts(
    project: Project, bill: Control, authority: Authority
) -> None:
    proxy = HttpProxy(user=("me", "right"))
    project.environ = {"HTTPS_PROXY": f"http://me:findme-7f3a9c1e@{proxy.address}"}
    project.hosts("a", "b", "c")
    project.variables(bill_api_url=project.api_url, bill_ca_path=str(authority.file))
    run = project.play(LOGIN)
    proxy.close()
    assert run.code == 2
    assert [run.output.count(f"fatal: [{host}]") for host in "abc"] == [1, 1, 1]
    whole, short = "in HTTPS_PROXY (HTTP status 407), so BILL received nothing", "do what the message there says"
    failures = [line for line in run.output.splitlines() if line.startswith("fatal: ")]
    assert [sum(text in line for line in failures) for text in (whole, short)] == [1, 2], run.output
    assert proxy.credentials == ["me:findme-7f3a9c1e"]
    assert "findme-7f3a9c1e" not in run.output
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {}
