# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be shown: everything except values with a secret name, and values that contain a secret."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._core.redaction import (
    MASK,
    contains_secret,
    is_redacted,
    redact,
    sanitize,
)
from tests.unit.plugins.plugin_utils.malformed import any_json, any_text

SECRETS = ["PASSWORD-findme", "DEVKEY-findme", "pin"]


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "name",
    [
        "sessionId",
        "SessionID",
        "session_id",
        "session-id",
        "devKey",
        "developerKey",
        "appKey",
        "apiToken",
        "consoleApiToken",
        "accessToken",
        "refresh_token",
        "clientSecret",
        "password",
        "newPassword",
        "rememberMeId",
        "mfaId",
        "token",
        "jwt",
        "panJwt",
        "securityKey",
        "Authorization",
    ],
)
def test_redaction_of_a_session_field_hides_it_in_requests_and_responses(name: str) -> None:
    assert redact({"id": "1", name: "findme"}, []) == {"id": "1", name: MASK}
    assert redact([{"deep": {name: {"inner": ["findme"]}}}], []) == [{"deep": {name: MASK}}]
    assert redact({name: 123456}, []) == {name: MASK}
    assert contains_secret([{"deep": {name: "findme"}}], [])
    assert contains_secret({name: 0}, [])


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "name",
    [
        "accountNumber",
        "bankAccountNumber",
        "routing_number",
        "taxId",
        "ssn",
        "socialSecurityNumber",
        "dateOfBirth",
        "cardNumber",
        "cvv",
        "PAN",
    ],
)
def test_redaction_of_a_personal_or_bank_field_hides_it_in_requests(name: str) -> None:
    assert redact({"bankAccount": {name: "findme"}}, []) == {"bankAccount": {name: MASK}}
    # In a response, it is what the user requested.
    assert not contains_secret({"bankAccount": {name: "findme"}}, [])


@pytest.mark.parametrize(
    "response",
    [
        {
            "nextPage": "abc",
            "prevPage": "def",
            "id": "009",
            "key": "x",
            "tokenType": "Bearer",
            "span": "y",
            "companyName": "z",
        },
        {"password": "", "token": None, "jwt": False, "secret": True, "accessToken": [], "mfaId": {}},
        {"name": "pins and needles", "archived": False, "amount": 12.5, "count": 10**5000},
        [],
        {},
        "text",
        None,
        True,
        7,
    ],
)
def test_redaction_of_other_values_leaves_them_unchanged(response: Any) -> None:
    assert redact(response, SECRETS) == response
    assert not contains_secret(response, SECRETS)


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("PASSWORD-findme", MASK),
        ({"note": "it is DEVKEY-findme, really"}, {"note": MASK}),
        ({"list": ["a", ["DEVKEY-findme"]]}, {"list": ["a", [MASK]]}),
        ({"of DEVKEY-findme": 1}, {MASK: 1}),
        ({"a": "pin"}, {"a": MASK}),
        (("a", "pin"), ["a", MASK]),
    ],
)
def test_redaction_of_a_secret_at_any_place_hides_it(value: Any, shown: Any) -> None:
    assert redact(value, SECRETS) == shown
    assert contains_secret(value, SECRETS)


@pytest.mark.promise(5)
def test_redaction_of_a_secret_that_is_a_number_hides_it() -> None:
    assert redact([20261222, 7], ["20261222"]) == [MASK, 7]
    assert contains_secret([20261222], ["20261222"])


def test_redaction_returns_a_copy() -> None:
    sent = {"password": "findme", "lines": [{"token": "findme", "amount": 1}]}
    before = copy.deepcopy(sent)
    shown = redact(sent, [])
    shown["lines"][0]["amount"] = 2
    assert sent == before


@pytest.mark.promise(5)
def test_redaction_of_deeply_nested_values_hides_secrets() -> None:
    deep: Any = {"password": "findme", "a": "PASSWORD-findme"}
    for _level in range(100_000):
        deep = [deep]
    assert contains_secret(deep, SECRETS)
    shown = redact(deep, SECRETS)
    for _level in range(100_000):
        [shown] = shown
    assert shown == {"password": MASK, "a": MASK}


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name: must not be null", "name: must not be null"),
        ("  two\r\n  lines\x1b[2J ", "two lines [2J"),
        ("wrong: PASSWORD-findme.", f"wrong: {MASK}."),
        ("pins and needles", "pins and needles"),
        ("wrong: a  b\nc d", f"wrong: {MASK} d"),
        # The text is secret only as one line.
        ("a\nsecret", None),
        ("PASSWORD-findme", None),
        ("pin", None),
        ("", None),
        (" \n\t", None),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 297 + "..."),
        (None, None),
        (7, None),
        (["text"], None),
    ],
)
def test_sanitize_message_of_bill_returns_one_clean_line(text: Any, shown: str | None) -> None:
    assert sanitize(text, [*SECRETS, "a secret", "a  b\nc"]) == shown


@pytest.mark.promise(5)
def test_sanitize_with_overlapping_secrets_hides_the_longer_one() -> None:
    assert sanitize("it is abcdefgh", ["abcd", "abcdefgh"]) == f"it is {MASK}"


def everything_in(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from everything_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything_in(inner)


# A part of the mask itself cannot be masked.
secrets = st.lists(any_text.filter(lambda text: text not in MASK), max_size=4)


@pytest.mark.promise(5)
@given(st.data(), any_json, secrets)
def test_redaction_of_any_value_contains_no_secret(data: st.DataObject, value: Any, some: list[str]) -> None:
    inside = [each for each in everything_in(value) if isinstance(each, str) and each not in MASK]
    some += data.draw(st.lists(st.sampled_from(inside), max_size=2)) if inside else []
    shown = redact([value, {"hidden": some}], some)
    for each in everything_in(shown):
        assert not isinstance(each, str) or each not in some
        assert not any(
            len(secret) >= 4 and secret in str(each) for secret in some if not isinstance(each, (dict, list))
        )


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@given(any_text, secrets)
def test_sanitize_any_message_contains_no_secret(text: str, some: list[str]) -> None:
    line = sanitize(f"a {text} b {' '.join(some)}", some)
    assert line is not None
    assert line.isprintable()
    assert len(line) <= 300
    assert not any(len(secret) >= 4 and secret in line for secret in some)


@pytest.mark.promise(5)
@given(any_json, secrets)
def test_value_in_which_redaction_hides_something_is_known_as_such(value: Any, some: list[str]) -> None:
    assert is_redacted(value, some) or repr(redact(value, some)) == repr(value)


def test_value_in_which_redaction_hides_nothing_is_known_as_such() -> None:
    rows = [{"name": f"Vendor {number}", "address": {"line1": "1 Main Street"}, "limit": number} for number in range(3)]
    assert not is_redacted(rows, SECRETS)
    assert is_redacted([*rows, {"additional_info": {"tax_id": "12-3456789"}}], ())
    assert is_redacted([*rows, {"name": "Vendor", "phone": SECRETS[0]}], SECRETS)
