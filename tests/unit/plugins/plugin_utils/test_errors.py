# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors show the code, its meaning and the remedy, and never a request or a response."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods.oauth import OAuth
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ERROR_CODES, ErrorCode
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_parser import (
    ErrorProfile,
    apply_status,
    codes,
    error_from_response,
    error_items,
)
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, RawResponse
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, OAUTH

PLACE = "BILL's sandbox (gateway.stage.bill.com)"


def envelope(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "severity": "ERROR", "category": "DOWNSTREAM", "message": "echo findme"} for code in codes]


class TokenExchange:
    """Exchanges whose every response has an access token. They record the ``requests``."""

    def __init__(self, base_url: BaseUrl, requests: list[HttpRequest]) -> None:
        self.base_url = base_url
        self.requests = requests

    def at(self, base_url: BaseUrl) -> TokenExchange:
        return TokenExchange(base_url, self.requests)

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        self.requests.append(request)
        return RawResponse(200, b'{"access_token": "t"}')


@pytest.fixture
def oauth_profile() -> ErrorProfile:
    """The meaning of errors for a request for an access token."""
    exchange = TokenExchange(BaseUrl.of_api(API_URL), [])
    OAuth.from_options(OAUTH).log_in(HttpTransport(exchange), 0.0, None)
    [request] = exchange.requests
    return request.profile


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
def test_error_with_a_code_has_its_class_with_any_http_status(
    code: str, kind: type[errors.BillError], status: int
) -> None:
    error = error_from_response(status, envelope(code), PLACE)
    assert error.__class__ is kind
    assert (error.code, error.status) == (code, status)
    assert code in str(error)


@pytest.mark.promise(9)
def test_error_that_another_try_may_solve_is_transient() -> None:
    is_transient = {
        code: error_from_response(400, envelope(code), PLACE).is_transient
        for code in ("BDC_1101", "BDC_1102", "BDC_1109", "BDC_1144", "BDC_1361", "BDC_1322", "BDC_1001")
    }
    assert [code for code, again in is_transient.items() if again] == ["BDC_1322", "BDC_1001"]
    assert error_from_response(503, None, PLACE).is_transient
    assert not error_from_response(400, None, PLACE).is_transient


@pytest.mark.parametrize(
    "response",
    [
        envelope("BDC_1101"),
        envelope("BDC_1101")[0],
        {"errors": envelope("BDC_1101")},
        [{"message": "no code here"}, *envelope("BDC_1101")],
        ["not an object", *envelope("BDC_9999", "BDC_1101")],
    ],
    ids=["array", "one object", "errors object", "after one without a code", "among others"],
)
def test_error_code_in_each_known_envelope_is_found(response: Any) -> None:
    assert error_from_response(400, response, PLACE).code == "BDC_1101"


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "response",
    [None, [], {}, "text", 7, {"errors": None}, {"errors": "findme"}, [None], [{"code": None}], [{"code": 1101}], [[]]],
)
def test_error_body_of_another_format_is_an_invalid_response(response: Any) -> None:
    error = error_from_response(400, response, PLACE)
    assert isinstance(error, errors.InvalidResponseError)
    assert "HTTP status 400" in str(error)
    assert "api_url" in str(error)


@pytest.mark.promise(8)
@pytest.mark.parametrize("field", ["code", "message"])
def test_error_field_that_is_nested_too_deep_is_an_invalid_response(field: str) -> None:
    deep: list[Any] = []
    for _level in range(100_000):
        deep = [deep]
    assert isinstance(error_from_response(400, [{field: deep}], PLACE), errors.InvalidResponseError)


@pytest.mark.promise(8)
def test_error_message_does_not_repeat_the_text_of_bill() -> None:
    for code in (*ERROR_CODES, "BDC_9999", "BDC_findme", "findme"):
        for status in (400, 500):
            assert "findme" not in str(error_from_response(status, envelope(code), PLACE))


@pytest.mark.promise(8)
def test_error_message_of_a_wrong_password_names_the_environment() -> None:
    error = error_from_response(401, envelope("BDC_1101"), PLACE)
    assert str(error) == (
        "BILL answered BDC_1101: the user name, the password or the token is wrong. Correct them. Sandbox and production have different "
        "users, keys and organizations: check that these values belong to BILL's sandbox (gateway.stage.bill.com)."
    )
    assert error.options == ("username", "password", "console_api_token")


@pytest.mark.promise(8)
def test_error_about_a_field_names_its_option() -> None:
    response = [{"message": "organizationId: findme must match"}, {"message": "devKey: must not be blank"}]
    error = error_from_response(400, response, PLACE)
    assert error.options == ("organization_id", "dev_key")
    assert "organization_id and dev_key" in str(error)
    assert "findme" not in str(error)


@pytest.mark.promise(8)
def test_error_with_an_unknown_code_names_the_code() -> None:
    error = error_from_response(409, envelope("BDC_7777"), PLACE)
    assert error.__class__ is errors.UnknownApiError
    assert "BDC_7777 (HTTP status 409)" in str(error)


OWN = ErrorProfile(
    {
        "BDC_1109": ErrorCode(
            errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("api_token",)
        ),
        "BDC_9999": ErrorCode(errors.ConcurrencyLimitError, "one call too many", "Wait."),
    }
)


@pytest.mark.promise(9)
def test_error_profile_codes_outrank_the_usual_meanings() -> None:
    error = error_from_response(401, envelope("BDC_1109"), PLACE, OWN)
    assert error.__class__ is errors.AuthenticationError
    assert str(error) == f"BILL answered BDC_1109: the token is wrong. Correct it at {PLACE}."
    assert (error.code, error.status, error.options) == ("BDC_1109", 401, ("api_token",))
    # The profile's code also counts among other codes that usually outrank it. Other profiles do not know the code.
    assert error_from_response(400, envelope("BDC_1361", "BDC_9999"), PLACE, OWN).code == "BDC_9999"
    assert error_from_response(400, envelope("BDC_1361", "BDC_1101"), PLACE, OWN).code == "BDC_1361"
    assert error_from_response(400, envelope("BDC_9999"), PLACE).__class__ is errors.UnknownApiError


@pytest.mark.promise(8)
def test_error_profile_option_of_field_replaces_the_usual_one() -> None:
    body = [{"message": "limit: must be positive"}, {"message": "devKey: must not be blank"}]
    error = error_from_response(400, body, PLACE, ErrorProfile(option_of_field={"limit": "budget"}))
    assert error.options == ("budget",)


@pytest.mark.promise(9)
def test_error_profile_over_another_has_the_meanings_of_both() -> None:
    lower = ErrorProfile(
        {
            "BDC_1109": ErrorCode(errors.ApiError, "lower", ""),
            "BDC_8888": ErrorCode(errors.ApiError, "the other", ""),
        },
        STATUSES,
        {"limit": "lower"},
    )
    upper = ErrorProfile(OWN.codes, {401: ErrorCode(errors.ApiError, "upper", "")}, {"limit": "budget"})
    both = upper.over(lower)
    assert both.codes == {**OWN.codes, "BDC_8888": lower.codes["BDC_8888"]}
    assert both.statuses == {401: upper.statuses[401], 429: STATUSES[429]}
    assert both.option_of_field == {"limit": "budget"}


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
def test_error_of_rfc_6749_in_a_token_response_has_its_meaning(
    oauth_profile: ErrorProfile, word: str, kind: type[errors.BillError], concerns: tuple[str, ...], status: int
) -> None:
    response = {"error": word, "error_description": "findme"}
    error = error_from_response(status, response, PLACE, oauth_profile)
    assert error.__class__ is kind
    assert (error.code, error.status, error.options) == (word, status, concerns)
    assert str(error).startswith(f"BILL answered {word}: ")
    assert "findme" not in str(error)


@pytest.mark.promise(8)
@pytest.mark.parametrize("word", ["findme", "", "Invalid_Client", ["invalid_client"], {"invalid_client": 1}, 7, None])
def test_error_word_without_a_meaning_is_not_repeated(oauth_profile: ErrorProfile, word: Any) -> None:
    error = error_from_response(400, {"error": word}, PLACE, oauth_profile, option="token_url")
    assert error.__class__ is errors.InvalidResponseError
    assert str(error) == (
        f"{PLACE} answered HTTP status 400 without a BDC code. Check token_url, and that no proxy answers instead of BILL."
    )
    assert error.options == ("token_url",)


@pytest.mark.promise(8)
@pytest.mark.parametrize("status", [404, 429])
def test_error_without_a_code_begins_with_a_capital_letter(status: int) -> None:
    error = error_from_response(status, None, "the BILL at bill.example.com")
    assert str(error).startswith(f"The BILL at bill.example.com answered HTTP status {status} without a BDC code")


@pytest.mark.promise(9)
def test_error_code_outranks_an_error_word(oauth_profile: ErrorProfile) -> None:
    word = {"error": "invalid_client"}
    for profile in (None, oauth_profile):
        both = error_from_response(401, {**word, "code": "BDC_1144"}, PLACE, profile)
        assert both.__class__ is errors.HourlyQuotaError
        # In a list an error word has no meaning, because BILL's own errors come in lists.
        assert error_from_response(401, [word], PLACE, profile).__class__ is errors.InvalidResponseError
    # Without the profile, BILL does not use these words.
    assert error_from_response(401, word, PLACE).code is None


STATUSES = {
    401: ErrorCode(errors.AuthenticationError, "the token is wrong", "Correct it at {place}.", ("api_token",)),
    429: ErrorCode(errors.ConcurrencyLimitError, "one call too many", "Wait."),
}


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "body", [None, envelope("BDC_7777"), {"message": "findme"}], ids=["nothing", "a code", "a message"]
)
def test_error_status_with_a_meaning_decides_without_a_known_code(body: Any) -> None:
    of_profile = error_from_response(401, body, PLACE, ErrorProfile(statuses=STATUSES))
    for error in (of_profile, apply_status(error_from_response(401, body, PLACE), STATUSES, PLACE)):
        assert error.__class__ is errors.AuthenticationError
        assert str(error) == f"BILL answered HTTP status 401: the token is wrong. Correct it at {PLACE}."
        assert (error.code, error.status, error.options) == (None, 401, ("api_token",))
        assert error.response_body == body


@pytest.mark.promise(9)
def test_error_status_with_a_meaning_can_be_transient() -> None:
    assert apply_status(error_from_response(429, None, PLACE), STATUSES, PLACE).is_transient


@pytest.mark.promise(9)
def test_error_status_with_a_meaning_does_not_replace_a_known_code() -> None:
    profile = ErrorProfile(OWN.codes, STATUSES)
    assert error_from_response(401, envelope("BDC_1101"), PLACE, profile).code == "BDC_1101"
    assert error_from_response(401, envelope("BDC_1109"), PLACE, profile).code == "BDC_1109"


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    "error",
    [
        error_from_response(400, envelope("BDC_1101"), PLACE),
        error_from_response(401, envelope("BDC_1101"), PLACE),
        errors.RequestTimeoutError("late"),
        errors.InvalidResponseError("no JSON", status=200),
    ],
    ids=str,
)
def test_apply_status_without_a_meaning_returns_the_same_error(error: errors.BillError) -> None:
    assert apply_status(error, STATUSES, PLACE) is error


REASON = "User name and/or password do not match."
ENVELOPES: dict[str, Any] = {
    "documented": [{"code": "BDC_1101", "message": REASON}],
    "alone": {"code": "BDC_1101", "message": REASON},
    "in errors": {"errors": [{"code": "BDC_1101", "message": REASON}]},
    "in errors alone": {"errors": {"code": "BDC_1101", "message": REASON}},
    "other names": {"errorCode": "BDC_1101", "errorMessage": REASON},
    "other names in a list": [{"errorCode": "BDC_1101", "errorMessage": REASON}],
    "in error": {"error": {"errorCode": "BDC_1101", "errorMessage": REASON}},
    "v2": {
        "response_status": 1,
        "response_message": "Error",
        "response_data": {"error_code": "BDC_1101", "error_message": REASON},
    },
}


@pytest.mark.promise(9)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("body", ENVELOPES.values(), ids=ENVELOPES)
def test_code_decides_in_every_envelope_and_with_every_status(body: Any, status: int) -> None:
    error = error_from_response(status, body, PLACE)
    assert isinstance(error, errors.AuthenticationError)
    assert error.code == "BDC_1101"
    [item] = error_items(body)
    assert (item["code"], item["message"]) == ("BDC_1101", REASON)


def test_code_beside_a_list_of_errors_counts() -> None:
    assert codes({"error": [], "code": "BDC_1109"}) == ["BDC_1109"]
    assert codes({"errors": [{"code": "BDC_1"}], "error": {"code": "BDC_2"}, "code": "BDC_3"}) == [
        "BDC_1",
        "BDC_2",
        "BDC_3",
    ]


def test_record_that_failed_earlier_is_no_error() -> None:
    record = {"id": "stp01", "status": "FAILED", "errorCode": "BDC_1152", "errorMessage": "Invalid Process Date"}
    assert codes(record) == codes([record]) == codes({"results": [record]}) == []
    assert codes({"response_status": 0, "response_data": {"id": "1"}}) == []


@pytest.mark.parametrize(("status", "is_certain"), [(429, True), (408, False)])
def test_status_without_a_code_that_asks_to_wait_is_transient(status: int, is_certain: bool) -> None:
    bodies: list[Any] = [None, {}, {"message": "slow down"}, []]
    for body in bodies:
        error = error_from_response(status, body, PLACE)
        assert isinstance(error, errors.BusyError)
        assert (error.is_transient, error.not_processed) == (True, is_certain)
        assert f"{PLACE} answered HTTP status {status} without a BDC code" in str(error)
    assert isinstance(error_from_response(status, envelope("BDC_1144"), PLACE), errors.HourlyQuotaError)
    assert isinstance(error_from_response(status, envelope("BDC_7777"), PLACE), errors.UnknownApiError)


KEY, SIGN_INS, MINUTE = errors.HourlyQuotaError, errors.SignInQuotaError, errors.RateLimitError


@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("message", "kind", "expected"),
    [
        ("Max number of allowed requests per hour reached: 20000.", KEY, "of this clock hour"),
        ("Max number of allowed requests per hour reached: 18000.", KEY, "of this clock hour"),
        ("Max number of allowed requests per hour reached: 200.", SIGN_INS, "the sign-ins of this clock hour"),
        ("200 requests per hour are allowed", SIGN_INS, "the sign-ins of this clock hour"),
        ("Max number of logins per hour reached", SIGN_INS, "the sign-ins of this clock hour"),
        ("Max number of allowed requests per minute reached: 5.", MINUTE, "in a minute"),
        ("Too many requests: 5/MINUTE", MINUTE, "in a minute"),
        ("Hourly limit reached. Try again in 12 minutes.", KEY, "of this clock hour"),
        ("Max number of allowed requests per day reached: 100000.", KEY, "in a day"),
        ("", KEY, "of this clock hour"),
        (None, KEY, "of this clock hour"),
        (["minute"], KEY, "of this clock hour"),
    ],
    ids=str,
)
def test_error_of_a_limit_has_the_scope_that_the_message_names(
    message: Any, kind: type[Exception], expected: str
) -> None:
    error = error_from_response(422, [{"code": "BDC_1144", "message": message}], PLACE)
    assert (type(error), error.code) == (kind, "BDC_1144")
    assert expected in str(error)


def test_error_of_a_limit_reads_only_the_message_of_its_code() -> None:
    body = [{"code": "BDC_7777", "message": "within a minute"}, {"code": "BDC_1144", "message": "per hour"}]
    assert error_from_response(422, body, PLACE).__class__ is errors.HourlyQuotaError


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("message", "option", "expected"),
    [
        (
            "Invalid entity data. deviceId: Maximum length cannot be greater than 30 characters.",
            "device",
            "device is too long. BILL accepts at most 30 characters.",
        ),
        ("deviceId: must not be blank", "device", "it does not accept device."),
        ("Missing parameter value for parameter: orgId", "organization_id", "it does not accept organization_id."),
        ("Missing required data for: userName", "username", "it does not accept username."),
        ("Invalid field: mfaId, value: findme", "remember_me_id", "it does not accept remember_me_id."),
        ("Invalid field 'devKey'", "dev_key", "it does not accept dev_key."),
    ],
)
def test_error_that_names_a_field_leads_to_its_option(message: str, option: str, expected: str) -> None:
    error = error_from_response(400, [{"code": "BDC_1143", "message": message}], PLACE)
    assert error.options == (option,)
    assert expected in str(error)
    assert "findme" not in str(error)
