# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL's information about the session and about its organizations."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import read_pages
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._client.info import organizations, session_info
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.fake_bill import (
    AS_USER,
    CHECK,
    LOGIN,
    METHODS,
    PARTNER_LOGIN,
    PARTNER_USER,
    SPEND,
    SPEND_TOKEN,
    THE_PARTNER,
    TOKEN,
    Bill,
    Open,
    OpenClient,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import ListReporter

LIST = "GET /v3/login/organizations"


def listed(
    open_client: OpenClient, reported: list[str] | None = None, *, options: dict[str, Any] | None = None
) -> tuple[list[Any], bool]:
    """The organizations, and whether the client had to make a session."""
    reporter = ListReporter()
    records, last = read_pages(organizations(open_client(**(options or {}))), "organizations", reporter)
    if reported is not None:
        reported += reporter.progressed
    return records, bool(last and last.signed_in)


def info(sessions: SessionManager, *, may_sign_in: bool) -> tuple[Session | None, bool]:
    result = session_info(sessions, may_sign_in=may_sign_in)
    return result.session, result.changed


@pytest.mark.promise(2)
def test_session_info_without_a_session_is_none(open_sessions: Open, bill: Bill) -> None:
    assert info(open_sessions(), may_sign_in=False) == (None, False)
    assert bill.received == []


@pytest.mark.promise(2)
def test_session_info_that_may_sign_in_makes_and_validates_a_session(open_sessions: Open, bill: Bill) -> None:
    bill.answer_to_check = {"mfaStatus": "SETUP"}
    session, changed = info(open_sessions(), may_sign_in=True)
    assert session
    assert (session.mfa_status, changed) == ("SETUP", True)
    assert bill.received == [LOGIN, CHECK]
    for may_sign_in in (False, True):
        assert info(open_sessions(), may_sign_in=may_sign_in) == (session, False)
    assert bill.received == [LOGIN, CHECK, CHECK, CHECK]


@pytest.mark.promise(9)
@pytest.mark.parametrize("may_sign_in", [False, True])
def test_session_info_with_an_expired_session_renews_it_only_if_allowed(
    open_sessions: Open, bill: Bill, may_sign_in: bool
) -> None:
    open_sessions().ensure()
    bill.valid_sessions.clear()
    session, changed = info(open_sessions(), may_sign_in=may_sign_in)
    assert (session is not None, changed) == (may_sign_in, may_sign_in)
    assert bill.received == [LOGIN, CHECK] + ([LOGIN, CHECK] if may_sign_in else [])


def test_session_info_with_a_new_session_rejected_at_once_returns_that_session(open_sessions: Open, bill: Bill) -> None:
    bill.will_answer(no("BDC_1109", 401), to=CHECK)
    session, changed = info(open_sessions(), may_sign_in=True)
    assert session
    assert (session.session_id, changed) == ("SESSION-1", True)


@pytest.mark.parametrize("method", METHODS)
def test_session_info_for_each_method_returns_a_session(open_sessions: Open, bill: Bill, method: str) -> None:
    session, changed = info(open_sessions(**METHODS[method]), may_sign_in=True)
    assert session
    assert changed is (method != "spend_token")
    assert len(bill.received) == (3 if method == "a partner's user" else 2)


@pytest.mark.promise(8)
def test_session_info_with_a_rejected_api_token_is_an_authentication_error(open_sessions: Open, bill: Bill) -> None:
    open_sessions(**SPEND_TOKEN).ensure()
    bill.will_answer((401, None))
    with pytest.raises(errors.AuthenticationError):
        info(open_sessions(**SPEND_TOKEN), may_sign_in=False)
    assert bill.received == [SPEND, SPEND]


@pytest.mark.promise(2)
def test_organizations_of_several_pages_are_joined(open_client: OpenClient, bill: Bill) -> None:
    reported: list[str] = []
    pages: list[Any] = [
        {"results": [{"id": "1"}, "odd"], "nextPage": "a&b=c d"},
        {"results": [], "nextPage": "z"},
        {"results": [{"id": "3"}], "nextPage": None},
    ]
    bill.answer_to_check = {}
    for number, page in enumerate(pages):
        bill.will_answer((200, page), to=[LIST, f"{LIST}?page=a%26b%3Dc+d", f"{LIST}?page=z"][number])
    found, changed = listed(open_client, reported)
    assert (found, changed) == ([{"id": "1"}, "odd", {"id": "3"}], True)
    assert bill.received == [LOGIN, LIST, f"{LIST}?page=a%26b%3Dc+d", f"{LIST}?page=z"]
    assert reported == ["organizations: 2, pages: 1", "organizations: 2, pages: 2", "organizations: 3, pages: 3"]
    bill.will_answer((200, {"results": []}))
    assert listed(open_client) == ([], False)


@pytest.mark.promise(8)
def test_organizations_with_an_unusual_page_name_request_that_page(open_client: OpenClient, bill: Bill) -> None:
    # JSON can carry a lone surrogate. An address cannot contain it.
    bill.will_answer((200, {"results": [1], "nextPage": "2\ud800"}), to=LIST)
    bill.will_answer((200, {"results": [2]}), to=f"{LIST}?page=2%3F")
    assert listed(open_client) == ([1, 2], True)


@pytest.mark.parametrize("end", [None, ""])
def test_organizations_end_at_a_page_without_a_next_page(open_client: OpenClient, bill: Bill, end: Any) -> None:
    bill.will_answer((200, {"results": [1], "nextPage": end}), to=LIST)
    assert listed(open_client) == ([1], True)


@pytest.mark.promise(8)
@pytest.mark.parametrize("following", [7, ["findme"], False])
def test_organizations_with_an_unusable_next_page_are_an_error(
    open_client: OpenClient, bill: Bill, following: Any
) -> None:
    bill.will_answer((200, {"results": [1], "nextPage": following}), to=LIST)
    with pytest.raises(
        errors.InvalidResponseError, match="names a next page that bill.connect cannot request"
    ) as failure:
        listed(open_client)
    assert "findme" not in str(failure.value)


def test_organizations_in_a_plain_list_are_returned(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer((200, [{"id": "1"}]), to=LIST)
    assert listed(open_client) == ([{"id": "1"}], True)


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [None, {}, "findme", 7, {"results": {"findme": 1}}, {"results": None}], ids=str)
def test_organizations_in_a_response_that_is_not_a_list_are_an_error(
    open_client: OpenClient, bill: Bill, response: Any
) -> None:
    bill.will_answer((200, response), to=LIST)
    with pytest.raises(
        errors.InvalidResponseError, match="the organizations is (not a list|empty). Check api_url"
    ) as failure:
        listed(open_client)
    assert "findme" not in str(failure.value)


@pytest.mark.promise(15)
@pytest.mark.parametrize("cycle", [1, 2, 3, 10])
def test_organizations_with_a_repeated_page_are_an_error(
    open_client: OpenClient, bill: Bill, monkeypatch: pytest.MonkeyPatch, cycle: int
) -> None:
    # The first page leads into a circle of this many pages.
    monkeypatch.setattr(
        bill, "usual_response", lambda *_request: (200, {"results": [1], "nextPage": f"{len(bill.received) % cycle}"})
    )
    bill.will_answer((200, {"sessionId": "SESSION-1"}), to=LOGIN)
    with pytest.raises(errors.InvalidResponseError, match="does not end: it names a page again"):
        listed(open_client)
    assert len(bill.received) <= 1 + 4 * cycle


@pytest.mark.promise(15)
def test_organizations_with_a_thousand_empty_pages_are_an_error(
    open_client: OpenClient, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each page names another one.
    monkeypatch.setattr(
        bill, "usual_response", lambda *_request: (200, {"results": [], "nextPage": f"{len(bill.received)}"})
    )
    bill.will_answer((200, {"sessionId": "SESSION-1"}), to=LOGIN)
    # Without a store, because the store's writes are not the subject of this test.
    with pytest.raises(errors.InvalidResponseError, match="more than a thousand empty pages"):
        listed(open_client, options={"session_store": "none", "username": "endless@example.com"})
    assert len(bill.received) == 1 + 1000


@pytest.mark.promise(9)
def test_organizations_with_a_session_expired_between_pages_renew_it(
    open_client: OpenClient, open_sessions: Open, bill: Bill
) -> None:
    second = f"{LIST}?page=2"
    bill.will_answer((200, {"results": [1], "nextPage": "2"}), to=LIST)
    bill.will_answer(no("BDC_1109", 401), (200, {"results": [2]}), to=second)
    bill.will_answer(no("BDC_1109", 401), to=CHECK)
    open_sessions().ensure()
    assert listed(open_client) == ([1, 2], True)
    assert bill.received == [LOGIN, LIST, second, CHECK, LOGIN, second]


@pytest.mark.promise(9)
def test_organizations_after_a_transient_failure_request_the_page_again(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(errors.RequestTimeoutError("late"), (503, None), (200, {"results": []}), to=LIST)
    assert listed(open_client) == ([], True)


@pytest.mark.parametrize(
    ("changes", "received"),
    [
        (THE_PARTNER, [PARTNER_LOGIN, "GET /v3/partner/organizations?max=100"]),
        (PARTNER_USER, [PARTNER_LOGIN, AS_USER, LIST]),
        (METHODS["oauth"], [TOKEN, LIST]),
    ],
    ids=str,
)
def test_organizations_for_each_method_request_its_own_list(
    open_client: OpenClient, bill: Bill, changes: dict[str, Any], received: list[str]
) -> None:
    bill.will_answer((200, {"results": []}), to=received[-1])
    assert listed(open_client, options=changes) == ([], True)
    assert bill.received == received


def test_organizations_of_a_partner_request_the_next_page_with_its_size(open_client: OpenClient, bill: Bill) -> None:
    first = "GET /v3/partner/organizations?max=100"
    bill.will_answer((200, {"results": [1], "nextPage": "2"}), to=first)
    bill.will_answer((200, {"results": [2]}), to=f"{first}&page=2")
    assert listed(open_client, options=THE_PARTNER) == ([1, 2], True)


@pytest.mark.promise(8)
def test_organizations_with_an_api_token_are_an_option_error(open_client: OpenClient, bill: Bill) -> None:
    with pytest.raises(errors.OptionError, match="auth_method spend_token has no list of organizations") as failure:
        listed(open_client, options=SPEND_TOKEN)
    assert failure.value.options == ("auth_method",)
    assert bill.received == []
