# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keywords of Ansible that have the name of an option, or that have no effect on bill.connect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.keywords import check_environment
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError


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
