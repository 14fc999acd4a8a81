# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-doc describes what the code does."""

from __future__ import annotations

import importlib
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from ansible_collections.bill.connect.plugins.doc_fragments import request, resource_info
from ansible_collections.bill.connect.plugins.lookup import bill_login as lookup
from ansible_collections.bill.connect.plugins.lookup import bill_request as request_lookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_action import ResourceAction
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import LOGIN_FIELDS
from ansible_collections.bill.connect.plugins.plugin_utils._client.filters import OPERATORS, written_filters
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ERROR_CODES
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    AuthenticationError,
    BillError,
    RateLimitError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._http.retry_policy import RetryPolicy
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport_errors import TransportErrors
from ansible_collections.bill.connect.plugins.plugin_utils._limits import rate_limiter as _rate_limiter
from ansible_collections.bill.connect.plugins.plugin_utils._limits.concurrency_limiter import SLOTS, ConcurrencyLimiter
from ansible_collections.bill.connect.plugins.plugin_utils._limits.rate_limiter import (
    MAX_CALLS,
    MAX_WAIT,
    WINDOW_SECONDS,
    RateLimiter,
    Reservations,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import (
    OPTION_VARIABLES,
    OPTIONS,
    SESSION_VARIABLES,
)
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import (
    _ROUNDS,
    Cipher,
    EntryIdentity,
)
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore
from tests.unit.plugins.plugin_utils.fakes import Clock, ListReporter
from tools.option_texts import shape

ROOT = Path(__file__).resolve().parents[3]
SECURITY = (ROOT / "docs/docsite/rst/guide_security.rst").read_text()
GUIDE = (ROOT / "docs/docsite/rst/guide_faults.rst").read_text()
REQUESTS = (ROOT / "docs/docsite/rst/guide_requests.rst").read_text()
(RETRIES,) = (option for option in OPTIONS if option.name == "retries")
SPEND_TOKEN = " ".join((ROOT / "docs/docsite/rst/guide_spend_token.rst").read_text().split())
TASKS = sorted(path.stem for path in (ROOT / "plugins/modules").glob("bill_*.py"))
_PLUGINS = "ansible_collections.bill.connect.plugins"
MODULES = {name: importlib.import_module(f"{_PLUGINS}.modules.{name}") for name in TASKS}
ACTIONS = {name: importlib.import_module(f"{_PLUGINS}.action.{name}").ActionModule for name in TASKS}
MODULE = yaml.safe_load(MODULES["bill_login"].DOCUMENTATION)
LOOKUP = yaml.safe_load(lookup.DOCUMENTATION)
LOOKUPS = {"bill_login": lookup, "bill_request": request_lookup}
FRAGMENTS = {
    f"bill.connect.{name}": yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION).get("options", {})
    for name, fragment in (("request", request), ("resource_info", resource_info))
}


def documented_shape(option: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in option.items() if key not in ("description", "suboptions")}


def own_options(documentation: str) -> dict[str, Any]:
    """A page's documentation of the options that not all tasks have."""
    page = yaml.safe_load(documentation)
    own = dict(page.get("options", {}))
    for name in page["extends_documentation_fragment"]:
        own |= FRAGMENTS.get(name, {})
    return {name: documented_shape(option) for name, option in own.items() if name != "_terms"}


@pytest.mark.parametrize("task", TASKS)
def test_documentation_of_each_task_has_its_own_options(task: str) -> None:
    documented = own_options(MODULES[task].DOCUMENTATION)
    if issubclass(ACTIONS[task], ResourceAction):
        # The types are generated from the descriptions of the fields, which convert the values.
        assert set(documented) == {option.name for option in ACTIONS[task].OWN_OPTIONS}
    else:
        assert documented == {option.name: shape(option) for option in ACTIONS[task].OWN_OPTIONS}


@pytest.mark.parametrize("name", LOOKUPS)
def test_documentation_of_each_lookup_has_its_own_options(name: str) -> None:
    documented = own_options(LOOKUPS[name].DOCUMENTATION)
    assert documented == {option.name: shape(option) for option in LOOKUPS[name].LookupModule.OWN_OPTIONS}


def test_documentation_has_each_return_value() -> None:
    assert tuple(yaml.safe_load(MODULES["bill_login"].RETURN)) == (*LOGIN_FIELDS, "msg")
    assert tuple(LOOKUP["options"]["_terms"]["choices"]) == LOGIN_FIELDS


def test_documentation_has_each_variable_for_later_tasks() -> None:
    text = " ".join(MODULE["notes"])
    for name, _field in (*SESSION_VARIABLES, *OPTION_VARIABLES):
        assert f"C({name})" in text


def test_guide_on_faults_has_each_known_code() -> None:
    for code in ERROR_CODES:
        assert code in GUIDE, code


@pytest.mark.promise(8)
def test_guide_on_faults_has_the_messages_that_no_play_can_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end-to-end tests compare the other messages word for word."""
    failures, store = (
        TransportErrors("bill.example.com", 30, None),
        FileStore(str(tmp_path / "bill"), is_default=True, warn=print),
    )
    not_found = requests.exceptions.ConnectionError(socket.gaierror(-2, "Name or service not known"))
    messages = [str(failures.of(not_found))]
    clock = Clock()
    slots = ConcurrencyLimiter(EntryIdentity.of({"slots": "of a key"}), store, 0, clock)
    reservations = EncryptedEntry(Reservations, EntryIdentity.of({"turns": "of a token"}), store, print)
    reservations.save(Reservations([clock.now + 550.0] * MAX_CALLS))
    rate = RateLimiter(reservations, clock, ListReporter())
    monkeypatch.setattr(_rate_limiter, "_LOCK_TIMEOUT", 0)

    @contextmanager
    def late() -> Iterator[None]:
        with reservations.lock(0):
            rate.wait()
            yield

    @contextmanager
    def far() -> Iterator[None]:
        rate.wait()
        yield

    with ExitStack() as held:
        for _time in range(SLOTS):
            held.enter_context(slots.slot())
        held.enter_context(store.lock("4567", 0))
        for attempt in (slots.slot, far, late, lambda: store.lock("4567", 0)):
            with pytest.raises(BillError) as failure, attempt():
                pass
            messages.append(str(failure.value))
    reported = re.findall(r"^- ``(.+?)``", GUIDE, re.MULTILINE)
    assert len(reported) == len(messages)
    for text, message in zip(reported, messages, strict=True):
        assert re.match(re.escape(text).replace(re.escape("..."), ".+?"), message), (text, message)


def test_guide_on_requests_shows_the_converted_filters() -> None:
    rows = re.findall(r"^   '``(.+?)``.*?', '``(.+?)``'$", REQUESTS, re.MULTILINE)
    assert len(rows) == 9
    for given, sent in rows:
        assert written_filters(yaml.safe_load(given) if given.startswith("{") else given) == sent
    for operator in OPERATORS:
        assert f"``{operator}``" in REQUESTS


@pytest.mark.promise(15)
def test_documentation_of_the_longest_times_follows_the_defaults() -> None:
    default = {option.name: option.default for option in OPTIONS}
    retry = RetryPolicy(default["retries"], Clock(), ListReporter())
    request, crowded = (retry.max_duration(n * default["timeout"], default["timeout"]) for n in (1, 2))
    # A validation and a login, and the same time again for another task's. Each of the two may first wait for a login to another organization.
    assert [request, 2 * request, crowded, 4 * crowded, 6 * crowded] == [210, 420, 330, 1320, 1980]
    manual = " ".join(RETRIES.details)
    for seconds in ("210 seconds", "420 seconds", "1320 seconds", "1980 seconds"):
        assert seconds in manual
        assert seconds in GUIDE
    assert "330 seconds" in manual


@pytest.mark.promise(11)
@pytest.mark.promise(15)
def test_documentation_of_the_longest_rate_limited_times_follows_the_defaults() -> None:
    default = {option.name: option.default for option in OPTIONS}
    retry = RetryPolicy(default["retries"], Clock(), ListReporter())
    each = retry.max_duration(MAX_WAIT + 2 * default["timeout"], RateLimitError.min_wait)
    assert [each, 4 * each] == [2823, 11292]
    manual = " ".join(RETRIES.details)
    for text in (manual, GUIDE):
        assert "2823 seconds" in text
        assert "11292 seconds" in text
        assert f"(retries + 1) * ({MAX_WAIT:g} + 2 * timeout)" in text
        assert f"at least {RateLimitError.min_wait:g} seconds" in " ".join(text.split())
    assert f"BILL allows {MAX_CALLS} calls a minute" in SPEND_TOKEN
    assert f"{MAX_CALLS} of them at the most begin in any {WINDOW_SECONDS:g} seconds" in SPEND_TOKEN


# ansible-doc ends C(...) at the first closing bracket, even after a backslash. The other marks need a backslash before it.
CUT = re.compile(r"\b(?:[CMIBEUP]\([^()]*\(|(?:[OV]|RV)\((?:\\.|[^()\\])*\()")
MANUALS = sorted(
    path
    for pattern in ("plugins/*/*.py", "extensions/eda/plugins/event_source/*.py", "roles/*/meta/argument_specs.yml")
    for path in ROOT.glob(pattern)
)


def test_manuals_have_no_bracket_inside_markup() -> None:
    assert len(MANUALS) > 60
    found = {path.name: CUT.findall(" ".join(path.read_text().split())) for path in MANUALS}
    found["the option table"] = [cut for option in OPTIONS for text in option.details for cut in CUT.findall(text)]
    assert {name: cuts for name, cuts in found.items() if cuts} == {}


def test_bracket_inside_markup_is_found() -> None:
    cut = ["C((retries + 1) * timeout)", "O(a(b))", "see V(x (y)) there", r"C(a \(b\))"]
    assert [text for text in cut if not CUT.search(text)] == []
    whole = ["C(a) and (b)", r"V(a \(b\))", "O(auth_method=password) (the default)", "RV(a.b.c#module:d)"]
    assert [text for text in whole if CUT.search(text)] == []


@pytest.mark.promise(6)
def test_guide_on_security_has_the_numbers_of_the_code() -> None:
    assert f"PBKDF2 with HMAC-SHA256  ({_ROUNDS:,} rounds" in SECURITY
    assert len(bytes.fromhex(Cipher(EntryIdentity.of({}), b"").key)) == 16
    for code in (code for code, meaning in ERROR_CODES.items() if meaning.error is AuthenticationError):
        assert code.removeprefix("BDC_") in GUIDE.partition("How long it can take")[0]


@pytest.mark.parametrize("examples", [*(each.EXAMPLES for each in (*MODULES.values(), *LOOKUPS.values()))])
def test_examples_are_tasks_with_names_and_full_names(examples: str) -> None:
    for task in yaml.safe_load(examples):
        assert "name" in task
        for each in task.get("block", [task]):
            assert any(key.count(".") == 2 for key in each)


def test_action_group_has_each_task_that_signs_in() -> None:
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
    assert groups == {"bill": [task for task in TASKS if ACTIONS[task].SIGNS_IN]}
