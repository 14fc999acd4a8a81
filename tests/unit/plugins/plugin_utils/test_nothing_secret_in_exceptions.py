# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After any failure, nothing reachable from the exception contains a secret, and no representation of an object shows one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import BillAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.lookup import BillLookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, operation
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import login_result
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.task_result import TaskResult
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import ClientResponse
from ansible_collections.bill.connect.plugins.plugin_utils._client.endpoint import ApiResult
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import (
    FormBody,
    HttpRequest,
    JsonBody,
    RawResponse,
    Response,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import ResolvedOptions, resolve
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Reply, ScriptedBill, breaks_off, refuses, resets, responds
from tests.unit.plugins.tasks import FakeTask, action_of

pytestmark = pytest.mark.usefixtures("no_variables")

ECHO = {"echo": dict(OPTIONS)}
SIGNED_IN = responds(200, {"sessionId": "SESSION-findme", "organizationId": OPTIONS["organization_id"]})


def reachable(thing: Any, seen: list[Any]) -> list[Any]:
    """Everything reachable from an object: attributes, causes, items. Frames are left out, because they belong to Python."""
    if isinstance(thing, type) or callable(thing) or any(thing is each for each in seen):
        return seen
    seen.append(thing)
    if isinstance(thing, Mapping):
        for each in (*thing.keys(), *thing.values()):
            reachable(each, seen)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        for each in thing:
            reachable(each, seen)
    elif isinstance(thing, BaseException) or type(thing).__module__.startswith("ansible"):
        for name in {*dir(thing), "__notes__", "__cause__", "__context__"}:
            if name not in ("__traceback__", "__class__"):
                reachable(getattr(thing, name, None), seen)
    return seen


GIVEN = {**OPTIONS, "session_store": "none", "retries": 0}

Work = Callable[[TaskContext], Any]
Fail = Callable[..., Any]


def fail_task(work: Work, **given: Any) -> Any:
    """The result that Ansible gets from a task whose operation fails."""

    class Action(BillAction):
        def perform(self, context: TaskContext) -> TaskResult:
            return TaskResult(work(context))

    result = action_of(Action, FakeTask(**given)).run(task_vars={})
    assert result["failed"]
    return result


def fail_lookup(work: Work, **given: Any) -> Any:
    """The exception of a lookup whose operation fails."""

    class Lookup(BillLookup):
        def perform(self, context: TaskContext, terms: list[Any]) -> list[Any]:
            return [work(context)]

    with pytest.raises(AnsibleLookupError) as failure:
        Lookup(None, None).run([], variables={}, **given)
    assert failure.value.__cause__ is failure.value.__context__ is None
    return failure.value


either = pytest.mark.parametrize("fail", [fail_task, fail_lookup], ids=["task", "lookup"])


def present(context: TaskContext) -> dict[str, Any]:
    return login_result(context.client, context.client.sessions.ensure(force=True))


def bug(context: TaskContext) -> None:
    secret = context.options["password"]
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError(secret, context.options, secret.encode()) from error


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@either
@pytest.mark.parametrize(
    "reply",
    [
        refuses(401, "BDC_1101"),
        refuses(429, "BDC_1144"),
        refuses(400, "BDC_9999"),
        responds(500, ECHO),
        responds(400, [{"code": "BDC_1", "message": f"password: {OPTIONS['password']}"}]),
        responds(200, ECHO),
        responds(200, str(ECHO).encode()),
        responds(302, b"", Location=f"https://127.0.0.1/{OPTIONS['dev_key']}"),
        responds(200, {"sessionId": "SESSION-findme", "organizationId": "findme"}),
        responds(200, {"sessionId": "SESSION-findme\n"}),
        breaks_off,
        resets,
    ],
)
def test_exception_after_a_response_of_bill_contains_no_secret(
    scripted: Callable[..., ScriptedBill], reply: Reply, fail: Fail
) -> None:
    bill = scripted(reply)
    assert_nothing_secret(fail(present, **{**GIVEN, "api_url": bill.url}))
    assert "findme" in bill.received[0]


@pytest.mark.promise(5)
@either
@pytest.mark.parametrize(
    "changes",
    [
        {"password": "findme\n"},
        {"password": ["findme"]},
        {"dev_key": "find me findme"},
        {"developer_key": "another-findme"},
        {"organization_id": "findme!"},
        {"api_url": "https://ap:findme@127.0.0.1"},
        {"api_url": "http://127.0.0.1:9/connect"},
        {"session_store": "redis://:findme@127.0.0.1"},
        {"check_after": "findme"},
        {"auth_method": "findme"},
    ],
    ids=str,
)
def test_exception_about_a_given_option_contains_no_secret(changes: dict[str, Any], fail: Fail) -> None:
    assert_nothing_secret(fail(present, **{**GIVEN, **changes}))


@pytest.mark.promise(5)
@either
def test_exception_after_an_internal_error_contains_no_secret(fail: Fail) -> None:
    assert_nothing_secret(fail(bug, **{**GIVEN, "api_url": "http://127.0.0.1:9"}))


def assert_nothing_secret(failed: Any) -> None:
    found = reachable(failed, [])
    assert (str(failed) if isinstance(failed, BaseException) else failed["msg"]) in found
    assert [each for each in found if "findme" in f"{each!s}{each!r}"] == []
    if isinstance(failed, BaseException):
        assert "findme" not in "".join(traceback.format_exception(failed))


@pytest.mark.promise(5)
def test_representation_of_each_object_contains_no_secret(
    scripted: Callable[..., ScriptedBill], tmp_path: Path
) -> None:
    described: list[Any] = []

    given = {**OPTIONS, "session_store": str(tmp_path / "stored"), "api_url": scripted(SIGNED_IN).url}
    invocation, secrets = Invocation(given, {}, None), CoreSecretRegistry()
    with operation(invocation, secrets) as context:
        client = context.client
        result: SessionResult = client.sessions.ensure()
        assert result.session
        entry = client.sessions.entry
        described += [invocation, secrets, context, context.reporter, client, client.transport, client.retry]
        described += [client.sessions, client.sessions.method, result, result.session, entry, vars(entry)]
        request = HttpRequest("POST", "/v3/login", {"devKey": OPTIONS["dev_key"]}, JsonBody(dict(OPTIONS)))
        response = client.request(request)
        assert "SESSION-findme" in str(response.response.json)
        described += [request, request.body, FormBody(dict(OPTIONS)), response, response.response]
        described += [RawResponse(200, b"findme"), ApiResult(200, False, response.response.json)]
        described.append(TaskResult(login_result(client, result)))
    described.append(resolve(given, table=TABLE, variable=lambda _name: None, environ={}))
    assert {TaskContext, SessionResult, ClientResponse, Response, ResolvedOptions} <= {type(each) for each in described}
    assert [each.__class__ for each in described if "findme" in f"{each!s}{each!r}"] == []
