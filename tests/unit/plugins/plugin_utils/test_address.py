# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses: where credentials may go, written in one way, and which option is to blame."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._address import API_URLS, Address
from ansible_collections.bill.connect.plugins.plugin_utils._errors import OptionError


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://192.0.2.7/token", "would send the credentials to 192.0.2.7 unencrypted"),
        ("ftp://bill.example.com/token", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://bill .example.com", "must begin with https://"),
        ("https://bill.example.com/a\tb", "must begin with https://"),
        ("https://[::1/token", "is not a web address"),
        ("https://me:findme@bill.example.com/token", "must not carry a user name or password"),
        ("https://bill.example.com/token?client=findme", "must end before the ? or # part"),
        ("https://bill.example.com/token#findme", "must end before the ? or # part"),
        (
            "https://gateway.bill.com/authx/token",
            "names gateway.bill.com, which is none of the hosts that BILL documents",
        ),
        ("https://api.bill.com/authx/token", "which serves BILL's v2 API. Leave token_url out"),
    ],
)
def test_the_address_of_an_option_is_as_safe_as_that_of_the_api_and_blames_its_option(url: str, says: str) -> None:
    with pytest.raises(OptionError) as failure:
        Address.of_option(url, "token_url")
    assert str(failure.value).startswith("token_url ")
    assert says in str(failure.value)
    assert "findme" not in str(failure.value)
    assert failure.value.concerns == ("token_url",)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://bill.example.com/v3/token", "https://bill.example.com/v3/token"),
        ("https://gateway.stage.bill.com/authx/token", "https://gateway.stage.bill.com/authx/token"),
        # A slash at its end may be part of it, unlike that of an API.
        ("HTTPS://Bill.Example.com:443/Token/", "https://bill.example.com/Token/"),
        ("http://[::1]:8080/token", "http://[::1]:8080/token"),
    ],
)
def test_the_address_of_an_option_is_whole(url: str, written: str) -> None:
    address = Address.of_option(url, "token_url")
    assert (address.url, address.option) == (written, "token_url")


@pytest.mark.parametrize(
    ("url", "root", "host", "plain"),
    [
        (API_URLS["sandbox"], "https://gateway.stage.bill.com", "gateway.stage.bill.com", False),
        ("https://bill.example.com:8443/a/b/c", "https://bill.example.com:8443", "bill.example.com:8443", False),
        ("https://bill.example.com", "https://bill.example.com", "bill.example.com", False),
        ("http://[::1]:80/connect/", "http://[::1]", "[::1]", True),
        ("http://127.0.0.1:9/connect", "http://127.0.0.1:9", "127.0.0.1:9", True),
    ],
)
def test_the_root_is_the_same_host_without_a_path(url: str, root: str, host: str, plain: bool) -> None:
    address = Address.of_api(url)
    assert (address.root, address.host, address.plain, address.option) == (root, host, plain, "api_url")


@pytest.mark.promise(8)
@pytest.mark.parametrize("url", ["https://bill.example.com/v3", "https://gateway.stage.bill.com/authx/token"])
def test_only_the_address_of_an_api_has_to_look_like_one(url: str) -> None:
    Address.of_option(url, "token_url")
    with pytest.raises(OptionError, match="^api_url ") as failure:
        Address.of_api(url)
    assert failure.value.concerns == ("api_url",)
