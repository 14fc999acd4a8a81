# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of tasks and lookups about a session and about a request."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import reporter as _reporter
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import Mode, records_of, request_result
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import (
    LOGIN_FIELDS,
    checked_terms,
    login_result,
    session_info_result,
)
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    BillError,
    MfaRequiredError,
    OptionError,
)
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, CHECK, LOGIN, Bill, no
from tests.unit.plugins.plugin_utils.fakes import OPTIONS
from tests.unit.plugins.tasks import OpenContext

# --- a session ---


def test_login_result_has_the_documented_fields(open_context: OpenContext, monkeypatch: pytest.MonkeyPatch) -> None:
    masked: set[str] = set()
    monkeypatch.setattr(core_versions, "mask", masked.update)
    context = open_context()
    returned = login_result(context.client, context.client.sessions.ensure())
    assert tuple(returned) == LOGIN_FIELDS
    assert returned == {
        "session_id": "SESSION-1",
        "organization_id": OPTIONS["organization_id"],
        "user_id": "006",
        "headers": {"sessionId": "SESSION-1", "devKey": OPTIONS["dev_key"]},
        "api_url": API_URL,
        "auth_method": "password",
        "trusted": False,
        "expires_at": returned["expires_at"],
        "remember_me_id_days_left": None,
        "changed": True,
    }
    assert "SESSION-1" in masked & context.secrets.texts


def test_login_result_without_a_session_has_no_session_fields(open_context: OpenContext) -> None:
    context = open_context()
    no_session = SessionResult(None, changed=True)
    about = {"api_url": API_URL, "auth_method": "password", "changed": True}
    assert login_result(context.client, no_session) == {**dict.fromkeys(LOGIN_FIELDS), **about}
    reported = session_info_result(context.client, no_session)
    assert {name: value for name, value in reported.items() if value is not None} == {**about, "signed_in": False}


@pytest.mark.promise(5)
def test_session_info_result_contains_no_secret(open_context: OpenContext) -> None:
    context = open_context()
    reported = session_info_result(context.client, context.client.sessions.ensure())
    assert (reported["signed_in"], reported["user_id"], reported["trusted"]) == (True, "006", False)
    assert "findme" not in str(reported)
    assert "SESSION-1" not in str(reported)


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("sesion_id", "There is no field sesion_id. Did you mean session_id? The fields are: session_id, "),
        ("findme", "There is no such field. The fields are: session_id, "),
        (["findme"], "There is no such field. The fields are: session_id, "),
    ],
    ids=str,
)
def test_lookup_term_that_is_not_a_field_is_an_option_error(term: Any, message: str) -> None:
    assert checked_terms(LOGIN_FIELDS) == [*LOGIN_FIELDS]
    with pytest.raises(OptionError) as failure:
        checked_terms(["user_id", term])
    assert str(failure.value).startswith(message)


# --- a request ---

PAY = "POST /v3/payments"


def requested(context: TaskContext, **how: Any) -> dict[str, Any]:
    return request_result(context, context.options, Mode(**how))


def test_request_result_of_a_read_has_status_and_response(open_context: OpenContext, bill: Bill) -> None:
    bill.answer_to_check = {"id": "1"}
    for check_mode in (False, True):
        context = open_context(path="/v3/vendors/1")
        returned = requested(context, check_mode=check_mode, diff=True)
        assert returned == {"status": 200, "changed": False, "uncertain": False, "json": {"id": "1"}}
    assert bill.received == [LOGIN, "GET /v3/vendors/1", "GET /v3/vendors/1"]


@pytest.mark.promise(12)
def test_request_result_of_a_list_in_check_mode_reads_and_reports_each_page(
    open_context: OpenContext, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(_reporter.display, "verbosity", 1)
    monkeypatch.setattr(_reporter.display, "v", shown.append)
    monkeypatch.setattr(_reporter.display, "verbosity", 1)
    bill.will_answer((200, {"results": [1, 2], "nextPage": "2"}), to="GET /v3/vendors?max=3")
    bill.will_answer((200, {"results": [3, 4], "nextPage": "3"}), to="GET /v3/vendors?max=3&page=2")
    context = open_context(path="/v3/vendors", paginate=True, max_results=3)
    returned = requested(context, check_mode=True)
    assert returned == {"status": 200, "changed": False, "uncertain": False, "results": [1, 2, 3], "pages": 2}
    assert shown == [
        "bill.connect: records of /v3/vendors: 2, pages: 1",
        "bill.connect: records of /v3/vendors: 3, pages: 2",
    ]


@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(12)
@pytest.mark.parametrize("check_mode", [False, True])
def test_request_result_of_a_write_shows_the_diff_and_check_mode_sends_nothing(
    open_context: OpenContext, bill: Bill, check_mode: bool
) -> None:
    bill.answer_to_check = {"id": "1"}
    body = {"name": "Ärger", "bank": {"accountNumber": "123findme"}, "memo": OPTIONS["dev_key"]}
    context = open_context(path="/v3/payments", method="POST", body=body)
    returned = requested(context, check_mode=check_mode, diff=True)
    diff = returned.pop("diff")
    assert returned == {
        "status": None if check_mode else 200,
        "changed": True,
        "uncertain": False,
        "msg": "In check mode POST /v3/payments is not sent."
        if check_mode
        else "BILL has processed this write: POST /v3/payments (HTTP status 200).",
        "json": None if check_mode else {"id": "1"},
    }
    assert diff == {
        "before_header": "BILL",
        "before": "",
        "after_header": f"POST {API_URL}/v3/payments",
        "after": '{\n  "name": "Ärger",\n  "bank": {\n    "accountNumber": "********"\n  },\n  "memo": "********"\n}\n',
    }
    assert bill.received == ([] if check_mode else [LOGIN, PAY])
    if not check_mode:
        assert bill.last(PAY).body == body


def test_request_result_of_a_write_without_a_body_shows_its_url(open_context: OpenContext, bill: Bill) -> None:
    bill.answer_to_check = {}
    for method, path in (("POST", "/v3/vendors/1/archive"), ("DELETE", "/v3/spend/budgets/1")):
        diff = requested(open_context(path=path, method=method), check_mode=True, diff=True)["diff"]
        assert (diff["after_header"], diff["after"]) == (f"{method} {API_URL}{path}", "")
    assert "diff" not in requested(open_context(path="/v3/vendors/1/archive", method="POST"))


@pytest.mark.promise(9)
@pytest.mark.promise(12)
@pytest.mark.parametrize("status", ["COMPLETE", "SETUP"])
def test_request_result_in_check_mode_validates_required_trust(
    open_context: OpenContext, bill: Bill, status: str
) -> None:
    context = open_context(path="/v3/payments", method="POST", body={}, require_trusted=True)
    bill.answer_to_check = {"mfaStatus": status}
    if status == "COMPLETE":
        assert requested(context, check_mode=True)["changed"] is True
    else:
        with pytest.raises(MfaRequiredError):
            requested(context, check_mode=True)
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(2)
def test_request_result_with_an_expected_status_succeeds(open_context: OpenContext, bill: Bill) -> None:
    bill.will_answer((200, {"sessionId": "SESSION-1"}), no("BDC_1120", 404), no("BDC_1120", 404))
    context = open_context(path="/v3/vendors/1", expected_status=[200, 404])
    assert requested(context)["status"] == 404
    with pytest.raises(BillError, match="HTTP status 404"):
        requested(open_context(path="/v3/vendors/1", expected_status=[200]))


@pytest.mark.promise(5)
def test_request_result_registers_new_secrets(
    open_context: OpenContext, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    masked: set[str] = set()
    monkeypatch.setattr(core_versions, "mask", masked.update)
    bill.answer_to_check = {}
    context = open_context(path="/v3/payments", method="POST", body={"accountNumber": "123findme", "a": "b"})
    requested(context)
    assert context.secrets.texts == {"123findme", "SESSION-1", OPTIONS["password"], OPTIONS["dev_key"]}
    # The user's own data is not a credential. Tasks and variables contain it and may be shown.
    assert masked == {"SESSION-1", OPTIONS["password"], OPTIONS["dev_key"]}


@pytest.mark.promise(5)
def test_request_result_without_a_login_registers_the_secrets_of_the_body(
    open_context: OpenContext, bill: Bill
) -> None:
    bill.will_answer((401, [{"code": "BDC_1101"}]))
    context = open_context(path="/v3/payments", method="POST", body={"accountNumber": "123findme"})
    with pytest.raises(BillError):
        requested(context)
    assert "123findme" in context.secrets.texts


@pytest.mark.promise(5)
def test_request_result_with_an_option_error_registers_the_secrets_of_the_body(
    open_context: OpenContext, bill: Bill
) -> None:
    context = open_context(path="/v3/x", method="POST", body={"accountNumber": "123findme"}, sort="name:asc")
    with pytest.raises(OptionError):
        requested(context)
    assert context.secrets.texts - set(context.option_secrets) == {"123findme"}
    assert bill.received == []


@pytest.mark.promise(8)
def test_request_result_with_paginate_and_an_expected_error_is_an_option_error(
    open_context: OpenContext, bill: Bill
) -> None:
    with pytest.raises(
        OptionError, match="expected_status accepts only 200 to 299 with paginate, because an error has no pages"
    ):
        requested(open_context(path="/v3/vendors", paginate=True, expected_status=[200, 404]))
    assert bill.received == []


@pytest.mark.promise(2)
def test_lookup_records_of_an_expected_refusal_are_empty(open_context: OpenContext, bill: Bill) -> None:
    bill.will_answer((200, {"sessionId": "SESSION-1"}), no("BDC_1120", 404))
    assert records_of(open_context(expected_status=[200, 404]), "/v3/vendors/1") == []


@pytest.mark.parametrize(
    ("response", "records"),
    [
        ({"results": [1, 2], "nextPage": "2"}, [1, 2]),
        ({"results": []}, []),
        ([1, [2]], [1, [2]]),
        ({"id": "1", "results": "of a race"}, [{"id": "1", "results": "of a race"}]),
        ({"id": "1"}, [{"id": "1"}]),
        ("text", ["text"]),
    ],
)
def test_lookup_records_of_a_response_are_its_page_or_the_response(
    open_context: OpenContext, bill: Bill, response: Any, records: list[Any]
) -> None:
    open_context().client.sessions.ensure()
    bill.will_answer((200, response))
    assert records_of(open_context(), "/v3/vendors") == records


def test_lookup_records_with_paginate_are_those_of_all_pages(open_context: OpenContext, bill: Bill) -> None:
    bill.will_answer((200, {"results": [[1]], "nextPage": "2"}), to="GET /v3/vendors?max=100")
    bill.will_answer((200, {"results": [{"results": 2}]}), to="GET /v3/vendors?max=100&page=2")
    context = open_context(paginate=True)
    assert records_of(context, "/v3/vendors") == [[1], {"results": 2}]
    assert context.secrets.texts >= {"SESSION-1"}
