# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes with X-Idempotent-Key: BILL gets the same key until the outcome is known, so a lost response does no harm."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.endpoint import ApiResult, EndpointClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.idempotent_key import HEADER
from ansible_collections.bill.connect.plugins.plugin_utils._client.request import Request
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, Bill, OpenClient, no
from tests.unit.plugins.plugin_utils.fakes import Clock

PATH = "/connect-events/v3/subscriptions"
# The BILL of these tests serves both bases.
CREATE = "POST /v3/subscriptions"
BODY = {"name": "ap", "notificationUrl": "https://hooks.example.com/bill"}
OWN = "7d9f1a52-5a7e-4f0b-9d4e-0f6a3b1c2d3e"
LOST = errors.RequestTimeoutError("BILL did not answer in time.")
BROKEN = no("BDC_1001", 500)


def request(path: str = PATH, method: str = "POST", **options: Any) -> Request:
    return Request.of({"method": method, "path": path, "body": BODY, **options}, API_URL, ())


def call(client: Any, what: Request | None = None, *expected: int) -> ApiResult:
    return EndpointClient(client, expected=expected).call(what or request())


def keys(bill: Bill) -> list[str | None]:
    return [each.headers.get(HEADER) for each in bill.requests if each.name == CREATE]


@pytest.mark.promise(10)
@pytest.mark.parametrize("lost", [LOST, BROKEN, errors.InvalidResponseError("no JSON", status=200)], ids=str)
def test_write_with_key_response_lost_is_sent_again_with_the_same_key(
    signed_in: OpenClient, bill: Bill, lost: Any
) -> None:
    repeated = isinstance(lost, tuple) or lost.is_transient
    bill.will_answer(lost, to=CREATE)
    if repeated:
        assert call(signed_in(retries=1)).changed
    else:
        with pytest.raises(errors.UncertainWriteError):
            call(signed_in(retries=1))
        assert call(signed_in(retries=1)).changed
    first, second = keys(bill)
    assert first == second
    assert uuid.UUID(first).version == 4


@pytest.mark.promise(10)
@pytest.mark.promise(8)
def test_write_with_key_outcome_unknown_has_the_same_key_in_the_next_run_until_it_is_known(
    signed_in: OpenClient, bill: Bill
) -> None:
    unreachable = errors.TransportError("There was no connection.")
    unreachable.not_processed = True
    bill.will_answer(LOST, unreachable, to=CREATE)
    with pytest.raises(errors.UncertainWriteError) as failure:
        call(signed_in(retries=1))
    error = failure.value
    assert "You can repeat the same write within 23 hours." in str(error)
    assert error.details["uncertain"] is True
    assert error.details["sent"]["url"] == f"{API_URL}-events/v3/subscriptions"
    assert error.details["sent"]["headers"] == {HEADER: keys(bill)[0]}
    assert error.details["look_at"] == {"path": PATH}
    # Another request is another write.
    call(signed_in(), request(body={**BODY, "name": "ar"}))
    assert call(signed_in()).changed
    # The outcome is known now, so the same write is a new one.
    assert call(signed_in()).changed
    lost, _again, other, known, new = keys(bill)
    assert known == lost
    assert len({lost, other, new}) == 3


@pytest.mark.promise(10)
def test_write_with_key_refused_after_a_lost_response_is_uncertain_and_then_has_a_new_key(
    signed_in: OpenClient, bill: Bill
) -> None:
    bill.will_answer(LOST, no("BDC_1119", 409), no("BDC_1119", 409), to=CREATE)
    with pytest.raises(errors.UncertainWriteError):
        call(signed_in(retries=1), None, 200, 409)
    with pytest.raises(errors.ApiError):
        call(signed_in())
    assert call(signed_in()).changed
    lost, again, refused, new = keys(bill)
    assert lost == again == refused != new


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "warned",
    [no("BDC_1322", 422), no("BDC_1144", 422), (429, []), no("BDC_1361", 403)],
    ids=lambda warned: str(warned[0]),
)
def test_write_with_key_stopped_by_a_limit_after_a_lost_response_keeps_its_key(
    signed_in: OpenClient, bill: Bill, clock: Clock, warned: Any
) -> None:
    bill.will_answer(LOST, warned, to=CREATE)
    for _run in range(2):
        with pytest.raises(errors.BillError):
            call(signed_in(retries=0))
    clock.sleep(2 * 60 * 60)
    assert call(signed_in()).changed
    assert len(set(keys(bill))) == 1


V2 = {"response_status": 1, "response_data": {"error_code": "BDC_1119", "error_message": "no"}}


@pytest.mark.parametrize(
    "warned", [no("BDC_1119"), (200, V2), (400, {"errorCode": "BDC_1119", "errorMessage": "no"})], ids=str
)
def test_write_with_key_refused_has_a_new_key_next_time(signed_in: OpenClient, bill: Bill, warned: Any) -> None:
    bill.will_answer(warned, to=CREATE)
    with pytest.raises(errors.ApiError):
        call(signed_in())
    assert call(signed_in()).changed
    assert len(set(keys(bill))) == 2


def test_write_with_key_older_than_bill_stores_it_has_a_new_key(
    signed_in: OpenClient, bill: Bill, clock: Clock
) -> None:
    bill.will_answer(LOST, to=CREATE)
    with pytest.raises(errors.UncertainWriteError):
        call(signed_in(retries=0))
    clock.sleep(23 * 60 * 60)
    call(signed_in())
    assert len(set(keys(bill))) == 2


@pytest.mark.parametrize("name", [HEADER, HEADER.lower()])
def test_write_with_key_of_the_user_has_this_key(signed_in: OpenClient, bill: Bill, name: str) -> None:
    bill.will_answer(LOST, to=CREATE)
    assert call(signed_in(retries=1), request(headers={name: OWN})).changed
    sent = [each.headers for each in bill.requests if each.name == CREATE]
    assert [each.get(name) for each in sent] == [OWN, OWN]
    assert all(sum(known.lower() == HEADER.lower() for known in each) == 1 for each in sent)


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("path", "method", "takes"),
    [
        (PATH, "POST", True),
        (f"{PATH}/1/security_key", "POST", True),
        (f"{PATH}/1/security-key", "POST", True),
        (f"{PATH}/1", "PUT", False),
        (f"{PATH}/1", "DELETE", False),
        (f"{PATH}/1/test", "POST", False),
        ("/v3/vendors", "POST", False),
        ("/v3/subscriptions", "POST", False),
    ],
)
def test_write_has_a_key_only_where_bill_documents_it_and_is_else_never_sent_twice(
    signed_in: OpenClient, bill: Bill, path: str, method: str, takes: bool
) -> None:
    name = f"{method} {path.removeprefix('/connect-events')}"
    bill.will_answer(LOST, to=name)
    what = request(path, method, headers={} if takes else {HEADER: OWN})
    if takes:
        call(signed_in(retries=1), what)
    else:
        with pytest.raises(errors.UncertainWriteError):
            call(signed_in(retries=1), what)
    assert bill.received == [name] * (2 if takes else 1)


@pytest.mark.promise(9)
def test_write_with_key_session_expired_is_sent_again_with_the_same_key(signed_in: OpenClient, bill: Bill) -> None:
    bill.valid_sessions.clear()
    assert call(signed_in()).changed
    first, second = keys(bill)
    assert first == second


def test_webhooks_with_an_access_token_are_refused_before_anything_is_sent(open_client: OpenClient, bill: Bill) -> None:
    endpoint = EndpointClient(open_client(auth_method="oauth", client_id="i", client_secret="s3cret"))
    for what in (request(), Request.of({"path": PATH}, API_URL, ())):
        with pytest.raises(errors.OptionError, match="does not accept auth_method oauth") as refused:
            endpoint.refuse_unreachable(what)
        assert refused.value.options == ("auth_method",)
    endpoint.refuse_unreachable(Request.of({"path": "/v3/vendors"}, API_URL, ()))
    EndpointClient(open_client()).refuse_unreachable(request())
    assert bill.received == []
