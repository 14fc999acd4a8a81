# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of a store in Redis: what it may contain, and what of it is secret."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._core.store_url import (
    StoreUrl,
    is_store_url,
    secrets_of_store_url,
)

PASSWORD = "findme%2Fpass"


@pytest.mark.parametrize(
    ("text", "place", "redis_url"),
    [
        ("redis://redis.example.com", "redis.example.com:6379", "redis://redis.example.com"),
        ("redis://redis.example.com:6380/2", "redis.example.com:6380", "redis://redis.example.com:6380/2"),
        ("redis://[::1]:6380/", "[::1]:6380", "redis://[::1]:6380/"),
        (
            f"rediss://bill:{PASSWORD}@redis.example.com/0?ssl_ca_certs=/ca.pem&timeout=5&prefix=team:",
            "redis.example.com:6379",
            f"rediss://bill:{PASSWORD}@redis.example.com/0?ssl_ca_certs=%2Fca.pem",
        ),
        (f"unix://:{PASSWORD}@/run/redis.sock?db=3", "/run/redis.sock", f"unix://:{PASSWORD}@/run/redis.sock?db=3"),
    ],
)
def test_store_url_is_split_for_messages_and_for_the_library(text: str, place: str, redis_url: str) -> None:
    url = StoreUrl.of(text)
    assert (url.place, url.redis_url) == (place, redis_url)
    assert "findme" not in repr(url)


def test_store_url_options_are_read() -> None:
    url = StoreUrl.of("rediss://h?prefix=team:bill:&timeout=0.5")
    assert (url.prefix, url.timeout, url.has_tls) == ("team:bill:", 0.5, True)
    plain = StoreUrl.of("redis://h")
    assert (plain.prefix, plain.timeout, plain.has_tls) == ("bill.connect:", 3.0, False)


@pytest.mark.parametrize(
    ("text", "has_name"),
    [
        ("redis://redis.example.com", True),
        ("redis://localhost", True),
        ("redis://127.0.0.1:6380", False),
        ("redis://[::1]", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_store_url_says_whether_its_host_must_be_looked_up(text: str, has_name: bool) -> None:
    assert StoreUrl.of(text).has_name is has_name


def test_store_url_digest_differs_for_different_stores_only() -> None:
    same = ("redis://h", "redis://h/0", "redis://user:findme@h:6379", "rediss://h?timeout=5")
    others = ("redis://h/1", "redis://h?db=2", "redis://h?prefix=x:", "redis://h:6380", "redis://i", "unix:///h")
    assert len({StoreUrl.of(text).digest for text in same}) == 1
    assert len({StoreUrl.of(text).digest for text in (*same, *others)}) == 1 + len(others)


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("redis:redis.example.com", "must be a directory, none, or a URL that begins with redis://"),
        ("REDIS://redis.example.com", "must be a directory, none, or a URL that begins with redis://"),
        ("valkeys://redis.example.com", "Valkey has the same URLs"),
        ("https://redis.example.com", "must be a directory, none, or a URL"),
        ("redis://", "has no host"),
        ("redis:///0", "has no host"),
        ("redis://:findme/pass@redis.example.com", "is not a valid URL. In the user name and the password, write %40"),
        ("redis://bill:findme#pass@redis.example.com", "is not a valid URL|has the character #"),
        ("redis://:findme?pass@redis.example.com", "is not a valid URL|has an option in its URL that does not exist"),
        ("redis://redis.example.com:findme", "is not a valid URL"),
        ("redis://[findme/0", "is not a valid URL"),
        ("redis://redis.example.com/findme", "the number of a database, or nothing"),
        ("redis://redis.example.com?db=findme", "has the option db"),
        ("redis://redis.example.com?password=findme", "does not exist. The options are prefix, timeout, db"),
        ("rediss://h?ssl_cert_reqs=none", "does not exist: ssl_cert_reqs. The options are"),
        ("rediss://h?ssl_check_hostname=false", "does not exist: ssl_check_hostname"),
        ("redis://h?ssl_ca_certs=/ca.pem", "applies only to rediss://"),
        ("rediss://h?ssl_keyfile=/findme.key", "but not ssl_certfile"),
        ("redis://h?prefix=a&prefix=b", "has an option twice"),
        ("redis://h?prefix=find me", "has the option prefix"),
        ("redis://h?timeout=0", "has the option timeout"),
        ("redis://h?timeout=31", "up to 30"),
        ("redis://h?timeout=findme", "has the option timeout"),
        ("unix://run/redis.sock", "the whole path of the socket"),
        ("unix://", "the whole path of the socket"),
    ],
)
def test_store_url_that_is_wrong_is_an_option_error_without_its_secret(text: str, why: str) -> None:
    with pytest.raises(OptionError, match=why) as caught:
        StoreUrl.of(text)
    assert str(caught.value).startswith("session_store ")
    assert "findme" not in str(caught.value)
    assert caught.value.options == ("session_store",)


@pytest.mark.parametrize(
    ("text", "is_url"),
    [
        ("/srv/bill", False),
        ("none", False),
        ("~/redis", False),
        ("redis", False),
        ("redis://h", True),
        ("rediss:h", True),
        ("valkey:h", True),
        ("REDIS://h", True),
        ("unix:///run/redis.sock", True),
    ],
)
def test_store_url_is_told_from_a_directory(text: str, is_url: bool) -> None:
    assert is_store_url(text) is is_url


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("redis://redis.example.com:6379/0", None),
        ("/srv/user@bill", None),
        ("redis://bill:findme-secret@redis.example.com", {"findme-secret"}),
        ("redis://:findme%2Fsecret@redis.example.com", {"findme%2Fsecret", "findme/secret"}),
        ("redis://findme-secret@redis.example.com", {"findme-secret"}),
        ("redis:bill:findme-secret@redis.example.com", {"findme-secret"}),
        ("redis://:find/me@secret@redis.example.com", {"find/me@secret"}),
        ("rediss://h?ssl_ca_certs=/ca.pem&ssl_password=findme", {"findme"}),
        ("redis://h?password=findme", {"findme"}),
    ],
)
def test_secrets_of_a_store_url_are_the_url_and_its_password(text: str, password: set[str] | None) -> None:
    assert secrets_of_store_url(text) == (frozenset() if password is None else {text, *password})
