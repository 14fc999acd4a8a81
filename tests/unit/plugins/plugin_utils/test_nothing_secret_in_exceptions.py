# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever goes wrong, nothing that can be reached from the failure holds a secret; nor does any object describe one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions as _compat
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.action import _Failed
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext, run_operation
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionResult
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import Response
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import ResolvedOptions, resolve
from tests.unit.plugins.plugin_utils.conversation import OPTIONS, Reply, ScriptedBill, cuts, refuses, resets, says

ECHO = {"echo": dict(OPTIONS)}
SIGNED_IN = says(200, {"sessionId": "SESSION-findme", "organizationId": OPTIONS["organization_id"]})


def reachable(thing: Any, seen: list[Any]) -> list[Any]:
    """Everything that hangs on a thing: attributes, causes, items; not the frames, which are Python's."""
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


def fail(work: Callable[[TaskContext], Any], kind: type[Exception] = _Failed, **changes: Any) -> Exception:
    with pytest.raises(kind) as raised:
        run_operation(
            work,
            given={**OPTIONS, "session_store": "none", "retries": 0, **changes},
            variables={},
            templar=None,
            failure=lambda message, _secrets, _details: kind(message),
        )
    return raised.value


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compat, "variables_of", lambda *_any: lambda _name: None)


def present(call: TaskContext) -> dict[str, Any]:
    return call.returned(call.sign_in.present(force=True))


def bug(call: TaskContext) -> None:
    secret = call.options["password"]
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError(secret, call.options, secret.encode()) from error


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize("kind", [_Failed, AnsibleLookupError], ids=["task", "lookup"])
@pytest.mark.parametrize(
    "reply",
    [
        refuses(401, "BDC_1101"),
        refuses(429, "BDC_1144"),
        refuses(400, "BDC_9999"),
        says(500, ECHO),
        says(400, [{"code": "BDC_1", "message": f"password: {OPTIONS['password']}"}]),
        says(200, ECHO),
        says(200, str(ECHO).encode()),
        says(302, b"", Location=f"https://127.0.0.1/{OPTIONS['dev_key']}"),
        says(200, {"sessionId": "SESSION-findme", "organizationId": "findme"}),
        says(200, {"sessionId": "SESSION-findme\n"}),
        cuts,
        resets,
    ],
)
def test_of_what_bill_answers(scripted: Callable[..., ScriptedBill], reply: Reply, kind: type[Exception]) -> None:
    bill = scripted(reply)
    failed = fail(present, api_url=bill.url, kind=kind)
    assert_nothing_secret(failed)
    assert "findme" in bill.heard[0]


@pytest.mark.promise(5)
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
def test_of_what_is_given(changes: dict[str, Any]) -> None:
    assert_nothing_secret(fail(present, **changes))


@pytest.mark.promise(5)
def test_of_a_fault_of_our_own() -> None:
    assert_nothing_secret(fail(bug, api_url="http://127.0.0.1:9"))


def assert_nothing_secret(failed: Exception) -> None:
    found = reachable(failed, [])
    assert str(failed) in found
    assert [each for each in found if "findme" in f"{each!s}{each!r}"] == []
    assert "findme" not in "".join(traceback.format_exception(failed))


@pytest.mark.promise(5)
def test_no_object_describes_a_secret(scripted: Callable[..., ScriptedBill], tmp_path: Path) -> None:
    described: list[Any] = []

    def work(call: TaskContext) -> None:
        outcome: SessionResult = call.sign_in.present()
        sign_in, session = call.sign_in, outcome.session
        sealed = sign_in.kept
        described.extend([call, outcome, session, sign_in, sign_in.credential, sign_in.gateway, sealed, vars(sealed)])
        answer = sign_in.gateway.ask("POST", "/v3/login")
        assert "SESSION-findme" in str(answer.json)
        described.append(answer)

    given = {**OPTIONS, "session_store": str(tmp_path / "kept"), "api_url": scripted(SIGNED_IN).url}
    run_operation(
        work, given=given, variables={}, templar=None, failure=lambda message, _secrets, _details: ValueError(message)
    )
    described.append(resolve(given, table=TABLE, variable=lambda _name: None, environ={}))
    assert {TaskContext, SessionResult, Response, ResolvedOptions} <= {each.__class__ for each in described}
    assert [each.__class__ for each in described if "findme" in f"{each!s}{each!r}"] == []
