# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Base URLs: where credentials may go, in one normal form, and which option an error names."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import API_URLS, BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport


def label_of(base_url: BaseUrl) -> str:
    """The name of the BILL at this base URL in messages."""
    return HttpTransport(HttpExchange(base_url, HttpSettings(timeout=1))).environment_label


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("option", ["api_url", "token_url"])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://192.0.2.7/connect", "would send the credentials to 192.0.2.7 unencrypted"),
        ("http://127.example.com/connect", "would send the credentials to 127.example.com unencrypted"),
        ("http://localhost.example.com/connect", "unencrypted"),
        ("http://gateway.stage.bill.com/connect", "unencrypted"),
        ("ftp://gateway.stage.bill.com/connect", "must begin with https://"),
        ("gateway.stage.bill.com/connect", "must begin with https://"),
        ("https:///connect", "must begin with https://"),
        ("https://gateway .stage.bill.com/connect", "must begin with https://"),
        ("https://bill.example.com/a\tb", "must begin with https://"),
        ("https://[::1/connect", "is not a web address"),
        ("https://host:port/connect", "is not a web address"),
        ("https://me:findme@bill.example.com/connect", "must not contain a user name or password"),
        ("https://bill.example.com/connect?x=findme", "must end before the ? or # part"),
        ("https://bill.example.com/connect#findme", "must end before the ? or # part"),
        ("https://gateway.bill.com/connect", "gateway.bill.com, which is not a host that BILL documents"),
        ("https://api-sandbox.bill.com/api/v2", "which was retired by BILL in 2024"),
        ("https://app-sandbox.bill.com/", "which was retired by BILL in 2024"),
        ("https://api.bill.com/api/v2", "which serves BILL's v2 API"),
        ("https://api-stage.bill.com/api/v2", "which serves BILL's v2 API"),
    ],
)
def test_base_url_that_is_unsafe_or_not_the_api_is_refused(url: str, message: str, option: str) -> None:
    with pytest.raises(OptionError) as failure:
        BaseUrl.of_api(url) if option == "api_url" else BaseUrl.of_option(url, option)
    assert message in str(failure.value)
    assert str(failure.value).startswith(f"{option} ")
    assert "findme" not in str(failure.value)
    assert failure.value.options == (option,)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://gateway.prod.bill.com", "BILL's address is https://gateway.prod.bill.com/connect"),
        ("https://gateway.stage.bill.com/authx/token", "BILL's address is https://gateway.stage.bill.com/connect"),
        ("https://gateway.stage.bill.com/connect/v3", "must end before /v3"),
        ("https://gateway.stage.bill.com/connect/v3/login", "must end before /v3"),
        ("https://bill.example.com/v3", "must end before /v3"),
    ],
)
def test_base_url_of_api_with_wrong_path_is_refused_and_of_another_option_is_not(url: str, message: str) -> None:
    with pytest.raises(OptionError, match="^api_url ") as failure:
        BaseUrl.of_api(url)
    assert message in str(failure.value)
    assert failure.value.options == ("api_url",)
    assert BaseUrl.of_option(url, "token_url").url == url


@pytest.mark.promise(7)
@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8:99", "localhost:8080", "[::1]:8080"])
def test_base_url_with_http_on_this_machine_is_accepted(host: str) -> None:
    base_url = BaseUrl.of_api(f"http://{host}/connect")
    assert (base_url.host, base_url.plain) == (host, True)
    assert label_of(base_url) == f"the BILL at {host}"


def test_base_url_of_bill_is_accepted_and_named_as_its_environment() -> None:
    for name, url in API_URLS.items():
        base_url = BaseUrl.of_api(url)
        assert not base_url.plain
        assert label_of(base_url) == f"BILL's {name} ({base_url.host})"


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
def test_base_url_written_in_another_way_is_normalized(written: str, meant: str) -> None:
    assert BaseUrl.of_api(written).url == meant


@pytest.mark.promise(1)
@pytest.mark.promise(7)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "gateway",
    [
        "https://gateway.stage.bill.com",
        "https://gateway.prod.bill.com",
        "http://127.0.0.1:8080",
        "https://bill.example.com/a",
    ],
)
def test_base_url_of_webhooks_has_the_session_and_the_host_of_the_api_beside_it(gateway: str, slash: str) -> None:
    usual = BaseUrl.of_api(f"{gateway}/connect{slash}")
    webhooks = BaseUrl.of_api(f"{gateway}/connect-events{slash}")
    assert (webhooks.url, webhooks.host, webhooks.is_bill_host) == (usual.url, usual.host, usual.is_bill_host)
    assert (usual.named, webhooks.named) == (f"{gateway}/connect", f"{gateway}/connect-events")
    for each in (usual, webhooks):
        assert each.has_webhooks
        assert each.address_of("/v3/vendors?max=1") == f"{gateway}/connect/v3/vendors?max=1"
        assert each.address_of("/connect-events/v3/subscriptions") == f"{gateway}/connect-events/v3/subscriptions"


def test_base_url_without_a_known_end_has_no_webhooks() -> None:
    for url in (
        "http://127.0.0.1:8080",
        "https://bill.example.com/reconnect",
        "https://bill.example.com/my-connect-events",
    ):
        assert not BaseUrl.of_api(url).has_webhooks


def test_base_url_of_another_option_keeps_its_last_slash() -> None:
    base_url = BaseUrl.of_option("HTTPS://Bill.Example.com:443/Token/", "token_url")
    assert (base_url.url, base_url.option) == ("https://bill.example.com/Token/", "token_url")


@pytest.mark.parametrize(
    ("url", "root"),
    [
        (API_URLS["sandbox"], "https://gateway.stage.bill.com"),
        ("https://bill.example.com:8443/a/b/c", "https://bill.example.com:8443"),
        ("https://bill.example.com", "https://bill.example.com"),
        ("http://[::1]:80/connect/", "http://[::1]"),
    ],
)
def test_base_url_root_is_the_same_host_without_a_path(url: str, root: str) -> None:
    assert BaseUrl.of_api(url).root == root
