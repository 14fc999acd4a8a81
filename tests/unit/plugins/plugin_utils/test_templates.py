# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template that ansible-core has not evaluated is not sent to BILL."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible import template as ansible_template
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions, templates
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, OperationError, operation
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.running import trusted
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from tests.unit.plugins.plugin_utils.fakes import OPTIONS

TEMPLATE = "{{ findme }}"
LOOKUP = "{{ lookup('bill.connect.bill_login') }}"
Unsafe = type("Unsafe", (str,), {"__UNSAFE__": True})


@pytest.fixture
def undefined_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """ansible-core up to 2.18 with error_on_undefined_vars = False."""
    monkeypatch.setattr(templates, "UP_TO_2_18", True)
    monkeypatch.setattr(templates, "is_trusted_as_template", None)
    monkeypatch.setattr(templates, "C", SimpleNamespace(DEFAULT_UNDEFINED_VAR_BEHAVIOR=False))


@pytest.mark.usefixtures("undefined_stays")
@pytest.mark.parametrize("value", [TEMPLATE, {"a": [1, {"b": f"x {TEMPLATE}"}]}, ["{% if x %}"], {TEMPLATE: 1}])
def test_template_that_was_not_evaluated_is_found(value: Any) -> None:
    assert templates.is_unevaluated(value)


@pytest.mark.usefixtures("undefined_stays")
@pytest.mark.parametrize("value", [Unsafe(TEMPLATE), {"a": [Unsafe(TEMPLATE)]}, "{ }", 5, None, {"a": None}])
def test_data_with_braces_is_no_template(value: Any) -> None:
    assert not templates.is_unevaluated(value)


def test_with_the_default_setting_ansible_itself_refuses_what_is_undefined() -> None:
    assert not templates.is_unevaluated(TEMPLATE)


@pytest.mark.promise(8)
@pytest.mark.usefixtures("undefined_stays", "no_variables")
def test_option_with_a_template_is_refused_by_name() -> None:
    given = {**OPTIONS, "username": TEMPLATE}
    with (
        pytest.raises(OperationError, match="The option username still contains a template") as failure,
        operation(Invocation(given, {}, None), CoreSecretRegistry()),
    ):
        pass
    assert "findme" not in str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.usefixtures("undefined_stays")
def test_variable_with_a_template_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "renderer", lambda _templar: lambda raw: raw)
    variables = {"bill_username": TEMPLATE, "bill_password": Unsafe(TEMPLATE)}
    variable = templates.variables_of(SimpleNamespace(available_variables=variables), variables)
    assert variable("bill_password") == TEMPLATE
    with pytest.raises(OptionError, match="The variable bill_username still contains a template"):
        variable("bill_username")


# Each value is what core's own template engine has to return too.
VALUES: dict[str, Any] = {
    "plain": "s3cret } {",
    "empty": "",
    "line": "ends in a line break\n",
    "one": "{{ plain }}",
    "many": "{{one}}",
    "number": 5,
    "nothing": None,
    "mapping": {"a": "b"},
    "True": "a variable that Jinja never reads",
}


def _trusted(value: Any) -> Any:
    """The value as a play has it: since ansible-core 2.19, only a text with a mark is a template."""
    trust = getattr(ansible_template, "trust_as_template", lambda text: text)
    return trust(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "raw", ["plain", "{{ plain }}", "{{plain}}", "{{ many }}", "{{ empty }}", "{{ line }}", "", "a\n"]
)
def test_text_that_is_known_without_an_evaluation_is_what_ansible_would_return(raw: str) -> None:
    variables = {name: _trusted(value) for name, value in VALUES.items()}
    templar = Templar(loader=DataLoader(), variables=variables)
    assert templates.plain_text(_trusted(raw), variables) == templates.renderer(templar)(_trusted(raw))


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "{{ plain }} ",
            " {{ plain }}",
            "{{ plain | upper }}",
            "{{ plain }}{{ plain }}",
            "{{ unknown }}",
            "{{ number }}",
        ),
        *("{{ nothing }}", "{{ mapping }}", "{{ True }}", "{{ mapping.a }}", "{# plain #}", "{{ itself }}", 5, None),
        *("#jinja2: variable_start_string: '[['\n[[ plain ]]", "{{ encrypted }}", "{{ data }}", "{{- plain -}}"),
    ],
)
def test_every_other_value_is_evaluated(raw: Any) -> None:
    variables = {name: _trusted(value) for name, value in VALUES.items()}
    variables |= {"itself": _trusted("{{ itself }}"), "data": Unsafe(TEMPLATE), "encrypted": object()}
    assert templates.plain_text(_trusted(raw), variables) is None


@pytest.mark.promise(15)
def test_variable_that_needs_itself_through_a_lookup_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The renderer stands for a lookup of bill.connect, which reads the same variable again. Another host has a variable of its own."""
    levels: list[str] = []
    templar = SimpleNamespace(available_variables={})

    def renderer(_templar: Any) -> Any:
        def render(raw: str) -> Any:
            levels.append(raw)
            other = {"inventory_hostname": raw, "bill_password": LOOKUP}
            return templates.variables_of(templar, other)("bill_password")

        return render

    monkeypatch.setattr(templates, "renderer", renderer)
    variable = templates.variables_of(templar, {"inventory_hostname": "a", "bill_password": LOOKUP})
    for _again in range(2):
        with pytest.raises(OptionError, match="The variable bill_password refers to itself"):
            variable("bill_password")
    assert levels == [LOOKUP, LOOKUP] * 2


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("x\n", ""),
        (["x\n", 5, "a"], ""),
        ([{"field": "name", "op": "eq", "value": "{{ shown }}"}], "template"),
        ({"a": "{{ shown }}", "b": "x\n"}, "unknown"),
        ([{"value": "{{ other }}"}], ""),
        ({"a": {"b": [None, 1, True]}}, ""),
    ],
    ids=str,
)
def test_form_of_a_container_is_that_of_the_values_that_may_have_a_control_character(
    monkeypatch: pytest.MonkeyPatch, raw: Any, form: str
) -> None:
    monkeypatch.setattr(templates, "is_trusted", lambda _text: True)
    assert templates.form_of(raw, {"other": "x\n"}) == form


def test_form_of_a_value_without_end_is_unknown() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert templates.form_of(endless, {}) == "unknown"


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "template",
    [
        "{{ fact }}",
        "{{ [fact] | first }}",
        "{{ written ~ fact }}",
        "{{ written | replace('bill', fact) }}",
        "{{ percent % fact }}",
        "{{ braces.format(fact) }}",
        "{{ [written, fact] | join }}",
        "{{ lookup('vars', 'fact') }}",
    ],
)
def test_text_that_a_template_makes_from_a_fact_is_not_certainly_written(template: str) -> None:
    written = {name: trusted(text) for name, text in {"written": "bill", "percent": "%s", "braces": "{}"}.items()}
    made = Templar(DataLoader(), variables={"fact": "evil", **written}).template(trusted(template))
    assert "evil" in made
    assert not templates.is_certainly_written(made)
    assert not templates.is_certainly_written("evil")
    # Up to ansible-core 2.18, nothing tells a text of an author from another one.
    assert templates.is_certainly_written(written["written"]) is not core_versions.UP_TO_2_18
