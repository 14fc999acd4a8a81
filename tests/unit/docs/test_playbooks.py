# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``docs/plays.yml`` describes each playbook, and each variable that it reads."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from ansible_collections.bill.connect.plugins.doc_fragments import sign_in
from tools.playbook_texts import PLAYBOOKS, SPECS, header

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "playbooks"
# The keywords whose value is an expression without braces.
EXPRESSIONS = ("when", "that", "until", "failed_when", "changed_when")
# The files of tasks that a playbook includes.
INCLUDED = {"awx_credential_type": "*_credential_type.yml", "disconnect": "disconnect_*.yml"}
# What Ansible itself sets.
OF_ANSIBLE = re.compile(r"ansible_\w+|playbook_dir|item|omit|query|lookup")
DOCUMENTED = {
    path.stem: importlib.import_module(f"ansible_collections.bill.connect.plugins.modules.{path.stem}").DOCUMENTATION
    for path in (ROOT / "plugins/modules").glob("bill_*.py")
}
SHARED = yaml.safe_load(sign_in.ModuleDocFragment.DOCUMENTATION)["options"]


def templates(value: Any, *, is_expression: bool = False) -> Iterator[str]:
    """Each text below ``value`` that Ansible evaluates, as a template."""
    if isinstance(value, str):
        yield f"{{{{ {value} }}}}" if is_expression and "{{" not in value else value
    elif isinstance(value, list):
        for each in value:
            yield from templates(each, is_expression=is_expression)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from templates(each, is_expression=key in EXPRESSIONS)


def defined(value: Any) -> Iterator[str]:
    """The variables that the playbook defines: with ``vars`` and ``register``."""
    if isinstance(value, list):
        for each in value:
            yield from defined(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "vars":
                yield from each
            if key == "register":
                yield each
            yield from defined(each)


def included(name: str) -> Any:
    """The playbook, with the files of tasks that it includes."""
    text = (FOLDER / f"{name}.yml").read_text()
    files = sorted((FOLDER / "tasks").glob(INCLUDED[name])) if "include_tasks" in text else []
    return [yaml.safe_load(text), *(yaml.safe_load(path.read_text()) for path in files)]


def read(content: Any) -> set[str]:
    """The variables that a playbook reads and does not define."""
    names: set[str] = set()
    for template in templates(content):
        tree = jinja2.Environment(autoescape=True).parse(template)
        loads = tree.find_all(jinja2.nodes.Name)
        names |= {node.name for node in loads if node.ctx == "load" and not OF_ANSIBLE.fullmatch(node.name)}
    return names - {*defined(content)}


def test_each_playbook_has_a_description() -> None:
    assert sorted(PLAYBOOKS) == sorted(path.stem for path in FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_playbook_reads_the_variables_of_its_description(name: str) -> None:
    content = included(name)
    # Variables with a default can be replaced by the user, although the playbook defines them.
    settable = {*defined(content)} & {*SPECS[name]["variables"]}
    assert (read(content) - {*SPECS[name]["variables_of_tasks"]}) | settable == {*SPECS[name]["variables"]}


def test_variable_in_an_expression_or_a_nested_text_is_found() -> None:
    tasks = [
        {"assert": {"that": ["a is defined", "b | length > 0"]}, "when": "c", "register": "known"},
        {"debug": {"msg": ["{{ d | default(e) }} {{ known }} {{ mine }}"]}, "vars": {"mine": "{{ f }} plain g"}},
    ]
    assert read(tasks) == {*"abcdef"}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_default_of_a_description_is_that_of_the_playbook(name: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text()
    names = {*defined(yaml.safe_load(text))}
    for variable, spec in SPECS[name]["variables"].items():
        written = re.findall(rf"\b{variable} \| default\((.+?)(?:, true)?\)(?= |\))", text)
        own = [play["vars"][variable] for play in yaml.safe_load(text) if variable in play.get("vars", {})]
        found = [
            yaml.safe_load(each.replace("'", '"'))
            for each in written
            if each not in ("''", *names) and not each.startswith("omit if ")
        ] + own
        assert set(map(str, found)) == ({str(spec["default"])} if "default" in spec else set()), variable
        assert not ("default" in spec and spec.get("required")), variable


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_variables_of_tasks_are_those_of_a_task_of_the_playbook(name: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text()
    for variable, spec in SPECS[name]["variables_of_tasks"].items():
        assert f"bill.connect.{spec['task']}:" in text
        options = SHARED | yaml.safe_load(DOCUMENTED[spec["task"]])["options"]
        option = options[spec["option"]]
        assert f"C({variable})" in " ".join(option["description"])


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_description_names_guides_that_explain_the_playbook(name: str) -> None:
    assert SPECS[name]["guides"]
    for guide in SPECS[name]["guides"]:
        assert (ROOT / "docs/docsite/rst" / f"{guide}.rst").is_file()


def test_header_of_a_playbook_has_every_variable_and_example() -> None:
    for name, playbook in PLAYBOOKS.items():
        text = header(name)
        for variable in playbook.variables:
            assert f"# - {variable.name}: " in text
        assert "Default: None" not in text
        for example in playbook.examples:
            assert f"#   {example}\n" in f"{text}\n"
