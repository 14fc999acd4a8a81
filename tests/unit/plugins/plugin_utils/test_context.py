# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of one run: a client for its credential, its secrets, and its messages."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import reporter as _reporter
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import request_result
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._options import source as _source
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import ResolvedOptions
from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths
from tests.unit.plugins.plugin_utils.fake_bill import LOGIN, THE_PARTNER, Bill, no
from tests.unit.plugins.tasks import OpenContext

PAY = "POST /v3/payments"


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings that Ansible has shown."""
    shown: list[str] = []
    monkeypatch.setattr(_reporter.display, "warning", shown.append)
    return shown


def test_context_has_one_client_and_registers_its_sessions_as_secrets(open_context: OpenContext, bill: Bill) -> None:
    context = open_context()
    assert context.client is context.client
    assert bill.received == []
    context.client.sessions.ensure()
    assert "SESSION-1" in context.secrets.texts


def test_context_with_other_options_returns_another_client(open_context: OpenContext) -> None:
    context = open_context()
    other = context.client_for({**context.options, **THE_PARTNER})
    assert (context.client.sessions.method.method, other.sessions.method.method) == ("password", "partner")
    assert other.secrets is context.secrets


@pytest.mark.promise(8)
def test_context_with_missing_options_raises_an_error_for_the_client(open_context: OpenContext) -> None:
    context = open_context(username=None)
    with pytest.raises(OptionError, match="requires username"):
        _client = context.client


@pytest.mark.promise(5)
def test_context_output_hides_secrets(open_context: OpenContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """This covers the secrets of this run, and those in the environment that the run does not use."""
    monkeypatch.setenv("BILL_API_TOKEN", "environment-findme")
    shown: list[str] = []
    monkeypatch.setattr(_reporter.display, "verbosity", 2)
    for name in ("warning", "v", "vv"):
        monkeypatch.setattr(_reporter.display, name, shown.append)
    monkeypatch.setattr(_reporter.display, "verbosity", 2)
    context = open_context()
    context.secrets.add(["met-findme"])
    text = f"of {context.options['password']}, met-findme, environment-findme"
    for show in (context.reporter.warn, context.reporter.progress, context.reporter.log):
        show(text)
    redacted = "of ********, ********, ********"
    assert shown == [redacted, f"bill.connect: {redacted}", f"bill.connect: {redacted}"]


@pytest.mark.parametrize(("verbosity", "shown"), [(0, []), (1, ["v"]), (2, ["v", "vv"])])
def test_context_output_that_ansible_would_not_show_is_not_redacted(
    open_context: OpenContext, monkeypatch: pytest.MonkeyPatch, verbosity: int, shown: list[str]
) -> None:
    """Redaction takes long, compared with a page of a list."""
    monkeypatch.setattr(_reporter.display, "verbosity", verbosity)
    called: list[str] = []
    for name in ("v", "vv"):
        monkeypatch.setattr(_reporter.display, name, lambda _text, name=name: called.append(name))
    context = open_context()
    redactions: list[str] = []
    monkeypatch.setattr(context.secrets, "redact_all", redactions.append)
    context.reporter.progress("a page")
    context.reporter.log("a session")
    assert called == shown
    assert len(redactions) == len(shown)


@pytest.mark.promise(7)
def test_context_with_a_foreign_host_warns_once_in_a_run(
    open_context: OpenContext,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(ansible_paths, "default_store", lambda: str(tmp_path / "store"))
    for _task in range(3):
        context = open_context(api_url="https://gateway.example.com/connect")
        sources = {"api_url": _source.variable("bill_api_url")}
        context.check_destinations(ResolvedOptions(dict(context.options), sources, ()))
    [warning] = warnings
    assert warning.startswith("bill.connect sends the credentials to gateway.example.com, which is not a host of BILL")


@pytest.mark.promise(10)
@pytest.mark.parametrize(
    ("response", "message"),
    [
        (None, None),
        (no("BDC_1152", 422), None),
        ((503, None), "BILL may have processed this write: POST /v3/payments"),
        ((200, {}), "BILL has processed this write: POST /v3/payments. The task ended early (Stopped)."),
    ],
    ids=["not sent", "refused", "uncertain", "done"],
)
def test_context_of_an_interrupted_task_reports_the_state_of_its_write(
    open_context: OpenContext, bill: Bill, response: tuple[int, object] | None, message: str | None
) -> None:
    context = open_context(path="/v3/payments", method="POST", body={})
    if response is None:
        bill.will_answer(no("BDC_1101", 401), to=LOGIN)
    else:
        bill.will_answer(response, to=PAY)
    with suppress(BillError):
        request_result(context, context.options)
    reported = context.interrupted("Stopped")
    assert (reported is None) is (message is None)
    assert str(reported or "").startswith(message or "")
