# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors teach: code, meaning and what to do, and never what was sent or answered."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import oauth
from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods.base import by_status
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors

PLACE = "BILL's sandbox (gateway.stage.bill.com)"


def envelope(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "severity": "ERROR", "category": "DOWNSTREAM", "message": "echo findme"} for code in codes]


@pytest.mark.promise(9)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 422, 423, 429, 500])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("BDC_1101", errors.AuthenticationError),
        ("BDC_1102", errors.AuthenticationError),
        ("BDC_1103", errors.AuthenticationError),
        ("BDC_1107", errors.AuthenticationError),
        ("BDC_1110", errors.AuthenticationError),
        ("BDC_1123", errors.AuthenticationError),
        ("BDC_1109", errors.SessionExpiredError),
        ("BDC_1361", errors.MfaRequiredError),
        ("BDC_1144", errors.HourlyQuotaError),
        ("BDC_1322", errors.ConcurrencyLimitError),
    ],
)
def test_the_code_decides_whatever_the_http_status(code: str, kind: type[errors.BillError], status: int) -> None:
    error = errors.error_from_response(status, envelope(code), PLACE)
    assert error.__class__ is kind
    assert (error.code, error.status) == (code, status)
    assert code in str(error)


@pytest.mark.promise(9)
def test_only_what_may_heal_by_itself_is_tried_again() -> None:
    transient = {
        code: errors.error_from_response(400, envelope(code), PLACE).transient
        for code in ("BDC_1101", "BDC_1102", "BDC_1109", "BDC_1144", "BDC_1361", "BDC_1322", "BDC_1001")
    }
    assert [code for code, again in transient.items() if again] == ["BDC_1322", "BDC_1001"]
    assert errors.error_from_response(503, None, PLACE).transient
    assert not errors.error_from_response(400, None, PLACE).transient


@pytest.mark.parametrize(
    "answer",
    [
        envelope("BDC_1101"),
        envelope("BDC_1101")[0],
        {"errors": envelope("BDC_1101")},
        [{"message": "no code here"}, *envelope("BDC_1101")],
        ["not an object", *envelope("BDC_9999", "BDC_1101")],
    ],
    ids=["array", "one object", "errors object", "after one without a code", "among others"],
)
def test_every_envelope_that_clients_have_met_is_understood(answer: Any) -> None:
    assert errors.error_from_response(400, answer, PLACE).code == "BDC_1101"


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "answer",
    [None, [], {}, "text", 7, {"errors": None}, {"errors": "findme"}, [None], [{"code": None}], [{"code": 1101}], [[]]],
)
def test_any_other_shape_is_an_error_with_a_remedy(answer: Any) -> None:
    error = errors.error_from_response(400, answer, PLACE)
    assert isinstance(error, errors.InvalidResponseError)
    assert "HTTP status 400" in str(error)
    assert "api_url" in str(error)


@pytest.mark.promise(8)
@pytest.mark.parametrize("field", ["code", "message"])
def test_a_field_too_deep_to_be_written_out_is_no_text(field: str) -> None:
    deep: list[Any] = []
    for _level in range(100_000):
        deep = [deep]
    assert isinstance(errors.error_from_response(400, [{field: deep}], PLACE), errors.InvalidResponseError)


@pytest.mark.promise(8)
def test_nothing_that_bill_wrote_is_repeated() -> None:
    for code in (*errors.ERROR_CODES, "BDC_9999", "BDC_findme", "findme"):
        for status in (400, 500):
            assert "findme" not in str(errors.error_from_response(status, envelope(code), PLACE))


@pytest.mark.promise(8)
def test_a_wrong_password_names_the_environment_that_was_asked() -> None:
    error = errors.error_from_response(401, envelope("BDC_1101"), PLACE)
    assert str(error) == (
        "BILL answered BDC_1101: the user name, or its password or token, is wrong. Correct them. Sandbox and production share no "
        "users, keys or organizations, so check that these belong to BILL's sandbox (gateway.stage.bill.com) too."
    )
    assert error.concerns == ("username", "password", "console_api_token")


@pytest.mark.promise(8)
def test_a_field_that_bill_objects_to_is_named_as_the_option() -> None:
    answer = [{"message": "organizationId: findme must match"}, {"message": "devKey: must not be blank"}]
    error = errors.error_from_response(400, answer, PLACE)
    assert error.concerns == ("organization_id", "dev_key")
    assert "organization_id and dev_key" in str(error)
    assert "findme" not in str(error)


@pytest.mark.promise(8)
def test_an_unknown_code_is_told() -> None:
    error = errors.error_from_response(409, envelope("BDC_7777"), PLACE)
    assert error.__class__ is errors.UnknownApiError
    assert "BDC_7777 (HTTP status 409)" in str(error)


OWN = {
    "BDC_1109": errors.ErrorCode(
        errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("api_token",)
    ),
    "BDC_9999": errors.ErrorCode(errors.ConcurrencyLimitError, "one call too many", "Wait."),
}


@pytest.mark.promise(9)
def test_the_meanings_of_a_request_come_before_the_usual_ones() -> None:
    error = errors.error_from_response(401, envelope("BDC_1109"), PLACE, OWN)
    assert error.__class__ is errors.AuthenticationError
    assert str(error) == f"BILL answered BDC_1109: the token is wrong. Correct it at {PLACE}."
    assert (error.code, error.status, error.concerns) == ("BDC_1109", 401, ("api_token",))
    # Also among others, of which one usually weighs more; and for a code that means nothing elsewhere.
    assert errors.error_from_response(400, envelope("BDC_1361", "BDC_9999"), PLACE, OWN).code == "BDC_9999"
    assert errors.error_from_response(400, envelope("BDC_1361", "BDC_1101"), PLACE, OWN).code == "BDC_1361"
    assert errors.error_from_response(400, envelope("BDC_9999"), PLACE).__class__ is errors.UnknownApiError


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("word", "kind", "concerns"),
    [
        ("invalid_client", errors.AuthenticationError, ("client_id", "client_secret")),
        ("unauthorized_client", errors.ApiError, ("client_id",)),
        ("invalid_request", errors.ApiError, ("token_url",)),
        ("invalid_grant", errors.ApiError, ("token_url",)),
        ("unsupported_grant_type", errors.ApiError, ("token_url",)),
        ("invalid_scope", errors.ApiError, ("token_url",)),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_words_of_rfc_6749_are_understood(
    word: str, kind: type[errors.BillError], concerns: tuple[str, ...], status: int
) -> None:
    answer = {"error": word, "error_description": "findme"}
    error = errors.error_from_response(status, answer, PLACE, oauth._MEANINGS)
    assert error.__class__ is kind
    assert (error.code, error.status, error.concerns) == (word, status, concerns)
    assert str(error).startswith(f"BILL answered {word}: ")
    assert "findme" not in str(error)


@pytest.mark.promise(8)
@pytest.mark.parametrize("word", ["findme", "", "Invalid_Client", ["invalid_client"], {"invalid_client": 1}, 7, None])
def test_other_words_are_not_repeated(word: Any) -> None:
    error = errors.error_from_response(400, {"error": word}, PLACE, oauth._MEANINGS, option="token_url")
    assert error.__class__ is errors.InvalidResponseError
    assert str(error) == (
        f"{PLACE} answered HTTP status 400 without an error code of BILL's. Check token_url, and that no proxy answers in "
        "BILL's place."
    )
    assert error.concerns == ("token_url",)


@pytest.mark.promise(9)
def test_a_code_of_bills_goes_before_a_word_beside_it() -> None:
    answer = {"error": "invalid_client", "code": "BDC_1144"}
    # Elsewhere they are no words of BILL's.
    assert errors.error_from_response(401, {"error": "invalid_client"}, PLACE).code is None
    assert errors.error_from_response(401, answer, PLACE).__class__ is errors.HourlyQuotaError
    # A word means nothing in a list, which is how BILL's own errors come.
    assert (
        errors.error_from_response(401, [{"error": "invalid_client"}], PLACE).__class__ is errors.InvalidResponseError
    )


STATUSES = {
    401: errors.ErrorCode(errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("api_token",)),
    429: errors.ErrorCode(errors.ConcurrencyLimitError, "one call too many", "Wait."),
}


@pytest.mark.promise(9)
def test_a_status_can_have_a_meaning_whatever_words_it_came_with() -> None:
    for answer in (None, envelope("BDC_7777"), {"message": "findme"}):
        error = by_status(errors.error_from_response(401, answer, PLACE), STATUSES, PLACE)
        assert error.__class__ is errors.AuthenticationError
        assert str(error) == f"BILL answered HTTP status 401: the token is wrong. Correct it at {PLACE}."
        assert (error.code, error.status, error.concerns) == (None, 401, ("api_token",))
    assert by_status(errors.error_from_response(429, None, PLACE), STATUSES, PLACE).transient


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "error",
    [
        errors.error_from_response(400, envelope("BDC_1101"), PLACE),
        errors.error_from_response(401, envelope("BDC_1101"), PLACE),
        errors.RequestTimeoutError("late"),
        errors.InvalidResponseError("no JSON", status=200),
    ],
    ids=str,
)
def test_an_error_stays_as_it_is_where_its_status_means_nothing_more(error: errors.BillError) -> None:
    assert by_status(error, STATUSES, PLACE) is error
