# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole lists, page by page: the requests, the messages, the session, and the use of memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import read_pages
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.endpoint import EndpointClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.http_requests import PageRequests
from ansible_collections.bill.connect.plugins.plugin_utils._client.pagination import Page, PageReader
from ansible_collections.bill.connect.plugins.plugin_utils._client.request import Request
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, RawResponse, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.unit.plugins.plugin_utils.fake_bill import (
    API_URL,
    CHECK,
    LOGIN,
    MFA_ID,
    OAUTH,
    STEP_UP,
    TOKEN,
    Bill,
    OpenClient,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import Clock, ListReporter, ScriptedBill, SilentReporter, responds_and_stays

VENDORS = "GET /v3/vendors?max=100"
ENDED = no("BDC_1109", 401)


def page(*records: Any, following: Any = None) -> tuple[int, Any]:
    return 200, {"results": list(records), "nextPage": following, "prevPage": None}


def request(path: str = "/v3/vendors", **options: Any) -> Request:
    return Request.of({"path": path, "paginate": True, **options}, API_URL, ())


class Listed(NamedTuple):
    """A list that a test has read."""

    records: list[Any]
    pages: int


def read(client: BillClient, what: Request | None = None, reported: list[str] | None = None, **how: Any) -> Listed:
    reporter = ListReporter()
    pages = EndpointClient(client, **{n: v for n, v in how.items() if n != "most"}).read_all(
        what or request(), max_results=how.get("most")
    )
    # Messages about each page would use memory of their own.
    records, last = read_pages(pages, "records of /v3/vendors", SilentReporter() if reported is None else reporter)
    if reported is not None:
        reported += reporter.progressed
    return Listed(records, last.number if last else 0)


def failed(client: BillClient, what: Request | None = None, **how: Any) -> errors.BillError:
    with pytest.raises(errors.BillError) as failure:
        read(client, what, **how)
    assert failure.value.__suppress_context__
    assert failure.value.details.keys() == {"status", "codes", "errors"}
    return failure.value


def at(number: int) -> str:
    """The name of the request for a page of the list of vendors."""
    return VENDORS if number == 1 else f"{VENDORS}&page={number}"


@pytest.fixture
def three_pages(bill: Bill) -> None:
    for number in (1, 2, 3):
        bill.will_answer(page(f"vendor {number}", following=str(number + 1) if number < 3 else None), to=at(number))


@pytest.mark.usefixtures("three_pages")
def test_pagination_reads_the_list_to_its_end(open_client: OpenClient, bill: Bill) -> None:
    reported: list[str] = []
    assert read(open_client(), reported=reported) == Listed(["vendor 1", "vendor 2", "vendor 3"], 3)
    assert bill.received == [LOGIN, at(1), at(2), at(3)]
    assert reported == [
        "records of /v3/vendors: 1, pages: 1",
        "records of /v3/vendors: 2, pages: 2",
        "records of /v3/vendors: 3, pages: 3",
    ]


@pytest.mark.promise(15)
@pytest.mark.usefixtures("three_pages")
def test_pagination_that_ansible_ends_while_the_session_is_stored_stops(
    open_client: OpenClient, bill: Bill, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible reports only once that the timeout of a task has expired."""

    class TaskEndedError(BaseException):
        pass

    def ends(_held: object) -> None:
        raise TaskEndedError

    client = open_client()
    monkeypatch.setattr(client.sessions, "touch", ends)
    bill.before_answering(VENDORS, lambda: clock.advance(30))
    with pytest.raises(TaskEndedError):
        read(client)
    assert bill.received == [LOGIN, VENDORS]


def test_pagination_of_spend_and_expense_uses_its_own_parameters(open_client: OpenClient, bill: Bill) -> None:
    first = "GET /v3/spend/transactions?max=20"
    bill.will_answer(page(1, following="a&b="), to=first)
    bill.will_answer(page(2), to=f"{first}&nextPage=a%26b%3D")
    assert read(open_client(), request("/v3/spend/transactions", page_size=20)).records == [1, 2]
    assert bill.received == [LOGIN, first, f"{first}&nextPage=a%26b%3D"]


def no_max(text: str = "max: must be between 1 and 50", status: int = 400) -> Any:
    return status, [{"code": "BDC_1129", "message": text}]


def test_refused_page_size_is_halved_once(open_client: OpenClient, bill: Bill) -> None:
    half = VENDORS.replace("100", "50")
    bill.will_answer(no_max(), to=VENDORS)
    bill.will_answer(page(1, following="2"), to=half)
    bill.will_answer(page(2), to=f"{half}&page=2")
    assert read(open_client()) == Listed([1, 2], 2)
    assert bill.received == [LOGIN, VENDORS, half, f"{half}&page=2"]


def test_page_size_that_is_refused_again_or_on_a_later_page_is_an_error(open_client: OpenClient, bill: Bill) -> None:
    half = VENDORS.replace("100", "50")
    bill.will_answer(no_max(), to=VENDORS)
    bill.will_answer(no_max(), to=half)
    assert "must be between 1 and 50" in str(failed(open_client()))
    assert bill.received == [LOGIN, VENDORS, half]

    bill.will_answer(page(1, following="2"), to=VENDORS)
    bill.will_answer(no_max(), to=at(2))
    failed(open_client())
    assert bill.received[3:] == [VENDORS, at(2)]


@pytest.mark.parametrize("answer", [no_max("autoPay.maxAmount: is odd"), no_max("climax: no"), no_max(status=422)])
def test_other_refusal_does_not_change_the_page_size(open_client: OpenClient, bill: Bill, answer: Any) -> None:
    bill.will_answer(answer, to=VENDORS)
    failed(open_client())
    assert bill.received == [LOGIN, VENDORS]


def test_pagination_sends_all_parameters_with_each_page(open_client: OpenClient, bill: Bill) -> None:
    first = "GET /v3/bills?archived=false&filters=amount%3Agt%3A5&sort=name%3Aasc&max=7"
    bill.will_answer(page(1, following="2"), to=first)
    bill.will_answer(page(2, following="3"), to=f"{first}&page=2")
    bill.will_answer(page(3), to=f"{first}&page=3")
    what = request(
        "/v3/bills",
        query={"archived": False},
        filters="amount:gt:5",
        sort="name:asc",
        page_size=7,
        headers={"organizationId": "00802"},
    )
    assert read(open_client(), what).records == [1, 2, 3]
    assert [each.headers.get("organizationId") for each in bill.requests] == [None, "00802", "00802", "00802"]


@pytest.mark.parametrize(
    ("most", "pages", "records"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (5, 3, 5), (9, 3, 6)]
)
def test_pagination_with_max_results_reads_no_further_pages(
    open_client: OpenClient, bill: Bill, most: int, pages: int, records: int
) -> None:
    size = f"GET /v3/vendors?max={most}"
    bill.will_answer(page(1, 2, following="2"), to=size)
    bill.will_answer(page(3, 4, following="3"), to=f"{size}&page=2")
    bill.will_answer(page(5, 6), to=f"{size}&page=3")
    result = read(open_client(), request(max_results=most), most=most)
    assert (result.records, result.pages) == ([1, 2, 3, 4, 5, 6][:records], pages)
    assert len(bill.received) == 1 + pages


@pytest.mark.parametrize("following", [None, ""])
def test_pagination_of_an_empty_list_returns_no_records(open_client: OpenClient, bill: Bill, following: Any) -> None:
    bill.will_answer(page(following=following), to=VENDORS)
    assert read(open_client()) == Listed([], 1)


def test_pagination_continues_after_an_empty_page(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(page(following="2"), to=at(1))
    bill.will_answer(page("vendor"), to=at(2))
    assert read(open_client(), most=1) == Listed(["vendor"], 2)


def test_pagination_of_a_plain_list_reads_one_page(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer((200, [{"id": "1"}, {"id": "2"}]), to=VENDORS)
    assert read(open_client(), most=1).records == [{"id": "1"}]


@pytest.mark.promise(8)
@pytest.mark.parametrize("response", [{}, "findme", {"results": {"findme": 1}}])
def test_pagination_of_a_response_that_is_not_a_list_names_the_remedy(
    open_client: OpenClient, bill: Bill, response: Any
) -> None:
    bill.will_answer((200, response), to=VENDORS)
    error = failed(open_client())
    assert isinstance(error, errors.InvalidResponseError)
    assert (
        str(error) == "BILL's response to the request for the records of /v3/vendors is not a list. Leave paginate out."
    )
    assert error.details["status"] == 200


@pytest.mark.promise(8)
def test_pagination_of_an_empty_response_does_not_blame_paginate(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer((204, None), to=VENDORS)
    error = failed(open_client())
    assert str(error) == (
        "The response to the request for the records of /v3/vendors is empty. Check api_url, and that no proxy answers instead of BILL."
    )
    assert error.options == ("api_url",)


@pytest.mark.promise(8)
@pytest.mark.promise(9)
def test_pagination_with_a_rejected_page_reports_the_refusal(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(page(1, following="2"), to=at(1))
    bill.will_answer((422, [{"code": "BDC_7777", "message": "page: too far"}]), to=at(2))
    error = failed(open_client())
    assert str(error) == "BILL answered BDC_7777 (HTTP status 422) to GET /v3/vendors: page: too far"
    assert error.details == {
        "status": 422,
        "codes": ["BDC_7777"],
        "errors": [{"code": "BDC_7777", "message": "page: too far"}],
    }


@pytest.mark.parametrize("second", [(202, {"results": []}), (200, {"results": []})], ids=["unexpected", "expected"])
def test_pagination_with_a_page_of_an_unexpected_status_fails(open_client: OpenClient, bill: Bill, second: Any) -> None:
    bill.will_answer(page(1, following="2"), to=at(1))
    bill.will_answer(second, to=at(2))
    if second[0] == 200:
        assert read(open_client(), expected=(200,)).pages == 2
    else:
        assert failed(open_client(), expected=(200,)).details["status"] == 202


@pytest.mark.promise(15)
@pytest.mark.parametrize("cycle", [1, 2, 7])
def test_pagination_with_a_repeated_page_is_an_error(
    open_client: OpenClient, bill: Bill, monkeypatch: pytest.MonkeyPatch, cycle: int
) -> None:
    open_client().sessions.ensure()
    monkeypatch.setattr(bill, "usual_response", lambda *_any: page(1, following=f"{len(bill.received) % cycle}"))
    assert "does not end: it names a page again" in str(failed(open_client()))
    assert len(bill.received) <= 1 + 4 * cycle


@pytest.mark.promise(15)
def test_pagination_of_endless_empty_pages_gives_up() -> None:
    reader = PageReader(PageRequests(request()), what="records", remedy="")
    for number in range(1, 1000):
        assert reader.read(Response(200, {"results": [], "nextPage": str(number)}), False).number == number
    with pytest.raises(errors.InvalidResponseError, match="or more than a thousand empty pages"):
        reader.read(Response(200, {"results": [], "nextPage": "1000"}), False)


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_after_a_transient_failure_requests_the_page_again(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(
        errors.RequestTimeoutError("late"), (503, None), no("BDC_1322", 429), page("vendor 2", following="3"), to=at(2)
    )
    assert read(open_client()).records == ["vendor 1", "vendor 2", "vendor 3"]
    assert bill.received == [LOGIN, at(1), *[at(2)] * 4, at(3)]


# --- its session ---


@pytest.mark.promise(1)
@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_session_expired_between_pages_renews_it_and_continues(
    open_client: OpenClient, bill: Bill
) -> None:
    bill.before_answering(at(1), bill.valid_sessions.clear)
    bill.will_answer(ENDED, page("vendor 2", following="3"), to=at(2))
    assert read(open_client()) == Listed(["vendor 1", "vendor 2", "vendor 3"], 3)
    assert bill.received == [LOGIN, at(1), at(2), CHECK, LOGIN, at(2), at(3)]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_session_expired_at_two_pages_renews_it_twice(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(ENDED, page("vendor 2", following="3"), to=at(2))
    bill.will_answer(ENDED, page("vendor 3"), to=at(3))
    bill.will_answer(ENDED, ENDED, to=CHECK)
    assert read(open_client()).records == ["vendor 1", "vendor 2", "vendor 3"]
    once = [CHECK, LOGIN]
    assert bill.received == [LOGIN, at(1), at(2), *once, at(2), at(3), *once, at(3)]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_session_expired_twice_at_one_page_renews_it_once(
    open_client: OpenClient, bill: Bill
) -> None:
    bill.will_answer(ENDED, ENDED, page("vendor 2"), to=at(2))
    bill.will_answer(ENDED, to=CHECK)
    assert failed(open_client()).details["codes"] == ["BDC_1109"]
    assert bill.received == [LOGIN, at(1), at(2), CHECK, LOGIN, at(2)]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_page_rejected_with_a_valid_session_does_not_renew_it(
    open_client: OpenClient, bill: Bill
) -> None:
    bill.will_answer(ENDED, to=at(2))
    error = failed(open_client())
    assert "although the session is valid" in str(error)
    assert bill.received == [LOGIN, at(1), at(2), CHECK]


@pytest.mark.promise(1)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_token_near_its_end_renews_it_between_pages(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    open_client(**OAUTH).sessions.ensure()
    clock.advance(3475)
    bill.before_answering(at(2), lambda: clock.advance(5))
    assert read(open_client(**OAUTH)).pages == 3
    assert bill.received == [TOKEN, at(1), at(2), TOKEN, at(3)]
    assert [each.headers.get("Authorization") for each in bill.requests] == [
        None,
        "Bearer TOKEN-1",
        "Bearer TOKEN-1",
        None,
        "Bearer TOKEN-4",
    ]


@pytest.mark.promise(1)
@pytest.mark.promise(9)
def test_pagination_of_a_long_list_stores_that_the_session_is_valid(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    open_client().sessions.ensure()
    noted: list[float] = []

    def seconds_pass() -> None:
        clock.advance(8)
        stored = open_client().sessions.entry.load()
        assert stored
        noted.append(clock.now - stored.answered_at)

    for number in range(1, 11):
        bill.before_answering(at(number), seconds_pass)
        bill.will_answer(page(number, following=str(number + 1) if number < 10 else None), to=at(number))
    assert read(open_client()).pages == 10
    # Every third page updates the entry, because each page takes eight seconds.
    assert noted == [8, 16, 24, 8, 16, 24, 8, 16, 24, 8]
    stored = open_client().sessions.entry.load()
    assert stored
    assert stored.answered_at == clock.now


@pytest.mark.promise(1)
def test_pagination_after_the_clock_was_set_back_still_stores_the_validity(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    open_client().sessions.ensure()
    bill.before_answering(at(1), lambda: clock.advance(-100_000))
    bill.will_answer(page(1, following="2"), to=at(1))
    received: list[float] = []

    def look() -> None:
        stored = open_client().sessions.entry.load()
        assert stored
        received.append(stored.answered_at - clock.now)

    bill.before_answering(at(2), look)
    bill.will_answer(page(2), to=at(2))
    read(open_client())
    assert received == [0]


@pytest.mark.promise(1)
@pytest.mark.usefixtures("three_pages")
def test_pagination_with_a_session_renewed_by_another_task_uses_that_session(
    open_client: OpenClient, bill: Bill, clock: Clock
) -> None:
    open_client().sessions.ensure()

    def meanwhile() -> None:
        open_client().sessions.ensure(force=True)
        clock.advance(20)

    bill.before_answering(at(2), meanwhile)
    read(open_client())
    assert [each.headers.get("sessionId") for each in bill.requests] == [
        None,
        "SESSION-1",
        "SESSION-1",
        None,
        "SESSION-4",
    ]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_that_requires_trust_steps_up_before_the_first_page(open_client: OpenClient, bill: Bill) -> None:
    open_client().sessions.ensure()
    error = failed(open_client(), require_trusted=True)
    assert isinstance(error, errors.MfaRequiredError)
    assert bill.received == [LOGIN, CHECK]
    bill.remembered = {(MFA_ID["remember_me_id"], MFA_ID["device"])}
    assert read(open_client(**MFA_ID), require_trusted=True).pages == 3
    assert bill.received == [LOGIN, CHECK, STEP_UP, at(1), at(2), at(3)]


@pytest.mark.promise(9)
@pytest.mark.usefixtures("three_pages")
def test_pagination_after_the_hourly_limit_fails_and_sends_nothing(open_client: OpenClient, bill: Bill) -> None:
    bill.will_answer(no("BDC_1144", 429), to=at(2))
    assert isinstance(failed(open_client()), errors.HourlyQuotaError)
    assert isinstance(failed(open_client()), errors.HourlyQuotaError)
    assert bill.received == [LOGIN, at(1), at(2)]


# --- on the wire ---


@pytest.mark.promise(7)
def test_pagination_uses_one_connection_and_the_next_write_another(
    open_on_the_wire: Callable[..., BillClient], scripted: Callable[..., ScriptedBill]
) -> None:
    pages = [responds_and_stays(*page(number, following=str(number + 1))) for number in range(1, 5)]
    bill = scripted(*pages, responds_and_stays(*page(5)), responds_and_stays(201, {}), stays=True)
    client = open_on_the_wire(bill.url)
    assert read(client).records == [1, 2, 3, 4, 5]
    assert bill.left.acquire(timeout=10)
    write = Request.of({"method": "POST", "path": "/v3/vendors", "body": {}}, bill.url, ())
    assert EndpointClient(client).call(write).changed
    assert [len(caller) for caller in bill.callers] == [5, 1]
    assert [each.split(" ")[1].partition("?")[2] for each in bill.received] == [
        "max=100",
        *(f"max=100&page={number}" for number in (2, 3, 4, 5)),
        "",
    ]


@pytest.mark.promise(7)
def test_pagination_that_fails_closes_its_connection(
    open_on_the_wire: Callable[..., BillClient], scripted: Callable[..., ScriptedBill]
) -> None:
    bill = scripted(responds_and_stays(*page(1, following="2")), responds_and_stays(404, None), stays=True)
    assert failed(open_on_the_wire(bill.url)).status == 404
    assert bill.left.acquire(timeout=10)


# --- memory ---


def peak_of(work: Callable[[], object]) -> int:
    """The highest use of memory during the work, in bytes."""
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


class Endless:
    """A BILL that makes the pages of a list on request. ``answer`` gets the page number."""

    def __init__(self, client: BillClient, response: Callable[[int], Any]) -> None:
        self.base_url = client.transport.base_url
        self._answer = response
        self._asked = 0

    def at(self, base_url: BaseUrl) -> Endless:
        return self

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        self._asked += 1
        return RawResponse(200, json.dumps(self._answer(self._asked)).encode())


def listed(client: BillClient, response: Callable[[int], Any], *, most: int | None = None) -> Listed:
    transport = HttpTransport(Endless(client, response))
    endless = BillClient(client.sessions, transport, client.retry, client.store, client.shared, timeout=client.timeout)
    return read(endless, most=most)


def test_pagination_of_empty_pages_uses_constant_memory(open_client: OpenClient) -> None:
    def response(pages: int) -> Callable[[int], Any]:
        # There is a record now and then, because the client gives up on a list of empty pages.
        return lambda number: {
            "results": [number] if number % 500 == 0 else [],
            "nextPage": f"{number:0>1000}" if number < pages else None,
        }

    client = open_client()
    client.sessions.ensure()
    few = peak_of(lambda: listed(client, response(100)))
    many = peak_of(lambda: listed(client, response(5000)))
    assert listed(client, response(5000)).pages == 5000
    # Each page has a cursor of a kilobyte.
    assert many < few + 100_000


def test_pagination_with_max_results_releases_the_other_records(open_client: OpenClient) -> None:
    def response(number: int) -> Any:
        return {"results": ["x" * 1000 + str(each) for each in range(1000)], "nextPage": str(number + 1)}

    client = open_client()
    client.sessions.ensure()
    found: list[Listed] = []
    tracemalloc.start()
    try:
        found.append(listed(client, response, most=10))
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(found[0].records) == 10
    # The ten records have a kilobyte each. The rest of their page of a thousand is not in memory.
    assert left < 200_000


@pytest.mark.promise(5)
def test_page_representation_hides_its_records() -> None:
    assert "findme" not in repr(Page(["findme"], 1, 1, 200, False))
