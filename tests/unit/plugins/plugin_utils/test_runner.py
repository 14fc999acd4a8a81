# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After any failure of an operation, only one clean message is left."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.executor.process import worker

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.ansible_run import AnsibleRun
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.fact_check import FactCheck
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.lookup import BillLookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, OperationError, operation
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.running import trusted
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, UncertainWriteError
from ansible_collections.bill.connect.plugins.plugin_utils._core.run import UnwatchedRun, current_run, operation_of
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Run, RunIsOverError, ScriptedBill, responds

pytestmark = pytest.mark.usefixtures("no_variables")


def invocation(**given: Any) -> Invocation:
    return Invocation({**OPTIONS, **given}, {}, None)


def failure_of(error: Exception, secrets: CoreSecretRegistry | None = None, **given: Any) -> OperationError:
    """The error that Ansible gets for an error in an operation."""
    with pytest.raises(OperationError) as failure, operation(invocation(**given), secrets or CoreSecretRegistry()):
        raise error from ValueError("findme, the cause")
    return failure.value


@pytest.mark.promise(8)
def test_operation_error_names_the_sources_of_its_options() -> None:
    secrets = CoreSecretRegistry()
    failed = failure_of(BillError("Refused.", options=("username",)), secrets)
    assert str(failed) == "Refused. (username comes from the option username)"
    assert failed.is_resolved is True
    assert secrets.texts == {OPTIONS["password"], OPTIONS["dev_key"]}


@pytest.mark.promise(16)
def test_operation_in_a_worker_is_watched_and_its_locks_know_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "current_worker", SimpleNamespace(_parent_pid=os.getppid()))
    watched, main = threading.Event(), threading.get_ident()

    def look(_run: AnsibleRun) -> None:
        if threading.get_ident() != main:
            watched.set()

    monkeypatch.setattr(AnsibleRun, "end_if_over", look)
    with operation(invocation(), CoreSecretRegistry()):
        assert watched.wait(10)
        assert isinstance(current_run(), AnsibleRun)
    assert isinstance(current_run(), UnwatchedRun)


@pytest.mark.promise(16)
def test_operation_whose_run_ends_sends_nothing(
    scripted: Callable[..., ScriptedBill], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = scripted(responds(200, {}))
    given = invocation(api_url=bill.url, session_store=str(tmp_path / "bill"))
    run = Run()
    run.end()

    def sign_in() -> None:
        # The locks of the store look at another run, so only the exchange can end this.
        with operation(given, CoreSecretRegistry()) as context, operation_of(UnwatchedRun()):
            monkeypatch.setattr(AnsibleRun, "end_if_over", lambda _self: run.end_if_over())
            context.client.sessions.ensure()

    with pytest.raises(RunIsOverError):
        sign_in()
    assert bill.callers == []


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_operation_error_after_a_bug_names_the_place_without_the_message() -> None:
    failed = failure_of(KeyError("findme"))
    assert str(failed).startswith("This is a bug in bill.connect (KeyError at test_runner.py:")
    assert str(failed).endswith("Please report it.")


@pytest.mark.promise(5)
@pytest.mark.parametrize("error", [KeyError("findme"), BillError("Refused.")])
def test_operation_error_of_a_lookup_has_no_cause_or_context(error: Exception) -> None:
    """If a lookup raises an error, Ansible shows the errors behind it. A task raises none."""

    class Lookup(BillLookup):
        def perform(self, context: TaskContext, terms: list[Any]) -> list[Any]:
            raise error from ValueError("findme, the cause")

    with pytest.raises(AnsibleLookupError) as failure:
        Lookup(None, None).run([], variables={}, **OPTIONS)
    failed = failure.value
    assert failed.__cause__ is failed.__context__ is None
    assert "findme" not in "".join(traceback.format_exception_only(failed))
    assert "findme" not in "".join(traceback.format_exception(failed, chain=True))


@pytest.mark.promise(5)
@pytest.mark.parametrize("given", [{"passwrd": "findme"}, {"password": "findme\n"}, {"timeout": "findme"}], ids=str)
def test_operation_error_with_invalid_options_is_not_resolved(given: Mapping[str, Any]) -> None:
    """So the task hides all its arguments."""
    failed = failure_of(AssertionError("never reached"), **given)
    assert failed.is_resolved is False
    assert "findme" not in str(failed)


@pytest.mark.promise(5)
def test_operation_error_about_the_options_contains_no_secret_argument() -> None:
    """For example, the value of an argument is also the name of another one by mistake."""
    given: dict[str, Any] = {"password": "s3cret-findme-a", "s3cret-findme-a": "x"}
    failed = failure_of(AssertionError("never reached"), **given)
    assert str(failed).startswith("There is no option ********.")


@pytest.mark.promise(5)
def test_operation_knows_the_secrets_of_other_authentication_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    """They must not be sent or shown."""
    monkeypatch.setenv("BILL_API_TOKEN", "environment-findme")
    given = {**OPTIONS, "console_api_token": "argument-findme"}
    variables = {"bill_client_secret": "variable-findme", "bill_app_key": trusted("{{ never_evaluated }}")}
    secrets = CoreSecretRegistry()
    with operation(Invocation(given, variables, None), secrets) as context:
        found = set(context.option_secrets)
    assert found == {
        *(OPTIONS["password"], OPTIONS["dev_key"]),
        *("environment-findme", "argument-findme", "variable-findme"),
    }
    assert secrets.texts == found


@pytest.mark.promise(7)
def test_operation_compares_its_destinations_with_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = {}
    monkeypatch.setattr(FactCheck, "refuse_value", lambda _check, option, value: compared.update({option.name: value}))
    with operation(invocation(api_url="http://127.0.0.1:9/connect", session_store="none"), CoreSecretRegistry()):
        pass
    assert compared == {"api_url": "http://127.0.0.1:9/connect", "session_store": "none"}


@pytest.mark.promise(10)
def test_operation_error_keeps_the_details_of_the_failure() -> None:
    assert failure_of(UncertainWriteError("Perhaps.", details={"uncertain": True, "look_at": None})).details == {
        "uncertain": True,
        "look_at": None,
    }
    assert failure_of(KeyError("findme")).details == {}


@pytest.mark.promise(5)
def test_operation_error_contains_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """This covers secrets of the options, secrets found since, and unused secrets of the environment."""
    monkeypatch.setenv("BILL_API_TOKEN", "environment-findme")
    texts = [OPTIONS["password"], "met-findme", "environment-findme"]
    secrets = CoreSecretRegistry()
    secrets.add(["met-findme"])
    failed = failure_of(BillError(f"Refused {texts}.", details={"sent": {"notes": texts}}), secrets)
    assert str(failed) == "Refused ['********', '********', '********']."
    assert failed.details == {"sent": {"notes": ["********"] * 3}}
