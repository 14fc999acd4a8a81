# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task as Ansible calls it, for cases that no end-to-end test can reach."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.bill.connect.plugins.action.bill_login import ActionModule
from ansible_collections.bill.connect.plugins.action.bill_request import ActionModule as BillRequest
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions, hiding, templates
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, RequestTimeoutError
from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths
from tests.unit.plugins.plugin_utils.fake_bill import CHECK, LOGIN, Bill, no
from tests.unit.plugins.tasks import ConnectTasks, FakeTask, action_of

OPTIONS = {
    "username": "ap@example.com",
    "password": "s3cret-findme",
    "organization_id": "00801EXAMPLEEXAMPLE1",
    "dev_key": "s3cret-findme",
    "api_url": "http://127.0.0.1:9/connect",
    "session_store": "none",
    "retries": 0,
}


class Task(FakeTask):
    """A task with the credential among its arguments."""

    def __init__(self, **args: Any) -> None:
        super().__init__(**{**OPTIONS, **args})


class Stopped(BaseException):
    """An exception without the base class Exception, like the one that ansible-core raises in a task that takes too long."""

    request_sent = False


def action(task: Task | None = None) -> ActionModule:
    return action_of(ActionModule, task or Task())


pytestmark = pytest.mark.usefixtures("no_variables")


@pytest.mark.promise(5)
def test_task_with_an_unsafe_core_version_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise BillError("ansible-core 2.16.12 would show the session")

    monkeypatch.setattr(core_versions, "refuse_unsafe_core", refuse)
    assert action().run() == {
        "changed": False,
        "failed": True,
        "msg": "ansible-core 2.16.12 would show the session",
    }


@pytest.mark.promise(8)
def test_task_without_a_server_fails_with_a_clean_message() -> None:
    failed = action().run()
    assert sorted(failed) == ["changed", "failed", "msg"]
    assert failed["msg"].startswith("127.0.0.1:9 refused the connection")


@pytest.mark.promise(5)
def test_task_after_its_end_hides_secrets_and_each_try_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callbacks get the content of a task at its end. With until, ansible-core makes a new action for every try."""
    task, received = Task(), []

    def perform(_action: object, context: TaskContext) -> TaskResult:
        # Ansible may end the task at any time, so the task must not hold a secret meanwhile.
        received.append((context.options["password"], task.args["password"], task.args["dev_key"]))
        return TaskResult({"changed": False})

    monkeypatch.setattr(ActionModule, "perform", perform)
    for _try in range(3):
        action(task).run()
        assert task.args == {**OPTIONS, "password": hiding.HIDDEN, "dev_key": hiding.HIDDEN}
    assert received == [("s3cret-findme", hiding.HIDDEN, hiding.HIDDEN)] * 3


@pytest.mark.promise(5)
@pytest.mark.promise(7)
def test_task_with_a_refused_destination_hides_only_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options are known at that point, and so are the secrets among the arguments."""
    gateway = {"bill_api_url": "https://gateway.example.com/connect"}
    monkeypatch.setattr(templates, "variables_of", lambda *_any: gateway.get)
    monkeypatch.setenv("BILL_DEV_KEY", "s3cret-findme")
    task = Task()
    del task.args["api_url"], task.args["dev_key"]
    task.loop = ["one", "two"]
    given = dict(task.args)
    failed = action(task).run(task_vars={"item": "one"})
    assert failed["msg"].startswith("api_url comes from the variable bill_api_url, but the secrets come from")
    assert task.args == {**given, "password": hiding.HIDDEN}
    assert task.no_log is False


@pytest.mark.promise(5)
def test_task_that_is_interrupted_hides_all_arguments_and_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def perform(_action: object, _context: TaskContext) -> TaskResult:
        raise Stopped

    monkeypatch.setattr(ActionModule, "perform", perform)
    task = Task()
    task.loop = ["one", "two"]
    with pytest.raises(Stopped):
        action(task).run(task_vars={"item": "one"})
    assert set(task.args.values()) == {hiding.HIDDEN}
    assert task.no_log is True


@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize("ending", [nullcontext(), pytest.raises(Stopped)], ids=["done", "interrupted"])
def test_task_pauses_the_garbage_collector_and_restores_it(
    monkeypatch: pytest.MonkeyPatch, is_enabled: bool, ending: AbstractContextManager[Any]
) -> None:
    during: list[bool] = []

    def perform(_action: object, _context: TaskContext) -> TaskResult:
        during.append(gc.isenabled())
        if isinstance(ending, nullcontext):
            return TaskResult({"changed": False}, public=True)
        raise Stopped

    monkeypatch.setattr(ActionModule, "perform", perform)
    was_enabled = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        with ending:
            action().run(task_vars={})
        assert (during, gc.isenabled()) == ([False], is_enabled)
    finally:
        (gc.enable if was_enabled else gc.disable)()


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("item", "hidden"),
    [("harmless", False), ("of s3cret-findme", True), ({"headers": {"sessionId": "of another session"}}, True)],
    ids=str,
)
def test_task_result_in_a_loop_is_hidden_if_its_item_holds_a_secret(
    monkeypatch: pytest.MonkeyPatch, item: Any, hidden: bool
) -> None:
    """Ansible shows the item together with the result."""
    monkeypatch.setattr(ActionModule, "perform", lambda *_any: TaskResult({"changed": False}, public=True))
    task = Task()
    task.loop = [item]
    assert action(task).run(task_vars={"item": item}).get("_ansible_no_log", False) is hidden


class EncryptedWithoutPassword:
    """A separately encrypted value without its vault password, as ansible-core up to 2.18 passes it on."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        raise AnsibleError("Attempting to decrypt but no vault secrets found: findme")


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize("name", ["password", "username"])
def test_task_with_an_argument_that_cannot_be_decrypted_fails_cleanly(name: str) -> None:
    task = Task(**{name: EncryptedWithoutPassword()})
    failed = action(task).run()
    assert failed["failed"] is True
    assert "findme" not in str(failed)
    assert set(task.args.values()) == {hiding.HIDDEN}


# --- bill_request ---

PAY = "POST /v3/payments"
DONE = {
    "status": 200,
    "changed": True,
    "uncertain": False,
    "msg": "BILL has processed this write: POST /v3/payments (HTTP status 200).",
}
BODY = {"vendorId": "009", "amount": 12.5, "bank": {"accountNumber": "123findme"}}


@pytest.fixture
def bill(connect_tasks: ConnectTasks) -> Bill:
    """The BILL that every task of this test asks."""
    bill = Bill(password=str(OPTIONS["password"]))
    bill.answer_to_check = {"id": "1"}
    connect_tasks(bill)
    return bill


@pytest.fixture
def store(tmp_path: Path) -> dict[str, Any]:
    return {"session_store": str(tmp_path / "bill")}


def run(task: Task, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return action_of(BillRequest, task).run(task_vars=dict(variables or {}))


def paying(store: Mapping[str, Any], **args: Any) -> Task:
    return Task(**{"path": "/v3/payments", "method": "POST", "body": BODY, **store, **args})


@pytest.mark.promise(2)
def test_task_with_a_successful_write_is_changed(bill: Bill, store: dict[str, Any]) -> None:
    assert run(paying(store)) == {**DONE, "json": {"id": "1"}}
    assert run(Task(path="/v3/vendors", **store)) == {
        "status": 200,
        "changed": False,
        "uncertain": False,
        "json": {"id": "1"},
    }
    assert bill.received == [LOGIN, PAY, "GET /v3/vendors"]


@pytest.mark.promise(13)
def test_task_without_records_of_the_run_defines_no_option_for_later_tasks(
    bill: Bill, store: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next task would take such an option for a fact of the managed host, and refuse it."""

    def organization() -> Any:
        return action(Task(**store)).run(task_vars={}).get("ansible_facts", {}).get("bill_organization_id")

    assert organization() == OPTIONS["organization_id"]
    (tmp_path / "file").touch()
    monkeypatch.setattr(ansible_paths, "memory_of_the_run", lambda: str(tmp_path / "file" / "bill-run"))
    assert organization() is None


@pytest.mark.promise(5)
@pytest.mark.promise(10)
def test_task_with_an_uncertain_write_returns_details_without_secrets(bill: Bill, store: dict[str, Any]) -> None:
    bill.will_answer((503, [{"code": "BDC_7777", "message": "no word of s3cret-findme or 123findme"}]), to=PAY)
    ended = run(paying(store))
    assert ended.pop("msg").startswith("BILL may have processed this write: POST /v3/payments was sent")
    assert ended == {
        "changed": False,
        "failed": True,
        "status": 503,
        "codes": ["BDC_7777"],
        "errors": [{"code": "BDC_7777", "message": "no word of ******** or ********"}],
        "uncertain": True,
        "sent": {
            "method": "POST",
            "url": "http://127.0.0.1:9/connect/v3/payments",
            "body": {"vendorId": "009", "amount": 12.5, "bank": {"accountNumber": "********"}},
        },
        "look_at": {"path": "/v3/payments", "sort": "createdTime:desc"},
    }


@pytest.mark.promise(10)
def test_task_with_until_does_not_send_an_uncertain_write_again(bill: Bill, store: dict[str, Any]) -> None:
    """ansible-core makes a new action for each try and gives it the same task. Each item of a loop has its own task."""
    bill.will_answer(RequestTimeoutError("Late."), to=PAY)
    task = paying(store)
    ended = run(task)
    reported = dict(ended)
    for attempt in range(3):
        # Ansible adds this key to the result.
        ended["attempts"] = attempt
        ended = run(task)
        assert ended == reported
    assert bill.received == [LOGIN, PAY]
    assert "has sent the same write" in run(paying(store))["msg"]
    assert run(paying(store, body={**BODY, "amount": 13}))["changed"] is True
    assert bill.received == [LOGIN, PAY, PAY]


@pytest.mark.promise(10)
@pytest.mark.parametrize("response", [no("BDC_7777"), (404, None), no("BDC_1322", 429), no("BDC_1361", 403)], ids=str)
def test_task_with_until_sends_a_rejected_write_again(bill: Bill, store: dict[str, Any], response: Any) -> None:
    bill.will_answer(response, to=PAY)
    task = paying(store)
    ended = run(task)
    assert ended.keys() == {"changed", "failed", "msg", "status", "codes", "errors", "uncertain"}
    assert (ended["changed"], ended["failed"], ended["uncertain"], ended["status"]) == (False, True, False, response[0])
    assert run(task)["changed"] is True
    assert bill.received == [LOGIN, PAY, PAY]
    # The body is complete, although the task no longer contains the secrets.
    assert bill.last(PAY).body == BODY


@pytest.mark.promise(8)
def test_task_with_invalid_options_fails_with_the_same_fields(bill: Bill, store: dict[str, Any]) -> None:
    for args in ({"path": "vendors"}, {"path": "/v3/vendors", "expected_status": 500}, {}):
        ended = run(Task(**args, **store))
        assert ended.pop("msg")
        assert ended == {
            "changed": False,
            "failed": True,
            "status": None,
            "codes": [],
            "errors": [],
            "uncertain": False,
        }
    assert bill.received == []


@pytest.mark.promise(2)
@pytest.mark.promise(10)
def test_task_with_a_write_of_an_unexpected_status_fails_as_changed(bill: Bill, store: dict[str, Any]) -> None:
    bill.will_answer((201, {"id": "1"}), to=PAY)
    ended = run(paying(store, expected_status=200))
    assert ended.pop("msg").endswith("BILL has processed the write.")
    assert ended == {
        "changed": True,
        "failed": True,
        "status": 201,
        "codes": [],
        "errors": [],
        "uncertain": False,
        "json": {"id": "1"},
    }


@pytest.mark.promise(10)
@pytest.mark.parametrize("sent", [True, False])
def test_task_that_times_out_reports_whether_it_sent_the_write(bill: Bill, store: dict[str, Any], sent: bool) -> None:
    def ends() -> None:
        stopped = Stopped()
        # The exchange does the same.
        stopped.request_sent = sent
        raise stopped

    bill.before_answering(PAY, ends)
    task = paying(store)
    if sent:
        ended = run(task)
        assert ended["uncertain"] is True
        assert run(task) == ended
    else:
        with pytest.raises(Stopped):
            run(task)
    assert bill.received == [LOGIN, PAY]


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    "where",
    [
        "_client.endpoint.EndpointClient._refuse_unexpected",
        "_ansible.results._what_became_of",
        "_ansible.hiding.protect_status",
        "_ansible.hiding.hide_result",
    ],
)
def test_task_interrupted_after_the_response_reports_the_write_as_processed(
    bill: Bill, store: dict[str, Any], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Ansible's own timeout comes at any moment, and does not know what was sent."""

    def ends(*_arguments: object, **_more: object) -> None:
        raise Stopped

    bill.answer_to_check = {"id": "1", "sessionId": "SESSION-so-that-it-is-hidden"}
    monkeypatch.setattr(f"ansible_collections.bill.connect.plugins.plugin_utils.{where}", ends)
    task = paying(store)
    ended = run(task)
    assert ended == {
        "changed": True,
        "failed": True,
        "status": None,
        "codes": [],
        "errors": [],
        "uncertain": False,
        "msg": "BILL has processed this write: POST /v3/payments. The task ended early (Stopped).",
    }
    assert run(task) == ended
    monkeypatch.undo()
    assert bill.received.count(PAY) == 1


@pytest.mark.promise(10)
@pytest.mark.parametrize("expected", [None, 200], ids=["a success", "a failure"])
def test_task_with_until_does_not_send_a_processed_write_again(
    bill: Bill, store: dict[str, Any], expected: int | None
) -> None:
    """The condition of until may not be met, or the status may be unexpected. BILL has still done the write."""
    bill.will_answer((201, {"id": "1"}), (201, {"id": "2"}), to=PAY)
    task = paying(store, expected_status=expected)
    tries = [run(task) for _try in range(3)]
    assert [each["json"] for each in tries] == [{"id": "1"}] * 3
    assert all(each["changed"] for each in tries)
    assert bill.received.count(PAY) == 1
    # Ansible may change each result.
    assert tries[0] is not tries[1]
    # The next item of a loop has its own task.
    assert "has sent the same write" in run(paying(store, expected_status=expected))["msg"]
    assert run(paying(store, repeat=True))["json"] == {"id": "2"}


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "args",
    [{"path": "/v3/vendors/SESSION-1"}, {"path": "/v3/vendors", "query": {"x": "SESSION-1"}}],
    ids=["path", "query"],
)
def test_task_with_the_session_in_the_url_does_not_send_or_show_it(
    bill: Bill, store: dict[str, Any], args: dict[str, Any]
) -> None:
    bill.answer = {"sessionId": "SESSION-1"}
    task = Task(**args, **store)
    ended = run(task)
    assert "contains a credential" in ended["msg"]
    assert "SESSION-1" not in str({**ended, **task.args})
    assert bill.received in ([], [LOGIN])


@pytest.mark.promise(5)
def test_task_with_the_session_in_the_body_hides_the_body(bill: Bill, store: dict[str, Any]) -> None:
    bill.answer = {"sessionId": "SESSION-1"}
    task = paying(store, body={"note": "of SESSION-1"})
    run(task)
    assert task.args["body"] == hiding.HIDDEN


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("response", "hidden"),
    [
        ({"sessionId": "x"}, True),
        ({"results": [{"a": {"rememberMeId": "x"}}]}, True),
        ({"note": "our key is s3cret-findme"}, True),
        ({"note": "SESSION-1"}, True),
        ({"bank": {"accountNumber": "123findme"}}, True),
        ({"bank": {"accountNumber": "*****6789"}, "name": "SESSION"}, False),
    ],
)
def test_task_result_with_a_secret_is_hidden_and_complete(
    bill: Bill, store: dict[str, Any], response: Any, hidden: bool
) -> None:
    bill.will_answer((200, response), to=PAY)
    result = run(paying(store))
    assert result.pop("_ansible_no_log", False) is hidden
    assert result == {**DONE, "json": response}


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("args", "hidden"),
    [
        ({"body": {"name": "Acorn"}}, False),
        ({"body": {"name": "Acorn", "bank": [{"accountNumber": 123}]}}, True),
        ({"body": {"password": "findme"}}, True),
        ({"body": {"note": "our key is s3cret-findme"}}, True),
        ({"body": '{"note": "s3cret-findme"}'}, True),
    ],
    ids=str,
)
def test_task_with_a_secret_in_the_body_hides_it_and_each_try_sends_it(
    bill: Bill, store: dict[str, Any], args: dict[str, Any], hidden: bool
) -> None:
    task = paying(store, **args)
    bill.will_answer(*[no("BDC_1152", 422)] * 2, to=PAY)
    for _try in range(2):
        assert run(task)["failed"]
        assert task.args["body"] == (hiding.HIDDEN if hidden else args["body"])
        assert (task.args["path"], task.args["password"]) == ("/v3/payments", hiding.HIDDEN)
    bodies = [each.body for each in bill.requests if each.name == PAY]
    assert bodies[0] == bodies[1]
    assert bodies[0] == (args["body"] if isinstance(args["body"], dict) else {"note": "s3cret-findme"})


@pytest.mark.promise(5)
def test_task_with_a_credential_in_the_query_does_not_send_it_and_hides_it(bill: Bill, store: dict[str, Any]) -> None:
    for args in ({"query": {"devKey": "findme"}}, {"query": {"note": "s3cret-findme"}}):
        task = Task(path="/v3/vendors", **args, **store)
        ended = run(task)
        assert ended["failed"]
        assert "findme" not in str({**ended, **task.args})
    assert bill.received == []


@pytest.mark.promise(2)
@pytest.mark.promise(12)
def test_task_in_check_mode_sends_reads_and_no_write(bill: Bill, store: dict[str, Any]) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        task = paying(store, method=method)
        task.check_mode = task.diff = True
        result = run(task)
        assert result.pop("diff")["after_header"] == f"{method} http://127.0.0.1:9/connect/v3/payments"
        assert result == {
            "status": None,
            "changed": True,
            "uncertain": False,
            "msg": f"In check mode {method} /v3/payments is not sent.",
            "json": None,
        }
    assert bill.received == []
    task = Task(path="/v3/vendors", **store)
    task.check_mode = True
    assert run(task)["json"] == {"id": "1"}
    assert bill.received == [LOGIN, "GET /v3/vendors"]


@pytest.mark.promise(12)
def test_task_in_check_mode_without_required_trust_fails(bill: Bill, store: dict[str, Any]) -> None:
    task = paying(store, require_trusted=True)
    task.check_mode = True
    assert run(task)["failed"]
    assert bill.received == [LOGIN, CHECK]


@pytest.mark.promise(5)
def test_task_in_diff_mode_shows_no_secret(bill: Bill, store: dict[str, Any]) -> None:
    task = paying(store)
    task.diff = True
    result = run(task)
    assert "vendorId" in result["diff"]["after"]
    assert "findme" not in str(result)
    assert bill.last(PAY).body == BODY
