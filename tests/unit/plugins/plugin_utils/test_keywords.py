# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keywords of Ansible that have the name of an option, or that have no effect on bill.connect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.keywords import (
    check_environment,
    check_limits,
    refuse_ignored_run_once,
)
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._options import source


def tasks_with(keyword: Any) -> dict[str, Any]:
    """A task with this keyword at each level. ansible-core stores the keyword as a list."""
    stored = keyword if isinstance(keyword, list) else [keyword]
    holder = SimpleNamespace(_environment=stored)
    return {
        "task": SimpleNamespace(_ds={"environment": keyword}),
        "block": SimpleNamespace(_ds={}, _parent=holder),
        "role": SimpleNamespace(_ds={}, _role=holder),
        "play": SimpleNamespace(_ds={}, _parent=SimpleNamespace(_play=holder)),
    }


@pytest.mark.promise(8)
@pytest.mark.parametrize("level", ["task", "block", "role", "play"])
@pytest.mark.parametrize("keyword", ["production", "sandbox", " Production", [{"A": "b"}, "production"]], ids=str)
def test_keywords_environment_of_bill_is_refused(level: str, keyword: Any) -> None:
    with pytest.raises(OptionError, match="^environment: (production|sandbox) is written as a keyword of Ansible"):
        check_environment(tasks_with(keyword)[level])


@pytest.mark.promise(8)
@pytest.mark.parametrize("level", ["task", "block", "role", "play"])
@pytest.mark.parametrize("name", ["BILL_PASSWORD", "HTTPS_PROXY", "https_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_keywords_name_without_effect_is_told_and_its_value_is_not(level: str, name: str) -> None:
    warning = check_environment(tasks_with({name: "findme", "PATH": "/bin"})[level])
    assert warning is not None
    assert warning.startswith(f"The keyword environment sets {name}. It has no effect on bill.connect")
    assert "findme" not in warning


@pytest.mark.parametrize("keyword", [None, {"PATH": "/bin"}, "{{ proxy_env }}", [], {7: "x"}], ids=str)
def test_keywords_other_environment_is_nobodys_business(keyword: Any) -> None:
    assert [check_environment(task) for task in tasks_with(keyword).values()] == [None] * 4


def test_keywords_value_that_ansible_itself_has_needs_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert check_environment(tasks_with({"HTTPS_PROXY": "http://proxy.example.com:3128"})["task"]) is None


def test_keywords_environment_for_the_result_of_a_lookup_needs_no_warning() -> None:
    keyword = {"BILL_API_URL": "{{ lookup('bill.connect.bill_login', 'api_url') }}"}
    assert check_environment(tasks_with(keyword)["task"], in_lookup=True) is None


@pytest.mark.promise(8)
def test_keywords_environment_of_bill_around_a_lookup_names_the_argument() -> None:
    with pytest.raises(OptionError, match=r"Write environment='production' as an argument of the lookup\."):
        check_environment(tasks_with("production")["task"], in_lookup=True)


def limits(options: dict[str, str] | None = None, **keywords: Any) -> list[str]:
    """The warnings for a task with these keywords. ``options`` are its own options."""
    sources = {"retries": source.variable("bill_retries"), **{name: source.option(name) for name in options or {}}}
    return check_limits(SimpleNamespace(_ds=keywords, **keywords), {"timeout": 30, "retries": 3}, sources)


@pytest.mark.promise(8)
def test_keywords_timeout_and_retries_that_were_meant_as_options_are_named() -> None:
    timeout, retries = limits(timeout=10, retries=0)
    assert timeout.startswith(
        "timeout: 10 is written as a keyword of Ansible here. Ansible ends the whole task after that time, before the option timeout (30 "
    )
    assert retries.startswith("retries: 0 is written as a keyword of Ansible here, without until.")
    for warning in (timeout, retries):
        assert "one level further to the right, below the name of the task bill.connect..., as its option" in warning
    [templated] = limits(retries="{{ tries }}")
    assert templated.startswith("retries: ... is written")


@pytest.mark.parametrize(
    "keywords",
    [{}, {"timeout": 31}, {"timeout": 0}, {"timeout": "{{ t }}"}, {"retries": 5, "until": "bill is success"}],
    ids=str,
)
def test_keywords_timeout_and_retries_that_can_be_meant_need_no_warning(keywords: dict[str, Any]) -> None:
    assert limits(**keywords) == []


def test_keywords_beside_the_option_of_the_same_name_need_no_warning() -> None:
    assert limits({"timeout": "5", "retries": "1"}, timeout=10, retries=2) == []


@pytest.mark.promise(8)
@pytest.mark.parametrize("strategy", ["free", "ansible.builtin.free", "host_pinned", "mitogen_free", "linear", "debug"])
@pytest.mark.parametrize("run_once", [True, False])
def test_keywords_run_once_is_refused_only_with_a_strategy_that_ignores_it(strategy: str, run_once: bool) -> None:
    task = SimpleNamespace(run_once=run_once, _parent=SimpleNamespace(_play=SimpleNamespace(strategy=strategy)))
    if run_once and strategy not in ("linear", "debug"):
        with pytest.raises(
            OptionError, match=f"^The strategy {strategy} of this play ignores run_once.* strategy: linear"
        ):
            refuse_ignored_run_once(task)
    else:
        refuse_ignored_run_once(task)
