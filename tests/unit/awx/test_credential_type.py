# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types for AWX have the collection's options in the form that AWX accepts: one for all methods, and one for each method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import METHODS
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import resolve
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from tests.awx.rules import form, injected, refusals_of_injectors, refusals_of_inputs, refusals_of_values

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "playbooks" / "files" / "awx"
INPUTS: dict[str, Any] = yaml.safe_load((FILES / "inputs.yml").read_text())
INJECTORS: dict[str, Any] = yaml.safe_load((FILES / "injectors.yml").read_text())
FIELDS: dict[str, dict[str, Any]] = {field["id"]: field for field in INPUTS["fields"]}

# The type of each method.
OF_METHOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    name: (
        yaml.safe_load((FILES / name / "inputs.yml").read_text()),
        yaml.safe_load((FILES / name / "injectors.yml").read_text()),
    )
    for name in METHODS
}

BY_NAME = {option.name: option for option in OPTIONS}


def test_credential_type_has_a_field_for_each_option_of_a_method() -> None:
    assert {name for method in METHODS.values() for name in method.options_used()} <= {*FIELDS}


def test_injectors_set_environment_names_and_no_extra_variables() -> None:
    """Extra variables outrank all other variables, and AWX stores them with the job."""
    assert list(INJECTORS) == ["env"]


@pytest.mark.parametrize("name", FIELDS)
def test_field_with_choices_has_its_first_choice_as_default(name: str) -> None:
    # If a credential leaves the field empty, AWX takes the first choice and not the default.
    assert FIELDS[name].get("default") == FIELDS[name].get("choices", [None])[0]


@pytest.mark.parametrize("name", FIELDS)
def test_field_has_a_label_and_help_that_names_the_methods(name: str) -> None:
    """The help of each option that not every method needs names the methods."""
    field = FIELDS[name]
    # AWX adds a missing type, and would then see a change at every installation.
    assert field["type"] == "string"
    assert "multiline" not in field
    assert field["label"]
    assert field["help_text"].endswith(".")
    for method in METHODS.values():
        if name in method.required_options:
            assert method.method in field["help_text"], method.method


def test_required_field_is_required_by_every_method() -> None:
    needed_by_all = set.intersection(*(set(method.required_options) for method in METHODS.values()))
    assert set(INPUTS.get("required", [])) <= needed_by_all


def test_credential_type_is_accepted_by_awx() -> None:
    assert refusals_of_inputs(INPUTS) == []
    assert refusals_of_injectors(INJECTORS, INPUTS) == []


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_credential_with_only_the_required_fields_is_accepted_for_each_method(method: Any) -> None:
    typed = {name: f"some{name.replace('_', '')}" for name in method.required_options}
    values = form(INPUTS, auth_method=method.method, **typed)
    assert refusals_of_values(INPUTS, values) == []
    options = resolve({}, table=OPTIONS, variable=lambda _name: None, environ=injected(INPUTS, INJECTORS, values)[0])
    assert options.values["auth_method"] == method.method
    method.from_options(options.values)
    # An empty field counts as not given.
    assert {*options.sources} == {"auth_method", "environment", *typed}


def test_credential_without_values_sets_no_option() -> None:
    """A credential from AWX's API may have no values, because the API has no defaults."""
    options = resolve({}, table=OPTIONS, variable=lambda _name: None, environ=injected(INPUTS, INJECTORS, {})[0])
    assert options.sources == {}


@pytest.mark.promise(5)
def test_job_details_hide_every_secret_field() -> None:
    typed = {name: f"findme{name}" for name in FIELDS if "choices" not in FIELDS[name]}
    shown = injected(INPUTS, INJECTORS, form(INPUTS, **typed))[1]
    assert {name for name, value in shown.items() if "findme" in value} == {
        BY_NAME[name].environment_name for name in typed if not (BY_NAME[name].secret or BY_NAME[name].secret_in_url)
    }


@pytest.mark.parametrize("name", METHODS)
def test_type_of_a_method_is_accepted_by_awx_and_has_the_fields_of_this_method(name: str) -> None:
    inputs, injectors = OF_METHOD[name]
    assert refusals_of_inputs(inputs) == []
    assert refusals_of_injectors(injectors, inputs) == []
    assert {*inputs["required"]} == {*METHODS[name].required_options}
    common = {"environment", "api_url", "session_store", "ca_path"}
    fields = {field["id"]: field for field in inputs["fields"]}
    assert {*fields} == METHODS[name].options_used() | common
    # The text is about this method only.
    others = {*METHODS} - {name}
    assert not [each for each in others for field in fields.values() if f"With {each}" in field["help_text"]]
    assert {field["id"] for field in fields.values() if field.get("secret")} == {
        each for each in fields if BY_NAME[each].secret or BY_NAME[each].secret_in_url
    }


@pytest.mark.parametrize("name", METHODS)
def test_credential_of_a_method_without_a_required_field_is_refused_by_awx(name: str) -> None:
    inputs, injectors = OF_METHOD[name]
    typed = {each: f"some{each.replace('_', '')}" for each in METHODS[name].required_options}
    assert refusals_of_values(inputs, form(inputs, **typed)) == []
    for each in typed:
        assert refusals_of_values(inputs, form(inputs, **{**typed, each: ""})) == [f"{each} is required"]
    options = resolve({}, table=OPTIONS, variable=lambda _name: None, environ=injected(inputs, injectors, typed)[0])
    assert options.values["auth_method"] == name
    METHODS[name].from_options(options.values)
    # The type names the method itself, so nobody can choose it.
    assert {*options.sources} == {"auth_method", *typed}


@pytest.mark.promise(5)
@pytest.mark.parametrize("name", METHODS)
def test_job_details_of_a_method_hide_every_secret_field(name: str) -> None:
    inputs, injectors = OF_METHOD[name]
    typed = {field["id"]: f"findme{field['id']}" for field in inputs["fields"] if "choices" not in field}
    shown = injected(inputs, injectors, form(inputs, **typed))[1]
    assert {each for each, value in shown.items() if "findme" in value} == {
        BY_NAME[each].environment_name for each in typed if not (BY_NAME[each].secret or BY_NAME[each].secret_in_url)
    }
