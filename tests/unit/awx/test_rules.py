# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The copy of AWX's rules refuses what AWX refuses. Otherwise tests that use the copy would prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awx.rules import HIDDEN, form, injected, refusals_of_injectors, refusals_of_inputs, refusals_of_values

FIELD = {"id": "token", "label": "Token", "type": "string"}
INPUTS: dict[str, Any] = {
    "fields": [
        {**FIELD, "secret": True},
        {"id": "method", "label": "Method", "type": "string", "choices": ["first", "second"], "default": "second"},
        {"id": "flag", "label": "Flag", "type": "boolean", "default": True},
        {"id": "name", "label": "Name", "type": "string", "default": "somebody"},
    ]
}
WRONG_IN_A_FIELD: list[dict[str, Any]] = [
    {"foo": "bar"},
    {"help_text": 1},
    {"id": "$no name$"},
    {"id": "tower"},
    {"type": "number"},
    {"format": "date"},
    {"type": "boolean", "secret": True},
    {"type": "boolean", "default": "true"},
    {"secret": "yes"},
    {"default": 1},
    {"choices": []},
    {"choices": "one"},
    {"choices": ["twice", "twice"]},
    {"ask_at_runtime": True},
]
INJECTORS = {"env": {"TOKEN": "{{ token }}", "METHOD": "{{ method }}", "FLAG": "{{ flag }}", "NAME": "{{ name }}"}}


@pytest.mark.parametrize(
    "inputs",
    [
        ["no dictionary"],
        {"fields": {}},
        {"fields": ["no dictionary"]},
        {"fields": [FIELD], "required": "token"},
        {"fields": [FIELD], "dependencies": {}},
        {"fields": [{"id": "token"}]},
        {"fields": [{"label": "Token"}]},
        {"fields": [FIELD, FIELD]},
        *({"fields": [{**FIELD, **wrong}]} for wrong in WRONG_IN_A_FIELD),
    ],
)
def test_inputs_that_awx_rejects_are_rejected(inputs: Any) -> None:
    assert refusals_of_inputs(inputs) != []


def test_inputs_that_awx_accepts_are_accepted() -> None:
    assert refusals_of_inputs(INPUTS) == []
    assert refusals_of_inputs({"fields": [{"id": "a", "label": "A"}], "required": ["a"]}) == []


@pytest.mark.parametrize(
    "injectors",
    [
        ["no dictionary"],
        {"env": 123},
        {"environment": {}},
        {"env": {"99": "{{ token }}"}},
        {"env": {"A=B": "{{ token }}"}},
        {"env": {"ANSIBLE_SETTING": "{{ token }}"}},
        {"env": {"PATH": "{{ token }}"}},
        {"env": {"TOKEN": 1}},
        {"env": {"TOKEN": "\N{SNOWMAN}"}},
        {"env": {"TOKEN": "{{ tokn }}"}},
        {"env": {"TOKEN": "{{ token"}},
        {"env": {"TOKEN": "{{ token.__class__.mro() }}"}},
    ],
)
def test_injectors_that_awx_rejects_are_rejected(injectors: Any) -> None:
    assert refusals_of_injectors(injectors, INPUTS) != []


def test_injectors_that_awx_accepts_are_accepted() -> None:
    assert refusals_of_injectors(INJECTORS, INPUTS) == []


@pytest.mark.parametrize(
    "values", [{"tokn": "some"}, {"token": 1}, {"method": "third"}, {"flag": "true"}, {"method": ["first"]}]
)
def test_values_that_awx_rejects_are_rejected(values: dict[str, Any]) -> None:
    assert refusals_of_values(INPUTS, values) != []


def test_url_field_left_empty_is_rejected_by_the_format_check() -> None:
    inputs = {"fields": [{**FIELD, "format": "url"}]}
    assert refusals_of_values(inputs, {"token": "https://example.com"}) == []
    assert refusals_of_values(inputs, {"token": ""}) == ["token is no URL"]


def test_required_field_left_empty_is_rejected() -> None:
    assert refusals_of_values({**INPUTS, "required": ["token"]}, form(INPUTS)) == ["token is required"]
    assert refusals_of_values({**INPUTS, "required": ["token"]}, form(INPUTS, token="some")) == []


def test_job_receives_the_typed_values_and_its_details_hide_secrets() -> None:
    full, shown = injected(INPUTS, INJECTORS, form(INPUTS, token="some", flag=False))
    assert full == {"TOKEN": "some", "METHOD": "second", "FLAG": "False", "NAME": "somebody"}
    assert shown == {**full, "TOKEN": HIDDEN}


def test_credential_from_the_api_has_no_defaults() -> None:
    assert injected(INPUTS, INJECTORS, {})[0] == {"TOKEN": "", "METHOD": "", "FLAG": "False", "NAME": ""}
    # For a choice with an empty value, AWX takes the first choice.
    assert injected(INPUTS, INJECTORS, {"method": "", "name": ""})[0]["METHOD"] == "first"
