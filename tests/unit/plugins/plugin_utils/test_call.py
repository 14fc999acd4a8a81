# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""However a call fails, one clean message is what is left of it."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import context as _call
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions as _compat
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext, run_operation
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    BillError,
    MfaRequiredError,
    OptionError,
    UncertainWriteError,
)
from tests.unit.plugins.plugin_utils.conversation import OPTIONS
from tests.unit.plugins.plugin_utils.signing_in import API_URL, CHECK, LOGIN, Bill, Open, no


class Failed(Exception):
    """What a task or lookup raises."""

    def __init__(self, message: str, secrets: Sequence[str] | None, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.secrets = secrets
        self.details = details


def run(error: Exception, **given: Any) -> Failed:
    def work(_call: TaskContext) -> None:
        raise error from ValueError("findme, the cause")

    with pytest.raises(Failed) as failure:
        run_operation(work, given={**OPTIONS, **given}, variables={}, templar=None, failure=Failed)
    return failure.value


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    compat = "ansible_collections.bill.connect.plugins.plugin_utils._ansible.core_versions"
    monkeypatch.setattr(f"{compat}.variables_of", lambda *_any: lambda _name: None)


@pytest.mark.promise(8)
def test_an_error_of_ours_is_told_with_the_places_of_its_values() -> None:
    failed = run(BillError("Refused.", concerns=("username",)))
    assert str(failed) == "Refused. (username comes from the option username)"
    assert failed.secrets == (OPTIONS["password"], OPTIONS["dev_key"])


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_an_error_nobody_expected_tells_where_and_repeats_nothing() -> None:
    failed = run(KeyError("findme"))
    assert str(failed).startswith("bill.connect met a fault of its own (KeyError at test_call.py:")
    assert str(failed).endswith("Please report it.")


@pytest.mark.promise(5)
@pytest.mark.parametrize("error", [KeyError("findme"), BillError("Refused.")])
def test_nothing_hangs_behind_the_message(error: Exception) -> None:
    failed = run(error)
    assert failed.__cause__ is failed.__context__ is None
    assert "findme" not in "".join(traceback.format_exception_only(failed))


@pytest.mark.promise(10)
def test_what_else_a_failure_tells_comes_with_it() -> None:
    assert run(UncertainWriteError("Perhaps.", details={"uncertain": True, "look_at": None})).details == {
        "uncertain": True,
        "look_at": None,
    }
    assert run(KeyError("findme")).details == {}


# --- a request ---

PAY = "POST /v3/payments"
UNSET = ("query", "headers", "filters", "sort", "page_size", "max_results", "expected_status", "body")


def calling(sign_in: Any, **options: Any) -> TaskContext:
    """One call of bill_request."""
    given = {
        **dict.fromkeys(UNSET),
        "method": "GET",
        "paginate": False,
        "require_trusted": False,
        "repeat": False,
        **options,
    }
    return TaskContext(given, lambda _options: sign_in, (OPTIONS["password"], OPTIONS["dev_key"]))


def test_a_read_returns_its_status_and_what_bill_answered(open_sign_in: Open, bill: Bill) -> None:
    bill.answer_to_check = {"id": "1"}
    for check_mode in (False, True):
        returned = calling(open_sign_in(), path="/v3/vendors/1").requested(check_mode=check_mode, diff=True)
        assert returned == {"status": 200, "changed": False, "uncertain": False, "json": {"id": "1"}}
    assert bill.heard == [LOGIN, "GET /v3/vendors/1", "GET /v3/vendors/1"]


@pytest.mark.promise(12)
def test_a_list_is_read_in_check_mode_too_and_each_page_is_told(
    open_sign_in: Open, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(_call.display, "v", shown.append)
    bill.will_say((200, {"results": [1, 2], "nextPage": "2"}), to="GET /v3/vendors?max=3")
    bill.will_say((200, {"results": [3, 4], "nextPage": "3"}), to="GET /v3/vendors?max=3&page=2")
    call = calling(open_sign_in(), path="/v3/vendors", paginate=True, max_results=3)
    returned = call.requested(check_mode=True)
    assert returned == {"status": 200, "changed": False, "uncertain": False, "results": [1, 2, 3], "pages": 2}
    assert shown == [
        "bill.connect: records of /v3/vendors: 2, pages: 1",
        "bill.connect: records of /v3/vendors: 3, pages: 2",
    ]


@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(12)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_write_is_shown_by_diff_mode_and_not_sent_in_check_mode(
    open_sign_in: Open, bill: Bill, check_mode: bool
) -> None:
    bill.answer_to_check = {"id": "1"}
    body = {"name": "Ärger", "bank": {"accountNumber": "123findme"}, "memo": OPTIONS["dev_key"]}
    call = calling(open_sign_in(), path="/v3/payments", method="POST", body=body)
    returned = call.requested(check_mode=check_mode, diff=True)
    diff = returned.pop("diff")
    assert returned == {
        "status": None if check_mode else 200,
        "changed": True,
        "uncertain": False,
        "msg": "In check mode POST /v3/payments is not sent."
        if check_mode
        else "BILL has done this: POST /v3/payments (HTTP status 200).",
        "json": None if check_mode else {"id": "1"},
    }
    assert diff == {
        "before_header": "BILL",
        "before": "",
        "after_header": f"POST {API_URL}/v3/payments",
        "after": '{\n  "name": "Ärger",\n  "bank": {\n    "accountNumber": "********"\n  },\n  "memo": "********"\n}\n',
    }
    assert bill.heard == ([] if check_mode else [LOGIN, PAY])
    if not check_mode:
        assert bill.last(PAY).body == body


def test_a_write_without_a_body_is_shown_as_its_address(open_sign_in: Open, bill: Bill) -> None:
    bill.answer_to_check = {}
    for method, path in (("POST", "/v3/vendors/1/archive"), ("DELETE", "/v3/spend/budgets/1")):
        diff = calling(open_sign_in(), path=path, method=method).requested(check_mode=True, diff=True)["diff"]
        assert (diff["after_header"], diff["after"]) == (f"{method} {API_URL}{path}", "")
    assert "diff" not in calling(open_sign_in(), path="/v3/vendors/1/archive", method="POST").requested()


@pytest.mark.promise(9)
@pytest.mark.promise(12)
@pytest.mark.parametrize("status", ["COMPLETE", "SETUP"])
def test_check_mode_looks_for_the_trust_that_a_write_needs(open_sign_in: Open, bill: Bill, status: str) -> None:
    call = calling(open_sign_in(), path="/v3/payments", method="POST", body={}, require_trusted=True)
    bill.answer_to_check = {"mfaStatus": status}
    if status == "COMPLETE":
        assert call.requested(check_mode=True)["changed"] is True
    else:
        with pytest.raises(MfaRequiredError):
            call.requested(check_mode=True)
    assert bill.heard == [LOGIN, CHECK]


@pytest.mark.promise(2)
def test_expected_statuses_are_heeded(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say((200, {"sessionId": "SESSION-1"}), no("BDC_1120", 404), no("BDC_1120", 404))
    call = calling(open_sign_in(), path="/v3/vendors/1", expected_status=[200, 404])
    assert call.requested()["status"] == 404
    with pytest.raises(BillError, match="HTTP status 404"):
        calling(open_sign_in(), path="/v3/vendors/1", expected_status=[200]).requested()


@pytest.mark.promise(5)
def test_what_was_met_on_the_way_is_known_as_secret_afterwards(
    open_sign_in: Open, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    masked: set[str] = set()
    monkeypatch.setattr(_compat, "mask", masked.update)
    bill.answer_to_check = {}
    call = calling(open_sign_in(), path="/v3/payments", method="POST", body={"accountNumber": "123findme", "a": "b"})
    call.requested()
    assert call.learned == {"123findme", "SESSION-1", OPTIONS["password"], OPTIONS["dev_key"]}
    # What the user sends is no credential, and stands in tasks and variables that may be shown.
    assert masked == {"SESSION-1", OPTIONS["password"], OPTIONS["dev_key"]}


@pytest.mark.promise(5)
def test_the_secrets_of_a_body_are_known_even_if_it_is_not_sent(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say((401, [{"code": "BDC_1101"}]))
    call = calling(open_sign_in(), path="/v3/payments", method="POST", body={"accountNumber": "123findme"})
    with pytest.raises(BillError):
        call.requested()
    assert "123findme" in call.learned


@pytest.mark.promise(5)
def test_the_secrets_of_a_body_are_known_even_if_the_request_is_refused(open_sign_in: Open, bill: Bill) -> None:
    call = calling(open_sign_in(), path="/v3/x", method="POST", body={"accountNumber": "123findme"}, sort="name:asc")
    with pytest.raises(OptionError):
        call.requested()
    assert (call.learned, bill.heard) == ({"123findme"}, [])


@pytest.mark.promise(8)
def test_an_error_has_no_pages(open_sign_in: Open, bill: Bill) -> None:
    with pytest.raises(OptionError, match="expected_status takes only 200 to 299 with paginate"):
        calling(open_sign_in(), path="/v3/vendors", paginate=True, expected_status=[200, 404]).requested()
    assert bill.heard == []


@pytest.mark.promise(2)
def test_a_no_that_was_expected_yields_nothing(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say((200, {"sessionId": "SESSION-1"}), no("BDC_1120", 404))
    assert calling(open_sign_in(), expected_status=[200, 404]).records("/v3/vendors/1") == []


@pytest.mark.parametrize(
    ("answer", "records"),
    [
        ({"results": [1, 2], "nextPage": "2"}, [1, 2]),
        ({"results": []}, []),
        ([1, [2]], [1, [2]]),
        ({"id": "1", "results": "of a race"}, [{"id": "1", "results": "of a race"}]),
        ({"id": "1"}, [{"id": "1"}]),
        (None, [None]),
        ("text", ["text"]),
    ],
)
def test_a_lookup_yields_the_records_of_a_page_or_the_answer(
    open_sign_in: Open, bill: Bill, answer: Any, records: list[Any]
) -> None:
    open_sign_in().present()
    bill.will_say((200, answer))
    assert calling(open_sign_in()).records("/v3/vendors") == records


def test_a_lookup_yields_the_records_of_all_pages(open_sign_in: Open, bill: Bill) -> None:
    bill.will_say((200, {"results": [[1]], "nextPage": "2"}), to="GET /v3/vendors?max=100")
    bill.will_say((200, {"results": [{"results": 2}]}), to="GET /v3/vendors?max=100&page=2")
    call = calling(open_sign_in(), paginate=True)
    assert call.records("/v3/vendors") == [[1], {"results": 2}]
    assert call.learned >= {"SESSION-1"}
