# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every name that the collection reads from variables, facts or the environment, and the allowed sources of each.

A new name without a rule fails here. Decide first who may set it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import facts as _facts
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, OperationError, operation
from ansible_collections.bill.connect.plugins.plugin_utils._client.run_records import RunRecords
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, ROLE_VARIABLES, Option

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"

# A variable of an option. A play, an inventory, a vault file or the environment may set it, but no fact. (bill_organization_id and
# bill_user_id may be facts with the values that bill.connect itself has published in this run.)
OPTION = "option"
# A variable that a role or playbook takes. The rule is the same, without the environment.
INPUT = "input"
# ansible-core sets it after all other variables, so nobody can define another one.
MAGIC = "magic"
# ansible-core sets it before facts. A host with a fact of this name is refused.
IDENTITY = "identity"
# The file itself sets it in a way that outranks facts: register, set_fact, or vars of the task, play or role.
OWN = "own"
# The code reads only the names in it, to refuse them.
FACTS = "facts"
# A fact that counts only if bill.connect itself made it in this run. No host can guess it.
RECEIPT = "receipt"
# The playbook sets it for another task, so that Ansible runs the task here: vars of the play.
FOR_ANSIBLE = "for Ansible"
# A rulebook gives it to a playbook. It is an extra variable then, so it outranks facts.
EXTRA = "extra"

# The name of the variable to write. Its value is not read.
WRITTEN = "written"

# The options of single tasks that can also come from a variable.
TASK_OPTIONS = {"bill_vault_file", "bill_vault_id", "bill_mfa"}

RULES: dict[str, str] = {
    **{option.variable: OPTION for option in OPTIONS},
    **dict.fromkeys(TASK_OPTIONS, OPTION),
    **dict.fromkeys(ROLE_VARIABLES, INPUT),
    **dict.fromkeys(
        (
            "ansible_check_mode",
            "ansible_failed_result",
            "ansible_inventory_sources",
            "ansible_loop",
            "ansible_play_hosts_all",
            "ansible_playbook_python",
            "hostvars",
            "item",
            "omit",
            "playbook_dir",
        ),
        MAGIC,
    ),
    **dict.fromkeys(
        (
            "bill_awx_chosen",
            "bill_awx_facts",
            "bill_awx_folder",
            "bill_awx_from",
            "bill_awx_methods",
            "bill_awx_modules",
            "bill_awx_type",
            "bill_awx_types",
            "bill_awx_usual",
            "bill_connect_answers",
            "bill_connect_backup",
            "bill_connect_elsewhere",
            "bill_connect_file",
            "bill_connect_kept",
            "bill_connect_login",
            "bill_connect_read",
            "bill_connect_told",
            "bill_connect_trust",
            "bill_disconnect_are",
            "bill_disconnect_backups",
            "bill_disconnect_backups_removed",
            "bill_disconnect_backups_told",
            "bill_disconnect_defined",
            "bill_disconnect_entries",
            "bill_disconnect_environment",
            "bill_disconnect_file",
            "bill_disconnect_file_became",
            "bill_disconnect_files",
            "bill_disconnect_is",
            "bill_disconnect_left",
            "bill_disconnect_of_store",
            "bill_disconnect_others",
            "bill_disconnect_others_in_store",
            "bill_disconnect_removed",
            "bill_disconnect_rest",
            "bill_disconnect_secrets",
            "bill_disconnect_session",
            "bill_disconnect_session_became",
            "bill_disconnect_store",
            "bill_disconnect_store_became",
            "bill_disconnect_store_goes",
            "bill_disconnect_store_is_directory",
            "bill_disconnect_store_named",
            "bill_disconnect_store_option",
            "bill_disconnect_store_told",
            "bill_disconnect_told",
            "bill_disconnect_wanted",
            "bill_event_account",
            "bill_event_payment",
            "bill_event_vendor",
            "bill_headers",
            "bill_new_account_type",
            "bill_session_id",
            "bill_trust",
            "bill_trust_answer",
            "bill_trust_challenge",
            "bill_trust_result",
            "bill_webhook_answers",
            "bill_webhook_called",
            "bill_webhook_found",
            "bill_webhook_history",
            "bill_webhook_kept_in",
            "bill_webhook_no_response",
            "bill_webhook_sent",
            "bill_webhook_status",
            "bill_webhook_usual",
        ),
        OWN,
    ),
    "bill_webhook_key": WRITTEN,
    **dict.fromkeys(
        (
            "bill_bank_account_id",
            "bill_event_id",
            "bill_inform_url",
            "bill_payment_id",
            "bill_ticket_url",
            "bill_vendor_id",
        ),
        EXTRA,
    ),
    "inventory_hostname": IDENTITY,
    # Its content is left out with the facts. The code reads only the names of its hosts here.
    "ansible_delegated_vars": FACTS,
    # If it names the item of a loop, that item does not count.
    "ansible_loop_var": FACTS,
    "ansible_facts": FACTS,
    _facts.RECEIPT: RECEIPT,
    **dict.fromkeys(("ansible_become", "ansible_connection", "ansible_python_interpreter"), FOR_ANSIBLE),
}

# Environment names that the code reads one by one, in addition to those of the options.
ENVIRONMENT = {
    *(option.environment_name for option in OPTIONS),
    *("BILL_VAULT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSLKEYLOGFILE"),
}

# The functions that read a variable or the environment by a name from their arguments. Each takes it from the option table, looks
# for facts, or reads what Ansible itself reads for a template.
BY_ANY_NAME = {
    "action.py:_differs_from_the_roles",
    "action.py:_has",
    # The item of a loop only distinguishes messages.
    "asker.py:_item_of",
    # The value counts only if it has the mark of a text that an author wrote.
    "fact_check.py:refuse_value",
    "hiding.py:item_of_loop_holds",
    "runner.py:_forms",
    # Its values are only compared with those of an accepted lookup.
    "repeated_lookup.py:_value",
    "templates.py:form_of",
    "templates.py:plain_text",
    "templates.py:variable",
    "templates.py:variables_of",
    "form_task.py:filled",
    "keywords.py:check_environment",
    "destinations.py:_is_harmless",
    "destinations.py:_secrets_of_environment",
    "fact_check.py:_is_written",
    "fact_check.py:_mapping_behind",
    "fact_check.py:is_of_authors",
    "fact_check.py:refuse_variable",
    "braces.py:templates_behind",
    "facts.py:decide",
    "facts.py:reach",
    "reporter.py:environment_secrets",
    "runner.py:_published",
    "runner.py:_unused_secrets",
    "candidates.py:of",
    "loop_items.py:fact_behind",
    "lost_text.py:_is_part_of",
    "proxy.py:_variable",
    "written_task.py:loops_around",
}
_HOLDERS = {"variables", "task_vars", "_variables", "environ"}
# Names in YAML that are tasks or return values, and not variables.
_NO_VARIABLES = {path.stem for folder in ("modules", "lookup") for path in (PLUGINS / folder).glob("*.py")}


def reads_in_python() -> Iterator[tuple[str, str | None]]:
    """Each place that reads variables or the environment, with the name. None if the name is not written there."""
    for path in sorted(PLUGINS.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
                continue
            where = f"{path.name}:{getattr(function, 'name', 'lambda')}"
            for node in ast.walk(function):
                key = _key_that_is_read(node)
                if isinstance(key, ast.Name) and key.id == "RECEIPT":
                    yield where, _facts.RECEIPT
                elif key is not None:
                    yield where, key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _key_that_is_read(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        return node.args[0] if _holds_variables(node.func.value) else None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _holds_variables(node.value):
        return node.slice
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.getenv", "getenv"):
        return node.args[0]
    return None


def _holds_variables(value: ast.expr) -> bool:
    return (isinstance(value, ast.Name) and value.id in _HOLDERS) or (
        isinstance(value, ast.Attribute) and value.attr in _HOLDERS
    )


def files_of_roles_and_playbooks() -> list[Path]:
    return sorted(
        path
        for folder in ("roles", "playbooks")
        for path in (ROOT / folder).rglob("*.yml")
        if path.name not in ("argument_specs.yml", "inputs.yml", "injectors.yml") and path.parent.name != "meta"
    )


def names_in_yaml(path: Path) -> set[str]:
    # Comments also name variables, so they are left out.
    text = "\n".join(line.partition(" #")[0] for line in path.read_text().splitlines() if not line.startswith("#"))
    return set(re.findall(r"\b(?:bill|ansible)_[a-z_]+\b", text)) - _NO_VARIABLES


@pytest.mark.promise(7)
def test_variable_name_that_is_read_has_a_rule() -> None:
    python = {name for _where, name in reads_in_python() if name is not None}
    yaml_names = {name for path in files_of_roles_and_playbooks() for name in names_in_yaml(path)}
    read = python | yaml_names | {option.variable for option in OPTIONS}
    read -= ENVIRONMENT
    assert sorted(read - RULES.keys()) == []
    # Other tests cover the look-up of the loop's item and of the other hosts.
    assert sorted(RULES.keys() - read - {"item", "hostvars"} - TASK_OPTIONS) == []


@pytest.mark.promise(7)
def test_variable_name_that_is_built_is_read_only_in_known_places() -> None:
    assert {where for where, name in reads_in_python() if name is None} == BY_ANY_NAME


@pytest.mark.promise(7)
def test_role_or_playbook_variable_of_its_own_outranks_facts() -> None:
    tops = [*(ROOT / "roles").iterdir(), ROOT / "playbooks"]
    for top in tops:
        files = [path for path in files_of_roles_and_playbooks() if path.is_relative_to(top)]
        own = {name for path in files for name in names_in_yaml(path) if RULES[name] == OWN}
        set_here = {name for path in files for name in _set_in(yaml.safe_load(path.read_text()))}
        assert sorted(own - set_here) == [], top
        assert sorted(own) != [], top


def _set_in(content: Any) -> Iterator[str]:
    """The variables that a play or its tasks set: vars, register and set_fact."""
    if isinstance(content, list):
        for each in content:
            yield from _set_in(each)
    elif isinstance(content, dict):
        yield from content.get("vars") or ()
        yield from content.get("ansible.builtin.set_fact") or ()
        if "register" in content:
            yield content["register"]
        for name in ("tasks", "pre_tasks", "block", "rescue", "always"):
            yield from _set_in(content.get(name))


def message_with_fact(name: str, facts: dict[str, Any]) -> str:
    """The message of a task if the variable of this name is a fact."""
    variables = {"inventory_hostname": "web1", "ansible_facts": facts, **facts}
    table = (
        *OPTIONS,
        Option("path", kind="path", variable_suffix="vault_file"),
        Option("vault_id"),
        Option("mfa", kind="bool"),
    )
    templar = SimpleNamespace(
        available_variables=variables,
        template=lambda value, **_how: value,
        copy_with_new_env=lambda **_how: SimpleNamespace(template=lambda value, **_how: value),
    )
    with (
        pytest.raises(OperationError) as failure,
        operation(Invocation({}, variables, templar, table), CoreSecretRegistry()),
    ):
        raise BillError(f"{name} was used")
    return str(failure.value)


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule in (OPTION, INPUT)))
def test_option_variable_that_is_a_fact_is_refused(name: str) -> None:
    assert message_with_fact(name, {name: "some"}).startswith(f"The variable {name} is a fact of web1.")


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule == IDENTITY))
def test_identity_variable_that_is_a_fact_is_refused(name: str) -> None:
    assert message_with_fact(name, {name: "some"}).startswith(
        f"The variable {name} is a fact, so a managed host decides its own name"
    )


@pytest.mark.promise(7)
@pytest.mark.parametrize(("name", "value"), [("bill_organization_id", "008A"), ("bill_user_id", "006A")])
def test_published_variable_with_another_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(RunRecords, "published", lambda _run, _receipt: {name: value})
    assert message_with_fact(name, {name: value + "B"}).startswith(f"The variable {name} is a fact of web1.")
    assert "was used" in message_with_fact(name, {name: value})
