# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bill_request as Ansible calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from jinja2 import StrictUndefined, UndefinedError

from ansible_collections.bill.connect.plugins.lookup.bill_request import LookupModule
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, LOGIN, Bill, no
from tests.unit.plugins.plugin_utils.fakes import OPTIONS
from tests.unit.plugins.tasks import ConnectTasks

pytestmark = pytest.mark.usefixtures("no_variables")


@pytest.fixture
def bill(connect_tasks: ConnectTasks, bill: Bill) -> Bill:
    """The BILL that every lookup of this test asks."""
    connect_tasks(bill)
    return bill


def query(folder: Path, *terms: Any, **options: Any) -> Any:
    given = {**OPTIONS, "api_url": API_URL, "session_store": str(folder / "bill"), "retries": 0, **options}
    return LookupModule(None, None).run(list(terms), variables={}, **given)


def test_lookup_with_several_paths_returns_their_records_in_order(tmp_path: Path, bill: Bill) -> None:
    bill.will_answer((200, {"results": [3], "nextPage": "2"}), to="GET /v3/vendors")
    bill.will_answer((200, {"id": "1"}), to="GET /v3/bills/1")
    assert query(tmp_path, "/v3/vendors", "/v3/bills/1") == [3, {"id": "1"}]
    assert query(tmp_path) == []
    assert bill.received == [LOGIN, "GET /v3/vendors", "GET /v3/bills/1"]


def test_lookup_with_paginate_reads_all_pages(tmp_path: Path, bill: Bill) -> None:
    bill.will_answer((200, {"results": [1], "nextPage": "2"}), to="GET /v3/vendors?max=100")
    bill.will_answer((200, {"results": [2]}), to="GET /v3/vendors?max=100&page=2")
    assert query(tmp_path, "/v3/vendors", paginate=True) == [1, 2]


def test_lookup_with_a_list_of_paths_or_a_byte_order_mark_reads_them(tmp_path: Path, bill: Bill) -> None:
    bill.will_answer((200, {"id": "2"}), to="GET /v3/bills/2")
    bill.will_answer((200, {"id": "1"}), to="GET /v3/bills/1")
    assert query(tmp_path, ["\ufeff/v3/bills/2", "/v3/bills/1"]) == [{"id": "2"}, {"id": "1"}]


@pytest.mark.promise(8)
@pytest.mark.parametrize("where", ["term", "option", "inside"])
def test_lookup_with_an_undefined_value_raises_the_error_of_ansible_and_sends_nothing(
    tmp_path: Path, bill: Bill, where: str
) -> None:
    undefined = StrictUndefined(name="nobody")
    terms = [undefined] if where == "term" else ["/v3/vendors"]
    options_of: dict[str, dict[str, Any]] = {
        "option": {"page_size": undefined},
        "inside": {"query": {"max": [undefined]}},
    }
    options = options_of.get(where, {})
    with pytest.raises(UndefinedError, match="'nobody' is undefined"):
        query(tmp_path, *terms, **options)
    assert bill.received == []


@pytest.mark.promise(8)
def test_lookup_after_a_refusal_shows_the_redacted_message_of_bill(tmp_path: Path, bill: Bill) -> None:
    bill.will_answer(
        (404, [{"code": "BDC_7777", "message": f"No vendor for {OPTIONS['dev_key']}"}]), to="GET /v3/vendors/1"
    )
    with pytest.raises(AnsibleLookupError, match="to GET /v3/vendors/1: No vendor for \\*{8}") as failure:
        query(tmp_path, "/v3/vendors/1")
    assert "findme" not in str(failure.value)


@pytest.mark.promise(10)
@pytest.mark.parametrize("options", [{"method": "POST"}, {"body": {}}])
def test_lookup_with_a_write_is_an_error_and_sends_nothing(tmp_path: Path, bill: Bill, options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleLookupError):
        query(tmp_path, "/v3/vendors", **options)
    assert bill.received == []


@pytest.mark.promise(9)
def test_lookup_that_requires_trust_without_it_is_an_error(tmp_path: Path, bill: Bill) -> None:
    bill.will_answer(no("BDC_1361", 403), to="GET /v3/payments")
    with pytest.raises(AnsibleLookupError, match="require_trusted is true"):
        query(tmp_path, "/v3/payments", require_trusted=True)
    assert "GET /v3/payments" not in bill.received
